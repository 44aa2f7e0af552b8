//! Made-up accounts: most at the payer's own bank, a few elsewhere, a few written as IBAN.

use crate::payment::Country;

use super::chance::{Dice, Purpose, Shuffle};

/// A registration number and the account there, and whether its owner gave it as an IBAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BankAccount {
    pub(super) reg_no: u16,
    /// Eight digits; banks write ten, with zeros in front.
    pub(super) number: u64,
    /// The country of the bank.
    pub(super) country: Country,
    pub(super) as_iban: bool,
}

/// Eight digits that do not begin with a zero: room for ninety million.
const FIRST: u64 = 10_000_000;
const ROOM: u64 = 90_000_000;

/// Four-digit registration numbers away from home.
const ELSEWHERE: [u16; 3] = [3000, 4420, 9570];

#[derive(Clone, Copy, Debug)]
pub(super) struct AccountSeries {
    seed: u64,
    home: Country,
    order: Shuffle,
}

impl AccountSeries {
    pub(super) fn new(seed: u64, home: Country) -> Self {
        Self { seed, home, order: Shuffle::new(seed, Purpose::Accounts, 0, ROOM) }
    }

    /// The account of the person at `place` among all lists; no two places share one.
    pub(super) fn at(&self, place: u64) -> BankAccount {
        let mut dice = Dice::at(self.seed, Purpose::AccountForm, 0, place);
        let (home, home_reg_no) = home_bank(self.home);
        let (country, reg_no) =
            if dice.one_in(25) { (Country::Dk, dice.pick(&ELSEWHERE)) } else { (home, home_reg_no) };
        BankAccount { reg_no, number: FIRST + self.order.at(place), country, as_iban: dice.one_in(20) }
    }
}

/// The bank that most people of the place use. 6471 is GrønlandsBANKEN.
fn home_bank(payer: Country) -> (Country, u16) {
    match payer {
        Country::Dk => (Country::Dk, 2999),
        Country::Fo => (Country::Fo, 6460),
        _ => (Country::Gl, 6471),
    }
}

impl BankAccount {
    /// Registration number and account as one number of fourteen digits.
    fn bban(self) -> u64 {
        u64::from(self.reg_no) * 10_000_000_000 + self.number
    }

    /// `6471-0012345678`
    pub(super) fn with_hyphen(self) -> String {
        format!("{:04}-{:010}", self.reg_no, self.number)
    }

    /// The IBAN in electronic form, its check digits worked out by ISO 13616.
    pub(super) fn iban(self) -> String {
        self.iban_with(self.check_digits())
    }

    /// As [`iban`](Self::iban), with check digits off by one.
    pub(super) fn mistyped_iban(self) -> String {
        let right = self.check_digits();
        self.iban_with(if right == 98 { 97 } else { right + 1 })
    }

    fn iban_with(self, check_digits: u128) -> String {
        format!("{}{check_digits:02}{:014}", self.country, self.bban())
    }

    fn check_digits(self) -> u128 {
        let letters = self.country.code().bytes().fold(0, |sum, letter| sum * 100 + u128::from(letter - b'A' + 10));
        98 - (u128::from(self.bban()) * 1_000_000 + letters * 100) % 97
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_carry_the_check_digits_of_iso_13616() {
        let table = [
            (6471, 1_000_206, Country::Gl, "GL8964710001000206"),
            (6471, 1_234_567, Country::Gl, "GL4064710001234567"),
            (6460, 1_631_634, Country::Fo, "FO6264600001631634"),
            (40, 440_116_243, Country::Dk, "DK5000400440116243"),
        ];
        for (reg_no, number, country, iban) in table {
            let account = BankAccount { reg_no, number, country, as_iban: true };
            assert_eq!(account.iban(), iban);
            assert_ne!(account.mistyped_iban(), iban);
        }
    }

    #[test]
    fn accounts_are_mostly_at_home_and_never_shared() {
        let series = AccountSeries::new(1, Country::Gl);
        let accounts: Vec<BankAccount> = (0..5000).map(|place| series.at(place)).collect();
        let mut numbers: Vec<u64> = accounts.iter().map(|account| account.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), accounts.len());
        let home = accounts.iter().filter(|account| account.reg_no == 6471).count();
        assert!((4700..4900).contains(&home), "{home}");
        assert!(accounts.iter().any(|a| a.as_iban && a.country == Country::Gl));
        assert!(accounts.iter().any(|a| a.as_iban && a.country == Country::Dk));
    }
}
