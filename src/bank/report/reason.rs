//! The banks' reason codes in words, and which of them say that the bank has the payment already.
//!
//! From ISO 20022's external code sets (ExternalStatusReason1Code, ExternalReturnReason1Code), shortened.

use super::duplicate::speaks_of_a_duplicate;
use crate::words::{Message, Phrase};
use crate::{phrase, say};

/// What a reason code means, for people. `None` for one that is not in the table: the code itself is then shown.
pub fn in_words(code: &str) -> Option<Phrase> {
    let at = WORDS.binary_search_by_key(&code, |(known, _)| known).ok()?;
    WORDS.get(at).map(|(_, words)| *words)
}

/// A code in words, with the code behind them.
pub fn told(code: &str) -> Message {
    match in_words(code) {
        Some(words) => say!("{words} ({code})", words, code),
        None => say!("its reason {code}", code),
    }
}

/// The reason of an answer to a recall in words, with the code behind them.
pub fn told_of_a_recall(code: &str) -> Message {
    match OF_RECALLS.iter().find(|(known, _)| *known == code) {
        Some((_, words)) => say!("{words} ({code})", words = *words, code),
        None => told(code),
    }
}

/// From ISO 20022's ExternalPaymentCancellationRejection1Code, shortened: why a recall was refused, or waits.
const OF_RECALLS: &[(&str, Phrase)] = &[
    ("ADAC", phrase!("the payee has yet to agree")),
    ("AGNT", phrase!("the payee's bank refuses")),
    ("AM04", phrase!("there is not enough money on the payee's account")),
    ("ARDT", phrase!("the payment was returned already")),
    ("ARPL", phrase!("the payee's bank has yet to answer")),
    ("CUST", phrase!("the payee refuses")),
    ("INDM", phrase!("the bank asks for an indemnity first")),
    ("LEGL", phrase!("the law forbids it")),
    ("NOAS", phrase!("the payee does not answer")),
    ("NOOR", phrase!("the bank has not received the payment")),
    ("PTNA", phrase!("the payment has gone on to the next bank")),
    ("RQDA", phrase!("the payee's consent is being asked for")),
    ("WSEQ", phrase!("the bank has yet to come to it")),
];

/// Whether a reason says what is wrong, and that it is another thing than a second payment of the same.
pub fn says_why(code: &str) -> bool {
    let says_nothing = matches!(code, "NARR" | "MS02" | "MS03");
    (has_shape_of_a_code(code) || in_words(code).is_some()) && !says_nothing && !speaks_of_a_duplicate(code)
}

/// Two capitals and two digits, as most of ISO 20022's: not all of them are listed here.
fn has_shape_of_a_code(code: &str) -> bool {
    let [a, b, c, d] = code.as_bytes() else { return false };
    [a, b].into_iter().all(u8::is_ascii_uppercase) && [c, d].into_iter().all(u8::is_ascii_digit)
}

/// Whether a reason finds fault with the payee or an account: what the bank adds in words is about that.
pub fn finds_another_fault(code: &str) -> bool {
    const ABOUT: [&str; 4] = ["AC", "BE", "MD", "RC"];
    says_why(code) && ABOUT.iter().any(|about| code.starts_with(about))
}

/// In order of their codes.
const WORDS: &[(&str, Phrase)] = &[
    ("AC01", phrase!("the account number is wrong")),
    ("AC03", phrase!("the payee's account number is wrong")),
    ("AC04", phrase!("the account is closed")),
    ("AC06", phrase!("the account is blocked")),
    ("AC07", phrase!("the payee's account is closed")),
    ("AG01", phrase!("this kind of payment is not allowed on the account")),
    ("AG02", phrase!("the bank does not know this kind of payment")),
    ("AM01", phrase!("the amount is zero")),
    ("AM02", phrase!("the amount is not allowed")),
    ("AM03", phrase!("the currency is not allowed")),
    ("AM04", phrase!("there is not enough money on the account")),
    ("AM05", phrase!("the bank takes it for a duplicate")),
    ("AM09", phrase!("the amount is not the one agreed")),
    ("AM10", phrase!("the control sum is wrong")),
    ("AM14", phrase!("the amount is over the limit agreed with the bank")),
    ("AM16", phrase!("a control sum of the payment group is wrong")),
    ("AM17", phrase!("a control sum of the payment group is wrong")),
    ("AM18", phrase!("the number of payments is wrong")),
    ("AM19", phrase!("the number of payments in a group is wrong")),
    ("AM20", phrase!("the number of payments in a group is wrong")),
    ("ARDT", phrase!("the payment was returned already")),
    ("BE01", phrase!("the name does not fit the account")),
    ("BE04", phrase!("the payee's address is missing or wrong")),
    ("BE05", phrase!("the bank does not know who sent the file")),
    ("BE06", phrase!("the bank does not know the payee")),
    ("BE20", phrase!("the name is too long")),
    ("BE22", phrase!("the payee's name is missing")),
    ("CH03", phrase!("the date is too far ahead")),
    ("CH04", phrase!("the date is too far back")),
    ("CH20", phrase!("the amount has more decimals than the currency")),
    ("CUST", phrase!("somebody asked for it")),
    ("DT01", phrase!("the date is wrong")),
    ("DT03", phrase!("the date is not a bank day")),
    ("DT05", phrase!("the cut-off date has passed")),
    ("DT06", phrase!("the bank has moved the date")),
    ("DU01", phrase!("the bank has a file with this message id already")),
    ("DU02", phrase!("the bank has a payment group with this id already")),
    ("DU03", phrase!("the bank has this payment already")),
    ("DU04", phrase!("the bank has a payment with this end-to-end id already")),
    ("DU05", phrase!("the bank has a payment with this instruction id already")),
    ("DUPL", phrase!("the bank takes it for a duplicate")),
    ("FF01", phrase!("the file's format is wrong")),
    ("FF05", phrase!("the file names a product that the bank does not know")),
    ("FF06", phrase!("the file names a transaction type that the bank does not know")),
    ("FF07", phrase!("the payment's purpose is missing or wrong")),
    ("FF08", phrase!("the end-to-end id is missing or wrong")),
    ("FOCR", phrase!("returned because it was cancelled")),
    ("FRAD", phrase!("somebody suspects fraud")),
    ("MD07", phrase!("the payee has died")),
    ("MS02", phrase!("the payee refuses it and gives no reason")),
    ("MS03", phrase!("the bank gives no reason")),
    ("NARR", phrase!("see the bank's own words")),
    ("RC01", phrase!("the bank code is wrong")),
    ("RC04", phrase!("the payee's bank code is wrong")),
    ("RC10", phrase!("the payee's bank code in the clearing is wrong")),
    ("RF01", phrase!("the reference was used before")),
    ("RR04", phrase!("the rules forbid it")),
    ("RR10", phrase!("it holds characters that the bank does not take")),
    ("TECH", phrase!("a technical fault")),
    ("TM01", phrase!("it came after the cut-off time")),
    ("UPAY", phrase!("the payment was not owed")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found() {
        for (code, words) in WORDS {
            assert_eq!(in_words(code), Some(*words), "{code}");
        }
        assert_eq!(in_words("ZZ99"), None);
    }

    #[test]
    fn duplicates_are_known_by_code() {
        for code in ["DU01", "DU02", "DU03", "DU04", "DU05", "DUPL", "AM05"] {
            assert!(speaks_of_a_duplicate(code), "{code}");
        }
        for code in ["AC04", "MD07", "AM04", "RJCT", "DU06", "DT01", "", "FF01"] {
            assert!(!speaks_of_a_duplicate(code), "{code}");
        }
        assert!(speaks_of_a_duplicate("Filen er en dublet"), "a reason of the bank's own");
    }
}
