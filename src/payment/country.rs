//! The countries whose numbers and accounts are known.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use super::Currency;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Country {
    /// Denmark.
    Dk,
    /// The Faroe Islands.
    Fo,
    /// Greenland.
    Gl,
    /// Sweden.
    Se,
    /// Norway.
    No,
    /// Finland.
    Fi,
}

impl Country {
    pub const ALL: [Country; 6] = [Country::Dk, Country::Fo, Country::Gl, Country::Se, Country::No, Country::Fi];

    /// The ISO 3166-1 alpha-2 code.
    pub fn code(self) -> &'static str {
        match self {
            Country::Dk => "DK",
            Country::Fo => "FO",
            Country::Gl => "GL",
            Country::Se => "SE",
            Country::No => "NO",
            Country::Fi => "FI",
        }
    }

    /// What its public benefits are paid in.
    pub fn currency(self) -> Currency {
        match self {
            Country::Dk | Country::Fo | Country::Gl => Currency::Dkk,
            Country::Se => Currency::Sek,
            Country::No => Currency::Nok,
            Country::Fi => Currency::Eur,
        }
    }

    /// Denmark, the Faroe Islands and Greenland share the CPR, the registration numbers of banks, and the krone.
    pub fn in_danish_realm(self) -> bool {
        matches!(self, Country::Dk | Country::Fo | Country::Gl)
    }

    /// Whether a domestic account is the same in both.
    pub fn shares_accounts_with(self, other: Country) -> bool {
        self == other || self.in_danish_realm() && other.in_danish_realm()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Country {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Country::ALL.into_iter().find(|country| country.code().eq_ignore_ascii_case(text.trim())).ok_or(())
    }
}
