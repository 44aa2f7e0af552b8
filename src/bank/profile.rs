//! What one bank's door takes. Data, so that a new bank is a table, not code.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::payment::{Currency, Scheme};

/// What a bank file is written as: a version of ISO 20022's credit transfer, or one of the files that Danish banks' portals took before it
/// and mostly still take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum FileFormat {
    Pain001V03,
    Pain001V09,
    /// Bankdata's `IB030202000005`.
    Bankdata5,
    /// Bankdata's `IB030202000006`, which carries the end-to-end id and can name a payee by number.
    Bankdata6,
    /// BEC's `ERH356`.
    BecErh,
    /// SDC's record type 3.
    Sdc3,
    /// Danske Bank's `CMBO`.
    DanskeCmbo,
    /// Nordea's CSV (Unitel).
    NordeaCsv,
}

impl FileFormat {
    pub const PAIN001: [FileFormat; 2] = [FileFormat::Pain001V03, FileFormat::Pain001V09];

    pub const FLAT: [FileFormat; 6] = [
        FileFormat::Bankdata5,
        FileFormat::Bankdata6,
        FileFormat::BecErh,
        FileFormat::Sdc3,
        FileFormat::DanskeCmbo,
        FileFormat::NordeaCsv,
    ];

    pub fn all() -> impl Iterator<Item = FileFormat> {
        Self::PAIN001.into_iter().chain(Self::FLAT)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            FileFormat::Pain001V03 => "pain.001.001.03",
            FileFormat::Pain001V09 => "pain.001.001.09",
            FileFormat::Bankdata5 => "bankdata-ib030202000005",
            FileFormat::Bankdata6 => "bankdata-ib030202000006",
            FileFormat::BecErh => "bec-erh356",
            FileFormat::Sdc3 => "sdc-3",
            FileFormat::DanskeCmbo => "danske-cmbo",
            FileFormat::NordeaCsv => "nordea-csv",
        }
    }

    pub fn is_flat(self) -> bool {
        Self::FLAT.contains(&self)
    }
}

impl FromStr for FileFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::all().find(|format| format.as_str() == text.trim()).ok_or(())
    }
}

/// A code of one of ISO 20022's external code sets, such as `SSBE` or `NURG`: one to four capitals and digits. Whether it is in the
/// set, and whether the bank takes it, is the bank's to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct ExternalCode(String);

impl ExternalCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExternalCode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let code = text.trim();
        let shaped = (1..=4).contains(&code.len());
        let allowed = code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if shaped && allowed { Ok(Self(code.into())) } else { Err(()) }
    }
}

impl fmt::Display for ExternalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A code for each scheme: its own, or the one for all the others, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SchemeCodes {
    /// For schemes without a code of their own.
    pub otherwise: Option<ExternalCode>,
    /// By [`Scheme::folded`].
    by_scheme: BTreeMap<String, ExternalCode>,
}

impl SchemeCodes {
    pub fn set(&mut self, scheme: &Scheme, code: ExternalCode) {
        self.by_scheme.insert(scheme.folded(), code);
    }

    pub fn of(&self, scheme: &Scheme) -> Option<&ExternalCode> {
        self.by_scheme.get(&scheme.folded()).or(self.otherwise.as_ref())
    }
}

/// Who bears the banks' charges (`ChrgBr`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ChargeBearer {
    /// As the service level says: the only value that SEPA knows.
    Slev,
    /// Each side bears its own bank's.
    Shar,
    /// The payer.
    Debt,
}

impl ChargeBearer {
    pub const ALL: [ChargeBearer; 3] = [ChargeBearer::Slev, ChargeBearer::Shar, ChargeBearer::Debt];

    pub fn as_str(self) -> &'static str {
        match self {
            ChargeBearer::Slev => "SLEV",
            ChargeBearer::Shar => "SHAR",
            ChargeBearer::Debt => "DEBT",
        }
    }
}

impl FromStr for ChargeBearer {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|bearer| bearer.as_str() == text.trim()).ok_or(())
    }
}

/// The settings of `[profile]` that shape a bank file. A batch keeps the profile it was prepared under: what was approved is what leaves.
///
/// The default says as little as Danish and Greenlandic banks need. Their lists of permitted codes differ (several take no category
/// purpose but `SUPP`, none lists `SSBE` there), and a code that a bank does not take rejects the whole file, so none is written unasked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Profile {
    pub name: String,
    pub message: FileFormat,
    /// The most payments in one file.
    pub max_payments: u32,
    /// Whether a payment without an account may name its payee by person number alone.
    ///
    /// How a bank wants that said in pain.001 is **unverified**: no public source shows the elements. Ask the bank for an example first.
    pub pay_by_person_number: bool,
    /// Of the file, without the dot.
    pub extension: String,
    /// Whether the bank books a file's payments as one sum (`BtchBookg`). `false` puts each payment on the statement with its reference,
    /// which is what finds a double payment afterwards.
    pub batch_booking: bool,
    /// `PmtTpInf/SvcLvl/Cd`, such as `NURG` or `SEPA`.
    pub service_level: Option<ExternalCode>,
    /// `PmtTpInf/CtgyPurp/Cd`, such as `PENS` or `SALA`.
    pub category_purpose: SchemeCodes,
    /// `Purp/Cd` of each payment, such as `SSBE`; it travels to the payee's bank.
    pub purpose: SchemeCodes,
    /// `None` leaves it to [`Profile::charge_bearer_in`].
    pub charge_bearer: Option<ChargeBearer>,
}

impl Profile {
    /// The profile's own choice; without one `SLEV` for euro, which SEPA demands, and nothing for a domestic currency, where the
    /// agreement with the bank decides and some banks refuse to be told.
    pub fn charge_bearer_in(&self, currency: Currency) -> Option<ChargeBearer> {
        self.charge_bearer.or((currency == Currency::Eur).then_some(ChargeBearer::Slev))
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: "generic".into(),
            message: FileFormat::Pain001V09,
            max_payments: 1000,
            pay_by_person_number: false,
            extension: "xml".into(),
            batch_booking: false,
            service_level: None,
            category_purpose: SchemeCodes::default(),
            purpose: SchemeCodes::default(),
            charge_bearer: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> ExternalCode {
        text.parse().expect("a code")
    }

    #[test]
    fn a_code_is_one_to_four_capitals_and_digits() {
        for (text, valid) in [
            ("SSBE", true),
            (" PENS ", true),
            ("A1", true),
            ("", false),
            ("SALARY", false),
            ("sala", false),
            ("ÆØ", false),
        ] {
            assert_eq!(text.parse::<ExternalCode>().is_ok(), valid, "{text}");
        }
    }

    #[test]
    fn a_scheme_has_its_own_code_or_the_one_for_all_others() {
        let scheme = |text| Scheme::new(text).expect("a scheme");
        let mut codes = SchemeCodes::default();
        assert_eq!(codes.of(&scheme("Alderspension")), None);
        codes.set(&scheme("Alderspension"), code("PENS"));
        assert_eq!(codes.of(&scheme("ALDERSPENSION")), Some(&code("PENS")));
        assert_eq!(codes.of(&scheme("Barselsdagpenge")), None);
        codes.otherwise = Some(code("SSBE"));
        assert_eq!(codes.of(&scheme("Barselsdagpenge")), Some(&code("SSBE")));
    }

    #[test]
    fn charges_are_left_to_the_agreement_except_in_euro() {
        let mut profile = Profile::default();
        assert_eq!(profile.charge_bearer_in(Currency::Dkk), None);
        assert_eq!(profile.charge_bearer_in(Currency::Eur), Some(ChargeBearer::Slev));
        profile.charge_bearer = Some(ChargeBearer::Shar);
        assert_eq!(profile.charge_bearer_in(Currency::Dkk), Some(ChargeBearer::Shar));
    }

    #[test]
    fn a_profile_comes_back_from_the_batch_as_it_went_in() {
        let mut profile = Profile { service_level: Some(code("NURG")), ..Profile::default() };
        profile.purpose.otherwise = Some(code("SSBE"));
        let bytes = borsh::to_vec(&profile).expect("serialised");
        assert_eq!(borsh::from_slice::<Profile>(&bytes).expect("read back"), profile);
    }
}
