//! How much: an amount that is read without a guess, above zero, and within the workspace's limit unless a person decides otherwise.

use super::spelling::plain;
use super::{Code, Judged, Terms, shown};
use crate::payment::Amount;
use crate::recipient_list::Column::Amount as COLUMN;
use crate::recipient_list::{AmountError, Instruction, read_amount};
use crate::say;
use crate::words::Message;

/// The amount wherever it could be read, and what the rule makes of it.
pub(super) fn check(instruction: &Instruction, terms: &Terms) -> (Option<Amount>, Judged<Amount>) {
    let written = instruction.cell(COLUMN);
    match read_amount(written, terms.amount_style, terms.currency) {
        Ok(amount) => (Some(amount), judge(amount, terms)),
        Err(error) => (None, unreadable(written, error)),
    }
}

fn judge(amount: Amount, terms: &Terms) -> Judged<Amount> {
    let limit = terms.payment_limit;
    if amount.minor_units() <= 0 {
        let message = say!("The amount is {amount}. Only an amount above zero can be paid.", amount);
        return Judged::wrong(Code::AmountNotPositive, COLUMN, message);
    }
    if terms.door.is_too_large(amount) {
        let message = say!(
            "{amount} is more than the bank takes in one payment through the profile “{profile}”. Pay it in parts, each with a `part` of its own.",
            amount,
            profile = &terms.door.profile.name
        );
        return Judged::wrong(Code::AmountBankLimit, COLUMN, message);
    }
    if terms.door.is_too_large_for_a_file(amount) {
        let message = say!(
            "{amount} alone is more than the bank takes in one file through the profile “{profile}”. Pay it in parts, each with a `part` of its own.",
            amount,
            profile = &terms.door.profile.name
        );
        return Judged::wrong(Code::AmountBankLimit, COLUMN, message);
    }
    let judged = Judged::sound(amount);
    if amount.minor_units() <= limit.minor_units() {
        return judged;
    }
    let message = say!(
        "{amount} is over the limit of {limit} for one payment. Decide `pay` or `drop` in a decisions file.",
        amount,
        limit
    );
    judged.noting(Code::AmountLimit, COLUMN, message)
}

fn unreadable(written: &str, error: AmountError) -> Judged<Amount> {
    let shown = shown::quoted(written);
    let (code, message) = match error {
        AmountError::Missing => (Code::AmountMissing, say!("The row has no amount.")),
        AmountError::Malformed => {
            (Code::AmountMalformed, say!("{shown} is no amount. Write it as 1234,50 or 1.234,50 or 1234.50.", shown))
        }
        AmountError::Precision => (
            Code::AmountPrecision,
            say!("{shown} has more than two decimals. Round it to whole øre at its source.", shown),
        ),
        AmountError::Ambiguous => (Code::AmountAmbiguous, ambiguous(written)),
    };
    Judged::wrong(code, COLUMN, message)
}

/// `1.234` in its two readings: the mark as it parts thousands, and as it parts decimals.
fn ambiguous(written: &str) -> Message {
    let text = plain(written);
    let is_mark = |c: char| c == '.' || c == ',';
    let figure: String = text.chars().filter(|c| c.is_ascii_digit() || is_mark(*c)).collect();
    let figure = figure.trim_matches(is_mark);
    let (whole, decimals) = figure.rsplit_once(is_mark).unwrap_or((figure, ""));
    say!(
        "{shown} can be {thousands}.00 or {whole}.{decimals}, and nothing else in the column tells which. Write it with two decimals.",
        shown = shown::quoted(written),
        thousands = figure.replace(is_mark, ""),
        whole = whole.replace(is_mark, ""),
        decimals
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::tests::terms;

    #[test]
    fn amounts_are_judged() {
        // written, minor units read, code; the limit is 100.000,00
        let table = [
            ("1.234,56", Some(123_456), None),
            ("0,01", Some(1), None),
            ("100.000,00", Some(10_000_000), None),
            ("100.000,01", Some(10_000_001), Some(Code::AmountLimit)),
            ("0,00", Some(0), Some(Code::AmountNotPositive)),
            ("-5,00", Some(-500), Some(Code::AmountNotPositive)),
            ("", None, Some(Code::AmountMissing)),
            ("tolv", None, Some(Code::AmountMalformed)),
            ("1.234", None, Some(Code::AmountAmbiguous)),
            ("1,2345", None, Some(Code::AmountPrecision)),
        ];
        for (written, minor_units, code) in table {
            let (read, judged) = check(&Instruction::for_test(&[(COLUMN, written)]), &terms());
            assert_eq!(read.map(Amount::minor_units), minor_units, "{written}");
            assert_eq!(judged.problems.first().map(|p| p.code), code, "{written}");
            let payable = code.is_none() || code == Some(Code::AmountLimit);
            assert_eq!(judged.value.is_some(), payable, "{written}");
        }
    }

    #[test]
    fn an_ambiguous_amount_is_shown_in_both_readings() {
        for written in ["1.234", "1,234", "kr. 1.234", "-1.234", "１．２３４"] {
            let message = ambiguous(written);
            assert!(message.contains("can be 1234.00 or 1.234, and"), "{message}");
        }
    }
}
