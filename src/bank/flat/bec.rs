//! BEC's banks: `ERH356`, a domestic transfer with the advice on the statement. 73 columns, no start and no end.
//!
//! Source: the field table of Business Central's Danish localisation. Column widths from the descriptions that accounting programs publish.

use super::record::{Columns, TooLong, beginning, lines};
use super::{Transfer, fourteen};

/// Characters of the payee's name.
pub const NAME: usize = 35;
/// Characters of the text: four of the advice lines.
pub const TEXT: usize = 4 * ADVICE;

const ADVICE: usize = 35;
const COLUMNS: usize = 73;
/// The first of the advice lines.
const FIRST_ADVICE: usize = 33;

pub(super) fn payment(transfer: &Transfer) -> Result<String, TooLong> {
    let columns = Columns::new(COLUMNS)
        .set(1, "payment type", 6, "ERH356")?
        .set(2, "from account", 14, &fourteen(transfer.from))?
        .set(3, "own reference", 20, &beginning(transfer.reference, 20))?
        .set(4, "account", 14, &fourteen(transfer.to))?
        .set(5, "name", NAME, transfer.name)?
        .set(9, "amount", 18, &transfer.amount.to_string().replace('.', ","))?
        .set(10, "pay date", 8, &transfer.pay_on.format("%d%m%Y").to_string())?
        .set(11, "short text", 20, &beginning(transfer.text, 20))?
        .set(20, "receipt", 1, "N")?;
    let text = lines(transfer.text, ADVICE);
    let columns = text
        .iter()
        .enumerate()
        .try_fold(columns, |columns, (at, line)| columns.set(FIRST_ADVICE + at, "advice line", ADVICE, line))?;
    Ok(columns.line())
}
