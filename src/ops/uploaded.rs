//! `uploaded`: what the bank's portal said it received, beside what left. A file that arrived cut short, twice, or not as itself shows here at
//! once, and not when somebody's rent is due.

use super::{Workspace, World, batches};
use crate::batch::Sum;
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::event::RecordedUpload;
use crate::ledger::state::{BatchPhase, BatchState};
use crate::payment::{Amount, BatchId};
use crate::release::PlannedFile;
use crate::say;

/// What was typed from the portal's page.
pub struct Request<'a> {
    pub batch: BatchId,
    /// The one file that it is about, by number (from 1), name or message id; `None`: all of the batch.
    pub file: Option<&'a str>,
    pub receipt: &'a str,
    pub count: u64,
    pub amount: Amount,
}

pub struct Uploaded {
    pub batch: BatchId,
    /// The file, where it is about one.
    pub file: Option<PlannedFile>,
    pub left: Sum,
    pub said: Sum,
    /// Receipts that were recorded before for the same file, so that it may have been handed in twice.
    pub earlier: Vec<String>,
    /// Whether exactly this was recorded before.
    pub known: bool,
    /// Files of the batch about which no portal has said anything.
    pub waiting: usize,
}

impl Uploaded {
    pub fn agrees(&self) -> bool {
        self.left == self.said
    }

    pub fn needs_a_person(&self) -> bool {
        !self.agrees() || !self.earlier.is_empty()
    }
}

pub fn uploaded(workspace: &mut Workspace, world: &World, who: Option<&str>, request: &Request) -> Result<Uploaded> {
    let receipt = request.receipt.trim();
    if receipt.is_empty() || receipt.chars().count() > 140 || receipt.chars().any(char::is_control) {
        return Err(Fault::input("upload.receipt", say!("The receipt must have 1 to 140 characters.")));
    }
    let batch = batches::find(&workspace.state, request.batch)?;
    refuse_unless_released(batch)?;
    let file = request.file.map(|named| find_file(batch, named)).transpose()?.cloned();
    let said = Sum { count: request.count, amount: request.amount };
    if file.is_none() {
        refuse_one_file_for_all(batch, said)?;
    }
    let record = RecordedUpload {
        batch: request.batch,
        message_id: file.as_ref().map(|file| file.message_id.clone()),
        receipt: receipt.to_owned(),
        said,
    };
    let (known, earlier) = told_before(batch, &record);
    if !known {
        let who = workspace.unlock(world, who)?;
        workspace
            .record(world, |recording| recording.event(&Event::UploadRecorded(Box::new(record)), &who.signer, None))?;
    }
    let batch = batches::find(&workspace.state, request.batch)?;
    let left = file.as_ref().map_or(batch.prepared.total(), |file| file.sum);
    Ok(Uploaded { batch: request.batch, file, left, said, earlier, known, waiting: waiting(batch) })
}

fn refuse_unless_released(batch: &BatchState) -> Result<()> {
    let id = batch.prepared.id;
    match batch.phase {
        BatchPhase::Releasing | BatchPhase::Released if batch.sheets.is_some() => {
            Err(Fault::refused("batch.not_released", say!("Batch {id} was released as work sheets: no file of it can be at the bank.", id))
                .remedy(say!("What came of its rows is told by `stopgap worksheet return` and the bank's statement.")))
        }
        BatchPhase::Releasing | BatchPhase::Released => Ok(()),
        _ => Err(Fault::refused("batch.not_released", say!("Batch {id} has not been released: no file of it can be at the bank.", id))
            .remedy(say!("If the portal has a file of it, somebody uploaded what this program did not release: ask the bank to stop it."))),
    }
}

/// Who types what the portal says of one file, and does not say which, would be told that the others are missing.
fn refuse_one_file_for_all(batch: &BatchState, said: Sum) -> Result<()> {
    let files = &batch.prepared.plan.files;
    let alike: Vec<String> =
        (1..).zip(files).filter(|(_, file)| file.sum == said).map(|(number, _): (u64, _)| number.to_string()).collect();
    if files.len() < 2 || said == batch.prepared.total() || alike.is_empty() {
        return Ok(());
    }
    let (id, files) = (batch.prepared.id, files.len() as u64);
    let message = say!(
        "Batch {id} left as {files:file|files}, and these are the count and the amount of one of them, not of the batch.",
        id,
        files
    );
    Err(Fault::input("upload.which_file", message).remedy(say!(
        "Say which file the receipt is for, with --file: it may be {numbers}.",
        numbers = alike.join(", ")
    )))
}

fn find_file<'a>(batch: &'a BatchState, named: &str) -> Result<&'a PlannedFile> {
    let files = &batch.prepared.plan.files;
    let by_number = named.parse::<usize>().ok().and_then(|number| files.get(number.checked_sub(1)?));
    let by_name = || files.iter().find(|file| file.message_id == named || named.ends_with(&file.name));
    by_number.or_else(by_name).ok_or_else(|| {
        let known: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        Fault::input("upload.file", say!("Batch {id} has no file {named}.", id = batch.prepared.id, named))
            .remedy(say!("Name it by its number, message id or name. Files are: {known}.", known = known.join(", ")))
    })
}

/// Whether exactly this was recorded, and the other receipts for the same file.
fn told_before(batch: &BatchState, record: &RecordedUpload) -> (bool, Vec<String>) {
    let others = |upload: &RecordedUpload| upload.message_id == record.message_id && upload.receipt != record.receipt;
    let earlier = receipts(batch, others).into_iter().map(str::to_owned).collect();
    (batch.uploads.contains(record), earlier)
}

/// The receipts of some of a batch's uploads, each once: a figure that was mistyped stands under the same receipt beside the right one.
pub fn receipts(batch: &BatchState, of: impl Fn(&RecordedUpload) -> bool) -> Vec<&str> {
    let mut receipts = Vec::new();
    for upload in batch.uploads.iter().filter(|upload| of(upload)) {
        if !receipts.contains(&upload.receipt.as_str()) {
            receipts.push(upload.receipt.as_str());
        }
    }
    receipts
}

/// What a portal said that is not what left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// Under this receipt it never named the count and the amount that left.
    OtherFigures { file: Option<String>, receipt: String, left: Sum, said: Sum },
    /// One file, or the batch as a whole, was handed in more than once.
    SeveralReceipts { file: Option<String>, receipts: Vec<String> },
}

/// Where what portals said of a batch is not what left, in the order of its files.
pub fn disagreements(batch: &BatchState) -> Vec<Disagreement> {
    let whole = std::iter::once((None, batch.prepared.total()));
    let files = batch.prepared.plan.files.iter().map(|file| (Some(file), file.sum));
    whole.chain(files).flat_map(|(file, left)| disagreements_of(batch, file, left)).collect()
}

fn disagreements_of(batch: &BatchState, file: Option<&PlannedFile>, left: Sum) -> Vec<Disagreement> {
    let id = file.map(|file| &file.message_id);
    let name = file.map(|file| file.name.clone());
    let receipts = receipts(batch, |upload| upload.message_id.as_ref() == id);
    let said = |receipt: &str| {
        let under = batch.uploads.iter().filter(|one| one.message_id.as_ref() == id && one.receipt == receipt);
        under.map(|one| one.said).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for receipt in &receipts {
        let said = said(receipt);
        // A figure that was mistyped stands beside the right one.
        if let Some(last) = said.last().filter(|_| !said.contains(&left)) {
            let receipt = (*receipt).to_owned();
            found.push(Disagreement::OtherFigures { file: name.clone(), receipt, left, said: *last });
        }
    }
    if receipts.len() > 1 {
        let receipts = receipts.into_iter().map(str::to_owned).collect();
        found.push(Disagreement::SeveralReceipts { file: name, receipts });
    }
    found
}

/// How many files nobody has recorded a receipt for.
pub fn waiting(batch: &BatchState) -> usize {
    if batch.uploads.iter().any(|upload| upload.message_id.is_none()) {
        return 0;
    }
    let told =
        |file: &&PlannedFile| batch.uploads.iter().any(|upload| upload.message_id.as_ref() == Some(&file.message_id));
    batch.prepared.plan.files.iter().filter(|file| !told(file)).count()
}
