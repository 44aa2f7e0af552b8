//! What a check has to say about a row, under the codes of CONTRACT "Paying".

use std::ops::Deref;

use crate::recipient_list::Column;
use crate::words::Message;

/// What a problem does to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Told, and nothing more (`duplicate.same`).
    Info,
    /// The row stays prepared.
    Warning,
    /// The row waits for a person's decision.
    Held,
    /// The row is rejected.
    Error,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Held => "held",
            Severity::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $text:literal $severity:ident,)*) => {
        /// A problem's code: stable, dotted, for machines. Each has one severity.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($variant,)* }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    IdMissing "id.missing" Error,
    IdMalformed "id.malformed" Error,
    IdDate "id.date" Error,
    IdChecksum "id.checksum" Error,
    IdUnverified "id.unverified" Warning,
    IdLeadingZero "id.leading_zero" Warning,
    NameMissing "name.missing" Error,
    NameUnrepresentable "name.unrepresentable" Error,
    NameShortened "name.shortened" Warning,
    TextShortened "text.shortened" Warning,
    TextReplaced "text.replaced" Warning,
    TextLeftOut "text.left_out" Warning,
    TextPersonNumber "text.person_number" Warning,
    ReferenceMalformed "reference.malformed" Error,
    ReferenceChecksum "reference.checksum" Error,
    ReferenceNotCarried "reference.not_carried" Error,
    AccountMissing "account.missing" Error,
    AccountBesideSlip "account.beside_slip" Error,
    AccountMalformed "account.malformed" Error,
    AccountChecksum "account.checksum" Error,
    AccountCountry "account.country" Error,
    AccountUnverified "account.unverified" Warning,
    AccountByNumber "account.by_number" Warning,
    AmountMissing "amount.missing" Error,
    AmountMalformed "amount.malformed" Error,
    AmountAmbiguous "amount.ambiguous" Error,
    AmountNotPositive "amount.not_positive" Error,
    AmountPrecision "amount.precision" Error,
    AmountLimit "amount.limit" Held,
    AmountBankLimit "amount.bank_limit" Error,
    CurrencyUnsupported "currency.unsupported" Error,
    SchemeMissing "scheme.missing" Error,
    SchemeNearlyAlike "scheme.nearly_alike" Warning,
    PeriodMissing "period.missing" Error,
    PeriodMalformed "period.malformed" Error,
    DateMalformed "date.malformed" Error,
    DatePast "date.past" Error,
    DateNotBankDay "date.not_bank_day" Error,
    CountryUnsupported "country.unsupported" Error,
    PriorityMalformed "priority.malformed" Warning,
    RowWidth "row.width" Error,
    RowHidden "row.hidden" Warning,
    RowStatus "row.status" Held,
    RowChange "row.change" Held,
    RowChangeElsewhere "row.change_elsewhere" Held,
    CellError "cell.error" Error,
    DuplicateSame "duplicate.same" Info,
    DuplicateConflict "duplicate.conflict" Held,
    DuplicateOverlap "duplicate.overlap" Held,
    DuplicateSuspect "duplicate.suspect" Held,
    DuplicateAfterAll "duplicate.after_all" Held,
    DuplicateElsewhere "duplicate.elsewhere" Held,
    BaselineAccountChanged "baseline.account_changed" Held,
    BaselineAmountChanged "baseline.amount_changed" Warning,
    BaselineNewPerson "baseline.new_person" Warning,
    BaselineMissingPerson "baseline.missing_person" Warning,
    BaselineMissingCase "baseline.missing_case" Warning,
    BaselineEnded "baseline.ended" Error,
    BaselineDead "baseline.dead" Error,
    BaselineReplaced "baseline.replaced" Error,
    BaselineOtherPeriod "baseline.other_period" Error,
    BaselineSlip "baseline.slip" Error,
    TriageNotYet "triage.not_yet" Held,
    TriageNotInLists "triage.not_in_lists" Warning,
    DecisionDropped "decision.dropped" Error,
    DecisionDroppedBefore "decision.dropped_before" Held,
    DecisionPaid "decision.paid" Info,
    DecisionNotNeeded "decision.not_needed" Warning,
    FileNext "file.next" Info,
}

impl Code {
    /// Whether a row that it rejects is rejected for good: nothing about it is wrong, and nothing is to be paid.
    pub fn is_over(self) -> bool {
        matches!(self, Code::BaselineEnded | Code::BaselineDead | Code::BaselineReplaced | Code::DecisionDropped)
    }
}

/// One thing about one row. The row's place is known to whoever asked for the check.
///
/// `message` is a sentence for the person who made the list: what is wrong, with the value as written (person numbers masked), and what to
/// do. It names neither file nor row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    pub column: Option<Column>,
    pub message: Message,
}

/// What a rule has to say of its cells. Of nearly every row that is nothing, which takes a pointer and no work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said(Option<Box<[Problem]>>);

impl Said {
    pub(super) const NOTHING: Said = Said(None);

    pub(super) fn push(&mut self, problem: Problem) {
        let mut said = self.0.take().map(Vec::from).unwrap_or_default();
        said.push(problem);
        *self = said.into();
    }

    /// Moves what is said to the end of `all`.
    #[inline]
    pub(super) fn move_to(self, all: &mut Vec<Problem>) {
        if let Some(said) = self.0 {
            all.extend(said);
        }
    }
}

impl From<Vec<Problem>> for Said {
    fn from(said: Vec<Problem>) -> Self {
        Self((!said.is_empty()).then(|| said.into()))
    }
}

impl From<Problem> for Said {
    fn from(problem: Problem) -> Self {
        vec![problem].into()
    }
}

impl FromIterator<Problem> for Said {
    fn from_iter<I: IntoIterator<Item = Problem>>(said: I) -> Self {
        said.into_iter().collect::<Vec<_>>().into()
    }
}

impl IntoIterator for Said {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map(Vec::from).unwrap_or_default().into_iter()
    }
}

impl Deref for Said {
    type Target = [Problem];

    fn deref(&self) -> &[Problem] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Problem {
    pub fn new(code: Code, column: impl Into<Option<Column>>, message: impl Into<Message>) -> Self {
        Self { code, column: column.into(), message: message.into() }
    }

    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}
