//! `stoplist`: everything the fallback has paid, for upstream to load before its first run. Person, scheme, period, part and amount are what
//! upstream needs to know its own row by; names and accounts it has itself.

pub mod layout;
pub mod table;
mod writing;

use std::collections::HashMap;
use std::path::Path;

use self::layout::{Content, Layout};
use self::writing::ListWriter;
use super::copies::{self, Examined, Outgoing, PeopleOf, PersonSeen, WayOut};
use super::merge::{self, Unnamed};
use super::{Unlocked, Workspace, World, findings, purge, reconcile};
use crate::fault::{Fault, Result};
use crate::ledger::copies::Purpose;
use crate::ledger::recalls::RecallState;
use crate::ledger::remedies::Basis;
use crate::payment::{Amount, EndToEndId};
use crate::say;

pub struct StopList {
    pub payments: u64,
    pub amount: Amount,
    /// Other desks' payments that stand and are not in the list, because nobody here can say to whom they were.
    pub unnamed: Unnamed,
}

/// What was asked for on the command line.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub out: &'a Path,
    /// The usual one where none is asked for.
    pub layout: Option<&'a str>,
    /// Who looks at the list as well before it leaves.
    pub second: Option<&'a str>,
}

pub fn stoplist(workspace: &mut Workspace, world: &World, who: Option<&str>, request: Request) -> Result<StopList> {
    let Request { out, layout, second } = request;
    let layout = workspace.settings.stop_lists.asked_for(layout)?;
    let state = workspace.state.clone();
    let closed = merge::closed(&mut *workspace.read()?, &state)?;
    if closed.is_empty() && !reconcile::has_released(&workspace.state) {
        return Err(Fault::input("stoplist.empty", say!("Nothing has been released yet: there is nothing to stop.")));
    }
    let who = workspace.unlock(world, who)?;
    let second = copies::second(workspace, world, &who, second)?;
    copies::refuse_unless_free(workspace.folder(), &workspace.state, &who, out)?;
    let currency = workspace.state.currency;
    purge::say_what_is_left_out(&workspace.state, world)?;
    let upstream = upstream_references(workspace, &who, &layout)?;
    let mut writer = ListWriter::begin(out, &layout)?;
    let mut census = WayOut::of(workspace).census()?;
    let mut filled = vec![false; layout.columns.len()];
    let unnamed = Unnamed::of(closed.iter(), currency).map_err(reconcile::too_large)?;
    let mut list = StopList { payments: 0, amount: Amount::zero(currency), unnamed };
    let recalls: Vec<_> = state.recalls.values().filter(|recall| recall.is_open()).collect();
    let mut recalled = 0u64;
    reconcile::each_released(workspace, &who, &mut |payment| {
        if payment.times_standing == 0 {
            return Ok(());
        }
        let is_asked_back = |recall: &&RecallState| recall.open().any(|one| one.payment == payment.end_to_end_id);
        recalled += u64::from(recalls.iter().any(is_asked_back));
        list.payments += 1;
        list.amount = list.amount.checked_add(payment.paid_each()).map_err(reconcile::too_large)?;
        let cells = layout.cells(payment, currency, &upstream);
        filled.iter_mut().zip(&cells).for_each(|(filled, cell)| *filled |= !cell.is_empty());
        census.see(&[0], PersonSeen::known(&payment.person, &payment.name))?;
        writer.row(&layout, payment, &cells)
    })?;
    if recalled > 0 {
        world.say(say!(
            "The bank was asked to take back {recalled:payment|payments} of this list and has not answered for good: if it does, upstream's own payment \
             is the one that stands and must not be stopped. Wait for its answer before the list is loaded, and write it again.",
            recalled
        ));
    }
    let (draft, written) = writer.finish(&layout)?;
    let people = PeopleOf::Told(Examined { fields: layout.fields(&filled), rows: list.payments });
    let outgoing = Outgoing { draft, purpose: Purpose::StopList, people, written };
    copies::leave_with(workspace, world, &who, second.as_ref(), vec![outgoing], census)?;
    Ok(list)
}

/// Upstream's own references for our payments, as the last reconciliation found them; empty where the layout asks for none.
fn upstream_references(
    workspace: &mut Workspace,
    who: &Unlocked,
    layout: &Layout,
) -> Result<HashMap<EndToEndId, String>> {
    let mut known = HashMap::new();
    if !layout.has(Content::UpstreamReference) {
        return Ok(known);
    }
    let read = findings::each_known(workspace, who, Basis::Upstream, &mut |finding| {
        if !finding.upstream_references.is_empty() {
            let references = finding.upstream_references.join("+");
            known.extend(finding.end_to_end_ids.iter().map(|id| (*id, references.clone())));
        }
        Ok(())
    });
    match read {
        // What was purged is not known any more, and the list is good without it.
        Err(fault) if fault.code == "ledger.purged" => Ok(HashMap::new()),
        read => read.map(|()| known),
    }
}
