//! Counts, differences and percentages as the language writes them, worked out in whole numbers.

use crate::batch::Sum;
use crate::payment::Amount;
use crate::say;
use crate::words::{Message, amount};

/// `2,531 payments, 18,269,338.76 DKK`.
pub(super) fn payments(sum: Sum) -> Message {
    say!("{payments:payment|payments}, {amount}", payments = sum.count, amount = with_currency(sum.amount))
}

/// `18,269,338.76 DKK`.
pub(super) fn with_currency(sum: Amount) -> String {
    format!("{} {}", amount(sum), sum.currency())
}

/// What `now` is more (`+1,234.50`) or less (`-1,234.50`) than `before`; `None` where 64 bits do not hold it.
pub(super) fn difference(before: Amount, now: Amount) -> Option<String> {
    let difference = now.minor_units().checked_sub(before.minor_units())?;
    let grouped = amount(Amount::from_minor_units(difference, now.currency()));
    Some(if difference > 0 { format!("+{grouped}") } else { grouped })
}

/// The same in percent of `before`, one decimal, halves away from zero: `+3.2%`. `None` where there is nothing to compare with,
/// or no end to the number.
///
/// A change too small for the decimal still says which way it goes: `+0.0%`.
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
    let tenth = u64::try_from(tenths % 10).ok()?;
    Some(say!("{sign}{whole}.{tenth}%", sign, whole, tenth).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Currency;

    fn dkk(minor_units: i64) -> Amount {
        Amount::from_minor_units(minor_units, Currency::Dkk)
    }

    #[test]
    fn a_change_is_told_in_kroner_and_in_percent_without_floats() {
        let table = [
            (10_000, 10_320, Some("+3.20"), Some("+3.2%")),
            (10_000, 9680, Some("-3.20"), Some("-3.2%")),
            (10_000, 10_000, Some("0.00"), Some("0.0%")),
            (10_000_000, 10_000_001, Some("+0.01"), Some("+0.0%")),
            (2000, 2001, Some("+0.01"), Some("+0.1%")),
            (2000, 1999, Some("-0.01"), Some("-0.1%")),
            (3, 4, Some("+0.01"), Some("+33.3%")),
            (3, 5, Some("+0.02"), Some("+66.7%")),
            (1, 1_000_000, Some("+9,999.99"), Some("+99,999,900.0%")),
            (0, 100, Some("+1.00"), None),
            (-1, i64::MAX, None, None),
            (1, i64::MAX, Some("+92,233,720,368,547,758.06"), None),
        ];
        for (before, now, kroner, in_percent) in table {
            assert_eq!(difference(dkk(before), dkk(now)).as_deref(), kroner, "{before} to {now}");
            assert_eq!(percent(dkk(before), dkk(now)).as_deref(), in_percent, "{before} to {now}");
        }
    }
}
