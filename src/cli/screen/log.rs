//! `log`: every kind of entry in a sentence.

use super::figures::{count, payments};
use super::mask::{masked_text, visible};
use super::moment;
use super::paragraph::wrapped;
use crate::ledger::Event;
use crate::ledger::worksheets::SheetVerdict;
use crate::ops::Now;
use crate::ops::log::Logged;
use crate::say;

pub fn log(entries: &[Logged], now: Now) -> String {
    if entries.is_empty() {
        return "There is no such entry.\n".into();
    }
    let mut text = String::new();
    for logged in entries {
        let entry = &logged.entry;
        let who = match &entry.second {
            Some(second) => format!("{} and {}", visible(&entry.actor), visible(second)),
            None => visible(&entry.actor).into_owned(),
        };
        let line = format!("{} {}, {who}: {}", entry.seq, moment::local(entry.at, now), event_in_words(&logged.event));
        text.push_str(&wrapped(&line, "", "    "));
    }
    text
}

/// What happened. A new kind of entry must be worded here before it can be written.
pub fn event_in_words(event: &Event) -> String {
    let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    match event {
        Event::LedgerOpened { payer, operators, .. } => {
            let names = list(&mut operators.iter().map(|one| visible(&one.name).into_owned()));
            format!("opened the ledger of {} with the operators {names}.", visible(&payer.name))
        }
        Event::OperatorEnrolled(one) => format!("enrolled the operator {}.", visible(&one.name)),
        Event::OperatorRetired { name } => format!("ended the part of the operator {}.", visible(name)),
        Event::EpisodeOpened { name, reason, .. } if reason.is_empty() => format!("opened episode {}.", visible(name)),
        Event::EpisodeOpened { name, reason, .. } => {
            format!("opened episode {}: {}.", visible(name), masked_text(reason))
        }
        Event::EpisodeClosed { name } => format!("closed episode {}.", visible(name)),
        Event::EpisodeClosedOpen { name, left_open, .. } => {
            let open = list(&mut left_open.iter().map(|one| format!("{} {}", one.count, one.matter)));
            format!("closed episode {} and left open: {open}.", visible(name))
        }
        Event::BatchPrepared(batch) => format!(
            "prepared batch {}: {} in {} bank files; {} rows rejected, {} held, {} duplicates.",
            batch.id,
            payments(batch.total()),
            batch.plan.files.len(),
            count(batch.fates.rejected.count),
            count(batch.fates.held.count),
            count(batch.fates.duplicate.count)
        ),
        Event::BatchApproved { batch, .. } => format!("approved batch {batch}."),
        Event::BatchCancelled { batch } => format!("cancelled batch {batch}."),
        Event::ReleaseBegun { batch, .. } => format!("released batch {batch}; from here on it counts as paid."),
        Event::SheetsBegun(release) => say!(
            "released batch {batch} as {sheets:work sheet|work sheets} to be typed by hand; from here on it counts as paid.",
            batch = release.batch,
            sheets = release.sheets.len() as u64
        )
        .to_string(),
        Event::SheetReturned(came) => say!(
            "took back sheet {sheet} of batch {batch}: {rows:row|rows} typed.",
            sheet = u64::from(came.sheet),
            batch = came.batch,
            rows = came.rows.len() as u64
        )
        .to_string(),
        Event::SheetRowsDecided(decided) => {
            let (rows, sheet, batch) = (decided.rows.len() as u64, u64::from(decided.sheet), decided.batch);
            match decided.verdict {
                SheetVerdict::Typed => {
                    say!("settled {rows:row|rows} of sheet {sheet} of batch {batch}: typed.", rows, sheet, batch)
                }
                SheetVerdict::NotTyped => say!(
                    "settled {rows:row|rows} of sheet {sheet} of batch {batch}: never typed, to be paid again.",
                    rows,
                    sheet,
                    batch
                ),
            }
            .to_string()
        }
        Event::SheetHanded { batch, sheet, to } => {
            let to = visible(to).into_owned();
            say!("handed sheet {sheet} of batch {batch} to {to}.", sheet = u64::from(*sheet), batch = *batch, to).to_string()
        }
        Event::ReleaseCompleted { batch } => {
            format!("completed the release of batch {batch}: its files lie in the outbox.")
        }
        Event::OutcomeRecorded(outcome) => {
            let formats = list(&mut outcome.reports.iter().map(|report| report.format.clone()));
            format!(
                "read the bank's reports ({formats}): {} things were new.",
                count(outcome.evidence + outcome.debits)
            )
        }
        Event::UploadRecorded(upload) => {
            format!("recorded what the bank's portal says of batch {}: {}.", upload.batch, payments(upload.said))
        }
        Event::FindingsRecorded(findings) => {
            let found: u64 = findings.by_kind.iter().map(|kind| kind.count).sum();
            format!("compared with what others paid: {} findings.", count(found))
        }
        Event::RemedyDecided(_) => "decided what to do about a finding.".into(),
        Event::RepaymentsRecorded { repayments } => format!("recorded {} repayments.", repayments.len()),
        Event::BaselineAdded(baseline) => format!("kept a baseline of {}.", baseline.period),
        Event::BatchComparedWithBaselines(beside) => format!(
            "compared batch {} with the baseline: {} new people, {} other accounts, {} other amounts, {} people missing.",
            beside.batch,
            count(beside.new_persons),
            count(beside.accounts_changed),
            count(beside.amounts_changed),
            count(beside.missing)
        ),
        Event::PaymentsPutOff(put_off) => {
            let dropped = match put_off.dropped {
                0 => String::new(),
                dropped => format!("; {} that waited were dropped", count(dropped)),
            };
            let after = put_off.batch.map_or_else(|| "nothing".into(), |batch| format!("batch {batch}"));
            format!("left for later, after {after}: {}{dropped}.", payments(put_off.waiting))
        }
        Event::CopiesDeclared(declared) => {
            let one = |copy: &crate::ledger::copies::DeclaredCopy| {
                format!("{} for {} ({} people)", copy.purpose.as_str(), copy.purpose.reader(), copy.people.persons)
            };
            format!("wrote files with personal data: {}.", list(&mut declared.copies.iter().map(one)))
        }
        Event::CopiesReviewed { copies } => format!("looked at {}.", list(&mut copies.iter().map(ToString::to_string))),
        Event::CopiesEnded { copies, .. } => {
            format!("ended {}.", list(&mut copies.iter().map(|(id, how)| format!("{id} ({})", how.as_str()))))
        }
        Event::EpisodesPurged(purge) => format!(
            "purged the people of {}: {} payments, and {} keys.",
            list(&mut purge.episodes.iter().map(|name| visible(name).into_owned())),
            count(purge.payments),
            purge.keys.len()
        ),
        Event::PurgeCompleted { purge } => {
            format!("saw the purge of entry {purge} through; nothing of it can be read.")
        }
        Event::LedgerAdopted(adoption) => {
            format!("made this copy the ledger that is written to: {}.", masked_text(&adoption.reason))
        }
        Event::OperatorRecovered { name } => {
            format!("chose a new passphrase for {} with the recovery code.", visible(name))
        }
        Event::PlaceAccepted { kind, .. } => format!("accepted that the ledger lies on {}.", visible(kind)),
        Event::BankIsAhead { batches } => {
            format!(
                "noticed that the bank knows of batches that this ledger does not: {}.",
                list(&mut batches.iter().map(ToString::to_string))
            )
        }
        Event::BackupBegun => "began a backup.".into(),
        Event::KeysCopied { keys, .. } => format!("copied {} keys to another place.", keys.len()),
        Event::DeskAdded { letter, name, .. } => format!("made desk {} for {}.", char::from(*letter), visible(name)),
        Event::DeskOpened { letter, name, .. } => {
            format!("opened this ledger as desk {} for {}.", char::from(*letter), visible(name))
        }
        Event::LedgerRebuilt(_) => "made this ledger again from bank files, because the old one was lost.".into(),
        Event::DeskMerged(merge) => {
            format!("took over what desk {} claims: {} obligations.", char::from(merge.letter), count(merge.claims))
        }
    }
}
