//! Nordea's CSV (Unitel): 94 columns, no start and no end; payment type 45 is a domestic transfer, 46 a payment slip of 90 columns.
//!
//! Source: the field table of Business Central's Danish localisation, which has the kinds 01, 04, 71 and 73. That the payment type 46 is for 75 too
//! is said by Oracle's pages on JD Edwards for Denmark (UBT04600: 01, 04, 15, 41, 71, 73, 75) and done by one public writer (Uniconta).

use super::record::{Columns, TooLong, beginning, lines, two_lines};
use super::{SLIP_LINE, SlipPayment, Transfer, fourteen};

/// Characters of the payee's name.
pub const NAME: usize = 35;
/// Characters of the two message lines.
pub const TEXT: usize = 2 * LINE;

const LINE: usize = 35;
const COLUMNS: usize = 94;
const SLIP_COLUMNS: usize = 90;

pub(super) fn payment(transfer: &Transfer) -> Result<String, TooLong> {
    let text = lines(transfer.text, LINE);
    let line = |at: usize| text.get(at).map_or("", String::as_str);
    let columns = Columns::new(COLUMNS)
        .set(2, "payment type", 2, "45")?
        .set(12, "name", NAME, transfer.name)?
        .set(17, "account", 14, &fourteen(transfer.to))?
        .set(23, "message", LINE, line(0))?
        .set(24, "message", LINE, line(1))?
        .set(31, "currency", 3, transfer.amount.currency().code())?
        .set(33, "amount", 18, &transfer.amount.to_string())?
        .set(34, "pay date", 8, &transfer.pay_on.format("%Y%m%d").to_string())?
        .set(37, "from account", 14, &fourteen(transfer.from))?
        .set(38, "own reference", 20, &beginning(transfer.reference, 20))?
        .set(53, "short advice", 20, &beginning(transfer.text, 20))?;
    Ok(columns.line())
}

pub(super) fn slip(slip: &SlipPayment) -> Result<String, TooLong> {
    let [first, second] = two_lines(slip.text)?;
    let columns = Columns::new(SLIP_COLUMNS)
        .set(2, "payment type", 2, "46")?
        .set(12, "name", NAME, slip.name)?
        .set(17, "account", 14, slip.to.number())?
        .set(23, "message", SLIP_LINE, &first)?
        .set(24, "message", SLIP_LINE, &second)?
        .set(31, "currency", 3, slip.amount.currency().code())?
        .set(33, "amount", 18, &slip.amount.to_string())?
        .set(34, "pay date", 8, &slip.pay_on.format("%Y%m%d").to_string())?
        .set(37, "from account", 14, &fourteen(slip.from))?
        .set(38, "own reference", 20, &beginning(slip.reference, 20))?
        .set(45, "kind of slip", 2, slip.to.kind.as_str())?
        .set(46, "payment id", 19, slip.payment_id)?;
    Ok(columns.line())
}
