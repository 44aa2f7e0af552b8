//! Files that are no report, and are named for what they are, with where they belong.

use std::path::Path;

use super::Targets;
use crate::bank::report::item::NoReport;
use crate::fault::Fault;
use crate::ops::told_apart::{Told, what_is};
use crate::say;

/// A message of ISO 20022 that is no report.
pub fn message(targets: &Targets, message: &NoReport) -> Fault {
    let name: String = message.message.chars().take(24).flat_map(char::escape_debug).collect();
    let fault = |said| Fault::input("report.unrecognised", said);
    match targets.get(&message.id) {
        Some(target) if name.starts_with("pain.001") => fault(say!(
            "The file is a bank file of batch {batch}: what was sent from here, and not what the bank answered.",
            batch = target.batch.to_string()
        ))
        .remedy(say!("Fetch the bank's status report (pain.002) or the statement of the account.")),
        _ if name.starts_with("pain.001") => fault(say!(
            "The file is a {name}: payments that a system sends to a bank, and no report.",
            name = name
        ))
        .remedy(say!("If upstream made it, give it to `stopgap reconcile --upstream`.")),
        _ if name.starts_with("camt.055") => {
            fault(say!("The file is a {name}: it asks a bank to cancel payments, and is no report.", name = name))
                .remedy(say!("Fetch the bank's answer to it (camt.029)."))
        }
        _ => fault(say!("The file is a {name}, which is not read here.", name = name)).remedy(say!(
            "Reports are pain.002, camt.029, camt.052, camt.053, camt.054 or MT940 files, or the statement exports of the Danish net banks."
        )),
    }
}

/// Puts another message in the place of one that says no more than that the file was not recognised.
pub fn file(path: &Path, fault: Fault) -> Fault {
    if fault.code != "report.unrecognised" {
        return fault;
    }
    let told = |said, remedy| Fault::input("report.unrecognised", said).remedy(remedy);
    match what_is(path) {
        Some(Told::OwnFindings | Told::OwnRows) => told(
            say!("The file is one that this program wrote, and no report of the bank's."),
            say!("Findings are decided on by their numbers, which `stopgap remedy list` shows."),
        ),
        Some(Told::Upstreams) => told(
            say!("The file is Prisme's (G68, G69 or §38), and no report of the bank's."),
            say!("Give it to `stopgap reconcile --upstream`."),
        ),
        Some(Told::Table) => told(
            say!("The file is a list, and no report of the bank's."),
            say!("Lists are paid from with `stopgap prepare`, and compared with `stopgap reconcile --upstream`."),
        ),
        Some(Told::BankReport) | None => fault,
    }
}
