//! Danske Bank's `CMBO`: 28 columns, no start and no end. Has no room for a name.
//!
//! Source: the field table of Business Central's Danish localisation, whose present edition writes amounts with a decimal point; an older
//! one wrote a comma.

use super::record::{Columns, TooLong, beginning, lines};
use super::{Transfer, fourteen};

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
