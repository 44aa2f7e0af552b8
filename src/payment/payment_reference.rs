//! The reference that a supplier asks to be paid under, by which their system knows the invoice: checked before it comes here.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};

/// Whose rules a reference follows. The numbers are kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ReferenceKind {
    /// Norway: 2 to 25 digits, the last a check digit by modulus 10 or 11.
    Kid = 1,
    /// Sweden: 2 to 25 digits, the last a check digit by modulus 10.
    Ocr = 2,
    /// Finland: 4 to 20 digits, the last a check digit by the weights 7, 3 and 1.
    Viite = 3,
    /// ISO 11649: `RF`, two check digits and up to 21 letters and digits.
    Rf = 4,
    /// Denmark: the payment id of a slip, whose kind and payee stand in the account.
    Fik = 5,
}

impl ReferenceKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ReferenceKind::Kid => "KID",
            ReferenceKind::Ocr => "OCR",
            ReferenceKind::Viite => "viite",
            ReferenceKind::Rf => "RF",
            ReferenceKind::Fik => "FIK",
        }
    }
}

#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PaymentReference {
    pub kind: ReferenceKind,
    reference: String,
}

impl PaymentReference {
    /// `reference` must have passed `checks::payment_reference`.
    pub(crate) fn new_checked(kind: ReferenceKind, reference: impl Into<String>) -> Self {
        Self { kind, reference: reference.into() }
    }

    /// Without spaces: `RF18539007547034`.
    pub fn as_str(&self) -> &str {
        &self.reference
    }
}

/// An invoice may be somebody's.
impl fmt::Debug for PaymentReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PaymentReference({} of {})", self.kind.as_str(), self.reference.len())
    }
}
