//! A payment that passed every check: what a batch is made of.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;
use smol_str::SmolStr;

use crate::payment::{Account, Amount, Obligation, PaymentReference};

/// Everything that the bank file says about one payment, in the form in which it is said there.
///
/// Only [`check`](super::check) makes one; reading one back from the ledger (borsh) is reading what a check once made.
///
/// The sealed bytes are borsh's of the fields in their order, except that `text` and `reference` share one mark: 0 neither, 1 a text, 2 a
/// reference; and [`NAMES_FOLLOW`] more where `as_written` follows them, which otherwise takes no room. Before there were references it was the
/// text's own mark, so that older ledgers read as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPayment {
    pub obligation: Obligation,
    pub amount: Amount,
    /// The beneficiary's name in the bank's characters, at most 70 of them.
    pub name: SmolStr,
    /// `None`: pay by person number, where the profile allows it.
    pub account: Option<Account>,
    /// The payee, where that is not the beneficiary (guardian, landlord): the name on the receiving account.
    pub payee_name: Option<SmolStr>,
    pub as_written: NamesAsWritten,
    /// For the payee's statement, at most 140 characters in the bank's set.
    pub text: Option<SmolStr>,
    /// A supplier's, by which they know the invoice; stands in the place of the text.
    pub reference: Option<PaymentReference>,
    /// A bank day.
    pub pay_on: NaiveDate,
    /// Where it came from: the list's place among the command's lists (from 0) and the row in it.
    pub list: u16,
    pub row: u32,
}

/// The names as the list has them, where the bank gets another form: for people to compare, never for the bank.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct NamesAsWritten {
    pub name: Option<String>,
    pub payee_name: Option<String>,
}

impl NamesAsWritten {
    pub fn is_none(&self) -> bool {
        self.count() == 0
    }

    pub fn count(&self) -> u64 {
        u64::from(self.name.is_some()) + u64::from(self.payee_name.is_some())
    }
}

const NAMES_FOLLOW: u8 = 3;

impl BorshSerialize for CheckedPayment {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        let Self { obligation, amount, name, account, payee_name, as_written, text, reference, pay_on, list, row } =
            self;
        (obligation, amount, name, account, payee_name).serialize(writer)?;
        let names = if as_written.is_none() { 0 } else { NAMES_FOLLOW };
        match (text, reference) {
            (None, None) => names.serialize(writer)?,
            (Some(text), None) => (names + 1, text).serialize(writer)?,
            (None, Some(reference)) => (names + 2, reference).serialize(writer)?,
            (Some(_), Some(_)) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        if !as_written.is_none() {
            as_written.serialize(writer)?;
        }
        write_day(pay_on, writer)?;
        (list, row).serialize(writer)
    }
}

impl BorshDeserialize for CheckedPayment {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let (obligation, amount, name, account, payee_name) = BorshDeserialize::deserialize_reader(reader)?;
        let mark = u8::deserialize_reader(reader)?;
        let (text, reference) = match mark % NAMES_FOLLOW {
            _ if mark >= 2 * NAMES_FOLLOW => return Err(io::ErrorKind::InvalidData.into()),
            0 => (None, None),
            1 => (Some(SmolStr::deserialize_reader(reader)?), None),
            _ => (None, Some(PaymentReference::deserialize_reader(reader)?)),
        };
        let as_written = match mark >= NAMES_FOLLOW {
            true => NamesAsWritten::deserialize_reader(reader)?,
            false => NamesAsWritten::default(),
        };
        let pay_on = read_day(reader)?;
        let (list, row) = BorshDeserialize::deserialize_reader(reader)?;
        Ok(Self { obligation, amount, name, account, payee_name, as_written, text, reference, pay_on, list, row })
    }
}

/// A day as its number in the common era, little-endian.
pub(crate) fn write_day<W: std::io::Write>(date: &NaiveDate, writer: &mut W) -> std::io::Result<()> {
    use chrono::Datelike;
    date.num_days_from_ce().serialize(writer)
}

pub(crate) fn read_day<R: std::io::Read>(reader: &mut R) -> std::io::Result<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::deserialize_reader(reader)?)
        .ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Country, Currency, Part, PersonId, PersonKind, ReferenceKind, Scheme};

    /// As payments were sealed before there were references.
    #[derive(BorshSerialize)]
    struct Before {
        obligation: Obligation,
        amount: Amount,
        name: String,
        account: Option<Account>,
        payee_name: Option<String>,
        text: Option<String>,
        #[borsh(serialize_with = "write_day")]
        pay_on: NaiveDate,
        list: u16,
        row: u32,
    }

    fn payment(text: Option<&str>, reference: Option<PaymentReference>) -> CheckedPayment {
        CheckedPayment {
            obligation: Obligation {
                person: PersonId::new(Country::Gl, PersonKind::Organisation, "13585628"),
                scheme: Scheme::new("Leverandør").expect("a name"),
                period: "2026-12".parse().expect("a period"),
                part: Part::new("F-17"),
            },
            amount: Amount::from_minor_units(100, Currency::Dkk),
            name: "Tømrer".into(),
            account: None,
            payee_name: Some("Bygma".into()),
            as_written: NamesAsWritten::default(),
            text: text.map(SmolStr::from),
            reference,
            pay_on: NaiveDate::default(),
            list: 3,
            row: 7,
        }
    }

    #[test]
    fn payments_without_a_reference_have_the_bytes_that_they_always_had() {
        for text in [None, Some("Faktura 17")] {
            let CheckedPayment { obligation, amount, name, account, payee_name, text, pay_on, list, row, .. } =
                payment(text, None);
            let now = borsh::to_vec(&payment(text.as_deref(), None)).expect("bytes");
            let (name, payee_name, text) = (name.into(), payee_name.map(String::from), text.map(String::from));
            let before = Before { obligation, amount, name, account, payee_name, text, pay_on, list, row };
            assert_eq!(now, borsh::to_vec(&before).expect("bytes"));
        }
    }

    #[test]
    fn a_payment_comes_back_as_it_was_sealed() {
        let reference = PaymentReference::new_checked(ReferenceKind::Rf, "RF18539007547034");
        let written = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        for payment in [payment(None, None), payment(Some("x"), None), payment(None, Some(reference.clone()))] {
            for (name, payee_name, count) in
                [("", "", 0), ("Tømrer \u{141}", "", 1), ("", "\u{141}", 1), ("Tømrer \u{141}", "\u{141}", 2)]
            {
                let as_written = NamesAsWritten { name: written(name), payee_name: written(payee_name) };
                assert_eq!((as_written.count(), as_written.is_none()), (count, count == 0));
                let payment = CheckedPayment { as_written, ..payment.clone() };
                let bytes = borsh::to_vec(&payment).expect("bytes");
                assert_eq!(borsh::from_slice::<CheckedPayment>(&bytes).expect("reads"), payment);
            }
        }
        assert!(borsh::to_vec(&payment(Some("x"), Some(reference))).is_err(), "one or the other");
    }

    /// A mark that this program never writes is a later one's: what follows it is not guessed at.
    #[test]
    fn a_payment_under_an_unknown_mark_is_not_read() {
        let as_written = NamesAsWritten { name: Some("\u{141}".into()), payee_name: None };
        let payment = CheckedPayment { as_written, ..payment(None, None) };
        let CheckedPayment { obligation, amount, name, account, payee_name, .. } = &payment;
        let at = borsh::to_vec(&(obligation, amount, name, account, payee_name)).expect("bytes").len();
        let mut bytes = borsh::to_vec(&payment).expect("bytes");
        assert_eq!(bytes[at], NAMES_FOLLOW);
        for mark in [6, 9, 255] {
            bytes[at] = mark;
            assert!(borsh::from_slice::<CheckedPayment>(&bytes).is_err(), "{mark}");
        }
    }
}
