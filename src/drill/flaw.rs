//! What is wrong with some rows of a made-up list: the slips that people make, and what the contract says to each.

use crate::checks::{Code, Severity};

use super::chance::{Dice, Purpose};

/// One slip. A row has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// An account of eleven digits.
    AccountTooLong,
    /// An IBAN whose check digits are off by one.
    IbanMistyped,
    AccountMissing,
    NameMissing,
    AmountZero,
    /// A third decimal that is not zero.
    AmountThreeDecimals,
    /// The comma forgotten: a hundred times what was meant.
    OverLimit,
    /// Born on 31 February.
    NoSuchBirthday,
    /// The letter O in a CPR number.
    NumberMistyped,
    /// A CPR number that fails modulus 11, which some real ones do.
    CheckDigitWrong,
    /// A spreadsheet took the CPR number for a number and dropped its leading zero.
    ZeroLost,
    /// A name in the old spelling, with the letter ĸ, which no bank takes.
    OldSpelling,
    /// The row comes again, further down.
    Doubled,
    /// The row comes again with another amount: which is right?
    Corrected,
    /// The row comes again under the same name and account with another CPR number.
    TwoNumbers,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Prepared,
    Rejected,
    Held,
    Duplicate,
}

impl Flaw {
    pub(super) fn code(self) -> Code {
        match self {
            Flaw::AccountTooLong => Code::AccountMalformed,
            Flaw::IbanMistyped => Code::AccountChecksum,
            Flaw::AccountMissing => Code::AccountMissing,
            Flaw::NameMissing => Code::NameMissing,
            Flaw::AmountZero => Code::AmountNotPositive,
            Flaw::AmountThreeDecimals => Code::AmountPrecision,
            Flaw::OverLimit => Code::AmountLimit,
            Flaw::NoSuchBirthday => Code::IdDate,
            Flaw::NumberMistyped => Code::IdMalformed,
            Flaw::CheckDigitWrong => Code::IdUnverified,
            Flaw::ZeroLost => Code::IdLeadingZero,
            Flaw::OldSpelling => Code::TextReplaced,
            Flaw::Doubled => Code::DuplicateSame,
            Flaw::Corrected => Code::DuplicateConflict,
            Flaw::TwoNumbers => Code::DuplicateSuspect,
        }
    }

    /// Whether the list holds a second row of the same person, further down.
    pub(super) fn has_echo(self) -> bool {
        matches!(self, Flaw::Doubled | Flaw::Corrected | Flaw::TwoNumbers)
    }

    /// What becomes of the row and of its echo, and what is said about it. Of a row that comes twice unchanged the first is paid.
    pub(super) fn judged(self, is_echo: bool) -> (Fate, Option<Code>) {
        let code = self.code();
        match code.severity() {
            Severity::Error => (Fate::Rejected, Some(code)),
            Severity::Held => (Fate::Held, Some(code)),
            Severity::Warning => (Fate::Prepared, Some(code)),
            Severity::Info if is_echo => (Fate::Duplicate, Some(code)),
            Severity::Info => (Fate::Prepared, None),
        }
    }
}

/// Where in a list the flaws are: spread evenly, one in each stretch of it, at a place that chance chooses.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlawPlan {
    seed: u64,
    list: usize,
    recipients: u64,
    flaws: u64,
    kinds: &'static [Flaw],
}

impl FlawPlan {
    /// As many flaws as `kinds` for `usual` recipients, more or fewer in proportion; all kinds at least once where `all_kinds` says so.
    pub(super) fn new(
        (seed, list): (u64, usize),
        recipients: u64,
        usual: u64,
        kinds: &'static [Flaw],
        all_kinds: bool,
    ) -> Self {
        let wanted = recipients * kinds.len() as u64 / usual;
        let at_least = if all_kinds { kinds.len() as u64 } else { 0 };
        Self { seed, list, recipients, flaws: wanted.max(at_least).min(recipients), kinds }
    }

    pub(super) fn count(&self) -> u64 {
        self.flaws
    }

    /// The flaw of the recipient at `place`, and how many flaws the list had before it.
    pub(super) fn at(&self, place: u64) -> Option<(Flaw, u64)> {
        let (recipients, flaws) = (self.recipients, self.flaws);
        if flaws == 0 {
            return None;
        }
        let stretch = place * flaws / recipients;
        let first = (stretch * recipients).div_ceil(flaws);
        let end = ((stretch + 1) * recipients).div_ceil(flaws);
        let chosen = first + Dice::at(self.seed, Purpose::Flaw, self.list, stretch).below(end - first);
        (chosen == place).then(|| (self.kinds[(stretch % self.kinds.len() as u64) as usize], stretch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_exactly_as_many_flaws_as_it_says() {
        const KINDS: &[Flaw] = &[Flaw::NameMissing, Flaw::AmountZero, Flaw::Doubled];
        for (recipients, all_kinds, flaws) in [
            (1, false, 0),
            (1, true, 1),
            (66, false, 0),
            (67, false, 1),
            (39, true, 3),
            (200, true, 3),
            (20_000, true, 300),
        ] {
            let plan = FlawPlan::new((5, 1), recipients, 200, KINDS, all_kinds);
            let found: Vec<_> = (0..recipients).filter_map(|place| plan.at(place)).collect();
            assert_eq!(found.len(), flaws, "{recipients}");
            for (at, (kind, before)) in found.into_iter().enumerate() {
                assert_eq!((kind, before), (KINDS[at % 3], at as u64));
            }
        }
    }
}
