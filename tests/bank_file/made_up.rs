//! Made-up people and messages, the same for the same numbers. Shared with the benches.
#![allow(dead_code, reason = "the tests and the benchmark each use a part")]

use chrono::{Days, NaiveDate, NaiveDateTime};
use stopgap::bank::pain001::{MessageHead, MessageWriter, PaymentInformation};
use stopgap::bank::profile::{FileFormat, Profile};
use stopgap::checks::CheckedPayment;
use stopgap::payment::{
    Account, Amount, Country, Currency, DomesticAccount, EndToEndId, Iban, Obligation, Part, Payer, PaymentReference,
    Period, PersonId, PersonKind, Scheme, SlipKind, SlipPayee, Tag,
};

pub const NAMES: [&str; 8] = [
    "Pipaluk Mikkelsen",
    "Søren Ærøskøbing",
    "Åse Ødegård-Østergaard",
    "Ane & Bo Kleist",
    "O'Malik <Lyberth>",
    "\"Nuka\" Geisler",
    "Ivalu Berthelsen]]>",
    "  Two  spaces  ",
];

pub fn kroner(minor_units: i64) -> Amount {
    Amount::from_minor_units(minor_units, Currency::Dkk)
}

pub fn scheme(text: &str) -> Scheme {
    Scheme::new(text).expect("a scheme")
}

pub fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day")
}

pub fn domestic(country: Country, bank: &str, number: &str) -> Account {
    Account::Domestic(DomesticAccount { country, bank: bank.into(), number: number.into() })
}

/// Outside the program only its own serialisation makes an IBAN.
pub fn iban(electronic: &str) -> Account {
    let bytes = borsh::to_vec(electronic).expect("serialised");
    Account::Iban(borsh::from_slice::<Iban>(&bytes).expect("an IBAN"))
}

/// The payee of a payment slip.
pub fn slip_payee(kind: SlipKind, number: &str) -> Account {
    let bytes = borsh::to_vec(&(kind, number)).expect("serialised");
    Account::Slip(borsh::from_slice::<SlipPayee>(&bytes).expect("a payee"))
}

/// Payment `number` as a slip of this kind: its payment id ends with a check digit of modulus 10, worked out here.
pub fn slip(kind: SlipKind, number: u64) -> CheckedPayment {
    let random = scattered(number);
    let mut payment = CheckedPayment { payee_name: None, ..payment(number) };
    payment.account = Some(slip_payee(kind, &format!("{:08}", 80_000_000 + random % 9_999_999)));
    if let Some(length) = kind.id_length() {
        let digits = format!("{:0width$}", random % 100_000_000_000_000, width = length - 1);
        let doubled = digits.bytes().rev().enumerate().map(|(at, digit)| match (u32::from(digit - b'0'), at % 2) {
            (digit, 1) => digit,
            (digit, _) => digit * 2 / 10 + digit * 2 % 10,
        });
        let check = (10 - doubled.sum::<u32>() % 10) % 10;
        payment.text = None;
        payment.reference = payment_reference(5, &format!("{digits}{check}"));
    }
    payment
}

/// A number that looks random and is not (the finaliser of SplitMix64).
pub fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

pub fn end_to_end_id(number: u64) -> EndToEndId {
    let tag = Tag { series: scattered(!number).to_be_bytes(), obligation: scattered(number).to_be_bytes() };
    EndToEndId { tag, attempt: 1 }
}

/// Payment `number`: four in five on a domestic account, one in seven to another payee, one in three with a text.
pub fn payment(number: u64) -> CheckedPayment {
    let random = scattered(number);
    let place = number as usize;
    let person = PersonId::new(Country::Gl, PersonKind::Natural, format!("010190{:04}", number % 10_000));
    let account = match number % 5 {
        0 => iban("GL8964710001000206"),
        _ => domestic(Country::Gl, "6471", &format!("{:010}", random % 10_000_000_000)),
    };
    CheckedPayment {
        obligation: Obligation {
            person,
            scheme: scheme("Alderspension"),
            period: "2026-12".parse::<Period>().expect("a period"),
            part: Part::default(),
        },
        amount: kroner(1 + (random % 2_000_000) as i64),
        name: NAMES[place % NAMES.len()].into(),
        account: Some(account),
        payee_name: (number % 7 == 3).then(|| "Boligselskabet Iserit & Co.".into()),
        as_written: Default::default(),
        text: (number % 3 == 1).then(|| "Alderspension december 2026, spørgsmål: 70 00 00".into()),
        reference: None,
        pay_on: first_day(),
        list: 0,
        row: place as u32 + 2,
    }
}

/// A supplier's reference that passed its check: of Norway, else of ISO 11649.
pub fn reference(kind: &str) -> Option<PaymentReference> {
    if kind == "kid" { payment_reference(1, "1234567897") } else { payment_reference(4, "RF18539007547034") }
}

fn payment_reference(kind: u8, text: &str) -> Option<PaymentReference> {
    borsh::from_slice(&borsh::to_vec(&(kind, text)).expect("bytes")).ok()
}

pub fn payer() -> Payer {
    Payer {
        name: "Qeqqata Kommunia".into(),
        payer_id: Some("12345678".into()),
        country: Country::Gl,
        account: domestic(Country::Gl, "6471", "0001234567"),
        bic: Some("GRENGLGX".into()),
    }
}

pub type Identified = (CheckedPayment, EndToEndId);

/// A message in memory: its head and its blocks.
#[derive(Clone)]
pub struct Message {
    pub head: MessageHead,
    pub blocks: Vec<(PaymentInformation, Vec<Identified>)>,
}

pub fn created_at() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 27).and_then(|day| day.and_hms_opt(9, 5, 7)).expect("a time")
}

pub fn sum(payments: &[Identified]) -> Amount {
    let currency = payments[0].0.amount.currency();
    payments.iter().fold(Amount::zero(currency), |sum, (payment, _)| sum.checked_add(payment.amount).expect("a sum"))
}

impl Message {
    /// One block for each group of payments; the first payment of a group says its date and scheme.
    pub fn of(version: FileFormat, groups: Vec<Vec<Identified>>) -> Self {
        let all: Vec<Identified> = groups.concat();
        let head = MessageHead {
            version,
            message_id: "B0001-4F9A2C71-1".into(),
            created_at: created_at(),
            transactions: all.len() as u64,
            control_sum: sum(&all),
            payer: payer(),
        };
        let blocks = groups.into_iter().enumerate().map(|(at, payments)| {
            let information = PaymentInformation {
                id: format!("B0001-4F9A2C71-1-{}", at + 1),
                pay_on: payments[0].0.pay_on,
                scheme: payments[0].0.obligation.scheme.clone(),
                transactions: payments.len() as u64,
                control_sum: sum(&payments),
            };
            (information, payments)
        });
        Self { head, blocks: blocks.collect() }
    }

    pub fn one_block(version: FileFormat, payments: Vec<CheckedPayment>) -> Self {
        let identified = payments.into_iter().enumerate().map(|(at, payment)| (payment, end_to_end_id(at as u64)));
        Self::of(version, vec![identified.collect()])
    }

    /// `days` dates and two schemes, with `each` payments in a block.
    pub fn several_blocks(version: FileFormat, days: u64, each: u64) -> Self {
        let mut groups = Vec::new();
        for day in 0..days {
            for scheme_name in ["Alderspension", "Offentlig hjælp & støtte"] {
                let first = groups.len() as u64 * each;
                let group = (first..first + each).map(|number| {
                    let mut payment = payment(number);
                    payment.obligation.scheme = scheme(scheme_name);
                    payment.pay_on = first_day() + Days::new(day);
                    (payment, end_to_end_id(number))
                });
                groups.push(group.collect());
            }
        }
        Self::of(version, groups)
    }

    pub fn write(&self, profile: &Profile) -> std::io::Result<Vec<u8>> {
        let mut writer = MessageWriter::begin(Vec::new(), &self.head, profile)?;
        for (information, payments) in &self.blocks {
            writer.begin_payments(information)?;
            for (payment, id) in payments {
                writer.payment(payment, id)?;
            }
        }
        writer.finish()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.write(&Profile::default()).expect("the message is sound")
    }

    pub fn payments(&self) -> impl Iterator<Item = &Identified> {
        self.blocks.iter().flat_map(|(_, payments)| payments)
    }
}
