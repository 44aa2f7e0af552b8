//! The work sheets of a batch, entered in the transaction that begins its release. Their people are the rows of each sheet.

use std::collections::BTreeSet;

use super::examine::Registers;
use super::outgoing::{Entering, NewCopy};
use super::people::Headcount;
use super::{bank_files, places};
use crate::fault::Result;
use crate::ledger::copies::{Field, PeopleLie, Purpose};
use crate::ledger::event::KeyId;
use crate::ledger::seal::SecretKey;
use crate::ledger::state::BatchState;
use crate::ops::bank_files::Source;
use crate::ops::payments::{self, ReferencedPayment};
use crate::ops::settings::CopySettings;
use crate::ops::worksheets::making::Walk;
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, Workspace, World};
use crate::worksheet::Line;

/// Enters those files of the batch's sheets that are not entered, or were ended and are about to be made once more.
pub fn declare(
    recording: &mut Recording,
    world: &World,
    who: &Unlocked,
    days: &CopySettings,
    key: (KeyId, &SecretKey),
    batch: &BatchState,
) -> Result<()> {
    let Some(sheets) = &batch.sheets else { return Ok(()) };
    let planned = &sheets.release.sheets;
    let id = batch.prepared.id;
    let folder = Workspace::outbox_of(id);
    let is_entered = |name: &str| places::open_at(&recording.state, &who.tagger, &folder.join(name)).is_some();
    let files = planned.iter().flat_map(|sheet| &sheet.files);
    let entered: BTreeSet<&str> = files.map(|file| file.name.as_str()).filter(|name| is_entered(name)).collect();
    if entered.len() == planned.len() * 2 {
        return Ok(());
    }
    let mut found: Vec<(Headcount, BTreeSet<Field>)> = planned.iter().map(|_| Default::default()).collect();
    let shares = planned.iter().map(|sheet| sheet.sum.count).collect();
    let registers = Registers { country: recording.state.payer.country, today: world.now.today() };
    let mut walk = Walk::new(id, recording.state.currency, shares);
    let source = Source { ledger: recording.state.ledger, batch: id, key: key.1 };
    payments::each(&mut *recording.transaction, source.ledger, id, source.key, &mut |_, payment| {
        let ReferencedPayment { end_to_end_id, payment } = payment;
        let (sheet, line) = walk.step(end_to_end_id, payment)?;
        let (headcount, fields) = &mut found[sheet];
        fields.extend(fields_of(&line));
        let numbered = bank_files::tells_number(&line.payment, registers);
        fields.extend(numbered.then_some(Field::PersonId));
        headcount.add(&bank_files::person(&line.payment), numbered);
        Ok(())
    })?;
    let mut entering = Entering::begin(recording, who, days, world.now.today(), key);
    for ((at, sheet), (headcount, fields)) in (0u32..).zip(planned).zip(found) {
        for file in sheet.files.iter().filter(|file| !entered.contains(file.name.as_str())) {
            let new = NewCopy {
                purpose: Purpose::Worksheet,
                batch: Some(id),
                fields: fields.iter().copied().collect(),
                rows: sheet.sum.count,
                people: headcount.count(),
                people_lie: PeopleLie::OnSheet(at),
                content: Some(file.sha256),
                replaces: None,
            };
            entering.add(recording, &folder.join(&file.name), new)?;
        }
    }
    entering.finish(recording, who, None, vec![batch.prepared.episode.clone()]).map(drop)
}

/// What a sheet says of one payment.
fn fields_of(line: &Line) -> impl Iterator<Item = Field> {
    let target = if line.is_by_number() { Field::PersonId } else { Field::Account };
    let payee = line.payment.payee_name.is_some().then_some(Field::PayeeName);
    let text = line.payment.text.is_some().then_some(Field::Text);
    [Some(Field::Name), Some(Field::Amount), Some(Field::Scheme), Some(target), payee, text].into_iter().flatten()
}
