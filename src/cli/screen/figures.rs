//! Counts, differences and percentages, grouped as amounts are (`2.531`), worked out in whole numbers.

use crate::batch::Sum;
use crate::payment::Amount;

/// `2.531`: with a point between thousands, as [`Amount::grouped`] has it.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 row`, `2.531 rows`.
pub(super) fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

/// `2.531 payments, 18.269.338,76 DKK`.
pub(super) fn payments(sum: Sum) -> String {
    format!("{}, {} {}", counted(sum.count, "payment"), sum.amount.grouped(), sum.amount.currency())
}

/// What `now` is more (`+1.234,50`) or less (`-1.234,50`) than `before`; `None` where 64 bits do not hold it.
pub(super) fn difference(before: Amount, now: Amount) -> Option<String> {
    let difference = now.minor_units().checked_sub(before.minor_units())?;
    let grouped = Amount::from_minor_units(difference, now.currency()).grouped();
    Some(if difference > 0 { format!("+{grouped}") } else { grouped })
}

/// The same in percent of `before`, one decimal, halves away from zero: `+3,2 %`. `None` where there is nothing to compare with,
/// or no end to the number.
///
/// A change too small for the decimal still says which way it goes: `+0,0 %`.
pub(super) fn percent(before: Amount, now: Amount) -> Option<String> {
    let (before, now) = (i128::from(before.minor_units()), i128::from(now.minor_units()));
    if before <= 0 {
        return None;
    }
    let difference = now - before;
    let tenths = (difference.unsigned_abs() * 2000 + before.unsigned_abs()) / (2 * before.unsigned_abs());
    let sign = match difference.signum() {
        1 => "+",
        -1 => "-",
        _ => "",
    };
    let whole = u64::try_from(tenths / 10).ok()?;
    Some(format!("{sign}{},{} %", count(whole), tenths % 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Currency;

    fn amount(minor_units: i64) -> Amount {
        Amount::from_minor_units(minor_units, Currency::Dkk)
    }

    #[test]
    fn counts_are_grouped_like_amounts() {
        let table = [(0, "0"), (12, "12"), (999, "999"), (1000, "1.000"), (1_234_567, "1.234.567")];
        for (number, grouped) in table {
            assert_eq!(count(number), grouped);
        }
        assert_eq!((counted(1, "row").as_str(), counted(0, "row").as_str()), ("1 row", "0 rows"));
    }

    #[test]
    fn a_change_is_told_in_kroner_and_in_percent_without_floats() {
        let table = [
            (10_000, 10_320, Some("+3,20"), Some("+3,2 %")),
            (10_000, 9680, Some("-3,20"), Some("-3,2 %")),
            (10_000, 10_000, Some("0,00"), Some("0,0 %")),
            (10_000_000, 10_000_001, Some("+0,01"), Some("+0,0 %")),
            (2000, 2001, Some("+0,01"), Some("+0,1 %")),
            (2000, 1999, Some("-0,01"), Some("-0,1 %")),
            (3, 4, Some("+0,01"), Some("+33,3 %")),
            (3, 5, Some("+0,02"), Some("+66,7 %")),
            (1, 1_000_000, Some("+9.999,99"), Some("+99.999.900,0 %")),
            (0, 100, Some("+1,00"), None),
            (-1, i64::MAX, None, None),
            (1, i64::MAX, Some("+92.233.720.368.547.758,06"), None),
        ];
        for (before, now, kroner, in_percent) in table {
            assert_eq!(difference(amount(before), amount(now)).as_deref(), kroner, "{before} to {now}");
            assert_eq!(percent(amount(before), amount(now)).as_deref(), in_percent, "{before} to {now}");
        }
    }
}
