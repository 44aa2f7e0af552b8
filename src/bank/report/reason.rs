//! The banks' reason codes in words, and which of them say that the bank has the payment already.
//!
//! From ISO 20022's external code sets (ExternalStatusReason1Code, ExternalReturnReason1Code), shortened.

/// What a reason code means, for people. `None` for one that is not in the table: the code itself is then shown.
pub fn in_words(code: &str) -> Option<&'static str> {
    let at = WORDS.binary_search_by_key(&code, |(known, _)| known).ok()?;
    WORDS.get(at).map(|(_, words)| *words)
}

/// A code in words, with the code behind them.
pub fn told(code: &str) -> String {
    match in_words(code) {
        Some(words) => format!("{words} ({code})"),
        None => format!("its reason {code}"),
    }
}

/// Whether a reason says that the bank took the payment, or its message, for one that it has already. Such a refusal says nothing against
/// the first, so it must never free a payment.
pub fn is_about_a_duplicate(code: &str) -> bool {
    matches!(code, "AM05" | "DUPL" | "DU01" | "DU02" | "DU03" | "DU04" | "DU05") || speaks_of_a_duplicate(code)
}

/// Whether a bank's own words speak of a duplicate, in English or a Nordic language.
pub fn speaks_of_a_duplicate(text: &str) -> bool {
    let text = text.to_lowercase();
    ["duplic", "duplik", "dublet", "dobbelt", "dubbel", "already received", "allerede modtaget"]
        .iter()
        .any(|word| text.contains(word))
}

/// In order of their codes.
const WORDS: &[(&str, &str)] = &[
    ("AC01", "the account number is wrong"),
    ("AC03", "the payee's account number is wrong"),
    ("AC04", "the account is closed"),
    ("AC06", "the account is blocked"),
    ("AC07", "the payee's account is closed"),
    ("AG01", "this kind of payment is not allowed on the account"),
    ("AG02", "the bank does not know this kind of payment"),
    ("AM01", "the amount is zero"),
    ("AM02", "the amount is not allowed"),
    ("AM03", "the currency is not allowed"),
    ("AM04", "there is not enough money on the account"),
    ("AM05", "the bank takes it for a duplicate"),
    ("AM09", "the amount is not the one agreed"),
    ("AM10", "the control sum is wrong"),
    ("AM14", "the amount is over the limit agreed with the bank"),
    ("AM16", "a control sum of the payment group is wrong"),
    ("AM17", "a control sum of the payment group is wrong"),
    ("AM18", "the number of payments is wrong"),
    ("AM19", "the number of payments in a group is wrong"),
    ("AM20", "the number of payments in a group is wrong"),
    ("ARDT", "the payment was returned already"),
    ("BE01", "the name does not fit the account"),
    ("BE04", "the payee's address is missing or wrong"),
    ("BE05", "the bank does not know who sent the file"),
    ("BE06", "the bank does not know the payee"),
    ("BE20", "the name is too long"),
    ("BE22", "the payee's name is missing"),
    ("CH03", "the date is too far ahead"),
    ("CH04", "the date is too far back"),
    ("CH20", "the amount has more decimals than the currency"),
    ("CUST", "somebody asked for it"),
    ("DT01", "the date is wrong"),
    ("DT03", "the date is not a bank day"),
    ("DT05", "the cut-off date has passed"),
    ("DT06", "the bank has moved the date"),
    ("DU01", "the bank has a file with this message id already"),
    ("DU02", "the bank has a payment group with this id already"),
    ("DU03", "the bank has this payment already"),
    ("DU04", "the bank has a payment with this end-to-end id already"),
    ("DU05", "the bank has a payment with this instruction id already"),
    ("DUPL", "the bank takes it for a duplicate"),
    ("FF01", "the file's format is wrong"),
    ("FF05", "the file names a product that the bank does not know"),
    ("FF06", "the file names a transaction type that the bank does not know"),
    ("FF07", "the payment's purpose is missing or wrong"),
    ("FF08", "the end-to-end id is missing or wrong"),
    ("FOCR", "returned because it was cancelled"),
    ("FRAD", "somebody suspects fraud"),
    ("MD07", "the payee has died"),
    ("MS02", "the payee refuses it and gives no reason"),
    ("MS03", "the bank gives no reason"),
    ("NARR", "see the bank's own words"),
    ("RC01", "the bank code is wrong"),
    ("RC04", "the payee's bank code is wrong"),
    ("RC10", "the payee's bank code in the clearing is wrong"),
    ("RF01", "the reference was used before"),
    ("RR04", "the rules forbid it"),
    ("RR10", "it holds characters that the bank does not take"),
    ("TECH", "a technical fault"),
    ("TM01", "it came after the cut-off time"),
    ("UPAY", "the payment was not owed"),
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
    fn duplicates_are_known_by_code_and_by_words() {
        for code in ["DU01", "DU02", "DU03", "DU04", "DU05", "DUPL", "AM05"] {
            assert!(is_about_a_duplicate(code), "{code}");
        }
        for code in ["AC04", "MD07", "AM04", "RJCT", "DU06", "DT01", "", "FF01"] {
            assert!(!is_about_a_duplicate(code), "{code}");
        }
        for words in ["ISO Duplicate Message ID", "Filen er en dublet", "DUBBELBETALNING", "File already received"] {
            assert!(speaks_of_a_duplicate(words), "{words}");
        }
        assert!(!speaks_of_a_duplicate("Kontoen er lukket"));
    }
}
