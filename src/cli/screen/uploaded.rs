//! What the portal received beside what left.

use std::cmp::Ordering;

use super::figures::{payments, with_currency};
use super::mask::visible;
use super::paragraph::sentence;
use crate::batch::Sum;
use crate::ops::uploaded::Uploaded;
use crate::payment::Amount;
use crate::say;

pub fn uploaded(uploaded: &Uploaded) -> String {
    let (left, said) = (payments(uploaded.left), payments(uploaded.said));
    let what = match &uploaded.file {
        Some(file) => visible(&file.name).into_owned(),
        None => say!("Batch {batch}", batch = uploaded.batch).to_string(),
    };
    let mut text = match uploaded.agrees() {
        true => sentence(say!("{what}: the bank received what left, {left}.", what, left)),
        false => sentence(say!(
            "{what}: {left} left, and the bank says it received {said}: {difference}. Do not send anything again. Call the bank, and find out which payments it has.",
            what,
            left,
            said,
            difference = difference(uploaded.left, uploaded.said)
        )),
    };
    if !uploaded.earlier.is_empty() {
        let earlier: Vec<String> = uploaded.earlier.iter().map(|receipt| visible(receipt).into_owned()).collect();
        text += &sentence(say!(
            "There is another receipt for it already: {earlier}. Was it handed in twice? Ask the bank to stop the second before it is paid.",
            earlier = earlier.join(", ")
        ));
    }
    if uploaded.waiting > 0 {
        text +=
            &sentence(say!("{files:file|files} of the batch without a receipt yet.", files = uploaded.waiting as u64));
    }
    text
}

/// What the bank has too much or too little of: two sums that differ.
fn difference(left: Sum, said: Sum) -> String {
    let payments = said.count.abs_diff(left.count);
    let payments = match said.count.cmp(&left.count) {
        Ordering::Less => Some(say!("{payments:payment|payments} too few", payments)),
        Ordering::Equal => None,
        Ordering::Greater => Some(say!("{payments:payment|payments} too many", payments)),
    };
    let amount = with_currency(Amount::from_minor_units(
        said.amount.minor_units().saturating_sub(left.amount.minor_units()).saturating_abs(),
        left.amount.currency(),
    ));
    let amount = match said.amount.minor_units().cmp(&left.amount.minor_units()) {
        Ordering::Less => Some(say!("{amount} too little", amount)),
        Ordering::Equal => None,
        Ordering::Greater => Some(say!("{amount} too much", amount)),
    };
    let told: Vec<String> = [payments, amount].into_iter().flatten().map(|told| told.to_string()).collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Currency;

    #[test]
    fn the_difference_is_told_in_number_and_in_amount() {
        let sum = |count, minor_units| Sum { count, amount: Amount::from_minor_units(minor_units, Currency::Dkk) };
        let left = sum(10, 1_000_706);
        let table = [
            (sum(9, 990_506), "1 payment too few, 102.00 DKK too little"),
            (sum(20, 2_001_412), "10 payments too many, 10,007.06 DKK too much"),
            (sum(10, 1_000_707), "0.01 DKK too much"),
            (sum(8, 1_000_706), "2 payments too few"),
            (sum(11, 1_000_705), "1 payment too many, 0.01 DKK too little"),
        ];
        for (said, expected) in table {
            assert_eq!(difference(left, said), expected);
        }
    }
}
