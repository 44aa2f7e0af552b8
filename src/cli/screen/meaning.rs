//! What each code means, in a few words.

use crate::checks::{Code, Severity};
use crate::ledger::outcome::Standing;
use crate::phrase;
use crate::reconciliation::finding::Kind;
use crate::words::Phrase;

/// What was left open when an episode was closed: completes "3 …". What an older version left is told by its name.
pub(super) fn of_matter(matter: &str) -> String {
    let known = match matter {
        "batches_unfinished" => phrase!("batches neither released nor cancelled"),
        "payments_waiting" => phrase!("payments that wait"),
        "not_reconciled" => phrase!("batches that were not reconciled"),
        "bank_said_since" => phrase!("payments of which the bank said more since"),
        "findings_undecided" => phrase!("findings without a decision"),
        "payments_decided" => phrase!("payments that were decided and not made"),
        "recoveries_outstanding" => phrase!("recoveries outstanding"),
        "recalls_open" => phrase!("recalls without an answer"),
        "worksheet_rows_open" => phrase!("rows of work sheets not told of"),
        "payments_without_word" => phrase!("payments without the bank's word"),
        "copies_open" => phrase!("files not ended"),
        other => return super::mask::visible(other).into_owned(),
    };
    known.to_string()
}

/// Completes "2 rows: …".
pub(super) fn of(code: Code) -> Phrase {
    match code {
        Code::IdMissing => phrase!("no person number"),
        Code::IdMalformed => phrase!("the person number has the wrong shape"),
        Code::IdDate => phrase!("the person number begins with a date that does not exist"),
        Code::IdChecksum => phrase!("a digit of the person number is wrong"),
        Code::IdUnverified => phrase!("the CPR number does not pass modulus 11, which newer numbers need not"),
        Code::IdLeadingZero => phrase!("a CPR number of nine digits, completed with a zero"),
        Code::NameMissing => phrase!("no name"),
        Code::NameUnrepresentable => phrase!("nothing of the name can be written in the bank's characters"),
        Code::NameShortened => phrase!("the name is longer than the bank takes, and was cut"),
        Code::TextShortened => phrase!("the text is longer than the bank takes, and was cut"),
        Code::TextReplaced => phrase!("characters that the bank does not take were replaced"),
        Code::TextLeftOut => phrase!("the payment carries no text for the payee"),
        Code::TextPersonNumber => phrase!("the text to the payee holds a person number"),
        Code::ReferenceMalformed => phrase!("the payment reference has the wrong shape"),
        Code::ReferenceChecksum => phrase!("a digit of the payment reference is wrong"),
        Code::ReferenceNotCarried => phrase!("the bank's file cannot carry this payment reference"),
        Code::AccountMissing => phrase!("no account"),
        Code::AccountBesideSlip => phrase!("an account beside a payment slip: two places for the money"),
        Code::AccountMalformed => phrase!("the account has the wrong shape"),
        Code::AccountChecksum => phrase!("a digit of the account is wrong"),
        Code::AccountCountry => phrase!("accounts of this country cannot be paid with this profile"),
        Code::AccountUnverified => phrase!("the account does not pass its check, which some older ones need not"),
        Code::AccountByNumber => phrase!("no account: paid by person number, unverified"),
        Code::AmountMissing => phrase!("no amount"),
        Code::AmountMalformed => phrase!("the amount cannot be read"),
        Code::AmountAmbiguous => phrase!("the amount could mean two things"),
        Code::AmountNotPositive => phrase!("the amount is zero or less"),
        Code::AmountPrecision => phrase!("the amount has more than two decimals"),
        Code::AmountLimit => phrase!("the amount is over the limit for one payment"),
        Code::AmountBankLimit => phrase!("the amount is more than the bank takes in one payment"),
        Code::CurrencyUnsupported => phrase!("another currency than the workspace's"),
        Code::SchemeMissing => phrase!("no scheme named"),
        Code::PeriodMissing => phrase!("no period"),
        Code::PeriodMalformed => phrase!("the period cannot be read"),
        Code::DateMalformed => phrase!("the pay date cannot be read"),
        Code::DatePast => phrase!("the pay date is past"),
        Code::DateNotBankDay => phrase!("the banks are closed on the pay date"),
        Code::CountryUnsupported => phrase!("the registers of this country are not known"),
        Code::PriorityMalformed => phrase!("the priority cannot be read: such a row comes last"),
        Code::SchemeNearlyAlike => phrase!("nearly the name of another benefit"),
        Code::RowWidth => phrase!("more cells than there are headings"),
        Code::RowHidden => phrase!("the spreadsheet hides the row"),
        Code::RowStatus => phrase!("the row says that it was paid or stopped"),
        Code::RowChange => phrase!("the row may say that the case has ended"),
        Code::RowChangeElsewhere => phrase!("another row says that the person is dead or the case has ended"),
        Code::CellError => phrase!("a cell holds an error and not a value"),
        Code::DuplicateSame => phrase!("there already with the same amount and account, paid once"),
        Code::DuplicateConflict => phrase!("the same obligation with another amount or account"),
        Code::DuplicateOverlap => phrase!("the same person and scheme for days that overlap"),
        Code::DuplicateSuspect => phrase!("the same name and account under another person number"),
        Code::DuplicateElsewhere => phrase!("paid elsewhere, says the bank"),
        Code::DuplicateAfterAll => phrase!("the earlier payment stands after all, says the bank"),
        Code::BaselineAccountChanged => phrase!("another account than in the last baseline"),
        Code::BaselineAmountChanged => phrase!("another amount than in the last baseline"),
        Code::BaselineNewPerson => phrase!("the last baseline does not have the person in this scheme"),
        Code::BaselineMissingCase => phrase!("a case in the last baseline, and in none of these lists"),
        Code::BaselineMissingPerson => phrase!("in the last baseline, and in none of these lists"),
        Code::BaselineEnded => phrase!("the case has ended"),
        Code::BaselineDead => phrase!("the person is dead"),
        Code::BaselineReplaced => phrase!("the list of changes has other figures, paid instead"),
        Code::BaselineOtherPeriod => phrase!("the row pays for another period than the baseline"),
        Code::BaselineSlip => phrase!("a payment slip, which pays one invoice once"),
        Code::TriageNotYet => phrase!("can be paid, and is not yet: others go first"),
        Code::TriageNotInLists => phrase!("is to go first, and is in none of these lists"),
        Code::DecisionDropped => phrase!("dropped by decision"),
        Code::DecisionDroppedBefore => phrase!("the same was dropped by decision"),
        Code::DecisionPaid => phrase!("held, and paid by decision"),
        Code::DecisionNotNeeded => phrase!("the decision has no effect"),
        Code::FileNext => phrase!("more than one bank file may hold, so that several leave"),
    }
}

/// The heading above the codes of one severity.
pub(super) fn of_severity(severity: Severity) -> Phrase {
    match severity {
        Severity::Error => phrase!("Rejected, not paid"),
        Severity::Held => phrase!("Held, not paid until a person decides"),
        Severity::Warning => phrase!("Warnings, which hold nothing back"),
        Severity::Info => phrase!("For information"),
    }
}

/// Where a payment stands by the bank's word.
pub(super) fn of_standing(standing: Standing) -> Phrase {
    match standing {
        Standing::None => phrase!("no word"),
        Standing::Accepted => phrase!("accepted"),
        Standing::Batch => phrase!("booked within a sum"),
        Standing::Settled => phrase!("settled"),
        Standing::Doubled => phrase!("booked more than once"),
        Standing::Returned => phrase!("returned"),
        Standing::Rejected => phrase!("rejected"),
    }
}

/// What a verdict of a comparison means, and what it proposes.
pub(super) fn of_kind(kind: Kind) -> Phrase {
    match kind {
        Kind::DoublePaid => phrase!("both paid: recover"),
        Kind::DoublePlanned => phrase!("about to be paid again: stop"),
        Kind::BankDouble => phrase!("the bank booked twice: recover"),
        Kind::UpstreamDouble => phrase!("upstream paid twice: decide"),
        Kind::Settled => phrase!("as it should be"),
        Kind::Overpaid => phrase!("we paid too much: recover"),
        Kind::Underpaid => phrase!("we paid too little: top up"),
        Kind::PossibleDouble => phrase!("perhaps the same money: decide"),
        Kind::FallbackOnly => phrase!("upstream must learn of it"),
        Kind::UpstreamOnly => phrase!("upstream pays, we did not"),
        Kind::Returned => phrase!("came back: pay again"),
        Kind::Unpaid => phrase!("nobody paid: pay"),
        Kind::Unexplained => phrase!("a debit that nothing explains"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_on_one_line_in_words_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            let meaning = of(*code).to_string();
            assert!(meaning.chars().count() <= 70 && !meaning.ends_with('.'), "{code:?}: {meaning}");
            assert!(seen.insert(meaning.clone()), "{code:?}: {meaning}");
        }
    }
}
