//! What is left of a lost ledger: bank files of ours, the bank's statements, control sheets. Everything is looked at; what could not be read, and
//! what is missing in between, is a gap.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::bank::flat::{self, ReadTransfer};
use crate::bank::pain001::{ReadAccount, ReadPayment, read_back};
use crate::bank::profile::FileFormat;
use crate::bank::report::item::{Direction, EntryStatus, Item, Verdict};
use crate::fault::Result;
use crate::ledger::event::Environment;
use crate::ledger::idempotency::{Pseudonym, Tagger};
use crate::ops::durable::disk_fault;
use crate::ops::init::NewWorkspace;
use crate::ops::recovery::SHEETS;
use crate::payment::{Amount, BatchId, EndToEndId};
use crate::release::DRILL_MARK;
use crate::say;
use crate::words::{Message, ungrouped};

/// Folders within folders are followed to this depth.
const DEEPEST: usize = 12;

/// A bank file with no room for whole references.
pub const REFERENCES_CUT: &str = "rebuild.references_cut";

/// A file of a rehearsal, where a real ledger is made.
pub const OF_A_DRILL: &str = "file_of_a_drill";

/// The Danish banks' own files. Only Bankdata's have room for a whole reference.
const FLAT: [FileFormat; 6] = [
    FileFormat::Bankdata6,
    FileFormat::Bankdata5,
    FileFormat::Sdc3,
    FileFormat::BecErh,
    FileFormat::DanskeCmbo,
    FileFormat::NordeaCsv,
];

/// Something that cannot be known from what is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub code: &'static str,
    pub message: Message,
}

/// A payment as bank files and statements show it.
#[derive(Clone, Debug)]
pub struct FoundPayment {
    pub batch: BatchId,
    pub amount: Amount,
    /// Of the account paid to; zero where that is not known.
    pub account: Pseudonym,
    /// The messages that it stands in; none where only a statement shows it.
    pub messages: BTreeSet<String>,
    /// How often statements show it leaving, and coming back.
    pub debits: u32,
    pub returns: u32,
    pub rejected: bool,
    pub booked_on: Option<NaiveDate>,
}

impl FoundPayment {
    /// Whether the evidence frees it: everything that left came back, or it never left.
    pub fn came_back(&self) -> bool {
        let all_back = self.returns > 0 && self.returns >= self.debits && self.messages.len() <= 1;
        all_back || self.rejected && self.debits == 0 && self.messages.len() <= 1
    }
}

#[derive(Default)]
pub struct Sources {
    pub payments: BTreeMap<EndToEndId, FoundPayment>,
    /// Bank files, payments and sum of each batch.
    pub batches: BTreeMap<BatchId, (u64, u64, Amount)>,
    /// How many bank files and reports were read.
    pub files: u32,
    pub gaps: Vec<Gap>,
    /// The payer as messages of ours have it: name, and number where they say one.
    pub payers: BTreeSet<(String, Option<String>)>,
    /// The numbers of the files of each batch that were found, and how many there were to be, where a name says so.
    numbers: BTreeMap<BatchId, (BTreeSet<u32>, u32)>,
    /// Messages that were read, so that a copy of a bank file counts once.
    messages: BTreeSet<String>,
    sheets: BTreeSet<BatchId>,
    by_number: u64,
    beginnings: u64,
    only_on_statements: u64,
}

impl Sources {
    pub fn read(folders: &[PathBuf], new: &NewWorkspace, tagger: &Tagger) -> Result<Self> {
        let mut files = Vec::new();
        for folder in folders {
            collect(folder, DEEPEST, &mut files)?;
        }
        files.sort();
        files.dedup();
        let mut sources = Self::default();
        let mut reports = Vec::new();
        for path in &files {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with('.') {
                continue;
            }
            if name == "control-sheet.html" {
                sources.sheet(path, new.environment);
            } else if !sources.bank_file(path, &name, new, tagger)? {
                reports.push(path);
            }
        }
        for path in reports {
            sources.report(path, new)?;
        }
        sources.find_gaps();
        Ok(sources)
    }

    /// The letters of all desks that are met.
    pub fn letters(&self) -> BTreeSet<char> {
        self.batches.keys().chain(&self.sheets).map(|batch| batch.desk()).collect()
    }

    fn gap(&mut self, code: &'static str, message: Message) {
        self.gaps.push(Gap { code, message });
    }

    /// Whether a file is of another environment than the ledger that is made: what a drill wrote paid nobody.
    fn passes_over(&mut self, path: &Path, of: Environment, wanted: Environment) -> bool {
        let place = path.display();
        match (of, wanted) {
            (Environment::Drill, Environment::Real) => {
                self.gap(OF_A_DRILL, say!("{place} is of a drill, which pays nobody: passed over.", place));
            }
            (Environment::Real, Environment::Drill) => self.gap(
                "file_not_of_a_drill",
                say!("{place} is of real payments, and this ledger is a drill's: passed over.", place),
            ),
            _ => {}
        }
        of != wanted
    }

    /// Reads a pain.001. `false` where the file is something else.
    fn bank_file(&mut self, path: &Path, name: &str, new: &NewWorkspace, tagger: &Tagger) -> Result<bool> {
        if !name.to_lowercase().ends_with(".xml") {
            return self.flat_file(path, name, new, tagger);
        }
        let mut payments: Vec<ReadPayment> = Vec::new();
        let file = File::open(path).map_err(|error| disk_fault("read", path, &error))?;
        let read = read_back(BufReader::new(file), |payment| {
            payments.push(payment);
            Ok(())
        });
        let Ok(found) = read else { return Ok(false) };
        if !found.agrees() {
            self.gap(
                "file_does_not_add_up",
                say!("{place} does not hold what it announces. It is counted as it is.", place = path.display()),
            );
        }
        let Some((environment, batch, number)) = of_message(&found.message_id) else {
            self.gap(
                "file_not_ours",
                say!("{place} is a bank file, and not of stopgap's making: passed over.", place = path.display()),
            );
            return Ok(true);
        };
        if self.passes_over(path, environment, new.environment) {
            return Ok(true);
        }
        if self.messages.insert(found.message_id.clone()) {
            self.payers.extend(found.initiator.clone().map(|name| (name, found.initiator_number.clone())));
            let file = (found.message_id.as_str(), batch, number);
            self.payments_of(path, name, file, (found.transactions, found.amount), payments, new, tagger);
        }
        Ok(true)
    }

    /// Reads a Danish bank's own file, which has no message id: its name says whose file it is. `false` where it is something else.
    fn flat_file(&mut self, path: &Path, name: &str, new: &NewWorkspace, tagger: &Tagger) -> Result<bool> {
        let Some((environment, batch, number)) = of_name(name) else { return Ok(false) };
        if self.passes_over(path, environment, new.environment) {
            return Ok(true);
        }
        for format in FLAT {
            let file = File::open(path).map_err(|error| disk_fault("read", path, &error))?;
            let mut payments: Vec<ReadPayment> = Vec::new();
            let read = flat::read_back(format, BufReader::new(file), |transfer| {
                payments.push(as_read(transfer));
                Ok(())
            });
            let Ok(found) = read else { continue };
            if payments.is_empty() {
                continue;
            }
            if !found.agrees {
                let message =
                    say!("{place} does not hold what it announces. It is counted as it is.", place = path.display());
                self.gap("file_does_not_add_up", message);
            }
            let content = found.sha256.to_string();
            if !self.messages.insert(content.clone()) {
                return Ok(true);
            }
            let whole = payments.iter().filter(|payment| payment.end_to_end_id.parse::<EndToEndId>().is_ok()).count();
            if whole < payments.len() {
                let message = say!(
                    "{place} has room for the beginnings of references only: {payments:payment|payments} of batch {batch} left, and who was \
                     paid is not known here. Compare with the list that it was made from before anybody in it is paid again.",
                    place = path.display(),
                    payments = payments.len() - whole,
                    batch
                );
                self.gap(REFERENCES_CUT, message);
                payments.retain(|payment| payment.end_to_end_id.parse::<EndToEndId>().is_ok());
            }
            let sum = (found.transactions, found.amount);
            self.payments_of(path, name, (content.as_str(), batch, number), sum, payments, new, tagger);
            return Ok(true);
        }
        Ok(false)
    }

    /// Counts a bank file of ours, and takes its payments.
    #[expect(clippy::too_many_arguments, reason = "what a file is, what is in it, and what it is read under")]
    fn payments_of(
        &mut self,
        path: &Path,
        name: &str,
        (message, batch, number): (&str, BatchId, u32),
        (transactions, amount): (u64, Amount),
        payments: Vec<ReadPayment>,
        new: &NewWorkspace,
        tagger: &Tagger,
    ) {
        self.files += 1;
        let (numbers, of) = self.numbers.entry(batch).or_default();
        numbers.insert(number);
        *of = (*of).max(number).max(announced(name).unwrap_or(0));
        let (files, count, sum) = self.batches.entry(batch).or_insert((0, 0, Amount::zero(new.currency)));
        *files += 1;
        *count += transactions;
        *sum = sum.checked_add(amount).unwrap_or(*sum);
        for payment in payments {
            let Ok(id) = payment.end_to_end_id.parse::<EndToEndId>() else {
                self.gap(
                    "payment_without_reference",
                    say!("A payment in {place} has no reference of ours.", place = path.display()),
                );
                continue;
            };
            self.by_number += u64::from(payment.person_number.is_some());
            let account = tagger.account(&destination(&payment, new));
            let known = self.payments.entry(id).or_insert(FoundPayment {
                batch,
                amount: payment.amount,
                account,
                messages: BTreeSet::new(),
                debits: 0,
                returns: 0,
                rejected: false,
                booked_on: None,
            });
            if known.messages.insert(message.to_owned()) && known.messages.len() > 1 {
                let message = say!(
                    "The payment {id} stands in two messages, of batches {first} and {batch}.",
                    id,
                    first = known.batch,
                    batch
                );
                self.gap("payment_twice", message);
            }
        }
    }

    fn report(&mut self, path: &Path, new: &NewWorkspace) -> Result<()> {
        let mut file = File::open(path).map_err(|error| disk_fault("read", path, &error))?;
        // A real bank's report bears no mark, so a drill takes those as well.
        if new.environment == Environment::Real
            && is_of_a_drill(&mut file).map_err(|error| disk_fault("read", path, &error))?
        {
            self.passes_over(path, Environment::Drill, new.environment);
            return Ok(());
        }
        let mut told: Vec<Told> = Vec::new();
        let mut beginnings: Vec<String> = Vec::new();
        let read = crate::bank::report::read(file, new.currency, &mut |item| {
            match item {
                Item::Payment(status) if status.status.verdict == Verdict::Rejected => {
                    told.extend(status.reference.whole.iter().map(|id| Told::Rejected(*id)));
                }
                Item::Booking(booking) if booking.status != EntryStatus::NotBooked && !booking.foreign => {
                    let amount = booking.amount.unwrap_or(booking.entry_amount);
                    let back = booking.direction == Direction::Credit;
                    for id in &booking.reference.whole {
                        told.push(match back {
                            true => Told::Returned(*id),
                            false => Told::Booked(*id, amount, booking.booked_on),
                        });
                    }
                    if booking.reference.whole.is_empty() && !booking.reference.beginning.is_empty() {
                        beginnings.push(booking.reference.beginning.clone());
                    }
                }
                _ => {}
            }
            Ok(())
        });
        if read.is_err() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // Our own lists of fates and the like are no reports, and nobody expects them to be read.
            let is_half =
                SHEETS.iter().any(|sheet| sheet.strip_prefix("out/").is_some_and(|sheet| path.ends_with(sheet)));
            let is_ours = is_half || name.ends_with(".csv") || name.ends_with(".html") || name.ends_with(".json");
            if !is_ours {
                self.gap(
                    "file_not_read",
                    say!("{place} is neither a bank file nor a report that can be read.", place = path.display()),
                );
            }
            return Ok(());
        }
        self.files += 1;
        for told in told {
            self.hear(told, new);
        }
        for beginning in beginnings {
            let mut known = self.payments.iter_mut().filter(|(id, _)| id.to_string().starts_with(&beginning));
            match (known.next(), known.next()) {
                (Some((_, payment)), None) => payment.debits = payment.debits.max(1),
                _ => self.beginnings += 1,
            }
        }
        Ok(())
    }

    /// What a statement says of one payment. One that no bank file shows is known by its reference all the same.
    fn hear(&mut self, told: Told, new: &NewWorkspace) {
        let (id, amount) = match told {
            Told::Rejected(id) | Told::Returned(id) => (id, None),
            Told::Booked(id, amount, _) => (id, Some(amount)),
        };
        if !self.payments.contains_key(&id) {
            self.only_on_statements += 1;
            self.payments.insert(
                id,
                FoundPayment {
                    // The batch cannot be known; zero is no batch's number.
                    batch: BatchId::new('B', 0),
                    amount: Amount::from_minor_units(amount.unwrap_or(0), new.currency),
                    account: [0; 8],
                    messages: BTreeSet::new(),
                    debits: 0,
                    returns: 0,
                    rejected: false,
                    booked_on: None,
                },
            );
        }
        let Some(payment) = self.payments.get_mut(&id) else { return };
        match told {
            Told::Rejected(_) => payment.rejected = true,
            Told::Returned(_) => payment.returns += 1,
            Told::Booked(_, _, day) => {
                // Several kinds of report tell of one booking: only another day is surely another one.
                if payment.debits == 0 || day.is_some() && payment.booked_on.is_some() && day != payment.booked_on {
                    payment.debits += 1;
                }
                payment.booked_on = payment.booked_on.or(day);
            }
        }
    }

    /// A control sheet tells that there was a batch.
    fn sheet(&mut self, path: &Path, wanted: Environment) {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        // The title ends with the batch, in whatever language the sheet is.
        let title = text.split_once("<title>").and_then(|(_, rest)| rest.split('<').next());
        let is_drill = title.is_some_and(|title| title.starts_with("DRILL"));
        if self.passes_over(path, if is_drill { Environment::Drill } else { Environment::Real }, wanted) {
            return;
        }
        let batch = title.and_then(|title| title.split_whitespace().next_back());
        match batch.and_then(|batch| batch.parse::<BatchId>().ok()) {
            Some(batch) => drop(self.sheets.insert(batch)),
            None => self
                .gap("sheet_not_read", say!("{place} is no control sheet that can be read.", place = path.display())),
        }
    }

    fn find_gaps(&mut self) {
        let mut gaps = Vec::new();
        let mut gap = |code, message: Message| gaps.push(Gap { code, message });
        for batch in self.sheets.iter().filter(|batch| !self.batches.contains_key(batch)) {
            gap(
                "batch_without_file",
                say!("Of batch {batch} there is a control sheet and no bank file: was it released?", batch),
            );
        }
        for letter in self.letters() {
            let known: BTreeSet<u32> = self
                .batches
                .keys()
                .chain(&self.sheets)
                .filter(|batch| batch.desk() == letter)
                .map(|batch| batch.number())
                .collect();
            let last = known.last().copied().unwrap_or(0);
            let missing: Vec<String> = (1..=last)
                .filter(|number| !known.contains(number))
                .map(|number| BatchId::new(letter, number).to_string())
                .collect();
            if !missing.is_empty() {
                gap(
                    "batches_missing",
                    say!("Nothing was found of {missing}: cancelled, or lost.", missing = missing.join(", ")),
                );
            }
            let message =
                say!("Whether there was a batch after {last} cannot be known.", last = BatchId::new(letter, last));
            gap("end_unknown", message);
        }
        for (batch, (numbers, of)) in &self.numbers {
            let missing: Vec<String> =
                (1..=*of).filter(|number| !numbers.contains(number)).map(|number| number.to_string()).collect();
            if !missing.is_empty() {
                gap(
                    "files_missing",
                    say!(
                        "Of batch {batch}, file {missing} of {of} is missing.",
                        batch,
                        missing = missing.join(", "),
                        of = ungrouped(*of)
                    ),
                );
            }
        }
        if self.only_on_statements > 0 {
            let message = say!(
                "{payments:payment is|payments are} on statements and in no bank file: batch and account are not known.",
                payments = self.only_on_statements
            );
            gap("only_on_statements", message);
        }
        if self.beginnings > 0 {
            let message = say!(
                "{bookings:booking shows|bookings show} only the beginning of a reference, and no bank file has the rest: who was paid is not \
                 known here.",
                bookings = self.beginnings
            );
            gap("references_cut", message);
        }
        if self.by_number > 0 {
            gap(
                "paid_by_number",
                say!(
                    "{payments:payment|payments} went by person number: the accounts were never known.",
                    payments = self.by_number
                ),
            );
        }
        gap(
            "people_unknown",
            say!(
                "Persons, benefits, periods and parts are not in bank files: the same obligation is known again by its reference, but an \
                 overlapping period, or one person under two numbers, is not."
            ),
        );
        self.gaps.extend(gaps);
    }
}

enum Told {
    Booked(EndToEndId, i64, Option<NaiveDate>),
    Returned(EndToEndId),
    Rejected(EndToEndId),
}

/// Batch and number of a file, by its message id: `B0001-2-…`, in a drill behind a mark.
fn of_message(message_id: &str) -> Option<(Environment, BatchId, u32)> {
    let (environment, rest) = unmarked(message_id);
    let mut parts = rest.split('-');
    Some((environment, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Batch and number of a file, by its name: `B0001_1-of-3_…`, in a drill behind a mark.
fn of_name(name: &str) -> Option<(Environment, BatchId, u32)> {
    let (environment, rest) = unmarked(name);
    let (batch, rest) = rest.split_once('_')?;
    Some((environment, batch.parse().ok()?, rest.split_once("-of-")?.0.parse().ok()?))
}

fn unmarked(name: &str) -> (Environment, &str) {
    match name.strip_prefix(DRILL_MARK) {
        Some(rest) => (Environment::Drill, rest),
        None => (Environment::Real, name),
    }
}

/// Whether a report is a rehearsal's: it says so where it names itself, at its beginning.
fn is_of_a_drill(file: &mut File) -> std::io::Result<bool> {
    let mut start = Vec::new();
    file.take(1024).read_to_end(&mut start)?;
    file.rewind()?;
    let mark = format!(">{DRILL_MARK}");
    Ok(start.windows(mark.len()).any(|window| window == mark.as_bytes()))
}

fn as_read(transfer: ReadTransfer) -> ReadPayment {
    ReadPayment {
        end_to_end_id: transfer.reference,
        amount: transfer.amount,
        pay_on: transfer.pay_on,
        creditor: transfer.name,
        ultimate_creditor: None,
        account: Some(match transfer.slip {
            None => ReadAccount::Bban(transfer.to),
            Some(slip) => ReadAccount::Slip(slip.destination(&transfer.to)),
        }),
        person_number: None,
        text: None,
        reference: None,
    }
}

/// How many files a batch has, by the name of one: `B0001_1-of-3_…`.
fn announced(name: &str) -> Option<u32> {
    name.split("-of-").nth(1)?.split('_').next()?.parse().ok()
}

/// As [`Account::destination`](crate::payment::Account::destination).
fn destination(payment: &ReadPayment, new: &NewWorkspace) -> String {
    match (&payment.account, &payment.reference) {
        (Some(account), Some(reference)) => format!("{}/{reference}", identity(account, new)),
        (Some(account), None) => identity(account, new),
        (None, _) => String::new(),
    }
}

fn identity(account: &ReadAccount, new: &NewWorkspace) -> String {
    match account {
        ReadAccount::Iban(iban) => match iban.get(..2) {
            Some("DK" | "GL" | "FO") => format!("DK{}", iban.get(4..).unwrap_or_default()),
            _ => iban.clone(),
        },
        ReadAccount::Slip(destination) => destination.clone(),
        ReadAccount::Bban(number) if new.payer.country.in_danish_realm() => format!("DK{number}"),
        ReadAccount::Bban(number) => format!("{}{number}", new.payer.country),
    }
}

/// Every file below the folder; links are not followed.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|error| disk_fault("read", folder, &error))? {
        let entry = entry.map_err(|error| disk_fault("read", folder, &error))?;
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => collect(&entry.path(), depth - 1, files)?,
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}
