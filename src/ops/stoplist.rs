//! `stoplist`: everything the fallback has paid, for upstream to load before its first run. Person, scheme, period, part and amount are what
//! upstream needs to know its own row by; names and accounts it has itself.

use std::io;
use std::path::Path;

use super::copies::{self, Outgoing};
use super::durable::{self, disk_fault};
use super::{Workspace, World, purge, reconcile};
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
    purge::say_what_is_left_out(&workspace.state, world)?;
    let draft = durable::Draft::create(out)?;
    let failed = |error: io::Error| disk_fault("write", out, &error);
    let mut list = StopList { payments: 0, amount: Amount::zero(currency) };
    let file = draft.file.try_clone().map_err(failed)?;
    let mut table = reconcile::files::begin_table(io::BufWriter::new(file), &COLUMNS).map_err(failed)?;
    reconcile::each_released(workspace, &who, &mut |payment| {
        if payment.times_standing == 0 {
            return Ok(());
        }
        list.payments += 1;
        list.amount = list.amount.checked_add(payment.amount).map_err(reconcile::too_large)?;
        let [period, amount, code, id] =
            [&payment.period as &dyn std::fmt::Display, &payment.amount, &currency, &payment.end_to_end_id]
                .map(|shown| shown.to_string());
        let (person, scheme, part) = (payment.person.whole(), payment.scheme.as_str(), payment.part.as_str());
        let cells = [person, scheme, &period, part, &amount, &code, "stopped", &id];
        reconcile::files::write_row(&mut table, cells.into_iter()).map_err(failed)
    })?;
    table.flush().map_err(failed)?;
    drop(table);
    copies::leave(workspace, world, &who, second.as_ref(), vec![Outgoing::list(draft, Purpose::StopList)])?;
    Ok(list)
}
