//! A Danish payment slip ("indbetalingskort", FIK): money that goes to a creditor number or a giro account, known by a payment id.
//!
//! Its line reads `+71<123456789012347+81234567<`: the kind, the payment id, and who is paid.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};

/// What kind of slip it is, by the two digits that its line begins with. The numbers are kept in the ledger.
///
/// Sources: Bording's and Dantryk's pages for those who print slips (giro-kort.dk, formula-digital.dk, dantryk.dk) say how many digits each has;
/// Business Central's Danish localisation reads 01, 04, 71 and 73 by the same lengths. The giro slips 15 and 41 are in no field table here and
/// are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum SlipKind {
    /// To a giro account, with a text.
    K01 = 1,
    /// To a giro account, with a payment id of 16 digits.
    K04 = 4,
    /// To a creditor number, with a payment id of 15 digits.
    K71 = 71,
    /// To a creditor number, with a text.
    K73 = 73,
    /// To a creditor number, with a payment id of 16 digits.
    K75 = 75,
}

impl SlipKind {
    pub const ALL: [SlipKind; 5] = [SlipKind::K01, SlipKind::K04, SlipKind::K71, SlipKind::K73, SlipKind::K75];

    /// The two digits.
    pub fn as_str(self) -> &'static str {
        match self {
            SlipKind::K01 => "01",
            SlipKind::K04 => "04",
            SlipKind::K71 => "71",
            SlipKind::K73 => "73",
            SlipKind::K75 => "75",
        }
    }

    pub fn of(digits: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == digits)
    }

    /// How many digits its payment id has; `None` where it has none, and carries a text instead.
    pub fn id_length(self) -> Option<usize> {
        match self {
            SlipKind::K01 | SlipKind::K73 => None,
            SlipKind::K71 => Some(15),
            SlipKind::K04 | SlipKind::K75 => Some(16),
        }
    }

    /// Whether it is paid to a giro account, and not to a creditor number.
    pub fn is_giro(self) -> bool {
        matches!(self, SlipKind::K01 | SlipKind::K04)
    }
}

impl fmt::Display for SlipKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who is paid by a slip: a creditor number, or a giro account with the zeros before it; eight digits either way.
#[derive(Clone, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SlipPayee {
    pub kind: SlipKind,
    number: String,
}

impl SlipPayee {
    /// `number` must have passed `checks::slip`.
    pub(crate) fn new_checked(kind: SlipKind, number: impl Into<String>) -> Self {
        Self { kind, number: number.into() }
    }

    pub fn number(&self) -> &str {
        &self.number
    }

    /// The same for every slip of one payee: whichever kind it is, the money goes to the same place.
    pub fn identity(&self) -> String {
        Self::identity_of(self.kind, &self.number)
    }

    /// As [`identity`](Self::identity), of what was read from a bank's file.
    pub fn identity_of(kind: SlipKind, number: &str) -> String {
        let register = if kind.is_giro() { "GIRO" } else { "FI" };
        format!("{register}{number}")
    }

    /// The slip's whole line, as the invoice has it and as it is typed into a portal.
    pub fn line(&self, payment_id: Option<&str>) -> String {
        format!("+{}<{}+{}<", self.kind, payment_id.unwrap_or_default(), self.number)
    }
}

impl fmt::Debug for SlipPayee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlipPayee({})", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_known_by_its_payee_and_written_as_its_line() {
        let payee = |kind| SlipPayee::new_checked(kind, "81234567");
        assert_eq!(payee(SlipKind::K71).identity(), payee(SlipKind::K73).identity());
        assert_ne!(payee(SlipKind::K71).identity(), payee(SlipKind::K04).identity());
        assert_eq!(payee(SlipKind::K71).line(Some("123456789012347")), "+71<123456789012347+81234567<");
        assert_eq!(payee(SlipKind::K73).line(None), "+73<+81234567<");
        for kind in SlipKind::ALL {
            assert_eq!(SlipKind::of(kind.as_str()), Some(kind));
            assert_eq!(borsh::to_vec(&kind).expect("bytes"), [kind.as_str().parse::<u8>().expect("digits")]);
        }
        assert_eq!(SlipKind::of("15"), None);
    }
}
