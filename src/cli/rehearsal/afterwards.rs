//! The drill's second half: the bank reports, the restored system has paid part of it again, and what the program finds is scored against what
//! the outage's maker knows.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{beside, step, unwritable};
use crate::cli::{json, screen};
use crate::drill::{Afterwards, BankTold, Outage, SumBooked, Truth, payer};
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::Tagger;
use crate::ops::init::rehearsal_key;
use crate::ops::outcome::PaymentCounts;
use crate::ops::reconcile::{Reconciled, Request};
use crate::ops::{self, Workspace, World};
use crate::payment::{BatchId, EndToEndId, Obligation};
use crate::reconciliation::finding::Kind;
use crate::say;
use crate::words::{Message, shell_word};

pub struct WentOn {
    pub screen: String,
    pub json: Value,
}

/// Goes on from the released batch to the findings.
///
/// # Errors
/// `drill.unexpected`, where the program finds anything else than was made up.
pub fn go_on(world: &World, outage: &Outage, folder: &Path, ledger: &mut Workspace, batch: BatchId) -> Result<WentOn> {
    let tagger = Tagger::new(&rehearsal_key(outage.seed), &payer());
    let reference = |obligation: &Obligation| EndToEndId { tag: tagger.tag(obligation), attempt: 1 };
    let (day, sums) = (booked_on(ledger, batch), sums(ledger, batch));
    let afterwards = outage.afterwards(day, &reference, &sums);
    let place = folder.display();

    let stop_list = folder.join("upstream/stop-list.csv");
    let bank = write_bank_reports(&afterwards, folder)?;
    let upstream = write_runs(&afterwards, folder)?;
    step(world, "stoplist --out upstream/stop-list.csv --operator anna");
    let stopped = ops::stoplist::stoplist(
        ledger,
        world,
        Some("anna"),
        ops::stoplist::Request { out: &stop_list, layout: None, second: None },
    )?;
    beside(
        world,
        say!(
            "{payments:payment|payments}, for the restored system to load. It loads part of them.",
            payments = stopped.payments
        ),
    );
    step(world, "outcome bank/*.xml --operator anna");
    let outcome =
        ops::outcome::outcome(ledger, world, Some("anna"), ops::outcome::Request { files: &bank, own_account: false })?;
    compare_bank(afterwards.bank_told(), outcome.payments)?;
    let PaymentCounts { accepted, settled, batch, rejected, returned, doubled } = outcome.payments;
    beside(
        world,
        say!(
            "{settled} booked singly, {batch} within sums, {accepted} accepted; {rejected} rejected, {returned} came back, {doubled} booked twice.",
            settled,
            batch,
            accepted,
            rejected,
            returned,
            doubled
        ),
    );
    step(world, "reconcile --upstream upstream/run.csv upstream/proposal.csv --out found --operator anna");
    let out = folder.join("found");
    let request =
        Request { upstream: &upstream, defaults: Default::default(), statements: &[], out: &out, second: None };
    let reconciled = ops::reconcile::reconcile(ledger, world, Some("anna"), &request)?;
    let report = screen::reconciliation_report(&reconciled, &payer().name, world.now, true);
    ops::reconcile::files::write_report(&out, &report)?;
    let (truth, found) = score(&afterwards, &reconciled)?;
    beside(
        world,
        say!(
            "{findings:finding|findings}; the report for people is {file}",
            findings = found.count(),
            file = format!("{place}/found/report.html")
        ),
    );

    let text = format!(
        "{}\n{}",
        screen::reconciled(&reconciled),
        screen::sentence(say!(
            "Scored: {findings} findings were made up, and the program found these and no others, each with its money to the øre.",
            findings = truth.count()
        ))
    );
    let json = json!({
        "outcome": json::outcome(&outcome),
        "reconciled": json::reconciled(&reconciled),
        "score": { "made_up": truth.count(), "found": found.count(), "as_expected": true, "by_kind": counts(&truth) },
    });
    Ok(WentOn { screen: text, json })
}

/// Writes what the bank and upstream will say, and leaves the rest to whoever practises.
pub fn leave_to_hand(
    world: &World,
    outage: &Outage,
    folder: &Path,
    ledger: &Workspace,
    batch: BatchId,
) -> Result<WentOn> {
    let tagger = Tagger::new(&rehearsal_key(outage.seed), &payer());
    let reference = |obligation: &Obligation| EndToEndId { tag: tagger.tag(obligation), attempt: 1 };
    let (day, sums) = (booked_on(ledger, batch), sums(ledger, batch));
    let afterwards = outage.afterwards(day, &reference, &sums);
    write_bank_reports(&afterwards, folder)?;
    write_runs(&afterwards, folder)?;
    let place = folder.display();
    let quoted = |folder: &str| shell_word(&format!("{place}/{folder}")).into_owned();
    let (bank, upstream) = (quoted("bank"), quoted("upstream"));
    beside(
        world,
        say!(
            "The bank's reports lie in {bank}, the restored system's runs in {upstream}.",
            bank = format!("{place}/bank"),
            upstream = format!("{place}/upstream")
        ),
    );
    let screen = format!(
        "{}\n\n    \
         stopgap stoplist --out stop-list.csv --operator anna\n    \
         stopgap outcome {bank}/*.xml --operator anna\n    \
         stopgap reconcile --upstream {upstream}/*.csv --out found --operator anna\n",
        say!("Now you. The restored system is about to run:")
    );
    let truth = afterwards.truth();
    Ok(WentOn { screen, json: json!({ "by_hand": true, "made_up": truth.count(), "by_kind": counts(&truth) }) })
}

fn write_bank_reports(afterwards: &Afterwards, folder: &Path) -> Result<Vec<PathBuf>> {
    let place = folder.join("bank");
    std::fs::create_dir_all(&place).map_err(|error| unwritable(&place, &error))?;
    Ok(vec![
        write(&place, "pain002.xml", |out| afterwards.write_status_report(out))?,
        write(&place, "camt053.xml", |out| afterwards.write_statement(out))?,
        write(&place, "camt054.xml", |out| afterwards.write_notification(out))?,
    ])
}

fn write_runs(afterwards: &Afterwards, folder: &Path) -> Result<Vec<PathBuf>> {
    let place = folder.join("upstream");
    std::fs::create_dir_all(&place).map_err(|error| unwritable(&place, &error))?;
    Ok(vec![
        write(&place, "run.csv", |out| afterwards.write_run(out))?,
        write(&place, "proposal.csv", |out| afterwards.write_proposal(out))?,
    ])
}

fn write(folder: &Path, name: &str, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<PathBuf> {
    let path = folder.join(name);
    let written = File::create(&path).map(BufWriter::new).and_then(|mut out| {
        content(&mut out)?;
        out.flush()
    });
    written.map_err(|error| unwritable(&path, &error))?;
    Ok(path)
}

/// The day on which the batch was to be paid.
fn booked_on(ledger: &Workspace, batch: BatchId) -> chrono::NaiveDate {
    let groups = ledger.state.batches.get(&batch).map(|batch| &batch.prepared.groups);
    groups.and_then(|groups| groups.iter().map(|group| group.pay_on).min()).unwrap_or_default()
}

/// The blocks of the benefit that the bank books as sums.
fn sums(ledger: &Workspace, batch: BatchId) -> Vec<SumBooked> {
    let Some(batch) = ledger.state.batches.get(&batch) else { return Vec::new() };
    let groups = &batch.prepared.groups;
    let segments = batch.prepared.plan.files.iter().flat_map(|file| &file.segments);
    let of_benefit = segments.filter(|segment| {
        groups.get(segment.group as usize).is_some_and(|group| group.scheme.as_str() == Outage::SUM_BOOKED)
    });
    of_benefit
        .map(|segment| SumBooked {
            payment_information_id: segment.payment_information_id.clone(),
            payments: segment.sum.count,
            ore: segment.sum.amount.minor_units(),
        })
        .collect()
}

fn compare_bank(meant: BankTold, found: PaymentCounts) -> Result<()> {
    let BankTold { accepted, settled, in_sums, rejected, returned, doubled } = meant;
    let meant = PaymentCounts { accepted, settled, batch: in_sums, rejected, returned, doubled };
    if meant == found {
        return Ok(());
    }
    Err(unexpected(say!(
        "The bank's reports were made to say {meant}, and {found} was understood.",
        meant = format!("{meant:?}"),
        found = format!("{found:?}")
    )))
}

/// The program's findings beside the made-up truth.
fn score(afterwards: &Afterwards, reconciled: &Reconciled) -> Result<(Truth, Truth)> {
    let truth = afterwards.truth();
    let mut found = Truth::default();
    found.repeated = reconciled.repeated;
    reconciled.findings.each(&mut |finding| {
        found.found(&finding);
        Ok(())
    })?;
    if truth.agrees(&found) && reconciled.balanced {
        return Ok((truth, found));
    }
    Err(unexpected(say!(
        "The findings are not those that were made up:{difference}",
        difference = difference(&truth, &found)
    )))
}

/// What is other than it was made up, kind by kind.
fn difference(truth: &Truth, found: &Truth) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let [meant, found] = [truth, found].map(|truth| truth.by_kind.get(&kind).copied().unwrap_or_default());
        if meant != found {
            let [meant_ore, found_ore] = [meant, found].map(|share| share.ore.map(|ore| ore.to_string()).join(" "));
            text += &format!(
                "\n  {}: {} with {meant_ore} øre were made up, {} with {found_ore} were found",
                kind.as_str(),
                meant.count,
                found.count
            );
        }
    }
    if truth.by_kind == found.by_kind {
        text += "\n  the counts and sums agree, and what they are about does not";
    }
    if truth.repeated != found.repeated {
        text += &format!("\n  {} rows were given twice, {} were noticed", truth.repeated, found.repeated);
    }
    text
}

fn unexpected(message: Message) -> Fault {
    Fault::failed("drill.unexpected", message)
        .remedy(say!("This is a fault of the program: do not use it before it is mended."))
}

fn counts(truth: &Truth) -> serde_json::Map<String, Value> {
    truth.by_kind.iter().map(|(kind, share)| (kind.as_str().to_owned(), share.count.into())).collect()
}
