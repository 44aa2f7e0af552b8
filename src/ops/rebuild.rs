//! `rebuild`: a ledger again when the ledger and every backup of it are gone, from what is left: released bank files, the bank's statements,
//! and the surviving keys. The reference of each payment is the pseudonym of its obligation, so whoever was paid is known again under the
//! same duplicate key, and is not paid twice. Everything that cannot be known is said.

mod payer;
pub mod sources;

use std::collections::BTreeMap;
use std::path::Path;

use self::sources::{FoundPayment, Gap, OF_A_DRILL, REFERENCES_CUT, Sources};
use super::draft_folder::{self, DraftFolder};
use super::init::{NewWorkspace, settings_file};
use super::key_store::KeyStore;
use super::world::random;
use super::{World, desks, durable, first_entries, merge};
use crate::fault::{Fault, Result};
use crate::ledger::Event;
use crate::ledger::desks::LostLedger;
use crate::ledger::event::{Enrolment, LedgerId};
use crate::ledger::foreign::{ForeignClaim, Hold};
use crate::ledger::idempotency::Tagger;
use crate::ledger::outcome::Standing;
use crate::ledger::store::Claim;
use crate::payment::{Amount, BatchId, Digest, EndToEndId};
use crate::say;

pub struct Request<'a> {
    /// Folders with bank files, statements and control sheets, looked through with all that is in them.
    pub from: &'a [std::path::PathBuf],
    pub workspace: &'a Path,
    /// The surviving folder `keys`, or a copy of it.
    pub keys: &'a Path,
    /// The payer as it was, the two operators who sign among `operators`.
    pub new: &'a NewWorkspace,
    /// The letter of its own batches; without one the next that was not found.
    pub letter: Option<char>,
}

#[derive(Debug)]
pub struct Rebuilt {
    pub letter: char,
    /// Whether somebody chose the letter, who knows which desks there are.
    pub letter_was_chosen: bool,
    pub head: (u64, Digest),
    /// What was found of each batch: bank files, payments, and what they come to.
    pub batches: BTreeMap<BatchId, (u64, u64, Amount)>,
    pub payments: u64,
    pub amount: Amount,
    /// Payments that came back by the statements: they may be paid again.
    pub freed: u64,
    pub gaps: Vec<Gap>,
}

pub fn rebuild(world: &World, request: &Request) -> Result<Rebuilt> {
    let target = draft_folder::free_place(request.workspace)?;
    let new = request.new;
    let [first_name, second_name] = two_operators(&new.operators)?;
    let settings = settings_file(new)?;
    let old_keys = KeyStore::at(request.keys);
    let (first, workspace_key) = old_keys.open_without_ledger(world, first_name)?;
    let (second, other_key) = old_keys.open_without_ledger(world, second_name)?;
    if workspace_key.as_bytes() != other_key.as_bytes() {
        let message =
            say!("The key files of {first_name} and {second_name} are of two workspaces.", first_name, second_name);
        return Err(Fault::refused("rebuild.keys_differ", message));
    }
    let (duplicate_key, secret) = old_keys.only_duplicate_key(&workspace_key)?;
    let tagger = Tagger::new(&secret, &new.payer);
    let mut sources = Sources::read(request.from, new, &tagger)?;
    if sources.payments.is_empty() && sources.gaps.iter().any(|gap| gap.code == REFERENCES_CUT) {
        let message = say!(
            "The bank files that were found have room for the beginnings of references only: it cannot be known whom they paid."
        );
        return Err(Fault::refused(REFERENCES_CUT, message)
            .remedy(say!(
                "Begin a new workspace with `stopgap init`, and compare what left by account and name: the bank's statement has both."
            )));
    }
    if sources.payments.is_empty() && sources.gaps.iter().any(|gap| gap.code == OF_A_DRILL) {
        let message = say!("All that was found in these folders is of a drill, which pays nobody.");
        return Err(Fault::input("rebuild.nothing", message)
            .remedy(say!("Name the folders with released bank files and the bank's statements with --from.")));
    }
    if sources.payments.is_empty() {
        return Err(Fault::input(
            "rebuild.nothing",
            say!("No payment of a stopgap bank file was found in these folders."),
        )
        .remedy(say!("Name the folders with released bank files and the bank's statements with --from.")));
    }
    let unsure = payer::look(&new.payer, tagger.payer_check(), old_keys.payer_check(duplicate_key)?, &sources.payers)?;
    sources.gaps.splice(0..0, unsure);
    let (lost, ledger) = (LedgerId(random()?), LedgerId(random()?));
    let claims = foreign_claims(&sources.payments, lost);
    let letters: Vec<u8> = sources.letters().into_iter().map(|letter| letter as u8).collect();
    let letter = choose_letter(&letters, request.letter)?;
    let (amount, payments) = total(&claims, new)?;
    let lost_ledger = LostLedger {
        ledger: lost,
        letter: letter as u8,
        letters,
        claims: claims.len() as u64,
        claims_root: merge::claims_root(claims.iter()),
        amount: amount.minor_units(),
        files: sources.files,
        gaps: sources.gaps.len() as u32,
    };
    let enrolment = |signer: &crate::ledger::entry::Signer| Enrolment {
        name: signer.name.clone(),
        public_key: signer.public_key(),
    };
    let events = [
        Event::LedgerOpened {
            ledger,
            environment: new.environment,
            payer: new.payer.clone(),
            currency: new.currency,
            operators: vec![enrolment(&first), enrolment(&second)],
            duplicate_key,
            duplicate_key_check: tagger.key_check(),
        },
        Event::LedgerRebuilt(Box::new(lost_ledger)),
    ];
    durable::create_folder(durable::parent(&target))?;
    let draft = DraftFolder::create(&draft_folder::draft_of(&target))?;
    let keys = KeyStore::new(draft.path());
    keys.create()?;
    old_keys.copy_names(&keys, &[first_name, second_name], duplicate_key)?;
    first_entries::write(world, draft.path(), ledger, &events, [&first, &second], |transaction| {
        claims.iter().try_for_each(|claim| transaction.put_foreign_claim(claim))
    })?;
    settings.write(draft.path())?;
    let mut rebuilt = super::Workspace::open(draft.path())?;
    super::verify::verify(&mut rebuilt)?;
    let head = rebuilt.state.head;
    drop(rebuilt);
    draft.place(&target)?;
    let freed = claims.iter().filter(|claim| claim.hold == Hold::Freed).count() as u64;
    let letter_was_chosen = request.letter.is_some();
    Ok(Rebuilt {
        letter,
        letter_was_chosen,
        head,
        batches: sources.batches,
        payments,
        amount,
        freed,
        gaps: sources.gaps,
    })
}

/// Which desks there are besides, nobody here knows: a letter that is another desk's would keep the two from ever meeting.
fn choose_letter(found: &[u8], asked: Option<char>) -> Result<char> {
    let is_free = |letter: char| !found.contains(&(letter as u8)) && letter != 'B';
    match asked {
        Some(letter) if !letter.is_ascii_uppercase() => Err(desks::no_letter()),
        Some(letter) if is_free(letter) => Ok(letter),
        Some(letter) => {
            let message = say!("Batches that begin with {letter} are the lost ledger's, or the first desk's.", letter);
            Err(Fault::refused("desk.letter_taken", message)
                .remedy(say!("Choose a letter that no batch of any desk begins with, such as --letter R.")))
        }
        None => desks::free_letter(is_free),
    }
}

fn two_operators(names: &[String]) -> Result<[&str; 2]> {
    match names {
        [first, second] if first != second => Ok([first, second]),
        _ => Err(Fault::input("operator.too_few", say!("Two operators of the lost ledger sign a rebuilt one."))
            .remedy(say!(
                "Name both with --operator NAME --operator NAME; their key files lie in the folder of --keys."
            ))),
    }
}

/// What was found, as claims of the lost ledger: of their obligations nothing is known but the tag, so no period of theirs overlaps another.
fn foreign_claims(payments: &BTreeMap<EndToEndId, FoundPayment>, lost: LedgerId) -> Vec<ForeignClaim> {
    let period = merge::unknown_days();
    let claims = payments.iter().map(|(id, found)| {
        let claim = Claim {
            tag: id.tag,
            attempt: id.attempt,
            batch: found.batch,
            person: [0; 8],
            payee: None,
            account: found.account,
            amount: found.amount,
            period,
        };
        let came_back = found.came_back();
        let hold = if came_back { Hold::Freed } else { Hold::Left };
        let standing = match (came_back, found.debits) {
            (true, _) => Standing::Returned,
            (false, 0) => Standing::None,
            (false, 1) => Standing::Settled,
            (false, _) => Standing::Doubled,
        };
        let times = if came_back {
            0
        } else {
            found.debits.saturating_sub(found.returns).max(found.messages.len() as u32).max(1)
        };
        ForeignClaim { ledger: lost, claim, hold, standing, times, booked_on: found.booked_on }
    });
    claims.collect()
}

fn total(claims: &[ForeignClaim], new: &NewWorkspace) -> Result<(Amount, u64)> {
    let mut sum = Amount::zero(new.currency);
    let live = claims.iter().filter(|claim| claim.hold.is_live());
    let mut count = 0;
    for claim in live {
        sum = sum.checked_add(claim.claim.amount).map_err(|_| {
            Fault::input(
                "amount.sum_too_large",
                say!("The amounts of these bank files cannot be added: the sum is too large."),
            )
        })?;
        count += 1;
    }
    Ok((sum, count))
}
