//! The model: what an outage must come to, told without ledger, files or keys. It knows who claims what at which desk and what each desk knows of
//! the other, and foretells how every step ends.

use std::collections::{BTreeMap, BTreeSet};

/// What one person is owed for one month or two, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owed {
    pub person: u32,
    pub first: u32,
    pub last: u32,
}

/// A row of a list: the obligation, and whether its amount or its account is another than usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    pub owed: Owed,
    pub raised: bool,
    pub moved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Prepared,
    Duplicate,
    Held,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Prepared,
    Approved,
    Releasing,
    Released,
    Cancelled,
}

/// What the bank has said last of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Booked,
    Returned,
    Rejected,
    /// Rejected as a second one: the first stands.
    Duplicate,
    /// Booked, after it had been rejected or had come back.
    AfterAll,
    /// As that, when another attempt had left already. Nobody says it: so it is kept.
    TooLate,
}

#[derive(Clone, Debug)]
pub struct Payment {
    pub row: Row,
    pub attempt: u32,
    pub word: Option<Word>,
}

#[derive(Clone, Debug)]
pub struct Batch {
    pub desk: usize,
    /// Its number at its desk, from 1.
    pub number: u32,
    pub preparer: usize,
    pub approver: Option<usize>,
    pub phase: Phase,
    pub payments: Vec<Payment>,
    /// Whether its bank files are gone with the folder, and have to be made again.
    pub files_lost: bool,
}

/// Who holds an obligation: which batch, and whether that has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub row: Row,
    pub left: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// Counts what was recorded: two equal versions are one ledger.
    pub version: u64,
    /// The version that something outside the folder knows of.
    pub known: u64,
    pub claims: BTreeMap<Owed, Claim>,
    /// The last attempt of each payment that did not stand.
    pub failed: BTreeMap<Owed, u32>,
    /// Of which the bank has said since that one stands after all: whoever pays it again must have asked.
    pub contested: BTreeSet<Owed>,
    /// The other desk's claims and failed attempts, as they were at the last merge, and its version then.
    pub foreign: BTreeMap<Owed, Claim>,
    pub foreign_failed: BTreeMap<Owed, u32>,
    pub foreign_contested: BTreeSet<Owed>,
    pub merged: u64,
}

impl Desk {
    /// What it claims and whether that has left; what was freed and stands after all has.
    fn held(&self) -> BTreeMap<Owed, bool> {
        let claims = self.claims.iter().map(|(owed, claim)| (*owed, claim.left));
        claims.chain(self.contested.iter().map(|owed| (*owed, true))).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    /// The machine goes down when the ledger has it, and neither the witness nor anything outside.
    LedgerOnly,
    /// The disk refuses the last step: the rows' place, or the bank file.
    Obstructed,
}

#[derive(Clone, Debug)]
pub enum Step {
    Day,
    HandIn {
        desk: usize,
        by: usize,
        rows: Vec<Row>,
        spelling: u32,
        end: End,
    },
    Approve {
        batch: usize,
        by: usize,
        end: End,
    },
    Release {
        batch: usize,
        by: usize,
        end: End,
    },
    Cancel {
        batch: usize,
        by: usize,
        end: End,
    },
    /// Somebody moves the bank files away, and the batch is released again.
    ReleaseAgain {
        batch: usize,
    },
    Bank {
        batch: usize,
        payment: usize,
        word: Word,
    },
    /// A report that was read before, once more.
    Resend {
        report: usize,
    },
    WrongPassphrase {
        desk: usize,
    },
    CopyFolder {
        desk: usize,
    },
    /// An older copy of the folder in the folder's place: tried, refused, and taken away again.
    PutBack {
        copy: usize,
    },
    Backup {
        desk: usize,
    },
    /// The folder is lost and the backup restored in its place.
    Restore {
        backup: usize,
    },
    Merge {
        desk: usize,
    },
}

/// How a step must end.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Nothing,
    Fates(Vec<Fate>),
    /// Failed for the disk's sake.
    Failed,
    Refused(&'static str),
    Freed(bool),
    Merged {
        in_both: BTreeSet<Owed>,
        claimed_in_both: BTreeSet<Owed>,
        overlaps: usize,
    },
}

#[derive(Clone, Debug)]
pub struct Model {
    pub desks: [Desk; 2],
    pub batches: Vec<Batch>,
    pub lists: Vec<Vec<Row>>,
    /// The desk and version of each.
    pub copies: Vec<(usize, u64)>,
    pub backups: Vec<(usize, u64)>,
    /// The desk that read each report.
    pub reports: Vec<usize>,
    pub outcome: Outcome,
}

impl Owed {
    fn touches(self, other: Owed) -> bool {
        self.person == other.person && self.first <= other.last && other.first <= self.last
    }
}

impl Row {
    /// In øre.
    pub fn amount(self) -> i64 {
        let Owed { person, first, last } = self.owed;
        i64::from(100_000 * person + 1_000 * first + 100 * last + 50) + if self.raised { 10_000 } else { 0 }
    }
}

impl Model {
    pub fn new() -> Self {
        let desks = [(); 2].map(|()| Desk { version: 1, known: 1, ..Desk::default() });
        let (batches, lists, copies, backups, reports) = Default::default();
        Self { desks, batches, lists, copies, backups, reports, outcome: Outcome::Nothing }
    }

    pub fn take(&mut self, step: &Step) {
        let before = [self.desks[0].version, self.desks[1].version];
        self.outcome = match step {
            Step::Day | Step::WrongPassphrase { .. } | Step::Resend { .. } => Outcome::Nothing,
            Step::HandIn { desk, by, rows, end, .. } => self.hand_in(*desk, *by, rows, *end),
            Step::Approve { batch, by, .. } => self.approve(*batch, *by),
            Step::Release { batch, end, .. } => self.release(*batch, *end),
            Step::ReleaseAgain { batch } => self.release(*batch, End::Done),
            Step::Cancel { batch, .. } => self.cancel(*batch),
            Step::Bank { batch, payment, word } => self.bank(*batch, *payment, *word),
            Step::CopyFolder { desk } => {
                self.copies.push((*desk, self.desks[*desk].version));
                Outcome::Nothing
            }
            Step::PutBack { .. } => Outcome::Refused("ledger.older_than_anchor"),
            Step::Backup { desk } => {
                self.desks[*desk].version += 1;
                self.backups.push((*desk, self.desks[*desk].version));
                Outcome::Nothing
            }
            Step::Restore { backup } => self.restore(*backup),
            Step::Merge { desk } => self.merge(*desk),
        };
        let ends = match step {
            Step::HandIn { end, .. }
            | Step::Approve { end, .. }
            | Step::Release { end, .. }
            | Step::Cancel { end, .. } => *end,
            _ => End::Done,
        };
        // That the files of a release lie there is told by the next command: an older copy would put the same files there once more.
        let not_told = u64::from(matches!(step, Step::Release { .. } | Step::ReleaseAgain { .. }) && ends == End::Done);
        for (desk, before) in self.desks.iter_mut().zip(before) {
            if ends != End::LedgerOnly && desk.version != before {
                desk.known = desk.version - not_told;
            }
        }
    }

    fn hand_in(&mut self, desk: usize, by: usize, rows: &[Row], end: End) -> Outcome {
        self.lists.push(rows.to_vec());
        let fates: Vec<Fate> = (0..rows.len()).map(|at| self.fate(desk, rows, at)).collect();
        let here = &mut self.desks[desk];
        let prepared = rows.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Prepared).map(|(row, _)| *row);
        let payments: Vec<Payment> = prepared
            .map(|row| {
                here.claims.insert(row.owed, Claim { row, left: false });
                let failed = [&here.failed, &here.foreign_failed].map(|of| of.get(&row.owed).copied().unwrap_or(0));
                Payment { row, attempt: 1 + failed[0].max(failed[1]), word: None }
            })
            .collect();
        if payments.is_empty() {
            return Outcome::Fates(fates);
        }
        here.version += 1;
        let number = 1 + self.batches.iter().filter(|batch| batch.desk == desk).count() as u32;
        self.batches.push(Batch {
            desk,
            number,
            preparer: by,
            approver: None,
            phase: Phase::Prepared,
            payments,
            files_lost: false,
        });
        if end == End::Obstructed { Outcome::Failed } else { Outcome::Fates(fates) }
    }

    /// The rules of CONTRACT.md, word by word.
    fn fate(&self, desk: usize, rows: &[Row], at: usize) -> Fate {
        let row = rows[at];
        let Desk { claims, foreign, contested, foreign_contested, .. } = &self.desks[desk];
        let live = |owed: &Owed| [claims.get(owed), foreign.get(owed)].into_iter().flatten();
        let is_paid = |row: &Row| live(&row.owed).any(|claim| claim.row == *row);
        let claimed = claims.keys().chain(foreign.keys()).any(|owed| owed.touches(row.owed));
        let others = rows.iter().enumerate().filter(|(other, it)| *other != at && !is_paid(it)).map(|(_, it)| it);
        let equals = rows[..at].contains(&row);
        let touching: Vec<&Row> = others.filter(|other| other.owed.touches(row.owed) && **other != row).collect();
        let conflicts = touching.iter().any(|other| other.owed == row.owed);
        match () {
            () if is_paid(&row) => Fate::Duplicate,
            // One of several equal rows stands for them, and waits for a person as any other.
            () if equals && !conflicts => Fate::Duplicate,
            () if claimed || !touching.is_empty() => Fate::Held,
            () if contested.iter().chain(foreign_contested).any(|owed| owed.touches(row.owed)) => Fate::Held,
            () => Fate::Prepared,
        }
    }

    fn approve(&mut self, at: usize, by: usize) -> Outcome {
        let batch = &mut self.batches[at];
        match batch.phase {
            _ if by == batch.preparer => Outcome::Refused("control.same_person"),
            Phase::Prepared => {
                (batch.phase, batch.approver) = (Phase::Approved, Some(by));
                self.desks[batch.desk].version += 1;
                Outcome::Nothing
            }
            Phase::Approved if batch.approver == Some(by) => Outcome::Nothing,
            _ => Outcome::Refused("batch.not_prepared"),
        }
    }

    fn release(&mut self, at: usize, end: End) -> Outcome {
        let batch = &mut self.batches[at];
        let desk = &mut self.desks[batch.desk];
        // Nobody decides here to pay what overlaps: whatever does has been heard of since the batch was prepared.
        let paid_elsewhere =
            |payment: &Payment| desk.foreign.iter().any(|(owed, claim)| claim.left && owed.touches(payment.row.owed));
        let is_contested = |payment: &Payment| {
            let contested = desk.contested.iter().chain(&desk.foreign_contested);
            contested.into_iter().any(|contested| contested.touches(payment.row.owed))
        };
        match batch.phase {
            Phase::Prepared => return Outcome::Refused("batch.not_approved"),
            Phase::Cancelled => return Outcome::Refused("batch.cancelled"),
            Phase::Released if batch.files_lost && end == End::Obstructed => return Outcome::Failed,
            Phase::Released => {
                batch.files_lost = false;
                return Outcome::Nothing;
            }
            Phase::Approved if batch.payments.iter().any(paid_elsewhere) => {
                return Outcome::Refused("release.paid_elsewhere");
            }
            Phase::Approved if batch.payments.iter().any(is_contested) => {
                return Outcome::Refused("release.paid_after_all");
            }
            Phase::Approved | Phase::Releasing => {}
        }
        // A release that stops again where it stopped before has nothing to record.
        desk.version += u64::from(batch.phase == Phase::Approved || end != End::Obstructed);
        for payment in &batch.payments {
            desk.claims.insert(payment.row.owed, Claim { row: payment.row, left: true });
        }
        let (phase, outcome) = match end {
            End::Obstructed => (Phase::Releasing, Outcome::Failed),
            _ => (Phase::Released, Outcome::Nothing),
        };
        batch.phase = phase;
        batch.files_lost &= phase != Phase::Released;
        outcome
    }

    fn cancel(&mut self, at: usize) -> Outcome {
        let batch = &mut self.batches[at];
        match batch.phase {
            Phase::Prepared | Phase::Approved => {}
            Phase::Cancelled => return Outcome::Refused("batch.cancelled"),
            Phase::Releasing | Phase::Released => return Outcome::Refused("batch.released"),
        }
        batch.phase = Phase::Cancelled;
        let desk = &mut self.desks[batch.desk];
        desk.version += 1;
        desk.claims.retain(|owed, _| !batch.payments.iter().any(|payment| payment.row.owed == *owed));
        Outcome::Nothing
    }

    fn bank(&mut self, at: usize, payment: usize, word: Word) -> Outcome {
        let Payment { row, attempt, .. } = self.batches[at].payments[payment];
        let later = |it: &Payment| it.row.owed.touches(row.owed) && (it.row.owed, it.attempt) != (row.owed, attempt);
        let stands = |it: &Payment| !matches!(it.word, Some(Word::Rejected | Word::Returned | Word::TooLate));
        let has_left = |batch: &Batch| matches!(batch.phase, Phase::Releasing | Phase::Released);
        let desk = self.batches[at].desk;
        let beside = self.batches.iter().filter(|batch| batch.desk == desk && has_left(batch));
        let too_late = beside.flat_map(|batch| &batch.payments).any(|it| later(it) && stands(it));
        let batch = &mut self.batches[at];
        let payment = &mut batch.payments[payment];
        let desk = &mut self.desks[batch.desk];
        payment.word = Some(if word == Word::AfterAll && too_late { Word::TooLate } else { word });
        if word == Word::AfterAll {
            desk.contested.insert(row.owed);
        }
        desk.version += 1;
        self.reports.push(batch.desk);
        let frees = matches!(word, Word::Returned | Word::Rejected);
        if frees {
            desk.claims.remove(&payment.row.owed);
            desk.failed.insert(payment.row.owed, payment.attempt);
        }
        Outcome::Freed(frees)
    }

    fn restore(&mut self, at: usize) -> Outcome {
        let (desk, version) = self.backups[at];
        if self.desks[desk].version != version {
            return Outcome::Refused("restore.older");
        }
        self.batches.iter_mut().filter(|batch| batch.desk == desk).for_each(|batch| batch.files_lost = true);
        Outcome::Nothing
    }

    fn merge(&mut self, at: usize) -> Outcome {
        let other = self.desks[1 - at].clone();
        let here = &mut self.desks[at];
        if here.merged != other.version {
            here.version += 1;
        }
        here.merged = other.version;
        (here.foreign, here.foreign_failed) = (other.claims.clone(), other.failed.clone());
        here.foreign_contested = other.contested.clone();
        let (mut in_both, mut claimed_in_both, mut overlaps) = (BTreeSet::new(), BTreeSet::new(), 0);
        let (here, there) = (here.held(), other.held());
        for (owed, ours_left) in &here {
            match there.get(owed) {
                Some(theirs_left) if *ours_left && *theirs_left => drop(in_both.insert(*owed)),
                Some(_) => drop(claimed_in_both.insert(*owed)),
                None => {}
            }
            overlaps += there.keys().filter(|theirs| *theirs != owed && theirs.touches(*owed)).count();
        }
        Outcome::Merged { in_both, claimed_in_both, overlaps }
    }

    /// Which words the bank can still say of a payment. Of one that left from both desks under one reference it says nothing here: its word
    /// could be about either.
    pub fn words_about(&self, at: usize, payment: usize) -> &'static [Word] {
        let (batch, Payment { row, attempt, word }) = (&self.batches[at], &self.batches[at].payments[payment]);
        let left = |batch: &Batch| matches!(batch.phase, Phase::Releasing | Phase::Released);
        let is_doubled = self.batches.iter().enumerate().any(|(other, it)| {
            let same = |it: &Payment| it.row.owed == row.owed && it.attempt == *attempt;
            other != at && left(it) && it.payments.iter().any(same)
        });
        match word {
            _ if batch.phase != Phase::Released || is_doubled => &[],
            None => &[Word::Booked, Word::Rejected, Word::Duplicate],
            Some(Word::Booked) => &[Word::Returned],
            Some(Word::Rejected | Word::Returned) => &[Word::AfterAll],
            Some(_) => &[],
        }
    }
}
