//! Every payable row against the ledger's live payments and against every other row of the command.
//!
//! The rows come by tag, as the claims do while they are compared with the events' roots before every prepare: so one walk through the
//! claims proves them and finds what each row collides with. The same holds for the payees.

use std::collections::BTreeMap;

use super::candidates::{ByPayee, ByTag, Candidates, Listed, NamedRow};
use super::ends::Ends;
use super::row_set::RowSet;
use super::triage::{Queue, Turn};
use super::verdicts::Verdicts;
use crate::fault::Result;
use crate::ledger::Snapshot;
use crate::ledger::idempotency::{
    Candidate, Collision, Fingerprint, Other, Place, Pseudonym, judge_payee, judge_series,
};
use crate::ledger::store::{Claim, Holder};
use crate::ops::spool::{Tape, damaged};
use crate::ops::verify::Onlooker;
use crate::ops::waiting::DroppedBefore;
use crate::payment::Tag;

/// What came of it.
pub(super) struct Judged<'a> {
    pub verdicts: Verdicts,
    /// Rows of an obligation that was paid before and came back, or was freed at another desk.
    pub tried_before: RowSet,
    /// Rows that are suspect and in no group of `apart`.
    pub suspects: RowSet,
    /// The rows of an obligation of which a decision drops one: they have yet to be told which of them stands. No more than there are decisions.
    pub apart: BTreeMap<Tag, Vec<Listed>>,
    pub queue: Queue<'a>,
}

pub(super) struct Judging<'a> {
    judged: Judged<'a>,
    by_tag: ByTag<'a>,
    next: Option<Listed>,
    /// The rows of the series at hand, and the claims of it.
    series: Vec<Candidate>,
    turns: Vec<Turn>,
    equals: Vec<Listed>,
    live: Vec<Claim>,
    freed: Vec<Claim>,
    /// Rows for which another payment or row stands.
    duplicates: RowSet,
    /// Rows that are held because their account is another one than in the last baseline.
    account_changed: &'a RowSet,
    ends: &'a Ends,
    dropped_before: &'a DroppedBefore,
    by_payee: ByPayee<'a>,
    next_named: Option<NamedRow>,
    named: Vec<NamedRow>,
    listed: Vec<Tag>,
    /// Rows whose payee's claims are to be looked up.
    to_look_up: Tape,
    /// Whether another desk claims anything.
    elsewhere: bool,
}

impl<'a> Judging<'a> {
    pub(super) fn begin(
        candidates: &'a Candidates,
        account_changed: &'a RowSet,
        (ends, dropped_before): (&'a Ends, &'a DroppedBefore),
        verdicts: Verdicts,
        queue: Queue<'a>,
        to_look_up: Tape,
    ) -> Result<Self> {
        let (mut by_tag, mut by_payee) = (candidates.by_tag()?, candidates.by_payee()?);
        let (next, next_named) = (by_tag.next()?, by_payee.next()?);
        let judged = Judged {
            verdicts,
            tried_before: RowSet::default(),
            suspects: RowSet::default(),
            apart: BTreeMap::new(),
            queue,
        };
        Ok(Self {
            judged,
            by_tag,
            next,
            series: Vec::new(),
            turns: Vec::new(),
            equals: Vec::new(),
            live: Vec::new(),
            freed: Vec::new(),
            duplicates: RowSet::default(),
            account_changed,
            ends,
            dropped_before,
            by_payee,
            next_named,
            named: Vec::new(),
            listed: Vec::new(),
            to_look_up,
            elsewhere: false,
        })
    }

    /// Judges what is left, once every claim was seen.
    pub(super) fn finish(mut self, snapshot: &mut dyn Snapshot) -> Result<Judged<'a>> {
        while self.fill_named()? {
            self.judge_named()?;
        }
        self.look_up(snapshot)?;
        Ok(self.judged)
    }

    /// Whether there is a series at hand: the least that was not judged.
    fn fill_series(&mut self) -> Result<bool> {
        if !self.series.is_empty() {
            return Ok(true);
        }
        while let Some(listed) = &self.next {
            let series = listed.candidate.fingerprint.tag.series;
            if self.series.first().is_some_and(|first| first.fingerprint.tag.series != series) {
                break;
            }
            let Some(Listed { mut candidate, turn }) = self.next.take() else { break };
            candidate.held |= self.account_changed.contains(candidate.place);
            let fingerprint = &candidate.fingerprint;
            let ended = self.ends.of(candidate.place, fingerprint, turn.scheme);
            let dropped = self.dropped_before.holds(&fingerprint.tag).then_some(Collision::DroppedBefore);
            candidate.collisions.extend(ended.into_iter().chain(dropped));
            self.series.push(candidate);
            self.turns.push(turn);
            self.next = self.by_tag.next()?;
        }
        Ok(!self.series.is_empty())
    }

    fn judge_series(&mut self) -> Result<()> {
        judge_series(&mut self.series, &self.live);
        for candidate in &self.series {
            let Fingerprint { tag, period, .. } = candidate.fingerprint;
            for claim in self.freed.iter().filter(|claim| claim.period.overlaps(period)) {
                let payment = claim.end_to_end_id();
                self.judged.verdicts.was_freed(candidate.place, payment)?;
            }
            if self.freed.iter().any(|claim| claim.tag == tag) {
                self.judged.tried_before.insert(candidate.place);
            }
            if candidate.is_duplicate() {
                self.duplicates.insert(candidate.place);
            }
        }
        let mut equals = std::mem::take(&mut self.equals);
        let mut rows = self.series.drain(..).zip(self.turns.drain(..)).peekable();
        while let Some((candidate, turn)) = rows.next() {
            let tag = candidate.fingerprint.tag;
            equals.push(Listed { candidate, turn });
            if rows.peek().is_some_and(|(next, _)| next.fingerprint.tag == tag) {
                continue;
            }
            if equals.iter().any(|row| row.candidate.dropped) {
                self.judged.apart.insert(tag, std::mem::take(&mut equals));
                continue;
            }
            self.judged.queue.line_up(&mut equals)?;
            for Listed { candidate, .. } in equals.drain(..) {
                self.judged.verdicts.collides(candidate.place, &candidate.collisions)?;
            }
        }
        drop(rows);
        self.equals = equals;
        self.live.clear();
        self.freed.clear();
        Ok(())
    }

    /// As [`fill_series`](Self::fill_series), of rows with one payee.
    fn fill_named(&mut self) -> Result<bool> {
        if !self.named.is_empty() {
            return Ok(true);
        }
        while let Some(mut row) = self.next_named {
            if self.named.first().is_some_and(|first| first.payee != row.payee) {
                break;
            }
            row.named.is_duplicate = self.duplicates.contains(row.named.place);
            self.named.push(row);
            self.next_named = self.by_payee.next()?;
        }
        Ok(!self.named.is_empty())
    }

    fn judge_named(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.named);
        if rows.iter().any(|row| !row.named.is_duplicate) {
            // A series has one person: who has a claim in the series of the one person here is that person.
            let known = |tag: &Tag| rows.iter().any(|row| row.tag.series == tag.series);
            let one_person = rows.iter().all(|row| row.named.person == rows[0].named.person);
            let is_plain = one_person && self.listed.iter().all(known);
            match self.listed.is_empty() && !self.elsewhere {
                true => self.judge_rows_named(&rows, &[])?,
                false if is_plain && !self.elsewhere => {}
                false => {
                    let mut record = Vec::with_capacity(64);
                    for row in &rows {
                        record.clear();
                        row.write(&mut record)?;
                        self.to_look_up.push(&record)?;
                    }
                }
            }
        }
        self.named = rows;
        self.named.clear();
        self.listed.clear();
        Ok(())
    }

    fn judge_rows_named(&mut self, rows: &[NamedRow], live: &[Claim]) -> Result<()> {
        if let [_] = rows
            && live.is_empty()
        {
            return Ok(());
        }
        let named: Vec<_> = rows.iter().map(|row| row.named).collect();
        for (at, other) in judge_payee(&named, live) {
            self.is_suspect(rows[at].tag, rows[at].named.place, other)?;
        }
        Ok(())
    }

    fn is_suspect(&mut self, tag: Tag, place: Place, other: Other) -> Result<()> {
        let suspect = Collision::Suspect(other);
        let apart = self.judged.apart.get_mut(&tag).into_iter().flatten();
        match apart.map(|listed| &mut listed.candidate).find(|candidate| candidate.place == place) {
            // By another form of its account it was found already.
            Some(candidate) if candidate.collisions.iter().any(|c| matches!(c, Collision::Suspect(_))) => {}
            Some(candidate) => candidate.collisions.push(suspect),
            None if self.judged.suspects.contains(place) => {}
            None => {
                self.judged.suspects.insert(place);
                self.judged.verdicts.collides(place, &[suspect])?;
            }
        }
        Ok(())
    }

    /// Judges the rows whose payee's claims it takes to judge them.
    fn look_up(&mut self, snapshot: &mut dyn Snapshot) -> Result<()> {
        let none = Tape::new(self.to_look_up.folder().into())?;
        let tape = std::mem::replace(&mut self.to_look_up, none);
        let mut reader = tape.read();
        let mut rows: Vec<NamedRow> = Vec::new();
        loop {
            let next = match reader.next()? {
                Some(record) => Some(NamedRow::read(record).ok_or_else(damaged)?),
                None => None,
            };
            if let Some(first) = rows.first()
                && next.is_none_or(|next| next.payee != first.payee)
            {
                let live = snapshot.claims_of_payee(&first.payee)?;
                self.judge_rows_named(&rows, &live)?;
                rows.clear();
            }
            match next {
                Some(next) => rows.push(next),
                None => return Ok(()),
            }
        }
    }
}

impl Onlooker for Judging<'_> {
    fn claim(&mut self, claim: &Claim, holder: Holder) -> Result<()> {
        self.elsewhere |= matches!(holder, Holder::Elsewhere(_));
        while self.fill_series()? {
            let series = self.series[0].fingerprint.tag.series;
            if series >= claim.tag.series {
                if series == claim.tag.series {
                    match holder.is_live() {
                        true => self.live.push(claim.clone()),
                        false => self.freed.push(claim.clone()),
                    }
                }
                return Ok(());
            }
            self.judge_series()?;
        }
        Ok(())
    }

    fn no_more_claims(&mut self) -> Result<()> {
        while self.fill_series()? {
            self.judge_series()?;
        }
        Ok(())
    }

    fn listed(&mut self, payee: &Pseudonym, tag: &Tag) -> Result<()> {
        while self.fill_named()? {
            let at_hand = self.named[0].payee;
            if at_hand >= *payee {
                if at_hand == *payee {
                    self.listed.push(*tag);
                }
                return Ok(());
            }
            self.judge_named()?;
        }
        Ok(())
    }
}
