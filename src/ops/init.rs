//! `init`: a new workspace with its ledger, its keys and at least two operators.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::anchors::record::PLACE_NOTE;
use super::durable::{self, disk_fault};
use super::key_store::{KeyStore, Unlocked, check_operator_name, new_key};
use super::settings::{PayerTable, ProfileTable, SettingsFile, unknown_profile};
use super::workspace::{self, UNFINISHED};
use super::world::{World, random};
use crate::bank::door::{self, Door};
use crate::bank::profile::{FileFormat, Profile};
use crate::bank::text::to_bank_text;
use crate::fault::{Fault, Result};
use crate::ledger::event::{Environment, LedgerId};
use crate::ledger::idempotency::Tagger;
use crate::ledger::keys::PassphraseCost;
use crate::ledger::seal::SecretKey;
use crate::ledger::sqlite::SqliteStore;
use crate::ledger::{Entry, Event, Store};
use crate::payment::{Country, Currency, Payer};
use crate::say;

/// What every bank takes of a party's name.
const LONGEST_PAYER_NAME: usize = 70;

/// Everything that a new workspace must know.
pub struct NewWorkspace {
    pub payer: Payer,
    pub currency: Currency,
    /// `None`: the profile's.
    pub message: Option<FileFormat>,
    pub profile: Option<String>,
    pub operators: Vec<String>,
    pub environment: Environment,
    pub cost: PassphraseCost,
}

/// Makes the workspace; gives its first two operators, whose keys are open. What an interrupted `init` left is made anew; anything else that
/// is there is left alone and refused.
pub fn init(world: &World, folder: &Path, new: &NewWorkspace) -> Result<[Unlocked; 2]> {
    init_under(world, folder, new, None)
}

/// As [`init`], for a rehearsal: references are made under a key that follows from the seed, so that they are the same wherever the same
/// outage is rehearsed. Such a key keeps no secret, and neither does a rehearsal's folder, which holds its passphrases.
pub fn init_rehearsal(world: &World, folder: &Path, new: &NewWorkspace, seed: u64) -> Result<()> {
    if new.environment != Environment::Drill {
        return Err(Fault::failed("init.rehearsal", say!("A key that everybody can make is for rehearsals only.")));
    }
    init_under(world, folder, new, Some(rehearsal_key(seed))).map(drop)
}

/// The duplicate key of every rehearsal of one seed.
pub fn rehearsal_key(seed: u64) -> SecretKey {
    let digest =
        Sha256::new_with_prefix(b"stopgap rehearsal duplicate key 1").chain_update(seed.to_le_bytes()).finalize();
    SecretKey::new(digest.into())
}

fn init_under(
    world: &World,
    folder: &Path,
    new: &NewWorkspace,
    duplicate_key: Option<SecretKey>,
) -> Result<[Unlocked; 2]> {
    check_operators(&new.operators)?;
    let settings = settings_file(new)?;
    refuse_unless_the_door_fits(new)?;
    let is_new = !durable::is_there(folder)?;
    durable::create_folder(folder)?;
    clear_unfinished(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(|error| disk_fault("close to others", folder, &error))?;
    durable::write(&folder.join(UNFINISHED), b"")?;
    let operators = make(world, folder, new, duplicate_key).inspect_err(|_| undo(folder, is_new))?;
    settings.write(folder)?;
    durable::remove_leftover(&folder.join(UNFINISHED))?;
    durable::sync_folder(folder)?;
    Ok(operators)
}

/// Takes away what was made before it could not go on: mostly a passphrase that is not there. What cannot be taken away is made anew the next
/// time.
fn undo(folder: &Path, is_new: bool) {
    let cleared = clear_unfinished(folder).and_then(|()| durable::remove_leftover(&folder.join(UNFINISHED)));
    if cleared.is_ok() && is_new {
        // It holds nothing of ours any more; what somebody else has put there keeps it.
        drop(std::fs::remove_dir(folder));
    }
}

fn make(world: &World, folder: &Path, new: &NewWorkspace, duplicate_key: Option<SecretKey>) -> Result<[Unlocked; 2]> {
    let keys = KeyStore::new(folder);
    keys.create()?;
    let (_, workspace_key) = new_key()?;
    let mut enrolments = Vec::new();
    let mut signers = Vec::new();
    for name in &new.operators {
        let (enrolment, signer) = keys.add_operator(world, name, &workspace_key, new.cost)?;
        enrolments.push(enrolment);
        signers.push(signer);
    }
    let key = duplicate_key.map_or_else(|| random().map(SecretKey::new), Ok)?;
    let duplicate_key = keys.add_duplicate_key(&key, &workspace_key, &new.payer)?;
    let ledger = LedgerId(random()?);
    let event = Event::LedgerOpened {
        ledger,
        environment: new.environment,
        payer: new.payer.clone(),
        currency: new.currency,
        operators: enrolments,
        duplicate_key,
        duplicate_key_check: Tagger::new(&key, &new.payer).key_check(),
    };
    let entry = Entry::record(ledger, None, world.now.unix, &event, &signers[0], signers.get(1));
    let mut store = SqliteStore::create(&folder.join(workspace::LEDGER))?;
    let mut transaction = store.write(&mut |_| ())?;
    transaction.append(&entry)?;
    transaction.commit()?;
    workspace::complete_witness(&folder.join(workspace::WITNESS), &[(entry.seq, entry.digest)])?;
    let mut open =
        signers.into_iter().map(|signer| Unlocked::new(signer, Tagger::new(&key, &new.payer), workspace_key.clone()));
    open.next().zip(open.next()).map(|(first, second)| [first, second]).ok_or_else(too_few)
}

fn too_few() -> Fault {
    Fault::input("operator.too_few", say!("A workspace takes at least two operators: one prepares, another approves."))
        .remedy(say!("Name each with --operator NAME."))
}

pub(super) fn check_operators(names: &[String]) -> Result<()> {
    for (at, name) in names.iter().enumerate() {
        check_operator_name(name)?;
        if names[..at].iter().any(|other| other.to_lowercase() == name.to_lowercase()) {
            return Err(Fault::input(
                "operator.twice",
                say!("{name} is named twice: operators are different people.", name = name.to_string()),
            ));
        }
    }
    if names.len() < 2 {
        return Err(too_few());
    }
    Ok(())
}

pub(super) fn settings_file(new: &NewWorkspace) -> Result<SettingsFile> {
    let name = to_bank_text(&new.payer.name, LONGEST_PAYER_NAME);
    if name.text.is_empty() || name.replaced || name.shortened {
        let message = say!(
            "The payer's name must have 1 to {longest_payer_name} characters that bank files can hold.",
            longest_payer_name = LONGEST_PAYER_NAME.to_string()
        );
        return Err(Fault::input("payer.name", message));
    }
    let profile = ProfileTable::spelled_out(&door_of(new)?.profile);
    Ok(SettingsFile {
        payer: payer_table(&new.payer, new.currency),
        limits: Default::default(),
        profile,
        retention: Default::default(),
        baseline: Default::default(),
        copies: Default::default(),
        outgoing: Default::default(),
        recovery: Default::default(),
        witness: Default::default(),
        keys: Default::default(),
        reconcile: Default::default(),
        columns: Default::default(),
        upstream: Default::default(),
        stoplist: Default::default(),
    })
}

/// The door that the workspace will pay by.
pub fn door_of(new: &NewWorkspace) -> Result<Door> {
    // Banks in Sweden and Norway take their own accounts and letters, and payers in Finland pay in euro, from IBAN to IBAN.
    let usual = match (new.payer.country, new.currency) {
        (Country::Se, _) => "sweden".into(),
        (Country::No, _) => "norway".into(),
        (Country::Fi, Currency::Eur) => "sepa".into(),
        _ => Profile::default().name,
    };
    let name = new.profile.clone().unwrap_or(usual);
    let door = door::built_in(&name).ok_or_else(|| unknown_profile(&name))?;
    let message = new.message.unwrap_or(door.profile.message);
    let profile = Profile { message, ..door.profile.clone() };
    Ok(door.with(profile))
}

/// The payer's account and currency cannot be changed later: what no bank file of this profile could say is refused before there is a ledger.
fn refuse_unless_the_door_fits(new: &NewWorkspace) -> Result<()> {
    let door = door_of(new)?;
    super::profile::refuse_other_currency(&door, new.currency)
        .map_err(|fault| Fault { remedy: None, ..fault })
        .map_err(|fault| {
            fault.remedy(say!(
                "Add `--currency {currency}`, or choose another --profile: `stopgap profile list` shows them.",
                currency = door.only_currency().unwrap_or(new.currency)
            ))
        })?;
    if !door.carries(&new.payer.account, new.payer.country) {
        let fault = super::profile::cannot_pay_from(&new.payer, &door);
        return Err(Fault { remedy: None, ..fault }.remedy(say!(
            "Give the account in another form, or choose another --profile: `stopgap profile list` shows them."
        )));
    }
    Ok(())
}

/// The payer as `stopgap.toml` shows it.
pub fn payer_table(payer: &Payer, currency: Currency) -> PayerTable {
    PayerTable {
        name: payer.name.clone(),
        country: payer.country.code().into(),
        account: payer.account.whole(),
        bic: payer.bic.clone(),
        payer_id: payer.payer_id.clone(),
        currency: currency.code().into(),
    }
}

fn clear_unfinished(folder: &Path) -> Result<()> {
    let ours = ["stopgap.toml", workspace::LEDGER, "ledger.db-journal", "witness.log", PLACE_NOTE];
    if !durable::is_there(&folder.join(UNFINISHED))? {
        for name in ours.iter().chain(&["keys"]) {
            if durable::is_there(&folder.join(name))? {
                let message = say!(
                    "{folder} holds {name} already: a workspace is never made over another.",
                    folder = folder.display(),
                    name = name.to_string()
                );
                return Err(Fault::refused("workspace.exists", message)
                    .remedy(say!("Choose an empty folder with --workspace.")));
            }
        }
        return Ok(());
    }
    for name in ours {
        durable::remove_leftover(&folder.join(name))?;
    }
    match std::fs::remove_dir_all(folder.join("keys")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk_fault("remove", folder, &error)),
        _ => Ok(()),
    }
}
