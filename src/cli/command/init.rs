//! `init`: a workspace of at least two operators.

use clap::Args;
use serde_json::json;

use super::{Answer, Arguments, asked, json, read};
use crate::bank::profile::FileFormat;
use crate::checks::{Problem, read_own_account};
use crate::cli::passphrases::{ask_line, is_terminal};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ledger::event::Environment;
use crate::ledger::keys::PassphraseCost;
use crate::ops::anchors::ground;
use crate::ops::init::NewWorkspace;
use crate::ops::{self, World};
use crate::payment::{Country, Currency, Payer};
use crate::words::Message;
use crate::{phrase, say};

#[derive(Debug, Args)]
pub struct Init {
    /// The payer's name, as the bank files say it
    #[arg(long, value_name = "NAME")]
    pub payer: Option<String>,
    /// The payer's country: DK, GL, FO, SE, NO or FI
    #[arg(long)]
    pub country: Option<String>,
    /// The account that pays: domestic (6471-0001234567) or an IBAN
    #[arg(long)]
    pub account: Option<String>,
    /// The BIC of the payer's bank
    #[arg(long)]
    pub bic: Option<String>,
    /// The number by which the bank knows the payer, such as the CVR number
    #[arg(long, value_name = "NUMBER")]
    pub payer_id: Option<String>,
    /// The currency of all payments: DKK, EUR, NOK or SEK [default: the country's]
    #[arg(long)]
    pub currency: Option<String>,
    /// What bank files are written as: pain.001.001.09, pain.001.001.03 or a flat file [default: the profile's]
    #[arg(long, value_name = "FORMAT")]
    pub message: Option<String>,
    /// The bank's profile; `stopgap profile list` shows them [default: sweden, norway or sepa in SE, NO and FI, generic elsewhere]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Make it on a network share or in a synchronised folder all the same
    #[arg(long)]
    pub accept_place: bool,
}

/// What the workspace is to know, as it was said or as it is asked for.
pub fn new_workspace(arguments: &Arguments, init: &Init) -> Result<NewWorkspace> {
    let payer = asked(init.payer.as_deref(), "--payer", say!("The payer's name, as the bank files say it:"))?;
    let country = asked(init.country.as_deref(), "--country", say!("The payer's country (DK, GL, FO, SE, NO, FI):"))?;
    let account =
        asked(init.account.as_deref(), "--account", say!("The account that pays (6471-0001234567 or an IBAN):"))?;
    let country: Country = read(&country, phrase!("country"), phrase!("DK, GL, FO, SE, NO or FI"))?;
    let account = read_own_account(&account, country).map_err(|Problem { code, message, .. }| {
        Fault::input(code.as_str(), say!("The payer's account: {message}", message))
    })?;
    let currency = match &init.currency {
        Some(currency) => read::<Currency>(currency, phrase!("currency"), phrase!("DKK, EUR, NOK or SEK"))?,
        None => country.currency(),
    };
    let operators = if arguments.operator.is_empty() { ask_operators()? } else { arguments.operator.clone() };
    if let Some(bic) = init.bic.as_deref().filter(|bic| !Payer::is_bic(bic)) {
        return Err(Fault::input(
            "payer.bic",
            say!("`{bic}` is no BIC: it has 8 or 11 capitals and digits.", bic = bic.escape_debug().to_string()),
        ));
    }
    if init.payer_id.as_deref().is_some_and(|id| id.trim().is_empty() || id.chars().count() > 35) {
        return Err(Fault::input("payer.payer_id", say!("--payer-id must have 1 to 35 characters.")));
    }
    Ok(NewWorkspace {
        payer: Payer { name: payer, payer_id: init.payer_id.clone(), country, account, bic: init.bic.clone() },
        currency,
        message: init.message.as_deref().map(read_format).transpose()?,
        profile: init.profile.clone(),
        operators,
        environment: Environment::Real,
        cost: PassphraseCost::STANDARD,
    })
}

pub fn init(arguments: &Arguments, init: &Init, world: &World) -> Result<Answer> {
    let new = new_workspace(arguments, init)?;
    let unfit = ground::unfit_to_be_made(&arguments.workspace);
    if let Some(kind) = unfit.as_ref().filter(|_| !init.accept_place) {
        return Err(Fault { remedy: None, ..ground::refused(kind) }.remedy(say!(
            "Make the workspace in a folder of this machine's own disk. Where there is no other place, add --accept-place: the first two operators \
             accept it."
        )));
    }
    let [first, second] = ops::init::init(world, &arguments.workspace, &new)
        .inspect_err(|fault| finish_earlier(arguments, world, fault))?;
    if unfit.is_some() {
        let (first, second) = (&first.signer.name, &second.signer.name);
        ops::adopt::accept_place(&mut super::open(arguments)?, world, Some(first), second)?;
    }
    // From here on this machine knows the ledger.
    let made = ops::recovery::make(&mut super::open(arguments)?, world, [&first, &second])?;
    let door = ops::init::door_of(&new)?;
    let (written, sent) = (&new.payer.name, door.payer_name(&new.payer.name));
    let mut renamed = String::new();
    if sent.text != *written {
        renamed += &screen::sentence(screen::payer_renamed(written, &sent));
        if new.payer.payer_id.is_none() {
            renamed += &screen::sentence(screen::payer_known_by_name(written));
        }
    }
    let screen = screen::sentence(say!(
        "The workspace in {folder} is ready. Operators: {names}.",
        folder = arguments.workspace.display(),
        names = screen::visible(&new.operators.join(", "))
    )) + &screen::sentence(say!(
        "It pays in {currency} by the profile {profile}: {title}.",
        currency = new.currency,
        profile = door.profile.name.as_str(),
        title = Message::of_table(&door.title)
    )) + &renamed
        + &screen::sentence(say!(
            "Keep a copy of the folder `keys` where the ledger's backups are not: whoever has both, and a passphrase, has everything."
        ))
        + &screen::recovery_code(&made)
        + &screen::sentence(say!("Next: `stopgap check LIST` reads a list and records nothing."));
    let workspace = json::path(&arguments.workspace);
    Ok(Answer::done(
        screen,
        json!({ "workspace": workspace, "operators": new.operators, "profile": door.profile.name, "payer_name": sent.text.as_str(), "recovery": json::recovery_code(&made) }),
    ))
}

/// An `init` that was interrupted after its workspace was whole may have left the pages of the recovery code on the way.
fn finish_earlier(arguments: &Arguments, world: &World, fault: &Fault) {
    if fault.code == "workspace.exists"
        && let Ok(mut workspace) = super::open(arguments)
        && let Err(why) = ops::recovery::finish_interrupted(&mut workspace, world)
    {
        world.say(why.said());
    }
}

fn ask_operators() -> Result<Vec<String>> {
    if !is_terminal() {
        return Ok(Vec::new());
    }
    let first = ask_line(say!("The first operator's name:"))?;
    let second = ask_line(say!("The second operator's name:"))?;
    Ok(vec![first, second])
}

fn read_format(text: &str) -> Result<FileFormat> {
    let known: Vec<&str> = FileFormat::all().map(FileFormat::as_str).collect();
    read(text, phrase!("format"), known.join(", "))
}
