//! Bankdata's banks (Jyske Bank, Sydbank and others): `IB030202000005`, and its successor `…6`. Every field in quotation marks, every
//! record 896 bytes with its line end; a start record, and an end record that counts and sums.
//!
//! Source: the field tables of Microsoft Dynamics 365 Business Central's Danish localisation for `…5`; two public writers that agree to the
//! byte for `…6`. Payment slips are `IB030207000002` in both files; no table has the kind 75 there, and the one public writer of it
//! (Uniconta) fills no payment id with zeros, as the tables do: 75 is not written. The value of the easy-account code, by which a payee is named by number, is in neither: **unverified**, so no payment is
//! written that way.

use chrono::NaiveDate;

use super::record::{Dress, Record, TooLong, lines, two_lines};
use super::{SLIP_LINE, SlipPayment, Transfer, fourteen};
use crate::payment::Amount;

/// Characters of the payee's name.
pub const NAME: usize = 32;
/// Characters of the posting text and one advice line under it.
pub const TEXT: usize = 35;

const ADVICE: usize = 35;
const PAYMENT_ID: usize = 19;
const GIRO: usize = 10;
const CREDITOR: usize = 8;

fn date(day: NaiveDate) -> String {
    day.format("%Y%m%d").to_string()
}

/// The start record; `created` is the day of preparation.
pub(super) fn start(created: NaiveDate) -> Result<String, TooLong> {
    let record = Record::new(Dress::Quoted)
        .text("record type", 14, "IB000000000000")?
        .text("date", 8, &date(created))?
        .blank(90)?
        .blanks(3, 255)?;
    Ok(record.line())
}

/// The end record: how many payments, and what they come to.
pub(super) fn end(created: NaiveDate, payments: u64, sum: Amount) -> Result<String, TooLong> {
    let record = Record::new(Dress::Quoted)
        .text("record type", 14, "IB999999999999")?
        .text("date", 8, &date(created))?
        .digits("number of payments", 6, &payments.to_string())?
        .signed_amount("sum", 13, sum)?
        .blank(64)?
        .blanks(3, 255)?;
    Ok(record.line())
}

/// The fields that both versions begin with, up to the town. `advice_or_type`: 0 for an advice on the statement, 1 for a standard payment.
fn beginning(transfer: &Transfer, record_type: &str, advice_or_type: &str) -> Result<Record, TooLong> {
    let text = lines(transfer.text, TEXT);
    Record::new(Dress::Quoted)
        .text("record type", 14, record_type)?
        .digits("index", 4, "1")?
        .text("pay date", 8, &date(transfer.pay_on))?
        .signed_amount("amount", 13, transfer.amount)?
        .text("currency", 3, transfer.amount.currency().code())?
        .text("from type", 1, "2")?
        .digits("from account", 15, &fourteen(transfer.from))?
        .text("transfer type", 1, "2")?
        .digits("registration number", 4, &transfer.to.bank)?
        .digits("account", 10, &transfer.to.number)?
        .text("advice", 1, advice_or_type)?
        .text("posting text", TEXT, text.first().map_or("", String::as_str))?
        .text("name", NAME, transfer.name)?
        .blanks(2, 32)?
        .blank(4)?
        .blank(32)
}

pub(super) fn payment_5(transfer: &Transfer) -> Result<String, TooLong> {
    let record = beginning(transfer, "IB030202000005", "0")?
        .text("own voucher", 35, transfer.reference)?
        .blanks(9, ADVICE)?
        .blank(1)?
        .blank(215)?;
    Ok(record.line())
}

pub(super) fn payment_6(transfer: &Transfer) -> Result<String, TooLong> {
    let record = beginning(transfer, "IB030202000006", "1")?
        .text("own voucher", 35, transfer.reference)?
        .blanks(5, ADVICE)?
        .blank(35)?
        // Reference to the primary document, debtor's identification.
        .blanks(2, 35)?
        .text("end-to-end reference", 35, transfer.reference)?
        // Creditor's reference, easy-account code, person or company number.
        .blank(35)?
        .blank(3)?
        .blank(35)?
        .blanks(3, 35)?
        .blank(6)?
        .blank(14)?;
    Ok(record.line())
}

pub(super) fn slip(slip: &SlipPayment) -> Result<String, TooLong> {
    let (kind, number) = (slip.to.kind, slip.to.number());
    let record = Record::new(Dress::Quoted)
        .text("record type", 14, "IB030207000002")?
        .digits("index", 4, "1")?
        .text("pay date", 8, &date(slip.pay_on))?
        .signed_amount("amount", 13, slip.amount)?
        .text("from type", 1, "2")?
        .digits("from account", 15, &fourteen(slip.from))?
        .text("kind of slip", 2, kind.as_str())?;
    let record = match slip.payment_id {
        "" => record.blank(PAYMENT_ID)?,
        id => record.digits("payment id", PAYMENT_ID, id)?,
    };
    // The giro's registration number, the giro account, the creditor number.
    let record = record.blank(4)?;
    let record = match kind.is_giro() {
        true => record.digits("giro account", GIRO, number)?.blank(CREDITOR)?,
        false => record.blank(GIRO)?.digits("creditor number", CREDITOR, number)?,
    };
    let [first, second] = two_lines(slip.text)?;
    let record = record
        .text("name", NAME, slip.name)?
        .blank(32)?
        .text("own voucher", 35, slip.reference)?
        // The sender, who is the payer.
        .blanks(5, 35)?
        .text("advice", SLIP_LINE, &first)?
        .text("advice", SLIP_LINE, &second)?
        .blanks(4, ADVICE)?
        .blank(16)?
        .blank(215)?;
    Ok(record.line())
}
