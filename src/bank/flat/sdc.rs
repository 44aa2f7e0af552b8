//! SDC's banks: record type 3, 95 characters, no start and no end; payment slips in records of their own and of other lengths: `K020` (71), `K073`
//! (73) and `K006` (01 and 04). None has room for a name.
//!
//! Source: the field table of Business Central's Danish localisation. The kind 75 is in none of it; a `K075` is one public writer's alone
//! (Uniconta), and is not written.

use super::record::{Dress, Record, TooLong, beginning, two_lines};
use super::{SLIP_LINE, SlipPayment, Transfer, fourteen};
use crate::payment::SlipKind;

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

/// `None` where there is no record for the kind.
pub(super) fn slip(slip: &SlipPayment) -> Option<Result<String, TooLong>> {
    match slip.to.kind {
        SlipKind::K71 => Some(with_payment_id(slip)),
        SlipKind::K73 => Some(with_text(slip)),
        SlipKind::K01 | SlipKind::K04 => Some(to_giro(slip)),
        SlipKind::K75 => None,
    }
}

fn with_payment_id(slip: &SlipPayment) -> Result<String, TooLong> {
    let record = to_creditor("K020", slip)?.digits("payment id", 15, slip.payment_id)?;
    Ok(record.line())
}

fn with_text(slip: &SlipPayment) -> Result<String, TooLong> {
    let record = no_other_sender(to_creditor("K073", slip)?)?;
    Ok(message(record, slip)?.line())
}

fn to_giro(slip: &SlipPayment) -> Result<String, TooLong> {
    let record = no_other_sender(slip_beginning("K006", slip)?)?.digits("giro account", 10, slip.to.number())?.text(
        "kind of slip",
        2,
        slip.to.kind.as_str(),
    )?;
    let record = match slip.payment_id {
        "" => record.blank(19)?,
        id => record.digits("payment id", 19, id)?,
    };
    Ok(message(record, slip)?.line())
}

fn slip_beginning(record_type: &str, slip: &SlipPayment) -> Result<Record, TooLong> {
    Record::new(Dress::Bare)
        .text("record type", 4, record_type)?
        .text("from account", 14, &fourteen(slip.from))?
        .text("pay date", 8, &slip.pay_on.format("%d%m%Y").to_string())?
        .digits("amount", 15, &slip.amount.to_string().replace('.', ","))?
        .text("receipt", 1, "N")?
        .text("own text", 20, &beginning(slip.reference, 20))
}

fn to_creditor(record_type: &str, slip: &SlipPayment) -> Result<Record, TooLong> {
    slip_beginning(record_type, slip)?.digits("creditor number", 8, slip.to.number())?.text(
        "kind of slip",
        2,
        slip.to.kind.as_str(),
    )
}

/// Occupation, name, address and postcode of another sender than the payer.
fn no_other_sender(record: Record) -> Result<Record, TooLong> {
    record.text("another sender", 1, "N")?.blank(18)?.blanks(2, 32)?.blank(4)
}

/// How many lines, and the lines: the table always counts two.
fn message(record: Record, slip: &SlipPayment) -> Result<Record, TooLong> {
    let [first, second] = two_lines(slip.text)?;
    record.digits("lines", 3, "2")?.text("message", SLIP_LINE, &first)?.text("message", SLIP_LINE, &second)
}
