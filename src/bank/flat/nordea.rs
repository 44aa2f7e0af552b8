//! Nordea's CSV (Unitel): 94 columns, no start and no end; payment type 45 is a domestic transfer.
//!
//! Source: the field table of Business Central's Danish localisation.

use super::record::{Columns, TooLong, beginning, lines};
use super::{Transfer, fourteen};

/// Characters of the payee's name.
pub const NAME: usize = 35;
/// Characters of the two message lines.
pub const TEXT: usize = 2 * LINE;

const LINE: usize = 35;
const COLUMNS: usize = 94;

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
