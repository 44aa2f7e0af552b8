//! From a batch's sealed payments to the bytes of its bank files. The same walk serves the plan (which only hashes the bytes) and the
//! release (which writes them), so the two cannot differ.

use std::io::{self, Write};

use chrono::DateTime;

use super::hashing::Hashing;
use super::payments::{self, Amounts, ListedAt, ReferencedPayment};
use crate::bank::file::{FileWriter, WRITER_VERSION};
use crate::bank::pain001::{MessageHead, PaymentInformation};
use crate::bank::profile::Profile;
use crate::batch::{PaymentGroup, Sum};
use crate::fault::{Fault, Result};
use crate::ledger::Snapshot;
use crate::ledger::event::{Environment, LedgerId};
use crate::ledger::idempotency::Tagger;
use crate::ledger::seal::SecretKey;
use crate::payment::{AmountOverflow, BatchId, Digest, Payer};
use crate::progress::{self, Stage};
use crate::release::{self, Divider, PlannedFile, ReleasePlan, Segment};
use crate::say;

/// Where a batch's payments lie and how they are opened.
pub struct Source<'a> {
    pub ledger: LedgerId,
    pub batch: BatchId,
    pub key: &'a SecretKey,
}

/// What a bank file says besides its payments.
pub struct Letterhead<'a> {
    pub environment: Environment,
    pub payer: &'a Payer,
    pub profile: &'a Profile,
    /// Seconds since 1970.
    pub prepared_at: i64,
    pub groups: &'a [PaymentGroup],
}

/// Plans the files of a batch: names, ids, sums, and the SHA-256 that each will have.
pub fn plan(
    snapshot: &mut dyn Snapshot,
    source: &Source,
    letterhead: &Letterhead,
    (tagger, content): (&Tagger, &Digest),
    amounts: &Amounts,
    divider: Divider,
) -> Result<ReleasePlan> {
    let mut files = outline(source, letterhead, (tagger, content), amounts, divider)?;
    let of = files.len();
    for (number, file) in (1..).zip(&mut files) {
        let dates = file.segments.iter().map(|segment| letterhead.groups[segment.group as usize].pay_on);
        let first_pay_date = dates.min().unwrap_or_default();
        let extension = &letterhead.profile.extension;
        file.name =
            release::file_name(letterhead.environment, source.batch, (number, of), first_pay_date, file.sum, extension);
    }
    let mut digests = Vec::with_capacity(of);
    render(snapshot, source, letterhead, &files, &mut |_| Ok(Hashing::default()), &mut |_, hash| {
        digests.push(hash.digest());
        Ok(())
    })?;
    for (file, digest) in files.iter_mut().zip(digests) {
        file.sha256 = digest;
    }
    Ok(ReleasePlan { writer: WRITER_VERSION, files })
}

/// What one of a batch's files will hold, told before there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilePart {
    pub sum: Sum,
    /// The row of its first payment.
    pub first: ListedAt,
}

/// How the payments part into files, by the same rule as [`plan`].
pub fn parts(amounts: &Amounts, divider: Divider) -> Result<Vec<FilePart>> {
    let mut parts: Vec<FilePart> = Vec::new();
    let mut in_order = amounts.in_order()?;
    while let Some((_, amount, listed_at)) = in_order.next_listed()? {
        if !parts.last().is_some_and(|part| divider.has_room(&part.sum, amount)) {
            parts.push(FilePart { sum: Sum::zero(amount.currency()), first: listed_at });
        }
        if let Some(part) = parts.last_mut() {
            part.sum.add(amount).map_err(|_| {
                Fault::input(
                    "amount.sum_too_large",
                    say!("The amounts of these lists cannot be added: the sum is too large."),
                )
            })?;
        }
    }
    Ok(parts)
}

/// The files without names and hashes: each payment goes into the file that is open while it has room, in the order in which they lie. Ids
/// are made from the content under the duplicate key.
fn outline(
    source: &Source,
    letterhead: &Letterhead,
    (tagger, content): (&Tagger, &Digest),
    amounts: &Amounts,
    divider: Divider,
) -> Result<Vec<PlannedFile>> {
    let mark = release::drill_mark(letterhead.environment);
    let (batch, content) = (source.batch, content.to_string());
    let mut files: Vec<PlannedFile> = Vec::new();
    let count = letterhead.groups.iter().map(|group| group.sum.count).sum::<u64>();
    let mut step = progress::begin(Stage::WritingFiles, count);
    let mut in_order = amounts.in_order()?;
    while let Some((group, amount)) = in_order.next()? {
        step.advance(1);
        let too_large = |_: AmountOverflow| {
            Fault::input(
                "amount.sum_too_large",
                say!("The amounts of batch {batch} cannot be added: the sum is too large.", batch),
            )
        };
        let nothing = Sum::zero(amount.currency());
        if !files.last().is_some_and(|file| divider.has_room(&file.sum, amount)) {
            let number = (files.len() + 1).to_string();
            let message = tagger.reference(&["stopgap message 1", &content, &number]);
            files.push(PlannedFile {
                name: String::new(),
                message_id: format!("{mark}{batch}-{number}-{message}"),
                segments: Vec::new(),
                sum: nothing,
                sha256: Digest([0; 32]),
            });
        }
        let number = files.len().to_string();
        let Some(file) = files.last_mut() else { continue };
        if file.segments.last().is_none_or(|segment| segment.group != group) {
            let at = (file.segments.len() + 1).to_string();
            let id = tagger.reference(&["stopgap payment information 1", &content, &number, &at]);
            let payment_information_id = format!("{batch}-{number}-{at}-{id}");
            file.segments.push(Segment { group, payment_information_id, sum: nothing });
        }
        if let Some(segment) = file.segments.last_mut() {
            segment.sum.add(amount).map_err(too_large)?;
        }
        file.sum.add(amount).map_err(too_large)?;
    }
    Ok(files)
}

/// Writes every file of the batch, one after the other: `begin` gives the place for a file's bytes, `end` takes it back full.
pub fn render<W: Write>(
    snapshot: &mut dyn Snapshot,
    source: &Source,
    letterhead: &Letterhead,
    files: &[PlannedFile],
    begin: &mut dyn FnMut(&PlannedFile) -> Result<W>,
    end: &mut dyn FnMut(&PlannedFile, W) -> Result<()>,
) -> Result<()> {
    let mut walk = Walk::default();
    let mut open: Option<(usize, FileWriter<W>)> = None;
    let count = files.iter().map(|file| file.sum.count).sum::<u64>();
    let mut progress = progress::begin(Stage::WritingFiles, count);
    let unwritten = |file: &PlannedFile| {
        let name = file.name.clone();
        move |error: io::Error| match error.kind() {
            // The writer itself refuses what no bank would take.
            io::ErrorKind::InvalidData => {
                Fault::refused("bank.unwritable", say!("{name}: {error}", name = name.to_string(), error))
            }
            _ => super::durable::disk_fault("write", name.as_ref(), &error),
        }
    };
    payments::each(
        snapshot,
        source.ledger,
        source.batch,
        source.key,
        &mut |group, ReferencedPayment { end_to_end_id, payment }| {
            progress.advance(1);
            let step = walk.step(files).ok_or_else(|| more_payments_than_planned(source.batch))?;
            let file = &files[step.file];
            if open.as_ref().is_none_or(|(number, _)| *number != step.file) {
                if let Some((number, writer)) = open.take() {
                    end(&files[number], writer.finish().map_err(unwritten(&files[number]))?)?;
                }
                let head = message_head(file, letterhead);
                let writer = FileWriter::begin(begin(file)?, &head, letterhead.profile).map_err(unwritten(file))?;
                open = Some((step.file, writer));
            }
            let Some((_, writer)) = &mut open else { return Err(more_payments_than_planned(source.batch)) };
            let segment = &file.segments[step.segment];
            if segment.group != group {
                return Err(more_payments_than_planned(source.batch));
            }
            if step.begins_segment {
                writer.begin_payments(&payment_information(segment, letterhead)).map_err(unwritten(file))?;
            }
            writer.payment(&payment, &end_to_end_id).map_err(unwritten(file))
        },
    )?;
    if let Some((number, writer)) = open {
        end(&files[number], writer.finish().map_err(unwritten(&files[number]))?)?;
    }
    if walk.next(files).is_some() {
        return Err(Fault::failed(
            "ledger.damaged",
            say!("Batch {batch} holds fewer payments than were prepared.", batch = source.batch.to_string()),
        ));
    }
    Ok(())
}

/// Hands out each payment of a batch with the places of its file and segment in the plan.
pub fn each_placed(
    snapshot: &mut dyn Snapshot,
    source: &Source,
    files: &[PlannedFile],
    visit: &mut dyn FnMut(usize, usize, ReferencedPayment) -> Result<()>,
) -> Result<()> {
    let mut walk = Walk::default();
    payments::each(snapshot, source.ledger, source.batch, source.key, &mut |_, payment| {
        let step = walk.step(files).ok_or_else(|| more_payments_than_planned(source.batch))?;
        visit(step.file, step.segment, payment)
    })
}

fn message_head(file: &PlannedFile, letterhead: &Letterhead) -> MessageHead {
    MessageHead {
        version: letterhead.profile.message,
        message_id: file.message_id.clone(),
        created_at: DateTime::from_timestamp(letterhead.prepared_at, 0).unwrap_or_default().naive_utc(),
        transactions: file.sum.count,
        control_sum: file.sum.amount,
        payer: letterhead.payer.clone(),
    }
}

fn payment_information(segment: &Segment, letterhead: &Letterhead) -> PaymentInformation {
    let group = &letterhead.groups[segment.group as usize];
    PaymentInformation {
        id: segment.payment_information_id.clone(),
        pay_on: group.pay_on,
        scheme: group.scheme.clone(),
        transactions: segment.sum.count,
        control_sum: segment.sum.amount,
    }
}

fn more_payments_than_planned(batch: BatchId) -> Fault {
    Fault::failed(
        "ledger.damaged",
        say!("Batch {batch} does not hold the payments that were prepared.", batch = batch.to_string()),
    )
    .remedy(say!("Do not release from this folder. Restore the newest backup."))
}

/// Walks through the files' segments, one payment a step.
#[derive(Default)]
struct Walk {
    file: usize,
    segment: usize,
    done_in_segment: u64,
}

struct Step {
    file: usize,
    segment: usize,
    begins_segment: bool,
}

impl Walk {
    /// Where the next payment belongs; `None` when all are placed.
    fn next(&mut self, files: &[PlannedFile]) -> Option<Step> {
        loop {
            let file = files.get(self.file)?;
            match file.segments.get(self.segment) {
                None => (self.file, self.segment, self.done_in_segment) = (self.file + 1, 0, 0),
                Some(segment) if self.done_in_segment == segment.sum.count => {
                    (self.segment, self.done_in_segment) = (self.segment + 1, 0);
                }
                Some(_) => {
                    let begins_segment = self.done_in_segment == 0;
                    return Some(Step { file: self.file, segment: self.segment, begins_segment });
                }
            }
        }
    }

    fn step(&mut self, files: &[PlannedFile]) -> Option<Step> {
        let step = self.next(files)?;
        self.done_in_segment += 1;
        Some(step)
    }
}
