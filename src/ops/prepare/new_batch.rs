//! The entry of a new batch: what it pays, claims and writes, in one digest that two people will look at.

use std::collections::HashSet;

use super::candidates::Candidates;
use super::claims::{Prepared, content_digest, record_claims};
use super::row_set::RowSet;
use super::settling::Differing;
use super::{Report, Request};
use crate::batch::PreparedBatch;
use crate::fault::Result;
use crate::ledger::Event;
use crate::ledger::event::BesideBaselines;
use crate::ledger::idempotency::Place;
use crate::ledger::seal::SecretKey;
use crate::ops::bank_files::{self, Letterhead, Source};
use crate::ops::decisions::{Decisions, Verdict};
use crate::ops::payments::{self, BatchNotes, DecisionNote, PaymentSealer};
use crate::ops::settings::Settings;
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, World};
use crate::payment::Payer;
use crate::recipient_list::RecipientList;

/// A batch whose rows have their fates.
pub(super) struct NewBatch<'a> {
    pub(super) request: &'a Request,
    pub(super) settings: &'a Settings,
    pub(super) who: &'a Unlocked,
    pub(super) episode: &'a str,
    pub(super) key: &'a SecretKey,
    pub(super) candidates: &'a Candidates,
    pub(super) claimed: Prepared,
    pub(super) tried_before: &'a RowSet,
    pub(super) decisions: &'a Decisions,
    /// The rows whose fate a decision made.
    pub(super) decided: HashSet<Place>,
    pub(super) decided_to_pay: u64,
    pub(super) differing: Differing,
    pub(super) sealer: PaymentSealer<'a>,
}

impl NewBatch<'_> {
    /// Claims, seals and records it, and says in the report what it is.
    pub(super) fn record(self, recording: &mut Recording, world: &World, report: &mut Report) -> Result<()> {
        let Self { settings, who, key, .. } = self;
        let batch = self.claimed.batch;
        let ledger = recording.state.ledger;
        // As it will leave: who approves the batch sees it so, and its files follow from the batch alone.
        let name = settings.door.payer_name(&recording.state.payer.name).text.to_string();
        let payer = Payer { name, ..recording.state.payer.clone() };
        let transaction = &mut *recording.transaction;
        let (groups, amounts) = self.sealer.finish(transaction)?;
        let notes = notes(&report.lists, self.decisions, &self.decided);
        payments::put_notes(transaction, ledger, batch, key, &notes)?;
        let claims_root =
            record_claims((transaction, &recording.state), self.candidates, &self.claimed, self.tried_before)?;
        let sealed_root = payments::sealed_root(transaction, batch)?;
        let letterhead = Letterhead {
            environment: recording.state.environment,
            payer: &payer,
            profile: &settings.door.profile,
            prepared_at: world.now.unix,
            groups: &groups,
        };
        let content = content_digest(&claims_root, &letterhead);
        let source = Source { ledger, batch, key };
        let divider = report.divider;
        report.files = bank_files::parts(&amounts, divider)?;
        let plan = bank_files::plan(transaction, &source, &letterhead, (&who.tagger, &content), &amounts, divider)?;
        let prepared = PreparedBatch {
            id: batch,
            episode: self.episode.to_owned(),
            payment_limit: settings.payment_limit,
            prepared_at: world.now.unix,
            fates: report.fates,
            decided_to_pay: self.decided_to_pay,
            sealed_root,
            claims_root,
            plan,
            payer,
            profile: settings.door.profile.clone(),
            groups,
        };
        report.batch = Some((batch, prepared.digest(ledger)));
        recording.event(&Event::BatchPrepared(Box::new(prepared)), &who.signer, None)?;
        if self.request.from_baseline || !(report.compared.is_empty() && report.not_compared.is_empty()) {
            let beside = BesideBaselines {
                batch,
                provisional: self.request.from_baseline,
                baselines: report.compared.iter().map(|baseline| baseline.entry).collect(),
                not_compared: report.not_compared.iter().map(|baseline| baseline.entry).collect(),
                new_persons: self.differing.new_persons,
                accounts_changed: self.differing.accounts,
                amounts_changed: self.differing.amounts,
                missing: report.missing.len() as u64,
            };
            recording.event(&Event::BatchComparedWithBaselines(Box::new(beside)), &who.signer, None)?;
        }
        Ok(())
    }
}

/// `decided` are the rows whose fate a decision made: of a decision that changed nothing the approver is told nothing.
fn notes(lists: &[RecipientList], decisions: &Decisions, decided: &HashSet<Place>) -> BatchNotes {
    let mut decisions: Vec<DecisionNote> = decisions
        .iter()
        .filter(|(place, _)| decided.contains(place))
        .map(|(place, decision)| DecisionNote {
            list: place.list,
            row: place.row,
            pay: decision.verdict == Verdict::Pay,
            reason: decision.reason.clone(),
        })
        .collect();
    decisions.sort_by_key(|decision| (decision.list, decision.row));
    BatchNotes { lists: lists.iter().map(|list| list.name().to_owned()).collect(), decisions }
}
