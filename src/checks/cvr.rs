//! The Danish central business register number, CVR: eight digits. Greenland's organisations are in it; Faroese ones may be.
//!
//! Source: Erhvervsstyrelsen; the check is modulus 11 over all eight digits.

use super::spelling::{all_digits, compact, digit_values, weighted_sum};
use super::{Code, Judged, shown};
use crate::payment::{Country, PersonId, PersonKind};
use crate::recipient_list::Column::OrganisationId as COLUMN;
use crate::say;

const WEIGHTS: [u32; 8] = [2, 7, 6, 5, 4, 3, 2, 1];

/// Reads `80050410`, `80 05 04 10`, and the VAT form `DK80050410`.
pub(super) fn judge(written: &str) -> Judged<PersonId> {
    let compact = compact(written);
    let number = compact.strip_prefix("DK").or_else(|| compact.strip_prefix("dk")).unwrap_or(&compact);
    if !all_digits(number) || number.len() != 8 || number.starts_with('0') {
        let message = say!(
            "{shown} is no CVR number: it has eight digits and does not begin with 0, as in 80050410.",
            shown = shown::quoted_id(written)
        );
        return Judged::wrong(Code::IdMalformed, COLUMN, message);
    }
    if !weighted_sum(&digit_values(number), &WEIGHTS).is_multiple_of(11) {
        let message = say!(
            "{shown} is no CVR number: its check digit is wrong. Compare it with the source.",
            shown = shown::quoted(written)
        );
        return Judged::wrong(Code::IdChecksum, COLUMN, message);
    }
    Judged::sound(PersonId::new(Country::Dk, PersonKind::Organisation, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cvr_numbers_are_read_and_judged() {
        let table = [
            ("80050410", Ok("80050410")),
            ("13585628", Ok("13585628")),
            ("80 05 04 10", Ok("80050410")),
            ("DK80050410", Ok("80050410")),
            ("８００５０４１０", Ok("80050410")),
            ("80050411", Err(Code::IdChecksum)),
            ("08005041", Err(Code::IdMalformed)),
            ("8005041", Err(Code::IdMalformed)),
            ("800504100", Err(Code::IdMalformed)),
            ("8005041x", Err(Code::IdMalformed)),
            ("DK", Err(Code::IdMalformed)),
        ];
        for (written, expected) in table {
            let judged = judge(written);
            assert_eq!(judged.value.as_ref().map(PersonId::whole), expected.ok(), "{written}");
            assert_eq!(judged.problems.first().map(|p| p.code), expected.err(), "{written}");
        }
    }
}
