//! `stopgap.toml`: as written, then as meant.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::durable::{self, disk_fault};
use super::purge::Retention;
use super::remedies::plan::RecoveryLimits;
use super::stoplist::layout::Layouts;
use super::stoplist::table::StopListTable;
use crate::bank::door::{self, Door};
use crate::bank::profile::{ExternalCode, FileFormat, Profile, SchemeCodes};
use crate::fault::{Fault, Result};
use crate::ledger::copies::Purpose;
use crate::payment::{Amount, Currency, Scheme};
use crate::recipient_list::ColumnAliases;
use crate::upstream::{Mapping, PeriodRule};
use crate::words::Argument;
use crate::{phrase, say};

/// The file as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsFile {
    pub payer: PayerTable,
    #[serde(default)]
    pub limits: LimitsTable,
    #[serde(default)]
    pub profile: ProfileTable,
    #[serde(default)]
    pub retention: RetentionTable,
    #[serde(default)]
    pub baseline: BaselineTable,
    #[serde(default, skip_serializing_if = "is_default")]
    pub copies: CopiesTable,
    #[serde(default, skip_serializing_if = "is_default")]
    pub outgoing: OutgoingTable,
    #[serde(default)]
    pub recovery: RecoveryTable,
    #[serde(default, skip_serializing_if = "is_default")]
    pub witness: WitnessTable,
    #[serde(default, skip_serializing_if = "is_default")]
    pub keys: KeysTable,
    #[serde(default)]
    pub reconcile: ReconcileTable,
    /// A list's own heading to the column that it is.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "UpstreamTable::is_empty")]
    pub upstream: UpstreamTable,
    #[serde(default, skip_serializing_if = "StopListTable::is_empty")]
    pub stoplist: StopListTable,
}

/// What runs in formats of their own do not say of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UpstreamTable {
    /// Prisme's posting files.
    #[serde(skip_serializing_if = "RunTable::is_empty")]
    pub g68: RunTable,
    /// Bank files that another system made.
    #[serde(skip_serializing_if = "RunTable::is_empty")]
    pub pain001: RunTable,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunTable {
    /// Of payments that no mark below tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// `month-before`, `same-month` or `month-after`, from the day of payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// The account booked on, a purpose code, or how the payment's text begins: to the benefit that it stands for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub schemes: BTreeMap<String, String>,
}

impl UpstreamTable {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl RunTable {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// `place` is the table's name, for messages.
    fn meant(self, place: &str) -> Result<Mapping> {
        let named = |setting: &str, name: String| {
            Scheme::new(&name)
                .ok_or_else(|| wrong(&format!("{place}.{setting}"), &name, phrase!("the name of a benefit")))
        };
        let scheme = self.scheme.map(|name| named("scheme", name)).transpose()?;
        let schemes = self
            .schemes
            .into_iter()
            .map(|(mark, name)| Ok((mark, named("schemes", name)?)))
            .collect::<Result<Vec<_>>>()?;
        let rule = |written: String| {
            let known = PeriodRule::ALL.into_iter().find(|(name, _)| *name == written).map(|(_, rule)| rule);
            known.ok_or_else(|| {
                wrong(&format!("{place}.period"), &written, phrase!("month-before, same-month or month-after"))
            })
        };
        Ok(Mapping::new(scheme, schemes, self.period.map(rule).transpose()?))
    }
}

/// For people to read: the ledger's first entry is what counts, and the two must agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayerTable {
    pub name: String,
    pub country: String,
    pub account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer_id: Option<String>,
    pub currency: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsTable {
    /// The most that one payment may be without a person's decision.
    pub payment: String,
}

/// A built-in profile, and what this agreement has otherwise. What is left out is the profile's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileTable {
    #[serde(default = "generic")]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_by_person_number: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_payments: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_booking: Option<bool>,
    /// Such as `NURG`; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_level: Option<String>,
    /// `SLEV`, `SHAR` or `DEBT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_bearer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_payment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_file: Option<String>,
    /// The kinds of Danish payment slips that the bank takes in its file: `["71", "73"]`; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slips: Option<Vec<String>>,
    /// Until when a file must be with the bank to be paid the same day, where the office sits: `13:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<String>,
    /// Codes by scheme; `otherwise` is for schemes that are not named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub category_purpose: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub purpose: BTreeMap<String, String>,
}

fn generic() -> String {
    Profile::default().name
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionTable {
    pub years: u32,
    /// For how long it must be possible to recognise who was paid, from the end of the year in which the last episode ended.
    #[serde(skip_serializing_if = "is_five")]
    pub duplicate_years: u32,
    /// Places where copies of the folder `keys` are known to be: a purge names who ended each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_copies: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BaselineTable {
    /// An amount that differs from the last baseline's by more is warned of.
    pub amount_change_percent: u32,
    /// A baseline older than so many days is warned of.
    pub oldest_days: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CopiesTable {
    /// For how many days a copy of each purpose may be kept.
    pub days: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutgoingTable {
    /// `optional`, or `required`: whether a second person must look at what leaves.
    pub second: String,
}

impl Default for OutgoingTable {
    fn default() -> Self {
        Self { second: "optional".into() }
    }
}

fn is_default<T: Default + PartialEq>(table: &T) -> bool {
    *table == T::default()
}

/// How money that was paid twice is asked back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecoveryTable {
    pub smallest_instalment: String,
    /// A month.
    pub largest_instalment: String,
    pub most_instalments: u32,
    /// From the decision to the first instalment.
    pub first_due_days: u32,
    /// Printed in every notice; empty leaves a blank to fill in.
    pub legal_basis: String,
    /// Where objections go, printed in every notice; empty leaves a blank.
    pub objections_to: String,
}

impl Default for RecoveryTable {
    fn default() -> Self {
        Self {
            smallest_instalment: "200.00".into(),
            largest_instalment: "2000.00".into(),
            most_instalments: 24,
            first_due_days: 30,
            legal_basis: String::new(),
            objections_to: String::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WitnessTable {
    /// A folder for a second witness, on another disk.
    pub second: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeysTable {
    /// A folder outside the workspace where operators keep their own key files, such as a USB stick.
    pub folder: Option<PathBuf>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReconcileTable {
    /// A row of upstream's without a usable period, for our person, benefit and amount, is first looked for among payments that were to be paid,
    /// or were booked, at most so many days before or after upstream's day.
    pub date_window_days: u16,
}

impl Default for ReconcileTable {
    fn default() -> Self {
        // Longer than any stretch without bank days (Easter has five), shorter than what lies between two monthly payments.
        Self { date_window_days: 7 }
    }
}

impl Default for LimitsTable {
    fn default() -> Self {
        Self { payment: "100000.00".into() }
    }
}

impl ProfileTable {
    /// A table that says everything that others rely on, for people to change.
    pub fn spelled_out(profile: &Profile) -> Self {
        Self {
            name: profile.name.clone(),
            message: Some(profile.message.as_str().into()),
            pay_by_person_number: Some(profile.pay_by_person_number),
            max_payments: Some(profile.max_payments),
            extension: Some(profile.extension.clone()),
            ..Self::default()
        }
    }

    fn meant(self, currency: Currency) -> Result<Door> {
        let door = door::built_in(&self.name).ok_or_else(|| unknown_profile(&self.name))?;
        let mut profile = door.profile.clone();
        if let Some(message) = &self.message {
            let known = || FileFormat::all().map(FileFormat::as_str).collect::<Vec<_>>().join(", ");
            profile.message = message
                .parse()
                .map_err(|()| wrong("profile.message", message, say!("one of {known}", known = known())))?;
        }
        if profile.message.is_flat() && currency != Currency::Dkk {
            return Err(wrong(
                "profile.message",
                profile.message.as_str(),
                phrase!("a version of pain.001: this file pays in DKK only"),
            ));
        }
        profile.pay_by_person_number = self.pay_by_person_number.unwrap_or(profile.pay_by_person_number);
        profile.batch_booking = self.batch_booking.unwrap_or(profile.batch_booking);
        profile.max_payments = self.max_payments.unwrap_or(profile.max_payments);
        if profile.max_payments == 0 {
            return Err(wrong("profile.max_payments", "0", phrase!("at least 1")));
        }
        profile.extension = self.extension.unwrap_or(profile.extension);
        let extension = &profile.extension;
        if extension.is_empty() || extension.len() > 8 || !extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(wrong("profile.extension", extension, phrase!("a few letters such as xml")));
        }
        match self.service_level.as_deref() {
            None => {}
            Some("") => profile.service_level = None,
            Some(level) => profile.service_level = Some(code("profile.service_level", level)?),
        }
        if let Some(bearer) = &self.charge_bearer {
            let bearer =
                bearer.parse().map_err(|()| wrong("profile.charge_bearer", bearer, phrase!("SLEV, SHAR or DEBT")))?;
            profile.charge_bearer = Some(bearer);
        }
        set_codes("profile.category_purpose", &self.category_purpose, &mut profile.category_purpose)?;
        set_codes("profile.purpose", &self.purpose, &mut profile.purpose)?;
        let mut door = door.with(profile);
        let ceiling = |setting, given: &Option<String>, built_in: Option<Decimal>| match given {
            None => Ok(built_in),
            Some(given) => {
                let is_ceiling =
                    |most: &Decimal| Amount::from_decimal(*most, currency).is_some_and(|most| most.minor_units() > 0);
                let read = given.parse::<Decimal>().ok().filter(is_ceiling);
                read.map(Some).ok_or_else(|| wrong(setting, given, phrase!("an amount such as 9999999.99")))
            }
        };
        door.largest_payment = ceiling("profile.largest_payment", &self.largest_payment, door.largest_payment)?;
        door.largest_file = ceiling("profile.largest_file", &self.largest_file, door.largest_file)?;
        if let Some(slips) = &self.slips {
            let of_format = Door::of(door.profile.clone());
            door.slips = door::slips(slips, &of_format).map_err(|kind| {
                let known = of_format.slips.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
                let wanted = match known.is_empty() {
                    true => say!("an empty list: this file has no place for payment slips"),
                    false => say!("kinds of payment slips that this file has a place for: {known}", known),
                };
                wrong("profile.slips", &kind, wanted)
            })?;
        }
        if let Some(cut_off) = &self.cut_off {
            door.cut_off = Some(cut_off.clone());
            if door.cut_off_time().is_none() {
                return Err(wrong("profile.cut_off", cut_off, phrase!("a time of day such as 13:00")));
            }
        }
        Ok(door)
    }
}

fn code(setting: &str, text: &str) -> Result<ExternalCode> {
    text.parse().map_err(|()| wrong(setting, text, phrase!("a code of one to four capitals and digits, such as PENS")))
}

fn set_codes(setting: &str, given: &BTreeMap<String, String>, codes: &mut SchemeCodes) -> Result<()> {
    for (scheme, of_scheme) in given {
        let of_scheme = code(setting, of_scheme)?;
        match Scheme::new(scheme) {
            _ if scheme == "otherwise" => codes.otherwise = Some(of_scheme),
            Some(scheme) => codes.set(&scheme, of_scheme),
            None => return Err(wrong(setting, scheme, phrase!("the name of a scheme"))),
        }
    }
    Ok(())
}

/// No such built-in profile; names those that there are.
pub fn unknown_profile(name: &str) -> Fault {
    let known: Vec<&str> = door::all_built_in().iter().map(|door| door.profile.name.as_str()).collect();
    Fault::input("profile.unknown", say!("There is no bank profile named `{name}`.", name = name.escape_debug()))
        .remedy(say!("Profiles are: {known}. `stopgap profile list` describes them.", known = known.join(", ")))
}

impl Default for ProfileTable {
    fn default() -> Self {
        Self {
            name: generic(),
            message: None,
            pay_by_person_number: None,
            max_payments: None,
            extension: None,
            batch_booking: None,
            service_level: None,
            charge_bearer: None,
            largest_payment: None,
            largest_file: None,
            slips: None,
            cut_off: None,
            category_purpose: BTreeMap::new(),
            purpose: BTreeMap::new(),
        }
    }
}

fn is_five(years: &u32) -> bool {
    *years == 5
}

impl Default for RetentionTable {
    fn default() -> Self {
        Self { years: 5, duplicate_years: 5, key_copies: Vec::new() }
    }
}

impl Default for BaselineTable {
    fn default() -> Self {
        Self { amount_change_percent: 20, oldest_days: 45 }
    }
}

/// The file as it is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub payer: PayerTable,
    pub payment_limit: Amount,
    /// What the bank takes.
    pub door: Door,
    pub columns: ColumnAliases,
    pub copies: CopySettings,
    pub retention: Retention,
    /// Whether a second person must look at what leaves the office.
    pub second_required: bool,
    pub g68: Mapping,
    pub pain001: Mapping,
    pub stop_lists: Layouts,
    pub baseline: BaselineTable,
    pub recovery: RecoveryLimits,
    /// The folder of the second witness.
    pub second_witness: Option<PathBuf>,
    /// Where operators keep their own key files, if not in the workspace.
    pub keys_folder: Option<PathBuf>,
    /// See [`ReconcileTable::date_window_days`].
    pub date_window_days: u16,
}

/// For how long copies may be kept.
#[derive(Clone, Debug, Default)]
pub struct CopySettings(BTreeMap<Purpose, u32>);

impl CopySettings {
    pub fn days(&self, purpose: Purpose) -> u32 {
        self.0.get(&purpose).copied().unwrap_or_else(|| purpose.default_days())
    }

    fn read(table: CopiesTable) -> Result<Self> {
        let named = |(name, days): (String, u32)| match Purpose::named(&name) {
            Some(purpose) => Ok((purpose, days)),
            None => {
                let known = Purpose::ALL.map(Purpose::as_str).join(", ");
                Err(wrong("copies.days", &name, say!("one of {known}", known)))
            }
        };
        table.days.into_iter().map(named).collect::<Result<_>>().map(Self)
    }
}

pub const FILE_NAME: &str = "stopgap.toml";

impl Settings {
    pub fn read(workspace: &Path) -> Result<Self> {
        let path = workspace.join(FILE_NAME);
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Fault::input(
                "workspace.missing",
                say!("There is no stopgap workspace in {workspace}.", workspace = workspace.display()),
            )
            .remedy(say!("Name its folder with --workspace, or make one with `stopgap init`.")),
            std::io::ErrorKind::InvalidData => {
                Fault::input("settings.unreadable", say!("{path} is not text in UTF-8.", path = path.display()))
            }
            _ => disk_fault("read", &path, &error),
        })?;
        let file: SettingsFile = toml::from_str(&text).map_err(|error| {
            Fault::input(
                "settings.malformed",
                say!(
                    "{file_name} cannot be understood: {error}",
                    file_name = FILE_NAME.to_string(),
                    error = error.to_string()
                ),
            )
        })?;
        file.meant()
    }
}

impl SettingsFile {
    fn meant(self) -> Result<Settings> {
        let currency: Currency = self
            .payer
            .currency
            .parse()
            .map_err(|()| wrong("payer.currency", &self.payer.currency, phrase!("DKK, EUR, NOK or SEK")))?;
        let payment_limit = read_amount("limits.payment", &self.limits.payment, "100000.00", currency)?;
        let recovery = self.recovery.meant(currency)?;
        Ok(Settings {
            payer: self.payer,
            payment_limit,
            door: self.profile.meant(currency)?,
            columns: ColumnAliases::new(self.columns)?,
            g68: self.upstream.g68.meant("upstream.g68")?,
            pain001: self.upstream.pain001.meant("upstream.pain001")?,
            stop_lists: self.stoplist.meant()?,
            baseline: self.baseline,
            date_window_days: self.reconcile.date_window_days,
            copies: CopySettings::read(self.copies)?,
            retention: Retention {
                years: self.retention.years,
                duplicate_years: self.retention.duplicate_years,
                key_copies: self.retention.key_copies,
            },
            second_required: match self.outgoing.second.as_str() {
                "optional" => false,
                "required" => true,
                other => return Err(wrong("outgoing.second", other, phrase!("optional or required"))),
            },
            recovery,
            second_witness: self.witness.second.filter(|path| !path.as_os_str().is_empty()),
            keys_folder: self.keys.folder.filter(|path| !path.as_os_str().is_empty()),
        })
    }

    pub fn write(&self, workspace: &Path) -> Result<()> {
        let text = toml::to_string_pretty(self).map_err(|error| {
            Fault::failed(
                "settings.unwritable",
                say!("The settings cannot be written: {error}.", error = error.to_string()),
            )
        })?;
        let head = "# The settings of this stopgap workspace. See the README for what each does.\n\
                    # [payer] is a copy for people: the ledger holds the payer and refuses another one.\n\n";
        durable::write(&workspace.join(FILE_NAME), format!("{head}{text}").as_bytes())
    }
}

impl RecoveryTable {
    fn meant(self, currency: Currency) -> Result<RecoveryLimits> {
        let amount = |setting, value: &str, example| read_amount(setting, value, example, currency);
        let smallest = amount("recovery.smallest_instalment", &self.smallest_instalment, "200.00")?;
        let largest = amount("recovery.largest_instalment", &self.largest_instalment, "2000.00")?;
        if largest < smallest {
            let expected = phrase!("at least recovery.smallest_instalment");
            return Err(wrong("recovery.largest_instalment", &self.largest_instalment, expected));
        }
        if self.most_instalments == 0 {
            return Err(wrong("recovery.most_instalments", "0", phrase!("at least 1")));
        }
        Ok(RecoveryLimits {
            smallest: smallest.minor_units(),
            largest: largest.minor_units(),
            most_instalments: self.most_instalments,
            first_due_days: self.first_due_days,
            legal_basis: self.legal_basis,
            objections_to: self.objections_to,
        })
    }
}

fn read_amount(setting: &str, value: &str, example: &str, currency: Currency) -> Result<Amount> {
    let amount = value.parse::<Decimal>().ok().and_then(|decimal| Amount::from_decimal(decimal, currency));
    amount
        .filter(|amount| amount.minor_units() > 0)
        .ok_or_else(|| wrong(setting, value, say!("an amount such as {example}", example)))
}

pub(super) fn wrong(setting: &str, value: &str, expected: impl Into<Argument>) -> Fault {
    Fault::input(
        "settings.value",
        say!(
            "In {file_name}, {setting} is `{value}`: it must be {expected}.",
            file_name = FILE_NAME.to_string(),
            setting = setting.to_string(),
            value = value.to_string(),
            expected = expected.into()
        ),
    )
}
