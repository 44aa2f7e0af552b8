//! The real thing: two desks' folders and what remembers them, worked in as one process a command would. After each step it is compared with
//! what the model foretold, and the files that could be uploaded are counted by somebody who knows neither.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDateTime};
use stopgap::fault::{Fault, Result};
use stopgap::ledger::state::BatchPhase;
use stopgap::ops::anchors::Outside;
use stopgap::ops::outcome::Request as Reports;
use stopgap::ops::prepare::Request;
use stopgap::ops::world::Passphrases;
use stopgap::ops::{self, Now, Workspace, World};
use stopgap::payment::BatchId;
use tempfile::TempDir;

use crate::bank;
use crate::bank_file::{self, BankFile};
use crate::fixture::{KNOWN, Types, new_workspace};
use crate::reference::{Batch, End, Fate, Model, Outcome, Owed, Phase, Row, Step, Word};

pub const PEOPLE: [&str; 3] = ["anna", "malik", "sara"];
const LETTERS: [char; 2] = ['B', 'K'];
/// A bank day that stays in the future.
const PAY_ON: &str = "2099-03-02";

pub struct Town {
    folder: TempDir,
    days: u64,
    /// Every bank file that ever lay there, by desk and content.
    seen: BTreeMap<(usize, Vec<u8>), BankFile>,
    /// Both ledgers, as they lay there after the last step.
    ledgers: [Vec<u8>; 2],
    /// The model's versions of both, after the last step.
    versions: [u64; 2],
    reports: Vec<PathBuf>,
    /// How many times something was written to give it a name of its own.
    written: u32,
}

/// A workspace with two desks that nothing was done in yet, made once and copied.
pub struct Fresh(TempDir);

impl Fresh {
    pub fn new() -> Self {
        let town = Town::bare();
        let operators = PEOPLE.map(str::to_owned).to_vec();
        let new = stopgap::ops::init::NewWorkspace { operators, ..new_workspace() };
        let world = town.world(&KNOWN);
        ops::init::init(&world, &town.place("desk0"), &new).expect("a workspace");
        let other = town.place("desk1");
        let desk = ops::desks::Request {
            folder: &other,
            letter: Some(LETTERS[1]),
            name: Some("Maniitsoq"),
            second: Some("malik"),
            enrol: &[],
        };
        // Without anything outside: nothing is to know where these two lie.
        let mut first = Workspace::open(&town.place("desk0")).expect("opens");
        ops::desks::add(&mut first, &world, Some("anna"), &desk).expect("a second desk");
        Self(town.folder)
    }
}

impl Town {
    fn bare() -> Self {
        let in_memory = Path::new("/dev/shm");
        let made = if in_memory.is_dir() { tempfile::tempdir_in(in_memory) } else { tempfile::tempdir() };
        let (seen, ledgers, versions, reports) = Default::default();
        Self { folder: made.expect("a folder"), days: 0, seen, ledgers, versions, reports, written: 0 }
    }

    pub fn new(fresh: &Fresh) -> Self {
        let mut town = Self::bare();
        for desk in ["desk0", "desk1"] {
            copy_folder(&fresh.0.path().join(desk), &town.place(desk));
        }
        for desk in [0, 1] {
            town.open(desk).and_then(|mut it| it.refresh(&town.world(&KNOWN))).expect("is known from here on");
        }
        town.ledgers = [0, 1].map(|desk| town.ledger(desk));
        town.versions = Model::new().desks.map(|desk| desk.version);
        town
    }

    pub fn days(&self) -> u64 {
        self.days
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn desk(&self, desk: usize) -> PathBuf {
        self.place(&format!("desk{desk}"))
    }

    fn outside(&self) -> Outside {
        Outside::on_machine(vec![self.place("anchors")], "desk")
    }

    fn open(&self, desk: usize) -> Result<Workspace> {
        Workspace::open_with(&self.desk(desk), self.outside())
    }

    fn world<'a>(&self, passphrases: &'a dyn Passphrases) -> World<'a> {
        let first: NaiveDateTime = "2026-11-20T08:00:00".parse().expect("a time");
        let local = first + Days::new(self.days);
        World { now: Now { unix: local.and_utc().timestamp(), local }, passphrases, say: &|_| {} }
    }

    fn write(&mut self, content: &str) -> PathBuf {
        self.written += 1;
        let path = self.place(&format!("written-{}", self.written));
        fs::write(&path, content).expect("writes");
        path
    }

    /// Takes the step and compares everything with the model after it.
    pub fn take(&mut self, step: &Step, model: &Model) {
        let outcome = self.outcome(step, model);
        assert_eq!(outcome, model.outcome, "{step:?}");
        for desk in [0, 1] {
            let ledger = self.ledger(desk);
            let version = model.desks[desk].version;
            let (recorded, changed) = (version != self.versions[desk], ledger != self.ledgers[desk]);
            // A restored ledger is the same entry for entry, and not byte for byte.
            let same = recorded == changed || matches!(step, Step::Restore { .. });
            assert!(same, "{step:?}: the ledger of desk {desk} changed: {changed}, as the model has it: {recorded}");
            self.versions[desk] = version;
            if ledger != self.ledgers[desk] || matches!(step, Step::Day) {
                let mut workspace = self.open(desk).expect("opens");
                self.compare_batches(desk, &workspace, model);
                ops::verify::verify(&mut workspace).expect("verifies");
            }
            self.ledgers[desk] = ledger;
        }
        self.look();
        self.count(model);
    }

    fn ledger(&self, desk: usize) -> Vec<u8> {
        fs::read(self.desk(desk).join("ledger.db")).expect("reads")
    }

    fn outcome(&mut self, step: &Step, model: &Model) -> Outcome {
        match step {
            Step::Day => {
                self.days += 1;
                Outcome::Nothing
            }
            Step::HandIn { desk, by, rows, spelling, end } => self.hand_in(*desk, *by, rows, *spelling, *end, model),
            Step::Approve { batch, by, end } => {
                let (desk, id) = known(&model.batches[*batch]);
                self.ending(desk, *end, |town| {
                    let mut workspace = town.open(desk)?;
                    let digest = workspace.state.batches[&id].digest;
                    ops::approve::approve(&mut workspace, &town.world(&KNOWN), Some(PEOPLE[*by]), id, &digest).map(drop)
                })
            }
            Step::Release { batch, by, end } => self.release(&model.batches[*batch], *by, *end),
            Step::ReleaseAgain { batch } => self.release_again(&model.batches[*batch]),
            Step::Cancel { batch, by, end } => {
                let (desk, id) = known(&model.batches[*batch]);
                self.ending(desk, *end, |town| {
                    ops::cancel::cancel(&mut town.open(desk)?, &town.world(&KNOWN), Some(PEOPLE[*by]), id)
                })
            }
            Step::Bank { batch, payment, word } => {
                let batch = &model.batches[*batch];
                let row = batch.payments[*payment].row;
                let report = self.report(batch, row, *word);
                let path = self.write(&report);
                self.reports.push(path.clone());
                let freed = self.read_report(batch.desk, &path).expect("reads the report");
                Outcome::Freed(freed)
            }
            Step::Resend { report } => {
                let (desk, path) = (model.reports[*report], self.reports[*report].clone());
                let before = self.open(desk).expect("opens").state.head;
                assert!(!self.read_report(desk, &path).expect("reads"), "a report read again frees nothing");
                assert_eq!(self.open(desk).expect("opens").state.head, before, "a report read again is nothing new");
                Outcome::Nothing
            }
            Step::WrongPassphrase { desk } => {
                let list = self
                    .write("cpr;navn;konto;beløb;ydelse;periode\n0101509999;Nobody;6471-0000999999;1,00;X;2026-01\n");
                let refused = self.prepare(*desk, 0, &list, &Types("something else")).err().map(|fault| fault.code);
                assert_eq!(refused, Some("passphrase.wrong"));
                Outcome::Nothing
            }
            Step::CopyFolder { desk } => {
                let copies = model.copies.len() - 1;
                copy_folder(&self.desk(*desk), &self.place(&format!("copy-{copies}")));
                Outcome::Nothing
            }
            Step::PutBack { copy } => self.put_back(*copy, model.copies[*copy].0),
            Step::Backup { desk } => {
                let (name, keys) =
                    (format!("backup-{}", model.backups.len() - 1), format!("keys-{}", model.backups.len() - 1));
                let (destination, keys) = (self.place(&name), self.place(&keys));
                let request = ops::backup::Request { destination: &destination, keys: Some(&keys) };
                let done = self
                    .open(*desk)
                    .and_then(|mut it| ops::backup::backup(&mut it, &self.world(&KNOWN), Some("anna"), &request));
                done.map(drop).expect("backs up");
                Outcome::Nothing
            }
            Step::Restore { backup } => self.restore(*backup, model.backups[*backup].0),
            Step::Merge { desk } => self.merge(*desk),
        }
    }

    fn prepare(
        &self,
        desk: usize,
        by: usize,
        list: &Path,
        passphrases: &dyn Passphrases,
    ) -> Result<ops::prepare::Report> {
        let request = Request { lists: vec![list.into()], pay_on: PAY_ON.parse().ok(), ..Request::default() };
        ops::prepare::prepare(&mut self.open(desk)?, &self.world(passphrases), Some(PEOPLE[by]), &request, false)
    }

    fn hand_in(&mut self, desk: usize, by: usize, rows: &[Row], spelling: u32, end: End, model: &Model) -> Outcome {
        let list = self.write(&spell(rows, spelling));
        let obstacle = match end {
            // The rows' fates find their place taken.
            End::Obstructed => {
                let number = 1 + self.open(desk).expect("opens").state.batches.len();
                let place = self.desk(desk).join(format!("out/{}{number:04}/rows.csv", LETTERS[desk]));
                fs::create_dir_all(&place).expect("makes");
                Some(place)
            }
            _ => None,
        };
        let before = self.remembered(desk);
        let report = self.prepare(desk, by, &list, &KNOWN);
        if end == End::LedgerOnly {
            Self::forget(&before);
        }
        if let Some(place) = obstacle {
            fs::remove_dir(&place).expect("removes");
            let _ = fs::remove_dir(place.parent().expect("a folder"));
        }
        let report = match report {
            Err(fault) => return failed(&fault),
            Ok(report) => report,
        };
        let fates = fates_in(&self.desk(desk).join(&report.rows_file));
        let sum = |fate: Fate| rows.iter().zip(&fates).filter(move |(_, it)| **it == fate).map(|(row, _)| row.amount());
        for (fate, told) in [
            (Fate::Prepared, report.fates.prepared),
            (Fate::Duplicate, report.fates.duplicate),
            (Fate::Held, report.fates.held),
        ] {
            let found = (sum(fate).count() as u64, sum(fate).sum::<i64>());
            assert_eq!(found, (told.count, told.amount.minor_units()), "{fate:?} of {rows:?}");
        }
        assert_eq!(report.fates.read.count, rows.len() as u64);
        assert_eq!(
            report.batch.is_some(),
            matches!(model.outcome, Outcome::Fates(ref fates) if fates.contains(&Fate::Prepared))
        );
        Outcome::Fates(fates)
    }

    fn release(&mut self, batch: &Batch, by: usize, end: End) -> Outcome {
        let (desk, id) = known(batch);
        let mut obstacles = Vec::new();
        if end == End::Obstructed {
            let plan = self.open(desk).expect("opens").state.batches[&id].prepared.plan.clone();
            for file in plan.files {
                let place = self.desk(desk).join(format!("out/{id}/.{}.draft", file.name));
                fs::create_dir_all(&place).expect("makes");
                obstacles.push(place);
            }
        }
        let outcome = self.ending(desk, end, |town| {
            ops::release::release(&mut town.open(desk)?, &town.world(&KNOWN), Some(PEOPLE[by]), id).map(drop)
        });
        obstacles.iter().for_each(|place| fs::remove_dir(place).expect("removes"));
        outcome
    }

    /// The bank files are moved away: made again, they are the same to the byte.
    fn release_again(&mut self, batch: &Batch) -> Outcome {
        let (desk, id) = known(batch);
        let files = |town: &Self| -> BTreeMap<PathBuf, Vec<u8>> {
            let there = bank_files(&town.desk(desk).join("out").join(id.to_string()));
            there.into_iter().map(|path| (path.clone(), fs::read(&path).expect("reads"))).collect()
        };
        let before = files(self);
        before.keys().for_each(|path| fs::remove_file(path).expect("removes"));
        let outcome = self.release(batch, 0, End::Done);
        assert!(before.is_empty() || files(self) == before, "made again, the files are others");
        outcome
    }

    /// Runs a command that ends as it is said: where the machine goes down right after the commit, all that is written after the ledger is as it
    /// was before.
    fn ending(&mut self, desk: usize, end: End, command: impl FnOnce(&Self) -> Result<()>) -> Outcome {
        let before = self.remembered(desk);
        let ended = command(self);
        // A release is recorded in two entries with the files between them: what was published is not forgotten by what comes after.
        if end == End::LedgerOnly {
            Self::forget(&before);
        }
        ended.map_or_else(|fault| failed(&fault), |()| Outcome::Nothing)
    }

    fn remembered(&self, desk: usize) -> Vec<(PathBuf, Vec<u8>)> {
        let mut paths = vec![self.desk(desk).join("witness.log")];
        collect(&self.place("anchors"), &mut paths);
        paths.into_iter().map(|path| (path.clone(), fs::read(&path).expect("reads"))).collect()
    }

    fn forget(before: &[(PathBuf, Vec<u8>)]) {
        before.iter().for_each(|(path, content)| fs::write(path, content).expect("writes"));
    }

    fn report(&self, batch: &Batch, row: Row, word: Word) -> String {
        let (desk, id) = known(batch);
        let message = self.open(desk).expect("opens").state.batches[&id].prepared.plan.files[0].message_id.clone();
        let file = self.seen.values().find(|file| file.message_id == message).expect("a file that left");
        let account = account(row);
        let payment = file.payments.iter().find(|payment| payment.account == account).expect("somebody who was paid");
        bank::report(&message, &payment.end_to_end_id, row.amount(), word, self.reports.len())
    }

    fn read_report(&self, desk: usize, path: &Path) -> Result<bool> {
        let files = [path.to_path_buf()];
        let request = Reports { files: &files, own_account: false };
        let read = ops::outcome::outcome(&mut self.open(desk)?, &self.world(&KNOWN), Some("anna"), request)?;
        Ok(read.not_standing.told.iter().any(|one| one.freed))
    }

    fn put_back(&mut self, copy: usize, desk: usize) -> Outcome {
        let (folder, aside) = (self.desk(desk), self.place("aside"));
        fs::rename(&folder, &aside).expect("moves");
        copy_folder(&self.place(&format!("copy-{copy}")), &folder);
        let rows = [Row { owed: Owed { person: 99, first: 1, last: 1 }, raised: false, moved: false }];
        let list = self.write(&spell(&rows, 0));
        let ended = self.prepare(desk, 0, &list, &KNOWN);
        fs::remove_dir_all(&folder).expect("removes");
        fs::rename(&aside, &folder).expect("moves");
        ended.map_or_else(|fault| Outcome::Refused(fault.code), |_| Outcome::Nothing)
    }

    fn restore(&mut self, backup: usize, desk: usize) -> Outcome {
        let (folder, aside) = (self.desk(desk), self.place("aside"));
        fs::rename(&folder, &aside).expect("moves");
        let (source, keys) = (self.place(&format!("backup-{backup}")), self.place(&format!("keys-{backup}")));
        let request = ops::restore::Request {
            source: &source,
            workspace: &folder,
            keys: Some(&keys),
            receipt: None,
            outside: self.outside(),
            accept_older: None,
        };
        let ended = ops::restore::restore(&self.world(&KNOWN), Some("anna"), &request);
        match ended {
            Ok(_) => {
                fs::remove_dir_all(&aside).expect("removes");
                Outcome::Nothing
            }
            Err(fault) => {
                assert!(!folder.exists(), "refused, and left something there");
                fs::rename(&aside, &folder).expect("moves");
                Outcome::Refused(fault.code)
            }
        }
    }

    fn merge(&mut self, desk: usize) -> Outcome {
        let mut here = self.open(desk).expect("opens");
        let merged =
            ops::merge::merge(&mut here, &self.world(&KNOWN), Some("anna"), &self.desk(1 - desk)).expect("merges");
        let owed = |found: &[ops::merge::InBoth]| found.iter().map(owed_of).collect::<BTreeSet<_>>();
        Outcome::Merged {
            in_both: owed(&merged.released_in_both),
            claimed_in_both: owed(&merged.claimed_in_both),
            overlaps: merged.overlaps.len(),
        }
    }

    /// Nothing that was prepared is lost, and nothing is there that was not.
    fn compare_batches(&self, desk: usize, workspace: &Workspace, model: &Model) {
        let expected: Vec<_> = model
            .batches
            .iter()
            .filter(|batch| batch.desk == desk)
            .map(|batch| {
                let amount: i64 = batch.payments.iter().map(|payment| payment.row.amount()).sum();
                (known(batch).1, phase(batch.phase), batch.payments.len() as u64, amount)
            })
            .collect();
        let found: Vec<_> = workspace
            .state
            .batches
            .values()
            .map(|batch| {
                let sum = batch.prepared.fates.prepared;
                (batch.prepared.id, batch.phase, sum.count, sum.amount.minor_units())
            })
            .collect();
        assert_eq!(found, expected);
    }

    /// Keeps every bank file that lies there.
    fn look(&mut self) {
        for desk in [0, 1] {
            let out = self.desk(desk).join("out");
            for batch in fs::read_dir(&out).into_iter().flatten().flatten() {
                for file in bank_files(&batch.path()) {
                    let bytes = fs::read(file).expect("reads");
                    self.seen
                        .entry((desk, bytes))
                        .or_insert_with_key(|(_, bytes)| bank_file::read(bytes).expect("whole"));
                }
            }
        }
    }

    /// The auditor: everything that could ever have been uploaded is what the model says has left, each payment in one message.
    fn count(&self, model: &Model) {
        let mut expected: Vec<(usize, String)> = Vec::new();
        for batch in model.batches.iter().filter(|batch| batch.phase == Phase::Released) {
            expected.extend(batch.payments.iter().map(|payment| (batch.desk, account(payment.row))));
        }
        let mut found: Vec<(usize, String)> = Vec::new();
        let mut messages: BTreeMap<(usize, String), String> = BTreeMap::new();
        for ((desk, _), file) in &self.seen {
            for payment in &file.payments {
                let other = messages.insert((*desk, payment.end_to_end_id.clone()), file.message_id.clone());
                assert_eq!(other, None, "{} left twice from desk {desk}", payment.end_to_end_id);
                found.push((*desk, payment.account.clone()));
            }
        }
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "what has left");
        self.count_live(model);
    }

    /// At one desk nobody ever has two payments out for one day, unless the bank said that the first does not stand.
    fn count_live(&self, model: &Model) {
        for desk in [0, 1] {
            let mut days: BTreeSet<(u32, u32)> = BTreeSet::new();
            for batch in model.batches.iter().filter(|batch| batch.desk == desk && batch.phase == Phase::Released) {
                let stands =
                    |word: Option<Word>| !matches!(word, Some(Word::Returned | Word::Rejected | Word::TooLate));
                for payment in batch.payments.iter().filter(|payment| stands(payment.word)) {
                    let Owed { person, first, last } = payment.row.owed;
                    (first..=last)
                        .for_each(|month| assert!(days.insert((person, month)), "{person} twice for {month}"));
                }
            }
        }
    }
}

fn known(batch: &Batch) -> (usize, BatchId) {
    (batch.desk, BatchId::new(LETTERS[batch.desk], batch.number))
}

fn phase(phase: Phase) -> BatchPhase {
    match phase {
        Phase::Prepared => BatchPhase::Prepared,
        Phase::Approved => BatchPhase::Approved,
        Phase::Releasing => BatchPhase::Releasing,
        Phase::Released => BatchPhase::Released,
        Phase::Cancelled => BatchPhase::Cancelled,
    }
}

fn failed(fault: &Fault) -> Outcome {
    if fault.code.starts_with("disk.") { Outcome::Failed } else { Outcome::Refused(fault.code) }
}

/// One account an obligation, as the bank file has it.
fn account(row: Row) -> String {
    format!("6471{:010}", account_number(row))
}

fn account_number(row: Row) -> u32 {
    let Owed { person, first, last } = row.owed;
    100_000 + person * 1_000 + first * 20 + (last - first) * 2 + u32::from(row.moved)
}

fn owed_of(found: &ops::merge::InBoth) -> Owed {
    use chrono::Datelike;
    let person = found.person.as_ref().expect("opens").whole();
    let period = found.here.period;
    Owed { person: person[6..].parse().expect("a number"), first: period.first().month(), last: period.last().month() }
}

/// The list as people write it: numbers, amounts and accounts in several ways, rows in another order.
fn spell(rows: &[Row], spelling: u32) -> String {
    let mut list = "cpr;navn;konto;beløb;ydelse;periode\n".to_owned();
    for row in rows {
        let Owed { person, first, last } = row.owed;
        let number = if spelling & 1 == 0 { format!("010150{person:04}") } else { format!("010150-{person:04}") };
        let number_of_account = account_number(*row);
        let account = if spelling & 2 == 0 {
            format!("6471-{number_of_account:010}")
        } else {
            format!("6471 {number_of_account}")
        };
        let (kroner, cents) = (row.amount() / 100, row.amount() % 100);
        let amount = if spelling & 4 == 0 { format!("{kroner},{cents:02}") } else { format!("{kroner}.{cents:02}") };
        let period =
            if first == last { format!("2026-{first:02}") } else { format!("2026-{first:02}..2026-{last:02}") };
        let scheme = if spelling & 8 == 0 { "Alderspension" } else { "ALDERSPENSION" };
        list += &format!("{number};Person {person};{account};{amount};{scheme};{period}\n");
    }
    list
}

/// The fates in `rows.csv`, in order.
fn fates_in(rows: &Path) -> Vec<Fate> {
    let text = fs::read_to_string(rows).expect("reads");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let fate = reader.headers().expect("headings").iter().position(|heading| heading == "fate").expect("fates");
    reader
        .records()
        .map(|record| match &record.expect("a row")[fate] {
            "prepared" => Fate::Prepared,
            "duplicate" => Fate::Duplicate,
            "held" => Fate::Held,
            other => panic!("a row was {other}"),
        })
        .collect()
}

fn bank_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_file = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        !name.starts_with('.') && name.ends_with(".xml")
    };
    entries.filter(is_file).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, paths) } else { paths.push(path) }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).expect("makes");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copies");
        }
    }
}
