//! Whether a report is about the payer's account, however the bank writes the account.

use super::item::ToldAccount;
use crate::payment::{Account, Country};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameAccount {
    Yes,
    /// The account number agrees and the bank's own number does not: the large Danish banks' IBANs carry another bank code than the
    /// registration number.
    ButForTheBankCode,
    No,
}

pub fn compare(payer: &Account, told: &ToldAccount) -> SameAccount {
    let (told, is_iban) = match told {
        ToldAccount::Unnamed => return SameAccount::No,
        ToldAccount::Iban(text) => (compact(text), true),
        ToldAccount::Other(text) => {
            let text = compact(text);
            let is_iban = looks_like_iban(&text);
            (text, is_iban)
        }
    };
    let told_identity = if is_iban { iban_identity(&told) } else { told.clone() };
    let own = payer.identity();
    let own_number = number_of(payer);
    let is_own = told_identity == own || payer.identity_otherwise().is_some_and(|other| other == told_identity);
    if is_own || (!is_iban && same_domestic(payer, &own_number, &told)) {
        return SameAccount::Yes;
    }
    let in_realm = own.starts_with("DK") && told_identity.starts_with("DK");
    let account_digits = |number: &str| number.len().checked_sub(10).and_then(|at| number.get(at..)).map(str::to_owned);
    if in_realm && own.len() == told_identity.len() && account_digits(&own) == account_digits(&told_identity) {
        return SameAccount::ButForTheBankCode;
    }
    SameAccount::No
}

/// Letters and digits only, in capitals.
fn compact(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

fn looks_like_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 15
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit)
}

/// As [`Account::identity`] makes it of an IBAN.
fn iban_identity(iban: &str) -> String {
    match (iban.get(..2), iban.get(4..)) {
        (Some("DK" | "GL" | "FO"), Some(rest)) => format!("DK{rest}"),
        _ => iban.to_owned(),
    }
}

/// The domestic part of the payer's account.
fn number_of(payer: &Account) -> String {
    match payer {
        Account::Iban(iban) => iban.as_str().get(4..).unwrap_or_default().to_owned(),
        Account::Domestic(account) => compact(&format!("{}{}", account.bank, account.number)),
        // Nobody pays from one.
        Account::Slip(slip) => slip.number().to_owned(),
    }
}

/// A domestic number in one of its spellings: whole, or with the leading zeros of bank or account left out.
fn same_domestic(payer: &Account, own: &str, told: &str) -> bool {
    // Seven digits is the shortest account number of the Nordic countries; anything shorter could be the tail of many.
    if told.len() < 7 {
        return false;
    }
    if own == told {
        return true;
    }
    match payer {
        Account::Domestic(account) if account.country.in_danish_realm() => unpadded_realm(own, told),
        Account::Iban(iban) if matches!(iban.country_code(), "DK" | "GL" | "FO") => unpadded_realm(own, told),
        // Swedish IBANs hold the account number at their end, filled with zeros from the left.
        Account::Iban(iban) if iban.country_code() == Country::Se.code() => {
            own.get(3..).is_some_and(|number| number.trim_start_matches('0') == told.trim_start_matches('0'))
        }
        _ => false,
    }
}

/// Four digits of registration number, and an account number without the zeros before it.
fn unpadded_realm(own: &str, told: &str) -> bool {
    match told.split_at_checked(4) {
        Some((bank, number)) if number.len() <= 10 => own == format!("{bank}{number:0>10}"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{DomesticAccount, Iban};

    fn domestic() -> Account {
        Account::Domestic(DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() })
    }

    #[test]
    fn one_account_is_known_in_every_spelling_and_another_is_not() {
        let iban = |text: &str| ToldAccount::Iban(text.into());
        let other = |text: &str| ToldAccount::Other(text.into());
        let swedish = Account::Iban(Iban::new_checked("SE4550000000058398257466"));
        let norwegian = Account::Iban(Iban::new_checked("NO9386011117947"));
        let by_digits =
            Account::Domestic(DomesticAccount { country: Country::No, bank: "8601".into(), number: "1117947".into() });
        let table = [
            (domestic(), iban("GL89 6471 0001 2345 67"), SameAccount::Yes),
            (domestic(), iban("DK8964710001234567"), SameAccount::Yes),
            (domestic(), other("6471-0001234567"), SameAccount::Yes),
            (domestic(), other("64710001234567"), SameAccount::Yes),
            (domestic(), other("6471 1234567"), SameAccount::Yes),
            (domestic(), other("GL8964710001234567"), SameAccount::Yes),
            (domestic(), iban("DK8930000001234567"), SameAccount::ButForTheBankCode),
            (domestic(), iban("DK8964710001234568"), SameAccount::No),
            (domestic(), other("6471-0001234568"), SameAccount::No),
            (domestic(), other("4567"), SameAccount::No),
            (domestic(), other(""), SameAccount::No),
            (domestic(), other("ÆØÅ"), SameAccount::No),
            (domestic(), ToldAccount::Unnamed, SameAccount::No),
            (norwegian.clone(), other("86011117947"), SameAccount::Yes),
            (norwegian.clone(), other("8601.11.17947"), SameAccount::Yes),
            (norwegian.clone(), other("86011117948"), SameAccount::No),
            (norwegian, iban("NO93 8601 1117 947"), SameAccount::Yes),
            (by_digits.clone(), iban("NO93 8601 1117 947"), SameAccount::Yes),
            (by_digits.clone(), other("NO9386011117947"), SameAccount::Yes),
            (by_digits.clone(), other("86011117947"), SameAccount::Yes),
            (by_digits.clone(), iban("NO2186011117955"), SameAccount::No),
            (by_digits, iban("NO9486011117947"), SameAccount::No),
            (swedish.clone(), other("58398257466"), SameAccount::Yes),
            (swedish, other("58398257467"), SameAccount::No),
        ];
        for (payer, told, expected) in table {
            assert_eq!(compare(&payer, &told), expected, "{told:?}");
        }
    }
}
