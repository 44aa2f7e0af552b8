//! Money: whole minor units (øre) of a known currency, added with checks, never a float.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use rust_decimal::Decimal;

/// The currencies that the Nordic bank files carry; all have two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Currency {
    Dkk,
    Eur,
    Nok,
    Sek,
}

impl Currency {
    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Currency::Dkk => "DKK",
            Currency::Eur => "EUR",
            Currency::Nok => "NOK",
            Currency::Sek => "SEK",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = ();

    /// Reads an ISO 4217 code in either case.
    fn from_str(text: &str) -> Result<Self, ()> {
        [Currency::Dkk, Currency::Eur, Currency::Nok, Currency::Sek]
            .into_iter()
            .find(|currency| currency.code().eq_ignore_ascii_case(text))
            .ok_or(())
    }
}

/// An amount in minor units. May be zero or negative: whether that can be paid is a check's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Amount {
    minor_units: i64,
    currency: Currency,
}

/// A sum left the range of 64-bit minor units, or mixed two currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amounts cannot be added: the sum is out of range or mixes currencies")]
pub struct AmountOverflow;

impl Amount {
    pub fn from_minor_units(minor_units: i64, currency: Currency) -> Self {
        Self { minor_units, currency }
    }

    pub fn zero(currency: Currency) -> Self {
        Self::from_minor_units(0, currency)
    }

    /// `None` where the decimal has more than two decimals that are not zero, or does not fit.
    pub fn from_decimal(decimal: Decimal, currency: Currency) -> Option<Self> {
        let minor = decimal.checked_mul(Decimal::ONE_HUNDRED)?;
        if !minor.is_integer() {
            return None;
        }
        Some(Self::from_minor_units(
            i64::try_from(minor.trunc().mantissa() / 10i128.pow(minor.trunc().scale())).ok()?,
            currency,
        ))
    }

    pub fn minor_units(self) -> i64 {
        self.minor_units
    }

    pub fn currency(self) -> Currency {
        self.currency
    }

    pub fn checked_add(self, other: Amount) -> Result<Amount, AmountOverflow> {
        if self.currency != other.currency {
            return Err(AmountOverflow);
        }
        let minor_units = self.minor_units.checked_add(other.minor_units).ok_or(AmountOverflow)?;
        Ok(Self { minor_units, ..self })
    }

    pub fn checked_sub(self, other: Amount) -> Result<Amount, AmountOverflow> {
        if self.currency != other.currency {
            return Err(AmountOverflow);
        }
        let minor_units = self.minor_units.checked_sub(other.minor_units).ok_or(AmountOverflow)?;
        Ok(Self { minor_units, ..self })
    }

    /// So many times the amount.
    pub fn checked_mul(self, times: u32) -> Result<Amount, AmountOverflow> {
        let minor_units = self.minor_units.checked_mul(times.into()).ok_or(AmountOverflow)?;
        Ok(Self { minor_units, ..self })
    }

    /// `-92233720368547758.08`
    const LONGEST: usize = 21;

    /// Adds what [`Display`](fmt::Display) shows, without its detour: files hold six amounts for each of a million findings.
    pub fn push_to(self, text: &mut String) {
        let mut digits = [b'0'; Self::LONGEST];
        let (mut at, mut rest) = (digits.len(), self.minor_units.unsigned_abs());
        // The øre and one digit before the point are always there.
        while rest > 0 || at > digits.len() - 4 {
            at -= 1;
            if at == digits.len() - 3 {
                digits[at] = b'.';
                continue;
            }
            digits[at] += (rest % 10) as u8;
            rest /= 10;
        }
        if self.minor_units < 0 {
            text.push('-');
        }
        // They are digits and a point.
        text.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
    }

    /// For people, as Danish banks print it: `5.234,50`. [`Display`](fmt::Display) is for machines: `5234.50`.
    pub fn grouped(self) -> String {
        let plain = self.to_string();
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
        let (kroner, øre) = digits.split_once('.').unwrap_or((digits, "00"));
        let mut grouped = String::with_capacity(plain.len() + kroner.len() / 3);
        for (at, digit) in kroner.chars().enumerate() {
            if at > 0 && (kroner.len() - at).is_multiple_of(3) {
                grouped.push('.');
            }
            grouped.push(digit);
        }
        format!("{sign}{grouped},{øre}")
    }
}

/// Two decimals and a point, without the currency: the form of JSON, CSV and bank files.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut plain = String::with_capacity(Self::LONGEST);
        self.push_to(&mut plain);
        f.write_str(&plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_with_two_decimals_for_machines_and_grouped_for_people() {
        let table = [
            (0, "0.00", "0,00"),
            (5, "0.05", "0,05"),
            (-5, "-0.05", "-0,05"),
            (523_450, "5234.50", "5.234,50"),
            (-100_000_000, "-1000000.00", "-1.000.000,00"),
            (i64::MIN, "-92233720368547758.08", "-92.233.720.368.547.758,08"),
        ];
        for (minor_units, machine, people) in table {
            let amount = Amount::from_minor_units(minor_units, Currency::Dkk);
            assert_eq!(amount.to_string(), machine);
            assert_eq!(amount.grouped(), people);
        }
    }

    #[test]
    fn sums_refuse_to_overflow_or_to_mix_currencies() {
        let one = Amount::from_minor_units(1, Currency::Dkk);
        assert_eq!(one.checked_add(one), Ok(Amount::from_minor_units(2, Currency::Dkk)));
        assert_eq!(one.checked_add(Amount::from_minor_units(i64::MAX, Currency::Dkk)), Err(AmountOverflow));
        assert_eq!(one.checked_add(Amount::zero(Currency::Sek)), Err(AmountOverflow));
    }

    #[test]
    fn decimals_become_minor_units_or_nothing() {
        let table = [("12.5", Some(1250)), ("0.01", Some(1)), ("1.10000", Some(110)), ("0.001", None), ("1e20", None)];
        for (text, minor_units) in table {
            let decimal = Decimal::from_scientific(text).or_else(|_| text.parse()).expect("a decimal");
            let expected = minor_units.map(|minor| Amount::from_minor_units(minor, Currency::Dkk));
            assert_eq!(Amount::from_decimal(decimal, Currency::Dkk), expected, "{text}");
        }
    }
}
