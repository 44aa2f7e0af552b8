//! Made-up batches and reports for the tests of the screens.

use chrono::NaiveDate;

use crate::bank::profile::Profile;
use crate::batch::{Fates, PaymentGroup, PreparedBatch, Sum};
use crate::checks::CheckedPayment;
use crate::ledger::state::{BatchPhase, BatchState, Operator};
use crate::ops::batches::{BatchView, SchemeView};
use crate::ops::{BatchNotes, DecisionNote, Now};
use crate::payment::{
    Account, Amount, BatchId, Country, Currency, Digest, DomesticAccount, Obligation, Part, Payer, PersonId,
    PersonKind, Scheme,
};
use crate::release::{PlannedFile, ReleasePlan, Segment};

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// A Friday night in Nuuk, three hours west of the standard clock until 2023, two since.
pub fn now() -> Now {
    let local = day("2026-11-20").and_hms_opt(21, 14, 0).expect("a time");
    Now { unix: local.and_utc().timestamp() + 2 * 3600, local }
}

pub fn dkk(minor_units: i64) -> Amount {
    Amount::from_minor_units(minor_units, Currency::Dkk)
}

pub fn sum(count: u64, minor_units: i64) -> Sum {
    Sum { count, amount: dkk(minor_units) }
}

pub fn fates() -> Fates {
    Fates {
        read: sum(1007, 953_100_50),
        prepared: sum(1001, 700_000_50),
        rejected: sum(2, 100_00),
        held: sum(1, 250_000_00),
        duplicate: sum(3, 3_000_00),
    }
}

fn account(number: &str) -> Account {
    Account::Domestic(DomesticAccount { country: Country::Gl, bank: "6471".into(), number: number.into() })
}

fn group(scheme: &str, pay_on: &str, sum: Sum, amounts: [i64; 3]) -> PaymentGroup {
    let [smallest, median, largest] = amounts.map(dkk);
    let scheme = Scheme::new(scheme).expect("a name");
    PaymentGroup { pay_on: day(pay_on), scheme, sum, smallest, median, largest }
}

pub fn payment(minor_units: i64, name: &str) -> CheckedPayment {
    CheckedPayment {
        obligation: Obligation {
            person: PersonId::new(Country::Gl, PersonKind::Natural, "6112901234"),
            scheme: Scheme::new("Offentlig hjælp").expect("a name"),
            period: "2026-12".parse().expect("a period"),
            part: Part::new(""),
        },
        amount: dkk(minor_units),
        name: name.into(),
        account: Some(account("0001000206")),
        payee_name: None,
        text: None,
        pay_on: day("2026-12-01"),
        list: 0,
        row: 12,
    }
}

pub fn file(number: u32, sum: Sum) -> PlannedFile {
    PlannedFile {
        name: format!("B0002_{number}-of-2_pay-2026-12-01_{}-payments_{}-DKK.xml", sum.count, sum.amount),
        message_id: format!("B0002-{number}-ABCDEFGHIJKLMNOP"),
        segments: vec![Segment { group: 0, payment_information_id: "B0002-1-1".into(), sum }],
        sum,
        sha256: Digest([0x5a + number as u8; 32]),
    }
}

fn prepared() -> PreparedBatch {
    PreparedBatch {
        id: BatchId::new('B', 2),
        episode: "attack-2026".into(),
        payer: Payer {
            name: "Qeqqata Kommunia".into(),
            payer_id: None,
            country: Country::Gl,
            account: account("0001234567"),
            bic: None,
        },
        profile: Profile::default(),
        payment_limit: dkk(100_000_00),
        prepared_at: now().unix - 600,
        groups: vec![
            group("Offentlig hjælp", "2026-12-01", sum(894, 469_820_487), [260_933, 325_000, 9_900_000]),
            group("Alderspension", "2026-12-01", sum(107, 6_500_000), [10_000, 20_000, 30_000]),
            group("Alderspension", "2026-12-02", sum(1, 50_000), [50_000; 3]),
        ],
        fates: fates(),
        decided_to_pay: 1,
        sealed_root: Digest([1; 32]),
        claims_root: Digest([2; 32]),
        plan: ReleasePlan { writer: 1, files: vec![file(1, sum(1000, 69_999_950)), file(2, sum(1, 100))] },
    }
}

/// A batch with something of everything that a screen can show.
pub fn view() -> BatchView {
    let prepared = prepared();
    let before = |group: &PaymentGroup| {
        (group.scheme.as_str() == "Alderspension").then(|| (BatchId::new('B', 1), sum(110, 6_346_899)))
    };
    let schemes = prepared.groups.iter().map(|group| SchemeView { before: before(group), group: group.clone() });
    let operator =
        |name: &str, enrolled, retired| Operator { name: name.into(), public_key: [0; 32], enrolled, retired };
    let guarded = CheckedPayment { payee_name: Some("Ib Dahl".into()), ..payment(9_900_000, "Ane Møller") };
    let without_account = CheckedPayment { account: None, ..payment(9_800_000, "Hans-Peter Qaavi") };
    BatchView {
        schemes: schemes.collect(),
        largest: vec![guarded, without_account],
        notes: BatchNotes {
            lists: vec!["lists/help.csv".into()],
            decisions: vec![
                DecisionNote { list: 0, row: 9, pay: false, reason: "moved away".into() },
                DecisionNote { list: 0, row: 12, pay: true, reason: "asked 010190-1234".into() },
            ],
        },
        operators_changed: vec![operator("nivi", 9, None), operator("ole", 2, Some(7)), operator("pia", 5, None)],
        changed_terms: vec!["The limit for one payment was 50.000,00 for batch B0001, and is 100.000,00.".into()],
        head: (12, Digest([0xab; 32])),
        payer_name: "Qeqqata Kommunia".into(),
        batch: BatchState {
            prepared,
            digest: Digest([0x5a; 32]),
            phase: BatchPhase::Prepared,
            preparer: "anna".into(),
            entry: 8,
            approved_by: vec![],
            released_at: None,
        },
    }
}
