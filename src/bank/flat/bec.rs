//! BEC's banks: `ERH356`, a domestic transfer with the advice on the statement, and `ERH351` to `ERH358`, payment slips. 73 columns, no start and
//! no end.
//!
//! Source: the field table of Business Central's Danish localisation, and for the kind 75 (`ERH358`) two public accounting programs that agree on the
//! number (Saldi, Uniconta). One of them fills the column of the creditor with blanks up to fourteen characters, which the table does not.
//! Column widths from the descriptions that accounting programs publish.

use super::record::{Columns, TooLong, beginning, lines, two_lines};
use super::{SLIP_LINE, SlipPayment, Transfer, fourteen};
use crate::payment::SlipKind;

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

pub(super) fn slip(slip: &SlipPayment) -> Result<String, TooLong> {
    let kind = slip.to.kind;
    let payment_type = match kind {
        SlipKind::K01 => "ERH354",
        SlipKind::K04 => "ERH352",
        SlipKind::K71 => "ERH351",
        SlipKind::K73 => "ERH357",
        SlipKind::K75 => "ERH358",
    };
    let register = if kind.is_giro() { "GIRO" } else { "FI" };
    let [first, second] = two_lines(slip.text)?;
    let columns = Columns::new(COLUMNS)
        .set(1, "payment type", 6, payment_type)?
        .set(2, "from account", 14, &fourteen(slip.from))?
        .set(3, "own reference", 20, &beginning(slip.reference, 20))?
        .set(4, "account", 14, &format!("{register}{}", slip.to.number()))?
        .set(5, "name", NAME, slip.name)?
        .set(9, "amount", 18, &slip.amount.to_string().replace('.', ","))?
        .set(10, "pay date", 8, &slip.pay_on.format("%d%m%Y").to_string())?
        .set(11, "kind of slip and payment id", 20, &format!("{kind}{}", slip.payment_id))?
        .set(20, "receipt", 1, "N")?
        .set(FIRST_ADVICE, "advice line", SLIP_LINE, &first)?
        .set(FIRST_ADVICE + 1, "advice line", SLIP_LINE, &second)?;
    Ok(columns.line())
}
