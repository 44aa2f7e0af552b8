//! Whom an obligation is owed to: a natural person or an organisation, by national number.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use smol_str::SmolStr;

use super::Country;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum PersonKind {
    /// CPR, personnummer, fødselsnummer, henkilötunnus.
    Natural,
    /// CVR, organisationsnummer.
    Organisation,
}

/// A national number in its one canonical form: no separators, no lost zeros. `Debug` and `Display` mask it; only [`PersonId::whole`]
/// gives it away, and what calls that is writing to a file or a document made to leave.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct PersonId {
    /// The register that issued the number. Denmark's CPR serves the whole realm, so Greenlandic and Faroese CPR numbers are `DK` too:
    /// one person has one number there, whichever office pays.
    register: Country,
    kind: PersonKind,
    number: SmolStr,
}

impl PersonId {
    /// `number` must be canonical already; the checks in `checks::person` see to that.
    pub fn new(country: Country, kind: PersonKind, number: impl Into<SmolStr>) -> Self {
        let register = if country.in_danish_realm() { Country::Dk } else { country };
        Self { register, kind, number: number.into() }
    }

    pub fn register(&self) -> Country {
        self.register
    }

    pub fn kind(&self) -> PersonKind {
        self.kind
    }

    /// The whole number, canonical. Never for a screen, a log or a file name.
    pub fn whole(&self) -> &str {
        &self.number
    }

    /// The first four characters and dots: `0101••-••••`. Enough to find a row by, too little to be somebody.
    pub fn masked(&self) -> String {
        mask(&self.number)
    }
}

/// Masks any text that may be a person number, canonical or not.
pub(crate) fn mask(number: &str) -> String {
    let shown: String = number.chars().take(4).collect();
    let hidden = number.chars().count().saturating_sub(4);
    match hidden {
        6 => format!("{shown}••-••••"),
        hidden => shown + &"•".repeat(hidden),
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonId({} {})", self.register, self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_number_is_masked_wherever_it_could_be_printed_by_accident() {
        let person = PersonId::new(Country::Gl, PersonKind::Natural, "0101901234");
        assert_eq!(person.to_string(), "0101••-••••");
        assert_eq!(format!("{person:?}"), "PersonId(DK 0101••-••••)");
        assert_eq!(person, PersonId::new(Country::Dk, PersonKind::Natural, "0101901234"));
    }
}
