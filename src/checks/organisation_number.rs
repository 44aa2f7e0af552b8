//! Organisation numbers of Sweden (organisationsnummer), Norway (organisasjonsnummer) and Finland (Y-tunnus). Denmark's is in `cvr`.
//!
//! Sources: Skatteverket SKV 709 (ten digits, Luhn, the third at least 2); Brønnøysundregistrene (nine digits, modulus 11); Finnish Tax
//! Administration (`1234567-8`, modulus 11).

use super::spelling::{all_digits, compact, digit_values, luhn_holds, weighted_sum};
use super::{Code, Judged, shown};
use crate::payment::{Country, PersonId, PersonKind};
use crate::phrase;
use crate::recipient_list::Column::OrganisationId as COLUMN;
use crate::say;

const NORWEGIAN_WEIGHTS: [u32; 9] = [3, 2, 7, 6, 5, 4, 3, 2, 1];
const FINNISH_WEIGHTS: [u32; 8] = [7, 9, 10, 5, 8, 4, 2, 1];

pub(super) fn judge(written: &str, country: Country) -> Judged<PersonId> {
    let number: String = compact(written).chars().filter(|c| *c != '-').collect();
    let digits = digit_values(&number);
    let (length, checks, example) = match country {
        Country::Se => (10, luhn_holds(&digits), phrase!("ten digits, as in 212000-0142")),
        Country::No => {
            (9, weighted_sum(&digits, &NORWEGIAN_WEIGHTS).is_multiple_of(11), phrase!("nine digits, as in 974760673"))
        }
        _ => (
            8,
            weighted_sum(&digits, &FINNISH_WEIGHTS).is_multiple_of(11),
            phrase!("seven digits and one, as in 0201256-6"),
        ),
    };
    let is_organisation = country != Country::Se || digits.get(2).is_some_and(|third| *third >= 2);
    if !all_digits(&number) || number.len() != length || !is_organisation {
        let message =
            say!("{shown} is no organisation number: it has {example}.", shown = shown::quoted_id(written), example);
        return Judged::wrong(Code::IdMalformed, COLUMN, message);
    }
    if !checks {
        let message =
            say!("The check digit of {shown} is wrong. Compare it with the source.", shown = shown::quoted_id(written));
        return Judged::wrong(Code::IdChecksum, COLUMN, message);
    }
    Judged::sound(PersonId::new(country, PersonKind::Organisation, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisation_numbers_are_read_and_judged() {
        let table = [
            ("212000-0142", Country::Se, Ok("2120000142")),
            ("2120000143", Country::Se, Err(Code::IdChecksum)),
            // A person's: the third digit of an organisation's is at least 2.
            ("8112189876", Country::Se, Err(Code::IdMalformed)),
            ("974 760 673", Country::No, Ok("974760673")),
            ("974760674", Country::No, Err(Code::IdChecksum)),
            ("97476067", Country::No, Err(Code::IdMalformed)),
            ("0201256-6", Country::Fi, Ok("02012566")),
            ("0201256-7", Country::Fi, Err(Code::IdChecksum)),
            ("", Country::Fi, Err(Code::IdMalformed)),
        ];
        for (written, country, expected) in table {
            let judged = judge(written, country);
            assert_eq!(judged.problems.first().map(|p| p.code), expected.err(), "{written}");
            assert_eq!(judged.value.as_ref().map(PersonId::whole), expected.ok(), "{written}");
        }
    }
}
