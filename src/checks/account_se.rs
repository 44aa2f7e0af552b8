//! Swedish accounts: the clearing number of the bank and the account there, and the giro numbers.
//!
//! How long an account is and what its check digit covers depends on the clearing number. Source: Bankgirot, "Bankernas uppbyggnad av
//! kontonummer" (types 1 and 2 with their comments), "10-modulen" and "11-modulen".

use super::spelling::{all_digits, digit_values, luhn_holds};
use crate::payment::{BANKGIRO_CLEARING, Country, DomesticAccount, PLUSGIRO_CLEARING};
use crate::phrase;
use crate::words::Phrase;

/// What the check digit says of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckDigit {
    Holds,
    Fails,
    /// It fails, but in a bank where some older accounts do.
    FailsAsSomeDo,
}

/// How a clearing number's accounts are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Type 1, comment 1: seven digits, modulus 11 with the last three of the clearing number.
    SevenWithThree,
    /// Type 1, comment 2: seven digits, modulus 11 with the whole clearing number.
    SevenWithFour,
    /// Type 2, comment 1: ten digits, modulus 10.
    Ten,
    /// Type 2, comment 2: Handelsbanken, eight or nine digits, modulus 11.
    Handelsbanken,
    /// Type 2, comment 3: Swedbank, up to ten digits, modulus 10; the clearing number may have a fifth digit.
    Swedbank,
    /// Type 2, comment 3: Plusgirot at Nordea, up to ten digits, modulus 10.
    Plusgirot,
}

/// Clearing numbers, first to last, and how accounts are built there.
const SERIES: &[(u16, u16, Kind)] = {
    use Kind::*;
    &[
        (1100, 2099, SevenWithThree),
        (2300, 2399, SevenWithFour),
        (2400, 2499, SevenWithThree),
        (3000, 3299, SevenWithThree),
        (3300, 3300, Ten),
        (3301, 3409, SevenWithThree),
        (3410, 3781, SevenWithThree),
        (3782, 3782, Ten),
        (3783, 3999, SevenWithThree),
        (4000, 4999, SevenWithFour),
        (5000, 5999, SevenWithThree),
        (6000, 6999, Handelsbanken),
        (7000, 7999, SevenWithThree),
        (8000, 8999, Swedbank),
        (9020, 9029, SevenWithFour),
        (9040, 9049, SevenWithFour),
        (9060, 9079, SevenWithThree),
        (9100, 9109, SevenWithFour),
        (9120, 9124, SevenWithThree),
        (9130, 9149, SevenWithThree),
        (9150, 9169, SevenWithFour),
        (9170, 9179, SevenWithThree),
        (9180, 9189, Ten),
        (9190, 9199, SevenWithFour),
        (9230, 9239, SevenWithThree),
        (9250, 9259, SevenWithThree),
        (9260, 9269, SevenWithFour),
        (9270, 9289, SevenWithThree),
        (9300, 9349, Ten),
        (9390, 9399, SevenWithFour),
        (9460, 9469, SevenWithThree),
        (9470, 9479, SevenWithFour),
        (9500, 9549, Plusgirot),
        (9550, 9569, SevenWithFour),
        (9570, 9579, Ten),
        (9580, 9589, SevenWithThree),
        (9590, 9599, SevenWithFour),
        (9630, 9639, SevenWithThree),
        (9640, 9649, SevenWithFour),
        (9660, 9679, SevenWithFour),
        (9680, 9689, SevenWithThree),
        (9700, 9719, SevenWithFour),
        (9750, 9759, SevenWithFour),
        (9780, 9789, SevenWithFour),
        (9880, 9889, SevenWithFour),
        (9890, 9899, Ten),
        (9960, 9969, Plusgirot),
    ]
};

type Fault = Phrase;

const NOT_DIGITS: Fault = phrase!("it holds something other than digits");
const NO_BANK: Fault = phrase!("no Swedish bank has this clearing number");
const LENGTH: Fault = phrase!("it does not have as many digits as this bank's accounts");
const WHERE_IT_ENDS: Fault = phrase!("nobody can tell where the clearing number ends; write a hyphen after it");
const GIRO_LENGTH: Fault = phrase!("a bankgiro has seven or eight digits, a plusgiro two to eight");
const GIRO_OR_ACCOUNT: Fault =
    phrase!("it may be a giro or an account; write BG before a bankgiro, PG before a plusgiro");

/// Reads an account whose clearing number stands before it: `8327-9, 123 456 789-0`, `BG 5050-1055`, `PG 4-2`.
pub(super) fn read(text: &str) -> Result<(DomesticAccount, CheckDigit), Fault> {
    let lower = text.to_ascii_lowercase();
    for (prefix, bank) in [
        ("bankgiro", BANKGIRO_CLEARING),
        ("bg", BANKGIRO_CLEARING),
        ("plusgiro", PLUSGIRO_CLEARING),
        ("pg", PLUSGIRO_CLEARING),
    ] {
        if let Some(number) = lower.strip_prefix(prefix) {
            return giro(bank, number.trim_start_matches([':', '.', ' ', '-']));
        }
    }
    let groups = groups(text)?;
    let rest = |from: usize| groups.iter().skip(from).copied().collect::<String>();
    match groups[..] {
        [one] => joined(one),
        // A bankgiro, but for the banks whose accounts may be as short.
        [first, second] if (3..=4).contains(&first.len()) && second.len() == 4 => match kind_of(first) {
            Some(Kind::Swedbank | Kind::Plusgirot) => Err(GIRO_OR_ACCOUNT),
            _ => giro(BANKGIRO_CLEARING, text),
        },
        [clearing, ..] if clearing.len() == 5 => account(clearing, &rest(1)),
        [clearing, fifth, _, ..] if fifth.len() == 1 && kind_of(clearing) == Some(Kind::Swedbank) => {
            account(&format!("{clearing}{fifth}"), &rest(2))
        }
        [clearing, ..] if clearing.len() == 4 => repeated(clearing, &rest(1)),
        _ => Err(WHERE_IT_ENDS),
    }
}

/// Reads an account beside its clearing number, which it may repeat.
pub(super) fn read_beside(clearing: &str, text: &str) -> Result<(DomesticAccount, CheckDigit), Fault> {
    repeated(&groups(clearing)?.concat(), &groups(text)?.concat())
}

/// The clearing number may stand once more before the account, as people write Nordea's personal accounts. No account has fourteen digits.
fn repeated(clearing: &str, number: &str) -> Result<(DomesticAccount, CheckDigit), Fault> {
    match number.strip_prefix(clearing).filter(|_| number.len() >= 14) {
        Some(rest) => account(clearing, rest),
        None => account(clearing, number),
    }
}

/// Digits in groups, as people part them.
fn groups(text: &str) -> Result<Vec<&str>, Fault> {
    let groups: Vec<&str> = text.split(['-', ' ', '.', ',']).filter(|group| !group.is_empty()).collect();
    if groups.iter().all(|group| all_digits(group)) && !groups.is_empty() { Ok(groups) } else { Err(NOT_DIGITS) }
}

/// All digits in a row: read only where the bank's accounts have one length.
fn joined(digits: &str) -> Result<(DomesticAccount, CheckDigit), Fault> {
    let (clearing, number) = digits.split_at_checked(4).ok_or(LENGTH)?;
    match kind_of(clearing) {
        Some(Kind::Swedbank | Kind::Plusgirot) => Err(WHERE_IT_ENDS),
        _ => account(clearing, number),
    }
}

fn kind_of(clearing: &str) -> Option<Kind> {
    let number: u16 = clearing.parse().ok().filter(|_| clearing.len() == 4)?;
    SERIES.iter().find(|(first, last, _)| (*first..=*last).contains(&number)).map(|(.., kind)| *kind)
}

fn account(clearing: &str, number: &str) -> Result<(DomesticAccount, CheckDigit), Fault> {
    let (bank, fifth) = clearing.split_at_checked(4).ok_or(NO_BANK)?;
    let kind = kind_of(bank).ok_or(NO_BANK)?;
    if !fifth.is_empty() && (kind != Kind::Swedbank || fifth.len() > 1) {
        return Err(NO_BANK);
    }
    let lengths = match kind {
        Kind::SevenWithThree | Kind::SevenWithFour => 7..=7,
        Kind::Ten => 10..=10,
        Kind::Handelsbanken => 8..=9,
        Kind::Swedbank => 6..=10,
        Kind::Plusgirot => 2..=10,
    };
    if !lengths.contains(&number.len()) {
        return Err(LENGTH);
    }
    let check = check_digit(kind, bank, fifth, number);
    let width = *lengths.end();
    // Plusgirot's numbers are written as they are; the others are filled up with zeros.
    let number = if kind == Kind::Plusgirot { number.to_owned() } else { format!("{number:0>width$}") };
    Ok((DomesticAccount { country: Country::Se, bank: bank.into(), number: number.into() }, check))
}

fn check_digit(kind: Kind, bank: &str, fifth: &str, number: &str) -> CheckDigit {
    let all = digit_values(&format!("{bank}{number}"));
    let own = digit_values(number);
    let holds = match kind {
        Kind::SevenWithThree => modulus_11_holds(all.get(1..).unwrap_or_default()),
        Kind::SevenWithFour => modulus_11_holds(&all),
        Kind::Handelsbanken => modulus_11_holds(&own),
        Kind::Ten | Kind::Swedbank | Kind::Plusgirot => luhn_holds(&own),
    };
    let clearing_holds = fifth.is_empty() || luhn_holds(&digit_values(&format!("{bank}{fifth}")));
    match (clearing_holds, holds, kind) {
        (true, true, _) => CheckDigit::Holds,
        (true, false, Kind::Swedbank) => CheckDigit::FailsAsSomeDo,
        _ => CheckDigit::Fails,
    }
}

/// Weights 1, 2 … 10, 1 from the right.
fn modulus_11_holds(digits: &[u32]) -> bool {
    let sum: u32 = digits.iter().rev().zip((1..=10).cycle()).map(|(digit, weight)| digit * weight).sum();
    sum.is_multiple_of(11)
}

fn giro(bank: &str, written: &str) -> Result<(DomesticAccount, CheckDigit), Fault> {
    let number = groups(written)?.concat();
    let lengths = if bank == BANKGIRO_CLEARING { 7..=8 } else { 2..=8 };
    if !lengths.contains(&number.len()) {
        return Err(GIRO_LENGTH);
    }
    let check = if luhn_holds(&digit_values(&number)) { CheckDigit::Holds } else { CheckDigit::Fails };
    Ok((DomesticAccount { country: Country::Se, bank: bank.into(), number: number.into() }, check))
}

#[cfg(test)]
mod tests {
    use super::CheckDigit::*;
    use super::*;

    fn shown(read: Result<(DomesticAccount, CheckDigit), Fault>) -> Result<(String, CheckDigit), Fault> {
        read.map(|(account, check)| (format!("{}-{}", account.bank, account.number), check))
    }

    /// Made-up accounts that public validators of Swedish accounts are tested with.
    #[test]
    fn accounts_of_every_type_are_read_and_checked() {
        let table = [
            ("9071-4172383", "9071-4172383", Holds),
            ("9661-1231236", "9661-1231236", Holds),
            ("97891111113", "9789-1111113", Holds),
            ("9180-1234567897", "9180-1234567897", Holds),
            ("3300 000620-5124", "3300-0006205124", Holds),
            ("3300-3300 0006205124", "3300-0006205124", Holds),
            ("6789123456789", "6789-123456789", Holds),
            ("6875-123123127", "6875-123123127", Holds),
            ("9960-1231231232", "9960-1231231232", Holds),
            ("8424-4,983 189 224-6", "8424-9831892246", Holds),
            ("8351-9, 392 242 224-5", "8351-3922422245", Holds),
            // A group of one digit belongs to the clearing number of a savings bank alone.
            ("8351 392 242 224-5", "8351-3922422245", Holds),
            ("3300 0 006205124", "3300-0006205124", Holds),
            ("8129-9,043 386 711-6", "8129-0433867116", Holds),
            ("81299-433867116", "8129-0433867116", Holds),
            ("9071-4172384", "9071-4172384", Fails),
            ("9661-1231235", "9661-1231235", Fails),
            ("6789123456788", "6789-123456788", Fails),
            ("9180-1234567890", "9180-1234567890", Fails),
            ("8424-1,983 189 224-6", "8424-9831892246", Fails),
            ("8424-4,983 189 224-5", "8424-9831892245", FailsAsSomeDo),
        ];
        for (written, expected, check) in table {
            assert_eq!(shown(read(written)), Ok((expected.to_owned(), check)), "{written}");
        }
    }

    #[test]
    fn giro_numbers_are_known_by_their_prefix_or_their_shape() {
        let table = [
            ("BG 5050-1055", "9900-50501055", Holds),
            ("bankgiro: 991-2346", "9900-9912346", Holds),
            ("5050-1055", "9900-50501055", Holds),
            ("BG 5050-1056", "9900-50501056", Fails),
            ("PG 28 65 43-4", "9960-2865434", Holds),
            ("plusgiro 4-2", "9960-42", Holds),
            ("PG 4-1", "9960-41", Fails),
        ];
        for (written, expected, check) in table {
            assert_eq!(shown(read(written)), Ok((expected.to_owned(), check)), "{written}");
        }
    }

    #[test]
    fn what_could_be_another_account_is_refused() {
        let table = [
            ("8424498318922", WHERE_IT_ENDS),
            ("99601231231232", WHERE_IT_ENDS),
            ("12 34 567", WHERE_IT_ENDS),
            ("8424-1234", GIRO_OR_ACCOUNT),
            ("9071-417238", LENGTH),
            ("9071-41723830", LENGTH),
            ("6875-2015555", LENGTH),
            ("9180-12345678972", LENGTH),
            ("9960-123123123123", LENGTH),
            ("123", LENGTH),
            ("1000-1234567", NO_BANK),
            ("90711-4172383", NO_BANK),
            ("9071-417238A", NOT_DIGITS),
            ("--", NOT_DIGITS),
            ("BG 505-105", GIRO_LENGTH),
            ("PG 1", GIRO_LENGTH),
        ];
        for (written, fault) in table {
            assert_eq!(shown(read(written)), Err(fault), "{written}");
        }
    }

    #[test]
    fn the_clearing_number_may_stand_in_its_own_cell_and_be_repeated() {
        let table = [
            ("9071", "4172383", Ok(("9071-4172383", Holds))),
            ("8424-4", "983 189 224-6", Ok(("8424-9831892246", Holds))),
            ("3300", "33000006205124", Ok(("3300-0006205124", Holds))),
            ("3300", "0006205124", Ok(("3300-0006205124", Holds))),
            ("9071", "417238", Err(LENGTH)),
            ("907", "4172383", Err(NO_BANK)),
            ("842441", "983 189 224-6", Err(NO_BANK)),
            ("", "4172383", Err(NOT_DIGITS)),
        ];
        for (clearing, number, expected) in table {
            let expected = expected.map(|(account, check)| (account.to_owned(), check));
            assert_eq!(shown(read_beside(clearing, number)), expected, "{clearing} {number}");
        }
    }

    #[test]
    fn the_series_stand_in_order_and_do_not_overlap() {
        assert!(SERIES.iter().all(|(first, last, _)| first <= last));
        assert!(SERIES.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }
}
