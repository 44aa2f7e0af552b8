//! What one bank's door takes. Data, so that a new bank is a table, not code.

use borsh::{BorshDeserialize, BorshSerialize};

/// The version of the credit transfer message that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum MessageVersion {
    Pain001V03,
    Pain001V09,
}

impl MessageVersion {
    pub fn as_str(self) -> &'static str {
        match self {
            MessageVersion::Pain001V03 => "pain.001.001.03",
            MessageVersion::Pain001V09 => "pain.001.001.09",
        }
    }
}

impl std::str::FromStr for MessageVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Pain001V03, Self::Pain001V09].into_iter().find(|version| version.as_str() == text.trim()).ok_or(())
    }
}

/// The settings of `[profile]` that shape a bank file. A batch keeps the profile it was prepared under: what was approved is what leaves.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Profile {
    pub name: String,
    pub message: MessageVersion,
    /// The most payments in one file.
    pub max_payments: u32,
    /// Whether a payment without an account may name its payee by person number alone.
    pub pay_by_person_number: bool,
    /// Of the file, without the dot.
    pub extension: String,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: "generic".into(),
            message: MessageVersion::Pain001V09,
            max_payments: 1000,
            pay_by_person_number: false,
            extension: "xml".into(),
        }
    }
}
