//! The words that all other modules share: how much, to whom, on which account, for what, known by which references.
//!
//! A value of one of these types is well formed; what was merely written in a list is text until a check has read it.

mod account;
mod amount;
mod country;
mod obligation;
mod payer;
mod payment_reference;
mod period;
mod person;
mod references;
mod scheme;
mod slip;

pub use account::{
    Account, BANKGIRO_CLEARING, DomesticAccount, Iban, PLUSGIRO_CLEARING, destination, identities, identity_otherwise,
    likeness,
};
pub use amount::{Amount, AmountOverflow, Currency};
pub use country::Country;
pub use obligation::Obligation;
pub use payer::Payer;
pub use payment_reference::{PaymentReference, ReferenceKind};
pub use period::{Period, PeriodError};
pub(crate) use person::mask;
pub use person::{PersonId, PersonKind};
pub use references::{BatchId, Digest, EndToEndId, InvalidReference, RepaymentReference, Tag};
pub(crate) use scheme::is_invisible;
pub use scheme::{Part, Scheme};
pub use slip::{SlipKind, SlipPayee};
