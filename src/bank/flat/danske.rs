//! Danske Bank's `CMBO`: 28 columns, no start and no end. Has no room for a name.
//!
//! Source: the field table of Business Central's Danish localisation, whose present edition writes amounts with a decimal point; an older
//! one wrote a comma. A payment slip is a line of the same command, with `IK` before the creditor number or giro account, its kind in column 23 and
//! its payment id in column 24; the table has 01, 04, 71 and 73, and one public writer (Uniconta) 75 in the same two columns.

use super::record::{Columns, TooLong, beginning, lines, two_lines};
use super::{SLIP_LINE, SlipPayment, Transfer, fourteen};

/// No name is sent: what every bank takes is checked, as for the others.
pub const NAME: usize = 70;
/// Characters of the two texts on the payee's statement.
pub const TEXT: usize = 2 * LINE;

const LINE: usize = 35;
const COLUMNS: usize = 28;

pub(super) fn payment(transfer: &Transfer) -> Result<String, TooLong> {
    let text = lines(transfer.text, LINE);
    let line = |at: usize| text.get(at).map_or("", String::as_str);
    let columns = Columns::new(COLUMNS)
        .set(1, "command", 4, "CMBO")?
        .set(2, "from account", 14, &fourteen(transfer.from))?
        .set(3, "account", 14, &fourteen(transfer.to))?
        .set(4, "amount", 18, &transfer.amount.to_string())?
        .set(5, "pay date", 8, &transfer.pay_on.format("%d%m%Y").to_string())?
        .set(6, "currency", 3, transfer.amount.currency().code())?
        .set(13, "letter to the sender", 1, "N")?
        .set(20, "own text", 20, &beginning(transfer.reference, 20))?
        .set(22, "message", 20, &beginning(transfer.text, 20))?
        .set(27, "text on the payee's statement", LINE, line(0))?
        .set(28, "text on the payee's statement", LINE, line(1))?;
    Ok(columns.line())
}

pub(super) fn slip(slip: &SlipPayment) -> Result<String, TooLong> {
    let [first, second] = two_lines(slip.text)?;
    let columns = Columns::new(COLUMNS)
        .set(1, "command", 4, "CMBO")?
        .set(2, "from account", 14, &fourteen(slip.from))?
        .set(3, "account", 14, &format!("IK{}", slip.to.number()))?
        .set(4, "amount", 18, &slip.amount.to_string())?
        .set(5, "pay date", 8, &slip.pay_on.format("%d%m%Y").to_string())?
        .set(6, "currency", 3, slip.amount.currency().code())?
        .set(13, "letter to the sender", 1, "N")?
        .set(20, "own text", 20, &beginning(slip.reference, 20))?
        .set(22, "message", 20, &beginning(slip.text, 20))?
        .set(23, "kind of slip", 2, slip.to.kind.as_str())?
        .set(24, "payment id", 19, slip.payment_id)?
        .set(27, "text on the payee's statement", SLIP_LINE, &first)?
        .set(28, "text on the payee's statement", SLIP_LINE, &second)?;
    Ok(columns.line())
}
