//! The bank files of a batch, entered in the transaction that begins their release. Their people are the batch's payments.

use std::collections::BTreeSet;
use std::path::Path;

use super::examine::Registers;
use super::outgoing::{Entering, NewCopy};
use super::people::{CopyPerson, Headcount};
use super::places;
use crate::checks::{CheckedPayment, person_in_text};
use crate::fault::Result;
use crate::ledger::copies::{Field, PeopleCount, PeopleLie, Purpose};
use crate::ledger::event::KeyId;
use crate::ledger::seal::SecretKey;
use crate::ledger::state::BatchState;
use crate::ops::bank_files::{self, Source};
use crate::ops::settings::CopySettings;
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, Workspace, World};

/// Enters those bank files of the batch that are not entered, or were ended and are about to be made once more.
pub fn declare(
    recording: &mut Recording,
    world: &World,
    who: &Unlocked,
    days: &CopySettings,
    key: (KeyId, &SecretKey),
    batch: &BatchState,
) -> Result<()> {
    let (id, plan) = (batch.prepared.id, &batch.prepared.plan);
    let folder = Workspace::outbox_of(id);
    let is_entered = |name: &str| places::open_at(&recording.state, &who.tagger, &folder.join(name)).is_some();
    let missing: Vec<bool> = plan.files.iter().map(|file| !is_entered(&file.name)).collect();
    if !missing.contains(&true) {
        return Ok(());
    }
    let mut found: Vec<(PeopleCount, BTreeSet<Field>)> = plan.files.iter().map(|_| Default::default()).collect();
    let registers = Registers { country: recording.state.payer.country, today: world.now.today() };
    // The payments come file by file, so that no more than one file's people are in hand.
    let mut at_hand: (usize, Headcount) = Default::default();
    let mut shape_at_hand = None;
    let source = Source { ledger: recording.state.ledger, batch: id, key: key.1 };
    bank_files::each_placed(&mut *recording.transaction, &source, &plan.files, &mut |file, _, payment| {
        if at_hand.0 != file {
            at_hand = (file, Headcount::default());
            shape_at_hand = None;
        }
        let numbered = tells_number(&payment.payment, registers);
        let CheckedPayment { obligation, name, .. } = &payment.payment;
        at_hand.1.add_known(&obligation.person, name, numbered);
        let (people, fields) = &mut found[file];
        *people = at_hand.1.count();
        // Most payments say what the one before said.
        let shape = shape_of(&payment.payment, numbered);
        if shape_at_hand.replace(shape) != Some(shape) {
            fields.extend(fields_of(shape));
        }
        Ok(())
    })?;
    let mut entering = Entering::begin(recording, who, days, world.now.today(), key);
    let files = (0u32..).zip(&plan.files).zip(found).zip(missing).filter(|(_, missing)| *missing);
    for (((at, file), (people, fields)), _) in files {
        let new = NewCopy {
            purpose: Purpose::BankFile,
            batch: Some(id),
            fields: fields.into_iter().collect(),
            rows: file.sum.count,
            people,
            people_lie: PeopleLie::InBankFile(at),
            content: Some(file.sha256),
            replaces: None,
        };
        entering.add(recording, Path::new(&folder.join(&file.name)), new)?;
    }
    entering.finish(recording, who, None, vec![batch.prepared.episode.clone()]).map(drop)
}

/// The beneficiary, as the ledger knows them.
pub fn person(payment: &CheckedPayment) -> CopyPerson {
    CopyPerson::known(&payment.obligation.person, &payment.name)
}

/// Whether a bank file has the person's number: as the address of a payment by number, or in the text.
pub fn tells_number(payment: &CheckedPayment, registers: Registers) -> bool {
    let Registers { country, today } = registers;
    payment.account.is_none()
        || payment.text.as_ref().is_some_and(|text| person_in_text(text, country, today).is_some())
}

/// Which of the things that not every payment has this one has: a person number, an account, a payee, a text.
type Shape = [bool; 4];

fn shape_of(payment: &CheckedPayment, numbered: bool) -> Shape {
    [numbered, payment.account.is_some(), payment.payee_name.is_some(), payment.text.is_some()]
}

/// What a bank file says of a payment of that shape.
fn fields_of([numbered, account, payee_name, text]: Shape) -> impl Iterator<Item = Field> {
    let person_id = numbered.then_some(Field::PersonId);
    let account = account.then_some(Field::Account);
    let payee_name = payee_name.then_some(Field::PayeeName);
    let text = text.then_some(Field::Text);
    let always = [Field::Name, Field::Amount, Field::Scheme, Field::Reference];
    always.into_iter().chain(person_id).chain(account).chain(payee_name).chain(text)
}
