//! The register of copies: every file with personal data that the program has written outside the ledger, whom it is for, what of whom it
//! holds, by when it must be gone, and how it ended.
//!
//! What is in an event names nobody: paths and contents are keyed digests, people are counts. The paths and the people lie beside the
//! event, sealed. So the counts can be told for as long as there is a ledger, and the list of people until it is purged.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;

use super::event::SealedParts;
use super::idempotency::Pseudonym;
use super::state::RuleBroken;
use crate::checks::{read_day, write_day};
use crate::payment::{BatchId, InvalidReference};
use crate::say;
use crate::words::Argument;

/// `C0001`: copies are numbered in the order in which they were entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct CopyId(pub u32);

impl From<&CopyId> for Argument {
    fn from(copy: &CopyId) -> Self {
        (*copy).into()
    }
}

impl From<CopyId> for Argument {
    fn from(copy: CopyId) -> Self {
        copy.to_string().into()
    }
}

impl fmt::Display for CopyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C{:04}", self.0)
    }
}

impl FromStr for CopyId {
    type Err = InvalidReference;

    /// Reads `C0001`, and what a person types for it: `c1`.
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let digits = text.trim().strip_prefix(['C', 'c']).ok_or(InvalidReference)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidReference);
        }
        digits.parse().map(Self).map_err(|_| InvalidReference)
    }
}

/// What a copy is for. That decides who reads it and when it must be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Purpose {
    /// `rows.csv`: every row of a list with its fate.
    Rows = 0,
    ControlSheet = 1,
    BankFile = 2,
    Findings = 3,
    Report = 4,
    /// `stop.csv`: what upstream is about to pay once more.
    Stop = 5,
    Recover = 6,
    TopUp = 7,
    WriteBack = 8,
    /// `stoplist`: everything that was paid.
    StopList = 9,
    Notices = 10,
    Baseline = 11,
    Backup = 12,
    /// To be typed by hand into the bank's portal.
    Worksheet = 13,
    /// A half of the recovery code, to be printed. It names nobody.
    RecoveryHalf = 14,
    /// Asks the bank to take payments back.
    Recall = 15,
}

impl Purpose {
    pub const ALL: [Purpose; 16] = [
        Purpose::Rows,
        Purpose::ControlSheet,
        Purpose::BankFile,
        Purpose::Findings,
        Purpose::Report,
        Purpose::Stop,
        Purpose::Recover,
        Purpose::TopUp,
        Purpose::WriteBack,
        Purpose::StopList,
        Purpose::Notices,
        Purpose::Baseline,
        Purpose::Backup,
        Purpose::Worksheet,
        Purpose::RecoveryHalf,
        Purpose::Recall,
    ];

    /// The name in JSON and in `[copies.days]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Rows => "rows",
            Purpose::ControlSheet => "control_sheet",
            Purpose::BankFile => "bank_file",
            Purpose::Findings => "findings",
            Purpose::Report => "report",
            Purpose::Stop => "stop",
            Purpose::Recover => "recover",
            Purpose::TopUp => "top_up",
            Purpose::WriteBack => "write_back",
            Purpose::StopList => "stop_list",
            Purpose::Notices => "notices",
            Purpose::Baseline => "baseline",
            Purpose::Backup => "backup",
            Purpose::Worksheet => "worksheet",
            Purpose::RecoveryHalf => "recovery_half",
            Purpose::Recall => "recall",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }

    /// Who reads it.
    pub fn reader(self) -> &'static str {
        match self {
            Purpose::Rows | Purpose::Findings | Purpose::Report | Purpose::TopUp | Purpose::Baseline => {
                "finance office"
            }
            Purpose::ControlSheet => "approver",
            Purpose::BankFile | Purpose::Recall => "bank",
            Purpose::Stop | Purpose::StopList | Purpose::WriteBack => "upstream system",
            Purpose::Recover => "collections",
            Purpose::Notices => "the people themselves",
            Purpose::Backup => "safe keeping",
            Purpose::Worksheet => "clerks who type",
            Purpose::RecoveryHalf => "one person, on paper",
        }
    }

    /// How many days it is kept where `[copies.days]` says nothing: as long as its reader needs it, and no longer.
    pub fn default_days(self) -> u32 {
        match self {
            Purpose::Rows | Purpose::ControlSheet | Purpose::BankFile | Purpose::Stop | Purpose::Notices => 30,
            Purpose::Worksheet | Purpose::Recall => 30,
            Purpose::StopList | Purpose::TopUp | Purpose::WriteBack => 60,
            Purpose::Findings | Purpose::Report => 90,
            Purpose::Recover => 180,
            Purpose::Baseline | Purpose::Backup => 365,
            Purpose::RecoveryHalf => 7,
        }
    }

    /// Whether it is handed to somebody outside the office, so that two people look at it first.
    pub fn leaves_the_office(self) -> bool {
        let printed = matches!(self, Purpose::Worksheet | Purpose::RecoveryHalf);
        let stays = matches!(self, Purpose::Rows | Purpose::ControlSheet | Purpose::Baseline | Purpose::Backup);
        !printed && !stays
    }
}

/// A class of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Field {
    PersonId = 0,
    OrganisationId = 1,
    Name = 2,
    Account = 3,
    Amount = 4,
    Scheme = 5,
    Period = 6,
    Part = 7,
    PayeeName = 8,
    Text = 9,
    Reference = 10,
    Address = 11,
    /// Names, numbers and accounts of which only a few characters are shown.
    Masked = 12,
}

impl Field {
    pub const ALL: [Field; 13] = [
        Field::PersonId,
        Field::OrganisationId,
        Field::Name,
        Field::Account,
        Field::Amount,
        Field::Scheme,
        Field::Period,
        Field::Part,
        Field::PayeeName,
        Field::Text,
        Field::Reference,
        Field::Address,
        Field::Masked,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Field::PersonId => "person_id",
            Field::OrganisationId => "cvr",
            Field::Name => "name",
            Field::Account => "account",
            Field::Amount => "amount",
            Field::Scheme => "scheme",
            Field::Period => "period",
            Field::Part => "part",
            Field::PayeeName => "payee_name",
            Field::Text => "text",
            Field::Reference => "reference",
            Field::Address => "address",
            Field::Masked => "masked",
        }
    }
}

/// How many people a copy is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PeopleCount {
    /// Different people; those without a number by their names.
    pub persons: u64,
    /// Of them, those whose number is in the copy.
    pub with_person_id: u64,
}

/// Where the people of a copy are to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum PeopleLie {
    /// All of them in the entry's parts.
    InParts = 0,
    /// The batch's payments, and in the parts whoever else is in the copy.
    InBatchAndParts = 1,
    /// The payments of one of the batch's bank files, by its place in the plan.
    InBankFile(u32) = 2,
    /// Nowhere: a few people, masked.
    Nowhere = 3,
    /// The payments of one of the batch's work sheets, by its place among them.
    OnSheet(u32) = 4,
}

/// A keyed digest of a file's SHA-256, so that nothing can be guessed from it: a file with one person number would be found in seconds.
pub type ContentMark = [u8; 16];

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DeclaredCopy {
    pub purpose: Purpose,
    pub batch: Option<BatchId>,
    pub fields: Vec<Field>,
    pub rows: u64,
    pub people: PeopleCount,
    pub people_lie: PeopleLie,
    /// Keyed digests of its whole path and of its file name.
    pub place: Pseudonym,
    pub name: Pseudonym,
    /// `None` for a page that is written anew each time somebody looks.
    pub content: Option<ContentMark>,
    /// The last day on which it may be kept.
    #[borsh(serialize_with = "write_day", deserialize_with = "read_day")]
    pub end_by: NaiveDate,
    /// The copy that lay in its place before.
    pub replaces: Option<CopyId>,
}

/// Files that appear together. Two signatures on the entry mean that two people looked at them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DeclaredCopies {
    pub copies: Vec<DeclaredCopy>,
    /// The episodes whose people are in them.
    pub episodes: Vec<String>,
    pub parts: SealedParts,
}

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum CopyEnd {
    /// Overwritten and removed by this program.
    Destroyed = 0,
    /// It was gone already; an operator says why.
    Elsewhere = 1,
    /// A page that was not there: nobody had asked for it, or somebody removed it.
    NeverWritten = 2,
    /// A later copy took its place.
    Replaced = 3,
}

impl CopyEnd {
    pub fn as_str(self) -> &'static str {
        match self {
            CopyEnd::Destroyed => "destroyed",
            CopyEnd::Elsewhere => "ended elsewhere",
            CopyEnd::NeverWritten => "never written",
            CopyEnd::Replaced => "replaced",
        }
    }
}

/// A copy, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyState {
    pub id: CopyId,
    pub declared: DeclaredCopy,
    pub episodes: Vec<String>,
    /// The entry that entered it, when and by whom.
    pub entry: u64,
    pub at: i64,
    pub by: String,
    /// The two who looked at it before it was used.
    pub reviewed_by: Option<[String; 2]>,
    pub end: Option<(CopyEnd, u64)>,
}

impl CopyState {
    pub fn is_open(&self) -> bool {
        self.end.is_none()
    }
}

/// All copies that were ever entered, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyRegister {
    copies: Vec<CopyState>,
}

/// Who recorded an entry, and when.
#[derive(Clone, Copy)]
pub struct Recorded<'a> {
    pub entry: u64,
    pub at: i64,
    pub by: &'a str,
    pub second: Option<&'a str>,
}

impl CopyRegister {
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &CopyState> {
        self.copies.iter()
    }

    pub fn open(&self) -> impl DoubleEndedIterator<Item = &CopyState> {
        self.all().filter(|copy| copy.is_open())
    }

    pub fn get(&self, id: CopyId) -> Option<&CopyState> {
        self.copies.get((id.0 as usize).checked_sub(1)?)
    }

    /// The number of the next copy.
    pub fn next(&self) -> CopyId {
        CopyId(self.copies.len() as u32 + 1)
    }

    /// The open copy that lies in this place.
    pub fn open_at(&self, place: &Pseudonym) -> Option<&CopyState> {
        self.open().rev().find(|copy| copy.declared.place == *place)
    }

    pub(super) fn declare(&mut self, declared: DeclaredCopies, recorded: Recorded) -> Result<(), RuleBroken> {
        let DeclaredCopies { copies, episodes, .. } = declared;
        let replaced: Vec<_> = copies.iter().filter_map(|copy| Some((copy.replaces?, CopyEnd::Replaced))).collect();
        self.end(&replaced, recorded.entry)?;
        let reviewed_by = recorded.second.map(|second| [recorded.by.to_owned(), second.to_owned()]);
        for declared in copies {
            let (id, episodes, reviewed_by) = (self.next(), episodes.clone(), reviewed_by.clone());
            let Recorded { entry, at, by, .. } = recorded;
            self.copies.push(CopyState { id, declared, episodes, entry, at, by: by.into(), reviewed_by, end: None });
        }
        Ok(())
    }

    pub(super) fn review(&mut self, ids: &[CopyId], recorded: Recorded) -> Result<(), RuleBroken> {
        let two = [recorded.by.to_owned(), recorded.second.unwrap_or_default().to_owned()];
        if let Some(ended) = ids.iter().find(|id| self.get(**id).is_none_or(|copy| !copy.is_open())) {
            return Err(RuleBroken(say!("reviews copy {ended}, which is not open", ended)));
        }
        for copy in self.copies.iter_mut().filter(|copy| ids.contains(&copy.id)) {
            copy.reviewed_by = Some(two.clone());
        }
        Ok(())
    }

    /// All of them or none.
    pub(super) fn end(&mut self, ended: &[(CopyId, CopyEnd)], entry: u64) -> Result<(), RuleBroken> {
        let mut met = BTreeSet::new();
        for (id, _) in ended {
            match self.get(*id) {
                None => return Err(RuleBroken(say!("ends copy {id}, which does not exist", id))),
                Some(copy) if !copy.is_open() || !met.insert(*id) => {
                    return Err(RuleBroken(say!("ends copy {id} again", id)));
                }
                Some(_) => {}
            }
        }
        for (id, how) in ended {
            if let Some(copy) = self.copies.iter_mut().find(|copy| copy.id == *id) {
                copy.end = Some((*how, entry));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_named_as_it_is_written_and_as_it_is_typed() {
        assert_eq!(CopyId(7).to_string(), "C0007");
        for (typed, id) in [("C0007", Some(7)), ("c7", Some(7)), (" C12345 ", Some(12345))] {
            assert_eq!(typed.parse().ok(), id.map(CopyId), "{typed}");
        }
        for typed in ["", "C", "7", "B0007", "C7x", "C-7", "C+7", "C99999999999"] {
            assert!(typed.parse::<CopyId>().is_err(), "{typed}");
        }
    }

    #[test]
    fn every_purpose_and_field_has_a_name_of_its_own() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::named(purpose.as_str()), Some(purpose));
            assert_eq!(Purpose::ALL[purpose as usize], purpose);
        }
        for field in Field::ALL {
            assert_eq!(Field::ALL[field as usize], field);
            assert_eq!(Field::ALL.iter().filter(|other| other.as_str() == field.as_str()).count(), 1);
        }
        let ends = [CopyEnd::Destroyed, CopyEnd::Elsewhere, CopyEnd::NeverWritten, CopyEnd::Replaced];
        assert_eq!(ends.map(CopyEnd::as_str), ["destroyed", "ended elsewhere", "never written", "replaced"]);
    }
}
