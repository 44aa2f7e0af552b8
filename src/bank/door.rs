//! What one bank's door takes, whole: the [`Profile`] that a batch keeps, and what the checks must know before there is a batch. The
//! built-in ones are the tables in `profiles/`, each with its source and whether a bank has confirmed it.

use std::str::FromStr;
use std::sync::LazyLock;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::file;
use super::flat;
use super::profile::{ExternalCode, FileFormat, Profile, SchemeCodes};
use super::text::{BankText, Characters};
use crate::payment::{Account, Amount, BANKGIRO_CLEARING, Country, Currency, PLUSGIRO_CLEARING, Scheme, SlipKind};
use crate::phrase;
use crate::release::Divider;
use crate::words::Phrase;

/// The longest name and text that ISO 20022 messages are sent with here.
const LONGEST_NAME: usize = 70;
const LONGEST_TEXT: usize = 140;
/// The countries whose IBANs are paid, and not by a SEPA credit transfer: they are on no list of SEPA scheme countries
/// (European Payments Council, EPC409-09).
const NOT_IN_SEPA: [&str; 2] = ["FO", "GL"];
/// Of a payment to a Swedish bankgiro or plusgiro.
const GIRO_TEXT: usize = 25;
/// The clearing numbers of the two.
const GIROS: [&str; 2] = [BANKGIRO_CLEARING, PLUSGIRO_CLEARING];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    pub profile: Profile,
    /// For people: whose door it is.
    pub title: String,
    /// Whether a bank confirmed it.
    pub verified: bool,
    /// Where the facts are from.
    pub source: String,
    pub characters: Characters,
    /// Characters of a name, and of the text for the payee.
    pub name_length: usize,
    pub text_length: usize,
    /// The most that one payment and one file may come to; `None` where nobody has said.
    pub largest_payment: Option<Decimal>,
    pub largest_file: Option<Decimal>,
    /// Whether accounts as their country writes them are taken, or IBANs alone.
    pub domestic_accounts: bool,
    /// Whether Swedish clearing numbers, bankgiro and plusgiro are taken: banks in Sweden do.
    pub swedish_accounts: bool,
    /// The kinds of Danish payment slips that its file is used for.
    pub slips: Vec<SlipKind>,
    /// Until when a file of the day must be there, in the bank's words.
    pub cut_off: Option<String>,
    /// What to ask the bank before an outage.
    pub ask: Vec<String>,
}

impl Door {
    /// The door of a profile that is in no table: what its format has room for, and nothing more.
    pub fn of(profile: Profile) -> Self {
        let (name_length, text_length) = flat::room(profile.message).unwrap_or((LONGEST_NAME, LONGEST_TEXT));
        Self {
            title: profile.name.clone(),
            verified: false,
            source: String::new(),
            characters: if profile.message.is_flat() { Characters::Nordic1252 } else { Characters::Nordic },
            name_length,
            text_length,
            largest_payment: None,
            largest_file: None,
            domestic_accounts: true,
            swedish_accounts: false,
            slips: flat::slips(profile.message).to_vec(),
            cut_off: None,
            ask: Vec::new(),
            profile,
        }
    }

    /// The same door with another profile: what the format has no room for stays out, whatever the table says.
    pub fn with(self, profile: Profile) -> Self {
        let of_format = Self::of(profile);
        Self {
            name_length: self.name_length.min(of_format.name_length),
            text_length: self.text_length.min(of_format.text_length),
            characters: match self.characters {
                Characters::Latin => Characters::Latin,
                _ => of_format.characters,
            },
            slips: self.slips.into_iter().filter(|kind| of_format.slips.contains(kind)).collect(),
            profile: of_format.profile,
            ..self
        }
    }

    /// Whether a payment to this account can be written through this door by a payer in this country. A domestic account means something in its
    /// own country alone: elsewhere its digits may be somebody else's.
    pub fn carries(&self, account: &Account, payer: Country) -> bool {
        let taken = match account {
            Account::Iban(iban) => !self.is_sepa() || !NOT_IN_SEPA.contains(&iban.country_code()),
            Account::Domestic(account) if account.country == Country::Se => self.swedish_accounts,
            Account::Domestic(account) => self.domestic_accounts && account.country.shares_accounts_with(payer),
            Account::Slip(slip) => self.slips.contains(&slip.kind),
        };
        taken && file::carries(self.profile.message, account)
    }

    /// The one currency that files through this door are in, where there is but one: the Danish flat files are in kroner, and SEPA is for euro.
    pub fn only_currency(&self) -> Option<Currency> {
        match self.profile.message.is_flat() {
            true => Some(Currency::Dkk),
            false => self.is_sepa().then_some(Currency::Eur),
        }
    }

    fn is_sepa(&self) -> bool {
        self.profile.service_level.as_ref().is_some_and(|level| level.as_str() == "SEPA")
    }

    /// The payer's name as it leaves: in the door's characters, as a payee's is. What a flat file says of the payer has its own room there.
    pub fn payer_name(&self, name: &str) -> BankText {
        let room = if self.profile.message.is_flat() { LONGEST_NAME } else { self.name_length };
        self.characters.write(name, room)
    }

    /// Whether a supplier's payment reference has a place of its own: pain.001 has one, the Danish flat files of accounts have none.
    pub fn carries_references(&self) -> bool {
        !self.profile.message.is_flat()
    }

    /// Characters of the text for the payee, of a payment to this account: a Swedish giro takes fewer, a payment slip has lines of its own.
    pub fn text_room(&self, to: Option<&Account>) -> usize {
        match to {
            Some(Account::Domestic(account)) if account.country == Country::Se && GIROS.contains(&&*account.bank) => {
                self.text_length.min(GIRO_TEXT)
            }
            Some(Account::Slip(_)) => flat::SLIP_TEXT,
            _ => self.text_length,
        }
    }

    /// Whether what is paid for this scheme goes as salary at a bank in Sweden, which takes no text with it.
    pub fn pays_as_salary(&self, scheme: &Scheme) -> bool {
        self.swedish_accounts && self.profile.category_purpose.of(scheme).is_some_and(|code| code.as_str() == "SALA")
    }

    /// Why a row without an account cannot be paid through this door, where its format is why.
    pub fn no_person_number(&self) -> Option<Phrase> {
        match self.profile.message {
            FileFormat::Pain001V03 | FileFormat::Pain001V09 => None,
            FileFormat::Bankdata6 => Some(phrase!(
                "has a place for a person number, but the code that must stand beside it (NemKonto) is in no public description"
            )),
            FileFormat::Bankdata5
            | FileFormat::BecErh
            | FileFormat::Sdc3
            | FileFormat::DanskeCmbo
            | FileFormat::NordeaCsv => Some(phrase!("has no place for a person number")),
        }
    }

    /// The time of day that the bank's words about its cut-off begin with, where they begin with one.
    pub fn cut_off_time(&self) -> Option<NaiveTime> {
        let words = self.cut_off.as_deref()?.trim();
        NaiveTime::parse_from_str(words.split_whitespace().next()?, "%H:%M").ok()
    }

    /// Today's cut-off, where it has passed and a payment is for today.
    pub fn missed_cut_off(&self, pay_on: NaiveDate, now: NaiveDateTime) -> Option<NaiveTime> {
        self.cut_off_time().filter(|cut_off| pay_on == now.date() && now.time() >= *cut_off)
    }

    /// When a file is full.
    pub fn divider(&self, currency: Currency) -> Divider {
        let largest_file = self.largest_file.and_then(|most| Amount::from_decimal(most, currency));
        Divider { max_payments: self.profile.max_payments, largest_file }
    }

    /// Whether the bank's ceiling for one payment is passed.
    pub fn is_too_large(&self, amount: Amount) -> bool {
        is_above(self.largest_payment, amount)
    }

    /// Whether a payment alone is more than the bank takes in one file, so that no division of files helps.
    pub fn is_too_large_for_a_file(&self, amount: Amount) -> bool {
        is_above(self.largest_file, amount)
    }

    /// Whether a row without an account can be paid by its person number: the profile must say so, and the file have a place for it. Of the flat
    /// files none has one that is known: see [`flat::bankdata`].
    pub fn pays_by_person_number(&self) -> bool {
        self.profile.pay_by_person_number && !self.profile.message.is_flat()
    }
}

fn is_above(ceiling: Option<Decimal>, amount: Amount) -> bool {
    let ceiling = ceiling.and_then(|most| Amount::from_decimal(most, amount.currency()));
    ceiling.is_some_and(|ceiling| amount > ceiling)
}

impl Default for Door {
    fn default() -> Self {
        built_in("generic").unwrap_or_else(|| Self::of(Profile::default()))
    }
}

/// A table of `profiles/`, as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
struct Table {
    name: String,
    title: String,
    verified: bool,
    source: String,
    message: String,
    extension: String,
    characters: String,
    max_payments: u32,
    name_length: Option<usize>,
    text_length: Option<usize>,
    largest_payment: Option<String>,
    largest_file: Option<String>,
    #[serde(default = "yes")]
    domestic_accounts: bool,
    #[serde(default)]
    swedish_accounts: bool,
    #[serde(default)]
    slips: Vec<String>,
    #[serde(default)]
    pay_by_person_number: bool,
    #[serde(default)]
    batch_booking: bool,
    service_level: Option<String>,
    #[serde(default)]
    category_purpose: CodeTable,
    #[serde(default)]
    purpose: CodeTable,
    cut_off: Option<String>,
    ask: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeTable {
    otherwise: Option<String>,
    #[serde(default)]
    by_scheme: std::collections::BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

const TABLES: [&str; 15] = [
    include_str!("../../profiles/generic.toml"),
    include_str!("../../profiles/sepa.toml"),
    include_str!("../../profiles/sweden.toml"),
    include_str!("../../profiles/norway.toml"),
    include_str!("../../profiles/nordea-dk.toml"),
    include_str!("../../profiles/danske-dk.toml"),
    include_str!("../../profiles/bankdata.toml"),
    include_str!("../../profiles/bec.toml"),
    include_str!("../../profiles/sdc.toml"),
    include_str!("../../profiles/bankdata-file.toml"),
    include_str!("../../profiles/bankdata-file-6.toml"),
    include_str!("../../profiles/bec-file.toml"),
    include_str!("../../profiles/sdc-file.toml"),
    include_str!("../../profiles/danske-file.toml"),
    include_str!("../../profiles/nordea-file.toml"),
];

/// Every built-in door, the generic one first.
pub fn all_built_in() -> &'static [Door] {
    static DOORS: LazyLock<Vec<Door>> =
        LazyLock::new(|| TABLES.iter().filter_map(|table| Table::read(table).ok()).collect());
    &DOORS
}

pub fn built_in(name: &str) -> Option<Door> {
    all_built_in().iter().find(|door| door.profile.name == name).cloned()
}

impl Table {
    fn read(text: &str) -> Result<Door, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let message: FileFormat = table.message.parse().map_err(|()| format!("{} is no format", table.message))?;
        let profile = Profile {
            name: table.name,
            message,
            max_payments: table.max_payments,
            pay_by_person_number: table.pay_by_person_number,
            extension: table.extension,
            batch_booking: table.batch_booking,
            service_level: table.service_level.as_deref().map(code).transpose()?,
            category_purpose: table.category_purpose.codes()?,
            purpose: table.purpose.codes()?,
            charge_bearer: None,
        };
        let plain = Door::of(profile);
        let length = |given: Option<usize>, room: usize| given.unwrap_or(room).min(room);
        Ok(Door {
            title: table.title,
            verified: table.verified,
            source: table.source,
            characters: table.characters.parse().map_err(|()| format!("{} is no set", table.characters))?,
            name_length: length(table.name_length, plain.name_length),
            text_length: length(table.text_length, plain.text_length),
            largest_payment: table.largest_payment.as_deref().map(decimal).transpose()?,
            largest_file: table.largest_file.as_deref().map(decimal).transpose()?,
            domestic_accounts: table.domestic_accounts,
            swedish_accounts: table.swedish_accounts,
            slips: slips(&table.slips, &plain)
                .map_err(|kind| format!("no file of the format carries a slip {kind}"))?,
            cut_off: table.cut_off,
            ask: table.ask,
            ..plain
        })
    }
}

impl CodeTable {
    fn codes(self) -> Result<SchemeCodes, String> {
        let mut codes = SchemeCodes::default();
        codes.otherwise = self.otherwise.as_deref().map(code).transpose()?;
        for (scheme, of_scheme) in &self.by_scheme {
            let scheme = Scheme::new(scheme).ok_or_else(|| "a scheme is empty".to_owned())?;
            codes.set(&scheme, code(of_scheme)?);
        }
        Ok(codes)
    }
}

/// The kinds of slips that are named; the first that is none, or that the format has no place for.
pub fn slips(named: &[String], of_format: &Door) -> Result<Vec<SlipKind>, String> {
    let known = |text: &String| SlipKind::of(text.trim()).filter(|kind| of_format.slips.contains(kind));
    named.iter().map(|text| known(text).ok_or_else(|| text.clone())).collect()
}

fn code(text: &str) -> Result<ExternalCode, String> {
    ExternalCode::from_str(text).map_err(|()| format!("{text} is no code"))
}

fn decimal(text: &str) -> Result<Decimal, String> {
    let decimal: Decimal = text.parse().map_err(|_| format!("{text} is no amount"))?;
    // Any currency here has two decimals.
    Amount::from_decimal(decimal, Currency::Dkk)
        .map(|_| decimal)
        .ok_or_else(|| format!("{text} has more than two decimals"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read_and_names_its_source_and_questions() {
        for table in TABLES {
            let door = Table::read(table).unwrap_or_else(|what| panic!("{what}\n{table}"));
            assert!(!door.source.is_empty() && !door.title.is_empty() && !door.ask.is_empty(), "{}", door.profile.name);
            let as_room = Door::of(door.profile.clone());
            assert!(door.name_length <= as_room.name_length && door.text_length <= as_room.text_length);
            assert_eq!(door.profile.message.is_flat(), door.characters == Characters::Nordic1252, "{}", door.title);
        }
        assert_eq!(all_built_in().len(), TABLES.len());
        let mut names: Vec<_> = all_built_in().iter().map(|door| &door.profile.name).collect();
        names.dedup();
        assert_eq!(names.len(), TABLES.len());
    }

    /// What was read in the sources that the tables name. Whoever changes a figure has another source, and says so here too.
    #[test]
    fn each_table_has_the_figures_of_its_source() {
        /// Name, message, payments a file, the most for one payment, the cut-off's time, and what is particular.
        type Facts = (&'static str, FileFormat, u32, bool, &'static str, &'static str);
        const SLIPS: &str = " 01 04 71 73";
        const SLIPS_AND_75: &str = " 01 04 71 73 75";
        use FileFormat::*;
        let table: [Facts; 15] = [
            ("generic", Pain001V09, 1000, false, "", ""),
            ("sepa", Pain001V09, 1000, false, "14:00", "SEPA latin IBAN"),
            ("sweden", Pain001V09, 1000, false, "10:00", "SE"),
            ("norway", Pain001V09, 1000, false, "13:30", ""),
            ("nordea-dk", Pain001V03, 1200, true, "18:00", ""),
            ("danske-dk", Pain001V03, 1000, true, "18:30", ""),
            ("bankdata", Pain001V03, 1000, true, "", ""),
            ("bec", Pain001V03, 1000, true, "", ""),
            ("sdc", Pain001V03, 1000, true, "", ""),
            ("bankdata-file", Bankdata5, 1000, true, "", SLIPS),
            ("bankdata-file-6", Bankdata6, 1000, true, "", SLIPS),
            ("bec-file", BecErh, 1000, true, "", SLIPS_AND_75),
            ("sdc-file", Sdc3, 1000, true, "", SLIPS),
            ("danske-file", DanskeCmbo, 1000, true, "18:30", SLIPS_AND_75),
            ("nordea-file", NordeaCsv, 1200, true, "18:00", SLIPS_AND_75),
        ];
        for (door, (name, message, payments, ceiling, cut_off, particular)) in all_built_in().iter().zip(table) {
            let profile = &door.profile;
            assert_eq!((profile.name.as_str(), profile.message, profile.max_payments), (name, message, payments));
            let most = ceiling.then(|| Decimal::new(999_999_999, 2));
            assert_eq!((door.largest_payment, door.largest_file), (most, None), "{name}");
            let time = door.cut_off_time().map(|time| time.format("%H:%M").to_string()).unwrap_or_default();
            assert_eq!(time, cut_off, "{name}");
            let level = profile.service_level.as_ref().map(ExternalCode::as_str).unwrap_or_default();
            let latin = if door.characters == Characters::Latin { " latin" } else { "" };
            let iban = if door.domestic_accounts { "" } else { " IBAN" };
            let swedish = if door.swedish_accounts { "SE" } else { "" };
            let slips: String = door.slips.iter().map(|kind| format!(" {kind}")).collect();
            assert_eq!(format!("{level}{latin}{iban}{swedish}{slips}"), particular, "{name}");
            // Sent unasked by none: codes that a bank does not take reject the file; one sum on a statement hides each payment.
            let codes = (&profile.category_purpose, &profile.purpose, profile.charge_bearer);
            assert_eq!(codes, (&SchemeCodes::default(), &SchemeCodes::default(), None), "{name}");
            assert_eq!(
                (profile.batch_booking, profile.pay_by_person_number, door.verified),
                (false, false, false),
                "{name}"
            );
        }
    }

    #[test]
    fn the_generic_door_is_what_a_batch_without_a_profile_is_prepared_under() {
        assert_eq!(Door::default().profile, Profile::default());
        assert_eq!(all_built_in()[0].profile.name, "generic");
    }

    #[test]
    fn a_cut_off_is_missed_by_what_is_for_today() {
        let at = |text: &str| text.parse::<NaiveDateTime>().expect("a moment");
        let table = [
            (Some("13:00"), "2026-12-01", "2026-12-01T12:59:59", false),
            (Some("13:00"), "2026-12-01", "2026-12-01T13:00:00", true),
            (Some("13:00 on bank days"), "2026-12-01", "2026-12-01T18:00:00", true),
            (Some("13:00"), "2026-12-02", "2026-12-01T18:00:00", false),
            (Some("at noon"), "2026-12-01", "2026-12-01T18:00:00", false),
            (None, "2026-12-01", "2026-12-01T18:00:00", false),
        ];
        for (cut_off, pay_on, now, missed) in table {
            let door = Door { cut_off: cut_off.map(String::from), ..Door::default() };
            let pay_on = pay_on.parse().expect("a day");
            assert_eq!(door.missed_cut_off(pay_on, at(now)).is_some(), missed, "{cut_off:?} {now}");
        }
    }

    #[test]
    fn another_format_narrows_a_door() {
        let flat = Profile { message: FileFormat::Sdc3, ..Profile::default() };
        let door = Door::default().with(flat);
        assert_eq!((door.text_length, door.characters), (flat::sdc::TEXT, Characters::Nordic1252));
        let bec = built_in("bec-file").expect("a door");
        let as_sdc = bec.clone().with(Profile { message: FileFormat::Sdc3, ..bec.profile.clone() });
        assert!(bec.slips.contains(&SlipKind::K75) && !as_sdc.slips.contains(&SlipKind::K75));
        assert!(as_sdc.with(Profile::default()).slips.is_empty(), "pain.001 carries none");
    }
}
