//! SDC's banks: record type 3, 95 characters, no start and no end. Has no room for a name.
//!
//! Source: the field table of Business Central's Danish localisation.

use super::record::{Dress, Record, TooLong, beginning};
use super::{Transfer, fourteen};

/// No name is sent: what every bank takes is checked, as for the others.
pub const NAME: usize = 70;
/// Characters of the message to the payee.
pub const TEXT: usize = 20;

pub(super) fn payment(transfer: &Transfer) -> Result<String, TooLong> {
    let record = Record::new(Dress::Bare)
        .text("record type", 1, "3")?
        .text("from account", 14, &fourteen(transfer.from))?
        .text("pay date", 6, &transfer.pay_on.format("%d%m%y").to_string())?
        // The sign's place, eleven digits, a comma and two more.
        .digits("amount", 15, &transfer.amount.to_string().replace('.', ","))?
        .text("receipt", 1, "N")?
        .text("own text", 20, &beginning(transfer.reference, 20))?
        .digits("registration number", 4, &transfer.to.bank)?
        .digits("account", 10, &transfer.to.number)?
        .blank(4)?
        .text("message", TEXT, &beginning(transfer.text, TEXT))?;
    Ok(record.line())
}
