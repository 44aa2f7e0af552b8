//! Norwegian accounts: eleven digits, four of the bank, two of the kind, four of the customer, and a check digit.
//!
//! Source: Bits, "Kontonummer og KID": modulus 11 with the weights 5 4 3 2 7 6 5 4 3 2. The old postal giro, whose accounts begin with four
//! zeros, checks the last seven digits by modulus 10.

use super::spelling::{all_digits, digit_values, luhn_holds, weighted_sum};
use crate::payment::{Country, DomesticAccount};
use crate::phrase;
use crate::words::Phrase;

const WEIGHTS: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

type Fault = Phrase;

const NOT_DIGITS: Fault = phrase!("it holds something other than digits");
const NOT_ELEVEN: Fault =
    phrase!("a Norwegian account has eleven digits, and a lost zero would make it another account");

/// Reads `8601 11 17947`, `8601.11.17947` or `86011117947`, and says whether the check digit holds.
pub(super) fn read(text: &str) -> Result<(DomesticAccount, bool), Fault> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    if !all_digits(&digits) {
        return Err(NOT_DIGITS);
    }
    let (bank, number) = digits.split_at_checked(4).filter(|_| digits.len() == 11).ok_or(NOT_ELEVEN)?;
    let holds = match bank {
        "0000" => luhn_holds(&digit_values(number)) && number.contains(|c| c != '0'),
        _ => weighted_sum(&digit_values(&digits), &WEIGHTS).is_multiple_of(11),
    };
    Ok((DomesticAccount { country: Country::No, bank: bank.into(), number: number.into() }, holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_eleven_digits_of_which_the_last_checks() {
        let table = [
            ("86011117947", Ok(("8601-1117947", true))),
            ("8601 11 17947", Ok(("8601-1117947", true))),
            ("8601.11.17947", Ok(("8601-1117947", true))),
            ("86011117948", Ok(("8601-1117948", false))),
            ("86011171947", Ok(("8601-1171947", false))),
            ("0000 0810 141", Ok(("0000-0810141", false))),
            ("0000 0810 143", Ok(("0000-0810143", true))),
            ("00000000000", Ok(("0000-0000000", false))),
            ("8601111794", Err(NOT_ELEVEN)),
            ("860111179470", Err(NOT_ELEVEN)),
            ("", Err(NOT_DIGITS)),
            ("8601 11 1794A", Err(NOT_DIGITS)),
        ];
        for (written, expected) in table {
            let read = read(written).map(|(account, holds)| (format!("{}-{}", account.bank, account.number), holds));
            assert_eq!(read, expected.map(|(text, holds)| (text.to_owned(), holds)), "{written}");
        }
    }

    #[test]
    fn one_wrong_digit_is_always_noticed() {
        for at in 0..11 {
            for digit in '0'..='9' {
                let mut changed: Vec<char> = "86011117947".chars().collect();
                let right = std::mem::replace(&mut changed[at], digit) == digit;
                let changed: String = changed.into_iter().collect();
                assert_eq!(read(&changed).map(|(_, holds)| holds), Ok(right), "{changed}");
            }
        }
    }
}
