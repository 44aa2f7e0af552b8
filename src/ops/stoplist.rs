//! `stoplist`: everything the fallback has paid, for upstream to load before its first run. Person, scheme, period, part and amount are what
//! upstream needs to know its own row by; names and accounts it has itself.

use std::io;
use std::path::Path;

use super::copies::{self, Outgoing};
use super::{Workspace, World, durable, reconcile};
use crate::fault::{Fault, Result};
use crate::ledger::copies::Purpose;
use crate::payment::Amount;
use crate::say;

pub struct StopList {
    pub payments: u64,
    pub amount: Amount,
}

const COLUMNS: [&str; 8] = ["person_id", "scheme", "period", "part", "amount", "currency", "status", "reference"];

/// `second` looks at the list as well before it leaves.
pub fn stoplist(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    second: Option<&str>,
    out: &Path,
) -> Result<StopList> {
    if !reconcile::has_released(&workspace.state) {
        return Err(Fault::input("stoplist.empty", say!("Nothing has been released yet: there is nothing to stop.")));
    }
    let who = workspace.unlock(world, who)?;
    let second = copies::second(workspace, world, &who, second)?;
    copies::refuse_unless_free(workspace.folder(), &workspace.state, &who, out)?;
    let currency = workspace.state.currency;
    let mut payments = reconcile::released_payments(workspace, &who)?;
    payments.retain(|payment| payment.times_standing > 0);
    let amount = reconcile::standing_total(&payments, currency)?;
    let draft = durable::Draft::create(out)?;
    let written = {
        let rows: Vec<[String; 8]> = payments
            .iter()
            .map(|payment| {
                [
                    payment.person.whole().to_owned(),
                    payment.scheme.to_string(),
                    payment.period.to_string(),
                    payment.part.to_string(),
                    payment.amount.to_string(),
                    currency.to_string(),
                    "stopped".to_owned(),
                    payment.end_to_end_id.to_string(),
                ]
            })
            .collect();
        let rows = rows.iter().map(|row| row.iter().map(String::as_str).collect());
        reconcile::files::write_table(io::BufWriter::new(&draft.file), &COLUMNS, rows)
    };
    written.map_err(|error| durable::disk_fault("write", out, &error))?;
    copies::leave(workspace, world, &who, second.as_ref(), vec![Outgoing::list(draft, Purpose::StopList)])?;
    Ok(StopList { payments: payments.len() as u64, amount })
}
