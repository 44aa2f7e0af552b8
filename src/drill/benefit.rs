//! The five benefits that Qeqqata Kommunia paid by hand in March 2022, and what their made-up lists are like.

use super::dialect::{self, Dialect};
use super::flaw::Flaw;

/// What is true of one list whatever the seed.
#[derive(Debug)]
pub(super) struct Benefit {
    pub(super) file_name: &'static str,
    pub(super) scheme: &'static str,
    /// How many people Qeqqata paid it to (Sermitsiaq, 30 March 2022).
    pub(super) usual_recipients: u64,
    pub(super) dialect: &'static Dialect,
    /// First and last year of birth, at the ages of 2022.
    pub(super) years_of_birth: (i32, i32),
    /// Its stretch of the serials in person numbers.
    pub(super) serials: std::ops::Range<usize>,
    pub(super) amounts: Amounts,
    /// How often, one in so many, two neighbours in the list are a couple with one account.
    pub(super) couples_one_in: Option<u64>,
    /// How often, one in so many, two neighbours are one person paid in two instalments. Needs a column for the instalment.
    pub(super) instalments_one_in: Option<u64>,
    /// How often, one in so many, a recipient also receives public help, of the same amount.
    pub(super) with_public_help_one_in: Option<u64>,
    pub(super) flaws: &'static [Flaw],
}

/// Plausible amounts in øre. They are nobody's real rates.
#[derive(Debug)]
pub(super) struct Amounts {
    pub(super) least: i64,
    pub(super) most: i64,
    /// The amounts that many receive alike.
    pub(super) rates: &'static [i64],
    /// How many of ten receive one of the rates.
    pub(super) rates_in_ten: u64,
}

/// The list that others share people with.
pub(super) const PUBLIC_HELP: usize = 0;

pub(super) static BENEFITS: [Benefit; 5] = [
    Benefit {
        file_name: "offentlig-hjaelp.csv",
        scheme: "Offentlig hjælp",
        usual_recipients: 900,
        dialect: &dialect::SEMICOLON_WITH_TOTAL,
        years_of_birth: (1955, 1999),
        serials: 0..26,
        amounts: Amounts { least: 180_000, most: 950_000, rates: &[325_000, 412_500], rates_in_ten: 2 },
        couples_one_in: Some(45),
        instalments_one_in: Some(40),
        with_public_help_one_in: None,
        flaws: &[
            Flaw::AccountTooLong,
            Flaw::Doubled,
            Flaw::NameMissing,
            Flaw::OldSpelling,
            Flaw::Corrected,
            Flaw::AmountZero,
            Flaw::CheckDigitWrong,
            Flaw::OverLimit,
            Flaw::AccountMissing,
        ],
    },
    Benefit {
        file_name: "arbejdsmarkedsydelse.csv",
        scheme: "Arbejdsmarkedsydelse",
        usual_recipients: 500,
        dialect: &dialect::WINDOWS_1252,
        years_of_birth: (1955, 1999),
        serials: 26..41,
        amounts: Amounts { least: 240_000, most: 890_000, rates: &[468_000, 702_000], rates_in_ten: 3 },
        couples_one_in: Some(60),
        instalments_one_in: None,
        with_public_help_one_in: None,
        flaws: &[
            Flaw::ZeroLost,
            Flaw::NumberMistyped,
            Flaw::IbanMistyped,
            Flaw::ZeroLost,
            Flaw::Doubled,
            Flaw::AccountTooLong,
            Flaw::ZeroLost,
        ],
    },
    Benefit {
        file_name: "barselsdagpenge.csv",
        scheme: "Barselsdagpenge",
        usual_recipients: 200,
        dialect: &dialect::ENGLISH_COMMA,
        years_of_birth: (1976, 1999),
        serials: 48..60,
        amounts: Amounts { least: 790_000, most: 1_680_000, rates: &[1_215_000], rates_in_ten: 1 },
        couples_one_in: Some(30),
        instalments_one_in: None,
        with_public_help_one_in: Some(50),
        flaws: &[Flaw::AmountThreeDecimals, Flaw::TwoNumbers, Flaw::NameMissing],
    },
    Benefit {
        file_name: "alderspension.csv",
        scheme: "Alderspension",
        usual_recipients: 750,
        dialect: &dialect::UNICODE_TEXT,
        years_of_birth: (1925, 1954),
        serials: 0..40,
        amounts: Amounts { least: 460_000, most: 1_390_000, rates: &[565_000, 847_500, 1_130_000], rates_in_ten: 6 },
        couples_one_in: Some(12),
        instalments_one_in: None,
        with_public_help_one_in: None,
        flaws: &[
            Flaw::AccountMissing,
            Flaw::CheckDigitWrong,
            Flaw::TwoNumbers,
            Flaw::NoSuchBirthday,
            Flaw::Corrected,
            Flaw::OverLimit,
            Flaw::Doubled,
        ],
    },
    Benefit {
        file_name: "foertidspension.csv",
        scheme: "Førtidspension",
        usual_recipients: 200,
        dialect: &dialect::PIPE,
        years_of_birth: (1955, 1999),
        serials: 41..48,
        amounts: Amounts { least: 520_000, most: 1_420_000, rates: &[690_000, 1_035_000], rates_in_ten: 5 },
        couples_one_in: Some(50),
        instalments_one_in: None,
        with_public_help_one_in: Some(40),
        flaws: &[Flaw::IbanMistyped, Flaw::CheckDigitWrong, Flaw::AmountZero],
    },
];
