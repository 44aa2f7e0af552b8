//! `profile`: what banks' doors take, and a rehearsal at the door before it is needed.

use std::path::{Path, PathBuf};

use super::{Workspace, World, durable};
use crate::bank::door::{self, Door};
use crate::bank::file::{FileWriter, carries, count_back};
use crate::bank::pain001::{MessageHead, PaymentInformation};
use crate::bank::text::BankText;
use crate::checks::{CheckedPayment, NamesAsWritten, read_own_account};
use crate::fault::{Fault, Result};
use crate::payment::{
    Account, Amount, Currency, EndToEndId, Obligation, Part, Payer, Period, PersonId, PersonKind, Scheme, Tag,
};
use crate::say;

/// A rehearsal at the workspace's own door.
pub struct DoorChecked {
    pub door: Door,
    /// The test file, relative to the workspace: one øre from the payer to the payer.
    pub file: PathBuf,
    /// The account that it pays to, the payer's own or another of theirs.
    pub to: Account,
    pub amount: Amount,
    /// How the file names the payer.
    pub payer_name: BankText,
    /// As the workspace has it, where the file says otherwise.
    pub payer_as_written: Option<String>,
}

/// A built-in door by name, or the workspace's own.
pub fn show(workspace: Option<&Workspace>, name: Option<&str>) -> Result<Door> {
    match (name, workspace) {
        (Some(name), _) => door::built_in(name).ok_or_else(|| super::settings::unknown_profile(name)),
        (None, Some(workspace)) => Ok(workspace.settings.door.clone()),
        (None, None) => Err(Fault::input("arguments", say!("Name a profile: `stopgap profile list` shows them."))),
    }
}

/// Writes a file of one øre from the payer to itself, as a batch would leave through this door. It pays nobody: uploaded before an outage,
/// it tells whether the bank takes what will be sent then.
pub fn check(workspace: &mut Workspace, world: &World, to: Option<&str>) -> Result<DoorChecked> {
    let door = workspace.settings.door.clone();
    let payer = workspace.state.payer.clone();
    if !carries(door.profile.message, &payer.account) {
        return Err(cannot_pay_from(&payer, &door));
    }
    refuse_other_currency(&door, workspace.state.currency)?;
    let to = match to {
        None => payer.account.clone(),
        Some(written) => read_own_account(written, payer.country)
            .map_err(|problem| Fault::input(problem.code.as_str(), problem.message))
            .and_then(|account| match door.carries(&account, payer.country) {
                true => Ok(account),
                false => Err(cannot_pay_to(&account, &door)),
            })?,
    };
    let payer_name = door.payer_name(&payer.name);
    let amount = Amount::from_minor_units(1, workspace.state.currency);
    let pay_on = crate::bank::calendar::BankCalendar::of(payer.country).next_bank_day(world.now.today());
    let scheme =
        Scheme::new("Test").ok_or_else(|| Fault::failed("profile.test", say!("The test file could not be made.")))?;
    let payment = CheckedPayment {
        obligation: Obligation {
            // Of nobody; the payee is named by account.
            person: PersonId::new(payer.country, PersonKind::Organisation, payer.payer_id.clone().unwrap_or_default()),
            scheme: scheme.clone(),
            period: Period::new(pay_on, pay_on)
                .map_err(|_| Fault::failed("profile.test", say!("The test file could not be made.")))?,
            part: Part::default(),
        },
        amount,
        name: door.characters.write(&payer.name, door.name_length).text,
        account: Some(to.clone()),
        payee_name: None,
        as_written: NamesAsWritten::default(),
        text: Some("Test".into()),
        reference: None,
        pay_on,
        list: 0,
        row: 0,
    };
    let id = EndToEndId { tag: Tag { series: [0; 8], obligation: [0; 8] }, attempt: 1 };
    let day = world.now.local.format("%Y%m%d%H%M%S");
    let head = MessageHead {
        version: door.profile.message,
        message_id: format!("TEST-{day}"),
        created_at: world.now.local,
        transactions: 1,
        control_sum: amount,
        payer: Payer { name: payer_name.text.to_string(), ..payer },
    };
    let information =
        PaymentInformation { id: format!("TEST-{day}-1"), pay_on, scheme, transactions: 1, control_sum: amount };
    let unwritable = |error: std::io::Error| Fault::refused("bank.unwritable", say!("The test file: {error}", error));
    let mut writer = FileWriter::begin(Vec::new(), &head, &door.profile).map_err(unwritable)?;
    writer.begin_payments(&information).map_err(unwritable)?;
    writer.payment(&payment, &id).map_err(unwritable)?;
    let bytes = writer.finish().map_err(unwritable)?;
    let found = count_back(door.profile.message, bytes.as_slice())?;
    if !found.agrees || found.transactions != 1 || found.amount != amount {
        return Err(Fault::failed("release.read_back", say!("The test file does not read back as it was written.")));
    }
    let folder = Path::new("out").join("profile-check");
    durable::create_folder(&workspace.folder().join(&folder))?;
    let file = folder.join(format!("TEST_{}_one-oere_pay-{pay_on}.{}", door.profile.name, door.profile.extension));
    durable::write(&workspace.folder().join(&file), &bytes)?;
    let payer_as_written = Some(workspace.state.payer.name.clone()).filter(|written| *written != payer_name.text);
    Ok(DoorChecked { door, file, to, amount, payer_name, payer_as_written })
}

fn cannot_pay_to(account: &Account, door: &Door) -> Fault {
    let (account, format) = (account.masked(), door.profile.message.as_str());
    Fault::input(
        "account.country",
        say!("The account {account} cannot be paid to in a file of the format {format}.", account, format),
    )
}

/// The ledger's currency is none that the profile's files are in.
pub fn refuse_other_currency(door: &Door, currency: Currency) -> Result<()> {
    match door.only_currency() {
        Some(only) if only != currency => {
            let profile = door.profile.name.clone();
            let message =
                say!("The profile {profile} pays in {only}, and the payer in {currency}.", profile, only, currency);
            Err(Fault::refused("profile.payer_account", message)
                .remedy(say!("Choose another profile in stopgap.toml: `stopgap profile list` shows them.")))
        }
        _ => Ok(()),
    }
}

/// The payer's own account does not fit the profile's file.
pub fn cannot_pay_from(payer: &Payer, door: &Door) -> Fault {
    let (account, format) = (payer.account.masked(), door.profile.message.as_str());
    Fault::refused(
        "profile.payer_account",
        say!("The payer's account {account} cannot stand in a file of the format {format}.", account, format),
    )
    .remedy(say!("Choose another profile in stopgap.toml: `stopgap profile list` shows them."))
}
