//! An account as somebody can read and type it: in groups.

use super::FIRST_WITH_GIROS;
use crate::payment::{Account, BANKGIRO_CLEARING, Country, PLUSGIRO_CLEARING};

/// Fields of a portal lie this far apart; digits of one group never do.
const GAP: &str = "  ";

/// `6471  0001 234 567`: the bank's number, then the account in groups; an IBAN in groups of four; a giro as its payee writes it, behind what a
/// portal asks for first, on sheets of a maker that has them.
pub fn in_groups(account: &Account, maker: u16) -> String {
    let giro = |country, bank: &str, clearing| country == Country::Se && bank == clearing && maker >= FIRST_WITH_GIROS;
    match account {
        Account::Iban(iban) => spaced(iban.as_str(), &mut std::iter::repeat(4)),
        // Written as Norwegians do, the bank's four digits first.
        Account::Domestic(account) if account.country == Country::No => {
            spaced(&format!("{}{}", account.bank, account.number), &mut [4, 2].into_iter().chain(std::iter::repeat(5)))
        }
        Account::Domestic(account) if giro(account.country, &account.bank, BANKGIRO_CLEARING) => {
            let (groups, last) = account.number.split_at(account.number.len().saturating_sub(4));
            format!("Bankgiro{GAP}{groups}-{last}")
        }
        Account::Domestic(account) if giro(account.country, &account.bank, PLUSGIRO_CLEARING) => {
            let (number, check) = account.number.split_at(account.number.len().saturating_sub(1));
            let first = if number.len() % 2 == 0 { 2 } else { 1 };
            let pairs = spaced(number, &mut std::iter::once(first).chain(std::iter::repeat(2)));
            format!("Plusgiro{GAP}{pairs}-{check}")
        }
        Account::Domestic(account) => {
            let number = in_threes(&account.number);
            if account.bank.is_empty() { number } else { format!("{}{GAP}{number}", account.bank) }
        }
        // The kind is chosen in the portal before the number is typed.
        Account::Slip(slip) => {
            format!("FIK{}{GAP}{}", slip.kind, spaced(slip.number(), &mut std::iter::repeat(4)))
        }
    }
}

/// In threes from the right, and a first group of up to four, so that none stands alone.
fn in_threes(number: &str) -> String {
    let length = number.len();
    let first = match length % 3 {
        _ if length <= 4 => length,
        0 => 3,
        1 => 4,
        rest => rest,
    };
    spaced(number, &mut std::iter::once(first).chain(std::iter::repeat(3)))
}

fn spaced(text: &str, sizes: &mut dyn Iterator<Item = usize>) -> String {
    let mut characters = text.chars().peekable();
    let mut groups = Vec::new();
    while characters.peek().is_some() {
        groups.push(characters.by_ref().take(sizes.next().unwrap_or(4)).collect::<String>());
    }
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{DomesticAccount, Iban, SlipKind, SlipPayee};

    #[test]
    fn accounts_stand_in_groups_and_lose_no_digit() {
        let domestic = |country, bank: &str, number: &str| {
            Account::Domestic(DomesticAccount { country, bank: bank.into(), number: number.into() })
        };
        let table = [
            (domestic(Country::Gl, "6471", "0001234567"), "6471  0001 234 567"),
            (domestic(Country::Se, "8105", "9044182521"), "8105  9044 182 521"),
            (domestic(Country::Se, "", "5050055"), "5050 055"),
            (domestic(Country::No, "8601", "1117947"), "8601 11 17947"),
            (domestic(Country::Se, "6112", "51234567"), "6112  51 234 567"),
            (domestic(Country::Se, "9900", "50501055"), "Bankgiro  5050-1055"),
            (domestic(Country::Se, "9900", "9910000"), "Bankgiro  991-0000"),
            (domestic(Country::Se, "9960", "2865434"), "Plusgiro  28 65 43-4"),
            (domestic(Country::Se, "9960", "4158"), "Plusgiro  4 15-8"),
            (domestic(Country::Se, "9960", "18"), "Plusgiro  1-8"),
            (Account::Iban(Iban::new_checked("GL8964710001000206")), "GL89 6471 0001 0002 06"),
            (Account::Slip(SlipPayee::new_checked(SlipKind::K73, "81234567")), "FIK73  8123 4567"),
        ];
        for (account, expected) in table {
            let grouped = in_groups(&account, FIRST_WITH_GIROS);
            assert_eq!(grouped, expected);
            let digits = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
            // The name of a giro stands for its clearing number.
            let written = digits(&grouped).replace("Bankgiro", "9900").replace("Plusgiro", "9960");
            assert_eq!(written, digits(&account.whole()));
        }
    }

    #[test]
    fn a_giro_stands_as_an_account_where_it_stood_so() {
        let account = |number: &str, bank: &str| {
            Account::Domestic(DomesticAccount { country: Country::Se, bank: bank.into(), number: number.into() })
        };
        assert_eq!(in_groups(&account("50501055", "9900"), FIRST_WITH_GIROS - 1), "9900  50 501 055");
        assert_eq!(in_groups(&account("4158", "9960"), FIRST_WITH_GIROS - 1), "9960  4158");
    }
}
