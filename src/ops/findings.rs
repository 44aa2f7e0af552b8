//! Findings as they are remembered: sealed beside the entry that recorded them, known again in every later run, and what decisions are about.

mod keys;
mod known_before;
mod remember;

use std::io::{self, Write};

use borsh::{BorshDeserialize, BorshSerialize};
use smol_str::{SmolStr, format_smolstr};

pub use remember::{Change, Changes, MOST_SHOWN, Remembering, Shown};

use super::key_store::KeyStore;
use super::parts::{self, PartsFound};
use super::{Unlocked, Workspace};
use crate::fault::{Fault, Result};
use crate::ledger::event::KeyId;
use crate::ledger::outcome::Standing;
use crate::ledger::remedies::{Basis, FindingKey, FindingMoney, Verdict};
use crate::ledger::seal::SecretKey;
use crate::ledger::state::Comparison;
use crate::ledger::{LedgerState, Snapshot};
use crate::payment::{Amount, BatchId, Currency, EndToEndId, Period, PersonId};
use crate::reconciliation::finding::{Finding, Kind, Money, Remedy};
use crate::say;

/// A finding as it is kept. Sealed: it is about somebody.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KnownFinding {
    pub key: FindingKey,
    /// What `F0001` counts; given once and kept.
    pub number: u32,
    kind: u8,
    remedy: u8,
    pub person: Option<PersonId>,
    pub name: String,
    pub scheme: String,
    pub period: Option<Period>,
    pub parts: Vec<String>,
    pub money: FindingMoney,
    standing: u8,
    pub batches: Vec<BatchId>,
    pub end_to_end_ids: Vec<EndToEndId>,
    pub upstream_references: Vec<String>,
    /// Days of the common era on which upstream paid.
    upstream_paid_on: Vec<i32>,
    pub matched: String,
    pub note: String,
}

/// Takes findings one by one.
pub type Visit<'a> = &'a mut dyn FnMut(Finding) -> Result<()>;

/// Takes findings one by one, each with what it is known by in every run.
pub type VisitKnown<'a> = &'a mut dyn FnMut(&FindingKey, Finding) -> Result<()>;

/// The findings of one run: the same ones in the same order, however often they are asked for.
pub trait Run {
    fn each(&self, visit: Visit) -> Result<()>;
}

/// What lies sealed beside a comparison.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Record {
    Found(Box<KnownFinding>),
    /// Was found once and is no longer; keeps its number.
    Gone {
        key: FindingKey,
        number: u32,
    },
}

/// A finding on its way into its record: the bytes of [`Record::Found`], without a copy of it.
struct FoundNow<'a> {
    key: FindingKey,
    number: u32,
    finding: &'a Finding,
}

impl BorshSerialize for FoundNow<'_> {
    fn serialize<W: Write>(&self, to: &mut W) -> io::Result<()> {
        use chrono::Datelike;
        let finding = self.finding;
        FOUND.serialize(to)?;
        (self.key, self.number).serialize(to)?;
        (finding.kind.number(), finding.remedy.number()).serialize(to)?;
        finding.person.serialize(to)?;
        (&finding.name, &finding.scheme).serialize(to)?;
        (finding.period, finding.parts.as_slice()).serialize(to)?;
        (recorded(&finding.money), standing_number(finding.bank)).serialize(to)?;
        (finding.batches.as_slice(), finding.end_to_end_ids.as_slice()).serialize(to)?;
        finding.upstream_references.as_slice().serialize(to)?;
        (finding.upstream_paid_on.len() as u32).serialize(to)?;
        finding.upstream_paid_on.iter().try_for_each(|day| day.num_days_from_ce().serialize(to))?;
        (&finding.matched, &finding.note).serialize(to)
    }
}

/// The place of [`Record::Found`] among the records.
const FOUND: u8 = 0;

const STANDINGS: [Standing; 7] = [
    Standing::None,
    Standing::Accepted,
    Standing::Settled,
    Standing::Batch,
    Standing::Doubled,
    Standing::Returned,
    Standing::Rejected,
];

fn standing_number(standing: Standing) -> u8 {
    STANDINGS.iter().position(|known| *known == standing).unwrap_or(0) as u8
}

impl KnownFinding {
    #[cfg(test)]
    pub fn new(key: FindingKey, number: u32, finding: &Finding) -> Self {
        use chrono::Datelike;
        Self {
            key,
            number,
            kind: finding.kind.number(),
            remedy: finding.remedy.number(),
            person: finding.person.clone(),
            name: finding.name.to_string(),
            scheme: finding.scheme.to_string(),
            period: finding.period,
            parts: finding.parts.iter().map(ToString::to_string).collect(),
            money: recorded(&finding.money),
            standing: standing_number(finding.bank),
            batches: finding.batches.to_vec(),
            end_to_end_ids: finding.end_to_end_ids.to_vec(),
            upstream_references: finding.upstream_references.iter().map(ToString::to_string).collect(),
            upstream_paid_on: finding.upstream_paid_on.iter().map(Datelike::num_days_from_ce).collect(),
            matched: finding.matched.to_string(),
            note: finding.note.to_string(),
        }
    }

    pub fn kind(&self) -> Kind {
        Kind::from_number(self.kind).unwrap_or(Kind::Unexplained)
    }

    pub fn remedy(&self) -> Remedy {
        Remedy::from_number(self.remedy).unwrap_or(Remedy::Decide)
    }

    pub fn standing(&self) -> Standing {
        STANDINGS.get(usize::from(self.standing)).copied().unwrap_or(Standing::None)
    }

    pub fn upstream_paid_on(&self) -> Vec<chrono::NaiveDate> {
        self.upstream_paid_on.iter().filter_map(|day| chrono::NaiveDate::from_num_days_from_ce_opt(*day)).collect()
    }

    /// What a decision about it is decided on.
    pub fn verdict(&self) -> Verdict {
        verdict(self.kind(), self.money)
    }

    pub fn id(&self, basis: Basis) -> String {
        id(basis, self.number)
    }
}

/// `F0001` for what was found against upstream's runs, `T0001` against lists of what was owed.
pub fn id(basis: Basis, number: u32) -> String {
    short_id(basis, number).into()
}

fn short_id(basis: Basis, number: u32) -> SmolStr {
    format_smolstr!("{}{number:04}", letter(basis))
}

fn letter(basis: Basis) -> char {
    match basis {
        Basis::Upstream => 'F',
        Basis::Owed => 'T',
    }
}

/// Reads `F0001`, and what a person types for it: `f1`.
pub fn read_id(text: &str) -> Option<(Basis, u32)> {
    let text = text.trim();
    let basis = match text.chars().next()? {
        'F' | 'f' => Basis::Upstream,
        'T' | 't' => Basis::Owed,
        _ => return None,
    };
    let digits = &text[1..];
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    Some((basis, number))
}

/// What a decision about such a finding is decided on.
pub fn verdict(kind: Kind, money: FindingMoney) -> Verdict {
    let uncertain = matches!(kind, Kind::PossibleDouble | Kind::Unexplained);
    Verdict { kind: kind.number(), uncertain, money }
}

/// The money columns as they are recorded.
pub fn recorded(money: &Money) -> FindingMoney {
    FindingMoney {
        fallback: money.fallback.minor_units(),
        upstream_paid: money.upstream_paid.minor_units(),
        upstream_planned: money.upstream_planned.minor_units(),
        owed: money.owed.minor_units(),
        overpaid: money.overpaid.minor_units(),
        underpaid: money.underpaid.minor_units(),
    }
}

pub fn amount(minor_units: i64, currency: Currency) -> Amount {
    Amount::from_minor_units(minor_units, currency)
}

/// The key under which findings and decisions are sealed: the open episode's, else that of the last one. `None` before the first.
pub fn sealing_key(state: &LedgerState, who: &Unlocked, keys: &KeyStore) -> Result<Option<(KeyId, SecretKey)>> {
    let Some(episode) = state.open_episode_now().or(state.episodes.last()) else { return Ok(None) };
    Ok(Some((episode.key, who.episode_key(keys, episode.key)?)))
}

/// Hands out what the last comparison on a basis found, in the order in which it was found.
pub fn each_known(
    workspace: &mut Workspace,
    who: &Unlocked,
    basis: Basis,
    visit: &mut dyn FnMut(KnownFinding) -> Result<()>,
) -> Result<()> {
    let keys = workspace.keys.clone();
    let state = workspace.state.clone();
    let Some(comparison) = state.comparisons.get(&basis) else { return Ok(()) };
    let mut snapshot = workspace.read()?;
    let key = open_key(&mut *snapshot, who, &keys, comparison)?;
    parts::each(&mut *snapshot, state.ledger, comparison.entry, &key, &mut |record| match record {
        Record::Found(finding) => visit(*finding),
        Record::Gone { .. } => Ok(()),
    })
}

/// The key of a comparison's findings.
///
/// # Errors
/// `ledger.purged`, where they were purged and their key with them.
fn open_key(
    snapshot: &mut dyn Snapshot,
    who: &Unlocked,
    keys: &KeyStore,
    comparison: &Comparison,
) -> Result<SecretKey> {
    let recorded = &comparison.recorded.findings;
    match who.episode_key(keys, recorded.key) {
        Err(missing) => match parts::look(snapshot, comparison.entry, recorded)? {
            PartsFound::Purged => {
                let message =
                    say!("The findings that entry {entry} recorded were purged.", entry = comparison.entry.to_string());
                Err(Fault::refused("ledger.purged", message))
            }
            _ => Err(missing),
        },
        opened => opened,
    }
}

#[cfg(test)]
mod tests {
    use super::known_before::RecordHead;
    use super::*;
    use crate::payment::{Country, PersonKind, Tag};
    use crate::reconciliation::finding::Mostly1;

    #[test]
    fn ids_read_as_written_and_as_typed() {
        for (text, read) in [
            ("F0001", Some((Basis::Upstream, 1))),
            (" f1 ", Some((Basis::Upstream, 1))),
            ("T0012", Some((Basis::Owed, 12))),
            ("F", None),
            ("B0001", None),
            ("F1x", None),
            ("", None),
            ("F99999999999", None),
        ] {
            assert_eq!(read_id(text), read, "{text}");
        }
        assert_eq!((id(Basis::Upstream, 7), id(Basis::Owed, 12_345)), ("F0007".into(), "T12345".into()));
    }

    /// What is written as it is found reads back as what is kept.
    #[test]
    fn a_finding_is_recorded_as_the_record_that_is_read() {
        let amount = |minor_units| Amount::from_minor_units(minor_units, Currency::Dkk);
        let finding = Finding {
            id: "F0007".into(),
            kind: Kind::DoublePaid,
            remedy: Remedy::Recover,
            person: Some(PersonId::new(Country::Gl, PersonKind::Natural, "0709614150")),
            name: "Åse".into(),
            scheme: "Pension".into(),
            period: "2022-03..2022-04".parse().ok(),
            parts: ["1", "2"].map(Into::into).into_iter().collect(),
            money: Money {
                fallback: amount(1),
                upstream_paid: amount(2),
                upstream_planned: amount(3),
                owed: amount(4),
                overpaid: amount(5),
                underpaid: amount(6),
            },
            bank: Standing::Batch,
            batches: [BatchId::new('B', 1), BatchId::new('K', 12)].into_iter().collect(),
            end_to_end_ids: [EndToEndId { tag: Tag { series: [1; 8], obligation: [2; 8] }, attempt: 3 }].into(),
            upstream_references: ["R-1".into()].into(),
            upstream_paid_on: "2022-05-02".parse().into_iter().collect(),
            debit: None,
            resembles: false,
            matched: "obligation".into(),
            note: "…".into(),
        };
        let key = FindingKey([9; 8]);
        let record = Record::Found(Box::new(KnownFinding::new(key, 7, &finding)));
        let bytes = borsh::to_vec(&FoundNow { key, number: 7, finding: &finding }).expect("writes");
        assert_eq!(bytes, borsh::to_vec(&record).expect("writes"));
        assert_eq!(Record::try_from_slice(&bytes).expect("reads"), record);
        // And a later run reads as much of it as it needs.
        let head = RecordHead::try_from_slice(&bytes).expect("reads to the end");
        assert_eq!((head.key, head.number), (key, 7));
        assert_eq!(head.verdict, Some((Kind::DoublePaid.number(), Remedy::Recover.number(), recorded(&finding.money))));
        let nobody = Finding { person: None, period: None, parts: Mostly1::new(), ..finding };
        let bytes = borsh::to_vec(&FoundNow { key, number: 8, finding: &nobody }).expect("writes");
        assert_eq!(RecordHead::try_from_slice(&bytes).expect("reads to the end").number, 8);
        assert!(RecordHead::try_from_slice(&bytes[..bytes.len() - 1]).is_err());
        let gone = borsh::to_vec(&Record::Gone { key, number: 9 }).expect("writes");
        let head = RecordHead::try_from_slice(&gone).expect("reads to the end");
        assert_eq!((head.key, head.number, head.verdict), (key, 9, None));
    }

    /// The numbers are in ledgers.
    #[test]
    fn numbers_of_verdicts_never_change() {
        assert_eq!(Kind::ALL.map(|kind| kind.number()), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
        assert!(Kind::ALL.iter().all(|kind| Kind::from_number(kind.number()) == Some(*kind)));
        assert_eq!(Remedy::ALL.map(|remedy| remedy.number()), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(Remedy::ALL.iter().all(|remedy| Remedy::from_number(remedy.number()) == Some(*remedy)));
        let named = Kind::ALL.map(|kind| kind.as_str());
        assert_eq!((named[0], named[7], named[12]), ("double_paid", "possible_double", "unexplained"));
        let named = Remedy::ALL.map(|remedy| remedy.as_str());
        assert_eq!((named[0], named[4], named[8]), ("recover", "none", "pay"));
        assert_eq!(STANDINGS.map(Standing::as_str)[..4], ["none", "accepted", "settled", "batch"]);
    }
}
