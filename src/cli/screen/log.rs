//! `log`: every kind of entry in a sentence.

use super::copies::{ended, kind, reader};
use super::figures::payments;
use super::mask::{masked_text, visible};
use super::meaning::of_matter;
use super::moment;
use super::paragraph::{sentence, wrapped};
use crate::ledger::Event;
use crate::ledger::copies::DeclaredCopy;
use crate::ledger::event::RowsLeft;
use crate::ledger::recalls::AnswerVerdict;
use crate::ledger::worksheets::SheetVerdict;
use crate::ops::Now;
use crate::ops::log::Logged;
use crate::say;
use crate::words::{Message, count, ungrouped};

pub fn log(entries: &[Logged], now: Now) -> String {
    if entries.is_empty() {
        return sentence(say!("There is no such entry."));
    }
    let mut text = String::new();
    for logged in entries {
        let entry = &logged.entry;
        let who = match &entry.second {
            Some(second) => {
                say!("{first} and {second}", first = visible(&entry.actor), second = visible(second)).to_string()
            }
            None => visible(&entry.actor).into_owned(),
        };
        let line = format!("{} {}, {who}: {}", entry.seq, moment::local(entry.at, now), event_in_words(&logged.event));
        text.push_str(&wrapped(line, "", "    "));
    }
    text
}

/// Of a batch, and of batches whose rows were read again.
fn rows_left(left: &RowsLeft) -> Message {
    let again = (!left.read_again.is_empty()).then(|| {
        let batches = left.read_again.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        say!("read again the rejected and held rows of {batches}.", batches)
    });
    let of_batch = left.batch.map(|batch| {
        say!(
            "of batch {batch}, {rejected:rejected row|rejected rows} and {held} held wait for somebody.",
            batch,
            rejected = left.rejected.count,
            held = left.held.count
        )
    });
    match (again, of_batch) {
        (Some(again), Some(of_batch)) => again.and(of_batch),
        (again, of_batch) => again.or(of_batch).unwrap_or_else(|| Message::verbatim("")),
    }
}

/// What happened. A new kind of entry must be worded here before it can be written.
pub fn event_in_words(event: &Event) -> Message {
    let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    match event {
        Event::LedgerOpened { payer, operators, .. } => say!(
            "opened the ledger of {payer} with the operators {names}.",
            payer = visible(&payer.name),
            names = list(&mut operators.iter().map(|one| visible(&one.name).into_owned()))
        ),
        Event::OperatorEnrolled(one) => say!("enrolled the operator {name}.", name = visible(&one.name)),
        Event::OperatorRetired { name } => say!("ended the part of the operator {name}.", name = visible(name)),
        Event::EpisodeOpened { name, reason, .. } if reason.is_empty() => {
            say!("opened episode {name}.", name = visible(name))
        }
        Event::EpisodeOpened { name, reason, .. } => {
            say!("opened episode {name}: {reason}.", name = visible(name), reason = masked_text(reason))
        }
        Event::EpisodeClosed { name } => say!("closed episode {name}.", name = visible(name)),
        Event::EpisodeClosedOpen { name, left_open, .. } => say!(
            "closed episode {name} and left open: {open}.",
            name = visible(name),
            open = list(&mut left_open.iter().map(|one| format!("{} {}", count(one.count), of_matter(&one.matter))))
        ),
        Event::BatchPrepared(batch) => say!(
            "prepared batch {batch}: {payments} in {files:bank file|bank files}; {rejected:row|rows} rejected, {held} held, \
             {duplicates:duplicate|duplicates}.",
            batch = batch.id,
            payments = payments(batch.total()),
            files = batch.plan.files.len(),
            rejected = batch.fates.rejected.count,
            held = batch.fates.held.count,
            duplicates = batch.fates.duplicate.count
        ),
        Event::BatchApproved { batch, .. } => say!("approved batch {batch}.", batch = *batch),
        Event::BatchCancelled { batch } => say!("cancelled batch {batch}.", batch = *batch),
        Event::ReleaseBegun { batch, .. } => {
            say!("released batch {batch}; from here on it counts as paid.", batch = *batch)
        }
        Event::SheetsBegun(release) => say!(
            "released batch {batch} as {sheets:work sheet|work sheets} to be typed by hand; from here on it counts as paid.",
            batch = release.batch,
            sheets = release.sheets.len() as u64
        ),
        Event::SheetReturned(came) => say!(
            "took back sheet {sheet} of batch {batch}: {rows:row|rows} typed.",
            sheet = u64::from(came.sheet),
            batch = came.batch,
            rows = came.rows.len() as u64
        ),
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
        }
        Event::SheetHanded { batch, sheet, to } => {
            let to = visible(to).into_owned();
            say!("handed sheet {sheet} of batch {batch} to {to}.", sheet = u64::from(*sheet), batch = *batch, to)
        }
        Event::ReleaseCompleted { batch } => {
            say!("completed the release of batch {batch}: its files lie in the outbox.", batch = *batch)
        }
        Event::OutcomeRecorded(outcome) => say!(
            "read the bank's reports ({formats}): {new:thing was|things were} new.",
            formats = list(&mut outcome.reports.iter().map(|report| report.format.clone())),
            new = outcome.evidence + outcome.debits
        ),
        Event::UploadRecorded(upload) => say!(
            "recorded what the bank's portal says of batch {batch}: {payments}.",
            batch = upload.batch,
            payments = payments(upload.said)
        ),
        Event::FindingsRecorded(findings) => say!(
            "compared with what others paid: {found:finding|findings}.",
            found = findings.by_kind.iter().map(|kind| kind.count).sum::<u64>()
        ),
        Event::RemedyDecided(_) => say!("decided what to do about a finding."),
        Event::RepaymentsRecorded { repayments } => {
            say!("recorded {repayments:repayment|repayments}.", repayments = repayments.len())
        }
        Event::RecallBegun(recall) => say!(
            "asked the bank to take {payments} back ({recall}, {reason}).",
            payments = payments(recall.sum),
            recall = recall.recall.to_string(),
            reason = recall.reason.code()
        ),
        Event::RecallWritten { recall } => {
            say!("wrote the file of {recall}: it lies in its place.", recall = recall.to_string())
        }
        Event::RecallAnswered(answer) => {
            let count = |verdict| answer.payments.iter().filter(|one| one.verdict == verdict).count() as u64;
            say!(
                "read the bank's answer to {recall}: {accepted} taken back, {refused} refused, {pending} pending.",
                recall = answer.recall.to_string(),
                accepted = count(AnswerVerdict::Accepted),
                refused = count(AnswerVerdict::Refused),
                pending = count(AnswerVerdict::Pending)
            )
        }
        Event::RecallGivenUp(given_up) => {
            say!("no longer wait for the bank's answer to {recall}.", recall = given_up.recall.to_string())
        }
        Event::BaselineAdded(baseline) => {
            say!("kept a baseline of {period}.", period = baseline.period.to_string())
        }
        Event::BatchComparedWithBaselines(beside) => say!(
            "compared batch {batch} with the baseline: {persons:new person|new people}, {accounts:other account|other accounts}, \
             {amounts:other amount|other amounts}, {missing:person|people} missing.",
            batch = beside.batch,
            persons = beside.new_persons,
            accounts = beside.accounts_changed,
            amounts = beside.amounts_changed,
            missing = beside.missing
        ),
        Event::RowsLeft(left) => rows_left(left),
        Event::RowsSettled(settled) => {
            say!("said that the rejected and held rows of batch {batch} are dealt with.", batch = settled.batch)
        }
        Event::PaymentsPutOff(put_off) => {
            let (waiting, dropped) = (payments(put_off.waiting), put_off.dropped);
            let put_off_to = match put_off.batch {
                _ if put_off.waiting.count == 0 => {
                    return say!("recorded that {dropped:payment was|payments were} dropped by decision.", dropped);
                }
                Some(batch) => say!("left for later, after batch {batch}: {waiting}.", batch, waiting),
                None => say!("left for later: {waiting}.", waiting),
            };
            match dropped {
                0 => put_off_to,
                dropped => put_off_to.and(say!("{dropped:payment was|payments were} dropped by decision.", dropped)),
            }
        }
        Event::CopiesDeclared(declared) => {
            let one = |copy: &DeclaredCopy| {
                say!(
                    "{purpose} for {reader} ({persons:person|people})",
                    purpose = kind(copy.purpose),
                    reader = reader(copy.purpose),
                    persons = copy.people.persons
                )
                .to_string()
            };
            say!("wrote files with personal data: {files}.", files = list(&mut declared.copies.iter().map(one)))
        }
        Event::CopiesReviewed { copies } => {
            say!("looked at {copies}.", copies = list(&mut copies.iter().map(ToString::to_string)))
        }
        Event::CopiesEnded { copies, .. } => say!(
            "ended {copies}.",
            copies = list(&mut copies.iter().map(|(id, how)| format!("{id} ({})", ended(*how))))
        ),
        Event::EpisodesPurged(purge) => say!(
            "purged the people of {episodes}: {payments:payment|payments}, and {keys:key|keys}.",
            episodes = list(&mut purge.episodes.iter().map(|name| visible(name).into_owned())),
            payments = purge.payments,
            keys = purge.keys.len()
        ),
        Event::PurgeCompleted { purge } => {
            say!("saw the purge of entry {purge} through; nothing of it can be read.", purge = ungrouped(*purge))
        }
        Event::DuplicateKeyEnded(ended) => say!(
            "ended the duplicate key, with {claims:claim|claims}: nobody who was paid can be recognised any more.",
            claims = ended.claims
        ),
        Event::LedgerAdopted(adoption) => {
            say!("made this copy the ledger that is written to: {reason}.", reason = masked_text(&adoption.reason))
        }
        Event::OperatorRecovered { name } => {
            say!("chose a new passphrase for {name} with the recovery code.", name = visible(name))
        }
        Event::RecoveryCodeMade { .. } => say!("made a recovery code in two halves; any earlier one is void."),
        Event::OperatorsRecovered(recovery) => say!(
            "took over with the recovery code; from here on the operators are {names}.",
            names = list(&mut recovery.operators.iter().map(|one| visible(&one.name).into_owned()))
        ),
        Event::PlaceAccepted { kind, .. } => {
            say!("accepted that the ledger lies on {place}.", place = visible(kind))
        }
        Event::BankIsAhead { batches } => say!(
            "noticed that the bank knows of batches that this ledger does not: {batches}.",
            batches = list(&mut batches.iter().map(ToString::to_string))
        ),
        Event::PaidElsewhere { payments } => say!(
            "noticed that the bank has paid {payments:payment|payments} that never left by this ledger.",
            payments = payments.len() as u64
        ),
        Event::LostLedgerTold(told) => say!(
            "read what the bank says of the lost ledger's payments: {settled} booked, {freed} did not stand.",
            settled = told.settled,
            freed = told.freed
        ),
        Event::BackupBegun => say!("began a backup."),
        Event::KeysCopied { keys, .. } => say!("copied {keys:key|keys} to another place.", keys = keys.len()),
        Event::DeskAdded { letter, name, .. } => {
            say!("made desk {letter} for {name}.", letter = char::from(*letter).to_string(), name = visible(name))
        }
        Event::DeskOpened { letter, name, .. } => say!(
            "opened this ledger as desk {letter} for {name}.",
            letter = char::from(*letter).to_string(),
            name = visible(name)
        ),
        Event::LedgerRebuilt(_) => say!("made this ledger again from bank files, because the old one was lost."),
        Event::DeskMerged(merge) => say!(
            "took over what desk {letter} claims: {claims:obligation|obligations}.",
            letter = char::from(merge.letter).to_string(),
            claims = merge.claims
        ),
    }
}
