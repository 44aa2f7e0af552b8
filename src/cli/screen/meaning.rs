//! What each code means, in a few words.

use crate::checks::{Code, Severity};

/// Completes "2 rows: …".
pub(super) fn of(code: Code) -> &'static str {
    match code {
        Code::IdMissing => "no person number",
        Code::IdMalformed => "the person number has the wrong shape",
        Code::IdDate => "the person number begins with a date that does not exist",
        Code::IdChecksum => "a digit of the person number is wrong",
        Code::IdUnverified => "the CPR number does not pass modulus 11, which newer numbers need not",
        Code::IdLeadingZero => "a CPR number of nine digits, completed with a zero",
        Code::NameMissing => "no name",
        Code::NameUnrepresentable => "nothing of the name can be written in the bank's characters",
        Code::NameShortened => "the name is longer than the bank takes, and was cut",
        Code::TextShortened => "the text is longer than the bank takes, and was cut",
        Code::TextReplaced => "characters that the bank does not take were replaced",
        Code::AccountMissing => "no account",
        Code::AccountMalformed => "the account has the wrong shape",
        Code::AccountChecksum => "a digit of the account is wrong",
        Code::AccountCountry => "accounts of this country cannot be paid with this profile",
        Code::AccountUnverified => "the account does not pass its check, which some older ones need not",
        Code::AmountMissing => "no amount",
        Code::AmountMalformed => "the amount cannot be read",
        Code::AmountAmbiguous => "the amount could mean two things",
        Code::AmountNotPositive => "the amount is zero or less",
        Code::AmountPrecision => "the amount has more than two decimals",
        Code::AmountLimit => "the amount is over the limit for one payment",
        Code::AmountBankLimit => "the amount is more than the bank takes in one payment",
        Code::CurrencyUnsupported => "another currency than the workspace's",
        Code::SchemeMissing => "no scheme named",
        Code::PeriodMissing => "no period",
        Code::PeriodMalformed => "the period cannot be read",
        Code::DateMalformed => "the pay date cannot be read",
        Code::DatePast => "the pay date is past",
        Code::DateNotBankDay => "the banks are closed on the pay date",
        Code::CountryUnsupported => "the registers of this country are not known",
        Code::RowWidth => "more cells than there are headings",
        Code::RowHidden => "the spreadsheet hides the row",
        Code::CellError => "a cell holds an error and not a value",
        Code::DuplicateSame => "there already with the same amount and account, paid once",
        Code::DuplicateConflict => "the same obligation with another amount or account",
        Code::DuplicateOverlap => "the same person and scheme for days that overlap",
        Code::DuplicateSuspect => "the same name and account under another person number",
        Code::BaselineOtherPeriod => "the row pays for another period than the baseline",
        Code::DecisionDropped => "dropped by decision",
        Code::DecisionPaid => "held, and paid by decision",
        Code::DecisionNotNeeded => "the decision has no effect",
    }
}

/// The heading above the codes of one severity.
pub(super) fn of_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "Rejected, not paid",
        Severity::Held => "Held, not paid until a person decides",
        Severity::Warning => "Warnings, which hold nothing back",
        Severity::Info => "For information",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_on_one_line_in_words_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            let meaning = of(*code);
            assert!(meaning.chars().count() <= 70 && !meaning.ends_with('.'), "{code}: {meaning}");
            assert!(seen.insert(meaning), "{code}: {meaning}");
        }
    }
}
