//! Payments that were typed by hand. The bank's statement knows nothing of our references: it is the receipt, written on the sheet, by which a
//! booking is matched. What agrees in less, account and amount, is offered and never asserted.

use std::collections::{HashMap, HashSet};

use super::super::key_store::KeyStore;
use super::super::parts;
use super::super::worksheets::{
    each_line,
    returning::{Written, receipt_digest},
};
use super::super::{Unlocked, batches};
use crate::bank::report::item::Booking;
use crate::fault::Result;
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ledger::outcome::{Standing, standing_of};
use crate::ledger::{Claim, LedgerState, Transaction};
use crate::payment::{Country, EndToEndId, identities};
use crate::worksheet::returned::{folded_receipt, is_too_short};

/// Banks print a receipt in as many groups as this.
const MOST_GROUPS: usize = 6;

pub struct TypedPayments {
    /// By the receipt, folded: the payment, and what was typed under it, in minor units. Those that are too short to tell are left out.
    receipts: HashMap<String, Vec<(EndToEndId, i64)>>,
    longest_receipt: usize,
    /// What each was typed as, where its sheet says one thing.
    typed_as: HashMap<EndToEndId, i64>,
    /// By amount, in minor units: those whose account the statement may show.
    by_amount: HashMap<i64, Vec<TypedPayment>>,
    country: Country,
}

/// A payment on a sheet.
#[derive(Clone, Debug)]
pub struct TypedPayment {
    pub payment: EndToEndId,
    pub sheet: String,
    pub row: u32,
    account: Option<Pseudonym>,
}

/// What a debit that nothing explains may be.
pub struct Offer {
    pub sheet: String,
    pub row: u32,
    /// Whether that payment is booked already, so that this would be a second time.
    pub booked: bool,
    /// How many rows it may be.
    pub of: usize,
    /// Whether the account agrees too, or the bank named none.
    pub by_account: bool,
}

impl TypedPayments {
    /// `None` where no batch left on sheets, or the people of all that did were purged.
    pub fn of(
        transaction: &mut dyn Transaction,
        state: &LedgerState,
        who: &Unlocked,
        keys: &KeyStore,
    ) -> Result<Option<Self>> {
        let mut found = Self {
            receipts: HashMap::new(),
            longest_receipt: 0,
            typed_as: HashMap::new(),
            by_amount: HashMap::new(),
            country: state.payer.country,
        };
        for (id, batch) in state.batches.iter().filter(|(_, batch)| !state.is_batch_purged(batch)) {
            let Some(sheets) = &batch.sheets else { continue };
            let mut places: HashMap<(usize, u32), EndToEndId> = HashMap::new();
            each_line(transaction, state, (who, keys), *id, &mut |sheet, line| {
                // What a bank calls the payee of a slip on its statement, nobody says: an amount is all that can be compared.
                let named = line.payment.account.as_ref().is_some_and(|account| !account.is_slip());
                let account = named.then(|| who.tagger.account_of(&line.payment));
                let code = sheets.release.sheets[sheet].code.clone();
                let typed = TypedPayment { payment: line.end_to_end_id, sheet: code, row: line.row, account };
                found.by_amount.entry(line.payment.amount.minor_units()).or_default().push(typed);
                places.insert((sheet, line.row), line.end_to_end_id);
                Ok(())
            })?;
            for rows in sheets.returned.iter().flat_map(|sheet| sheet.typed.values()) {
                if let Some(first) = rows.first().filter(|first| rows.iter().all(|row| row.amount == first.amount)) {
                    found.typed_as.insert(first.payment, first.amount);
                }
            }
            let key = who.episode_key(keys, batches::episode(state, batch)?.key)?;
            for (sheet, entry) in
                sheets.returned.iter().enumerate().flat_map(|(at, s)| s.returns.iter().map(move |e| (at, *e)))
            {
                parts::each(transaction, state.ledger, entry, &key, &mut |written: Written| {
                    let receipt = folded_receipt(&written.receipt);
                    let digest = receipt_digest(&who.tagger, &receipt);
                    let of_row = sheets.returned[sheet].typed.get(&written.row).into_iter().flatten();
                    let typed = of_row.into_iter().find(|typed| typed.receipt == digest);
                    if let Some((payment, typed)) = places.get(&(sheet, written.row)).zip(typed)
                        && !is_too_short(&receipt)
                    {
                        found.longest_receipt = found.longest_receipt.max(receipt.len());
                        found.receipts.entry(receipt).or_default().push((*payment, typed.amount));
                    }
                    Ok(())
                })?;
            }
        }
        Ok((!found.by_amount.is_empty()).then_some(found))
    }

    /// The payments whose receipts a booking names, each once and with what was typed.
    pub fn by_receipt(&self, booking: &Booking) -> Vec<(EndToEndId, i64)> {
        let mut found: Vec<(EndToEndId, i64)> = Vec::new();
        if self.receipts.is_empty() {
            return found;
        }
        let mut take = |receipt: &str| {
            for typed in self.receipts.get(receipt).into_iter().flatten() {
                if !found.iter().any(|(payment, _)| *payment == typed.0) {
                    found.push(*typed);
                }
            }
        };
        take(&folded_receipt(&booking.bank_reference));
        for text in booking.reference.texts.lines() {
            self.windows(text, &mut take);
        }
        found
    }

    /// Hands out every run of words that could be a receipt, folded.
    fn windows(&self, text: &str, take: &mut dyn FnMut(&str)) {
        let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(folded_receipt).collect();
        let words: Vec<&String> = words.iter().filter(|word| !word.is_empty()).collect();
        for from in 0..words.len() {
            let mut joined = String::new();
            for word in words[from..].iter().take(MOST_GROUPS) {
                joined.push_str(word);
                if joined.len() > self.longest_receipt {
                    break;
                }
                take(&joined);
            }
        }
    }

    /// What a payment was typed as, in minor units, where its sheet came back and says one thing.
    pub fn typed_as(&self, payment: &EndToEndId) -> Option<i64> {
        self.typed_as.get(payment).copied()
    }

    /// The sheet and row of a payment.
    pub fn place(&self, payment: &EndToEndId) -> Option<&TypedPayment> {
        self.by_amount.values().flatten().find(|typed| typed.payment == *payment)
    }

    /// The payment that a debit may be, by its amount and, where the bank names one, its account. Those that are not booked come first.
    pub fn offer(
        &self,
        transaction: &mut dyn Transaction,
        tagger: &Tagger,
        payee_account: &str,
        amount: i64,
    ) -> Result<Option<Offer>> {
        let told = self.accounts_of(tagger, payee_account);
        let fits =
            |typed: &&TypedPayment| told.is_empty() || typed.account.is_none_or(|account| told.contains(&account));
        let (mut open, mut booked) = (Vec::new(), Vec::new());
        for typed in self.by_amount.get(&amount).into_iter().flatten().filter(fits) {
            let Some((claim, live)): Option<(Claim, bool)> = transaction.claim_ever(&typed.payment)? else { continue };
            let standing = standing_of(&claim, live, &transaction.evidence_of(&typed.payment)?).standing;
            match standing {
                Standing::None | Standing::Accepted => open.push(typed),
                Standing::Settled | Standing::Doubled | Standing::Batch => booked.push(typed),
                Standing::Returned | Standing::Rejected => {}
            }
        }
        let is_booked = open.is_empty();
        let candidates = if is_booked { booked } else { open };
        // A payment that is booked already is offered a second time only where the account says so: amounts are often alike.
        let named = !told.is_empty();
        Ok(candidates.first().filter(|_| !is_booked || named).map(|typed| Offer {
            sheet: typed.sheet.clone(),
            row: typed.row,
            booked: is_booked,
            of: candidates.iter().map(|typed| typed.payment).collect::<HashSet<_>>().len(),
            by_account: named,
        }))
    }

    /// The pseudonyms that a claim may have of an account as the bank writes it, one for each form that it may have been typed in. None where
    /// the bank names none.
    fn accounts_of(&self, tagger: &Tagger, told: &str) -> Vec<Pseudonym> {
        let Some(identity) = self.identity_of(told) else { return Vec::new() };
        identities(&identity).map(|identity| tagger.account(&identity)).collect()
    }

    /// The identity of an account as the bank writes it. `None` where it names none.
    fn identity_of(&self, told: &str) -> Option<String> {
        let bare: String = told.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        if bare.is_empty() {
            return None;
        }
        let is_iban = bare.len() > 4 && bare.as_bytes()[..2].iter().all(u8::is_ascii_uppercase);
        Some(match bare.get(..2) {
            Some("DK" | "GL" | "FO") if is_iban => format!("DK{}", bare.get(4..).unwrap_or_default()),
            _ if is_iban => bare,
            _ if self.country.in_danish_realm() => format!("DK{}{:0>10}", bare.get(..4)?, bare.get(4..)?),
            _ => format!("{}{bare}", self.country),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::seal::SecretKey;
    use crate::payment::Tag;

    fn payment(number: u8) -> EndToEndId {
        EndToEndId { tag: Tag { series: [number; 8], obligation: [number; 8] }, attempt: 1 }
    }

    fn typed(receipts: &[(&str, u8)]) -> TypedPayments {
        let receipts: HashMap<_, _> =
            receipts.iter().map(|(receipt, number)| (folded_receipt(receipt), vec![(payment(*number), 100)])).collect();
        let longest_receipt = receipts.keys().map(String::len).max().unwrap_or(0);
        TypedPayments {
            receipts,
            longest_receipt,
            typed_as: HashMap::new(),
            by_amount: HashMap::new(),
            country: Country::Gl,
        }
    }

    #[test]
    fn a_receipt_is_found_however_the_bank_spaces_it() {
        let typed = typed(&[("NB-8837 1123", 1), ("47114", 2)]);
        let found = |bank_reference: &str, text: &str| {
            let mut booking = Booking { bank_reference: bank_reference.into(), ..Booking::default() };
            booking.reference.look_for_repayment(text);
            typed.by_receipt(&booking).into_iter().map(|(payment, _)| payment).collect::<Vec<_>>()
        };
        for text in ["NB88371123", "Overførsel nb 8837-1123 tak", "ref:NB/8837/1123."] {
            assert_eq!(found("", text), [payment(1)], "{text}");
        }
        assert_eq!(found("47114", ""), [payment(2)]);
        for text in ["XNB88371123", "NB883711234", "4711", "8837 1123"] {
            assert_eq!(found("", text), [], "{text}");
        }
        assert_eq!(found("NB 88371123", "NB-88371123"), [payment(1)], "once");
    }

    #[test]
    fn an_account_is_known_in_whichever_form_it_was_typed() {
        let tagger = Tagger::new(&SecretKey::new([7; 32]), &crate::drill::payer());
        let of = |country, told: &str| TypedPayments { country, ..typed(&[]) }.accounts_of(&tagger, told);
        let digits = tagger.account("NO86011117947");
        for told in ["8601.11.17947", "86011117947", "NO93 8601 1117 947"] {
            assert!(of(Country::No, told).contains(&digits), "{told}");
        }
        assert!(of(Country::No, "86011117947").contains(&tagger.account("NO9386011117947")));
        assert!(!of(Country::No, "NO2186011117955").contains(&digits));
        assert_eq!(of(Country::Gl, "6471 1234567"), [tagger.account("DK64710001234567")]);
        assert!(of(Country::Gl, " ").is_empty());
    }
}
