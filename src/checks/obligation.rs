//! What for: scheme, period and part, from the row or from the command.

use super::{Code, Judged, shown};
use crate::payment::{Part, Period, PeriodError, Scheme};
use crate::phrase;
use crate::recipient_list::{Column, Instruction};
use crate::say;
use crate::words::Phrase;

pub(super) fn scheme(written: &str, default: Option<&Scheme>) -> Judged<Scheme> {
    match Scheme::new(written).or_else(|| default.cloned()) {
        Some(scheme) => Judged::sound(scheme),
        None => Judged::wrong(
            Code::SchemeMissing,
            Column::Scheme,
            say!("The row does not say which benefit it pays. Fill in the column or give --scheme."),
        ),
    }
}

pub(super) fn period(written: &str, default: Option<Period>) -> Judged<Period> {
    match (written, default) {
        ("", Some(period)) => Judged::sound(period),
        ("", None) => Judged::wrong(
            Code::PeriodMissing,
            Column::Period,
            say!("The row does not say which period it pays for. Fill in the column or give --period."),
        ),
        (written, _) => match written.parse() {
            Ok(period) => Judged::sound(period),
            Err(reason) => {
                let message = say!(
                    "{shown} is no period: {reason}.",
                    shown = shown::quoted(written),
                    reason = why_no_period(reason)
                );
                Judged::wrong(Code::PeriodMalformed, Column::Period, message)
            }
        },
    }
}

/// Completes "is no period: …".
pub(crate) fn why_no_period(error: PeriodError) -> Phrase {
    match error {
        PeriodError::Malformed => {
            phrase!("write it as 2022-04, 2022-03..2022-04, 2022-W13, 2022-04-01..2022-04-14 or 2022")
        }
        PeriodError::NoSuchDate => phrase!("there is no such month, week or day"),
        PeriodError::Inverted => phrase!("it ends before it begins"),
    }
}

pub(crate) fn part(instruction: &Instruction) -> Part {
    Part::new(instruction.cell(Column::Part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_scheme_comes_before_the_commands() {
        let pension = Scheme::new("Alderspension");
        let table = [
            ("Barsel", pension.as_ref(), Some("Barsel")),
            ("", pension.as_ref(), Some("Alderspension")),
            ("", None, None),
            ("\u{7}", None, None),
        ];
        for (written, default, expected) in table {
            let judged = scheme(written, default);
            assert_eq!(judged.value.as_ref().map(Scheme::as_str), expected, "{written}");
            assert_eq!(judged.problems.first().map(|p| p.code), expected.is_none().then_some(Code::SchemeMissing));
        }
    }

    #[test]
    fn the_rows_period_comes_before_the_commands() {
        let april = "2022-04".parse::<Period>().ok();
        let table = [
            ("2022-03", april, Ok("2022-03")),
            ("", april, Ok("2022-04")),
            ("", None, Err(Code::PeriodMissing)),
            ("marts", april, Err(Code::PeriodMalformed)),
            ("2022-13", None, Err(Code::PeriodMalformed)),
            ("2022-04..2022-03", None, Err(Code::PeriodMalformed)),
        ];
        for (written, default, expected) in table {
            let judged = period(written, default);
            assert_eq!(judged.value.map(|p| p.to_string()).as_deref(), expected.ok(), "{written}");
            assert_eq!(judged.problems.first().map(|p| p.code), expected.err(), "{written}");
        }
    }
}
