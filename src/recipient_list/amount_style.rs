//! How a column writes its amounts, and what one amount says.
//!
//! `1.234` is a thousand and more in Denmark and one and a bit in England. An amount alone often cannot tell; the column it stands in
//! usually can, so the evidence of the whole column is gathered before any of its amounts is believed. What stays open is an error of the
//! row, never a guess. No value passes through a float: digits are counted in whole minor units from the first to the last.

use std::fmt;

use crate::payment::{Amount, Currency};
use crate::phrase;

/// What the whole column says about its separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AmountStyle {
    /// Nothing in the column tells a decimal separator from a thousands separator, or the column contradicts itself: each amount must
    /// speak for itself.
    #[default]
    Unsettled,
    /// `1.234,56`
    DecimalComma,
    /// `1,234.56`
    DecimalPoint,
}

impl AmountStyle {
    /// The style of a column, from all its amounts as written.
    pub fn settle<'a>(amounts: impl IntoIterator<Item = &'a str>, currency: Currency) -> AmountStyle {
        let mut evidence = Evidence::default();
        for amount in amounts {
            evidence.weigh(&WrittenAmount::read(amount, currency));
        }
        evidence.style()
    }
}

impl fmt::Display for AmountStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            AmountStyle::Unsettled => phrase!("decimal style open"),
            AmountStyle::DecimalComma => phrase!("decimal comma"),
            AmountStyle::DecimalPoint => phrase!("decimal point"),
        };
        words.fmt(f)
    }
}

/// Why an amount could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    Missing,
    Malformed,
    /// `1.234`: a thousand and more, or one and a bit?
    Ambiguous,
    /// More than two decimals.
    Precision,
}

/// Reads an amount as written under its column's style.
///
/// Grouping by points, commas or spaces (no-break and narrow ones too), a sign before or after, brackets for a negative amount, the
/// Danish `1.234,-`, and `kr`, `kr.` or the code of `currency` before or after are understood. The unit of another currency is not:
/// `100 EUR` is never a hundred kroner.
pub fn read_amount(text: &str, style: AmountStyle, currency: Currency) -> Result<Amount, AmountError> {
    let written = WrittenAmount::read(text, currency);
    let minor_units = match (written.says, style) {
        (Says::LoneGroup(_), AmountStyle::Unsettled) => Err(AmountError::Ambiguous),
        (Says::LoneGroup(mark), _) if Some(mark) == style.decimal_mark() => Err(AmountError::Precision),
        _ => written.minor_units,
    }?;
    Ok(Amount::from_minor_units(minor_units, currency))
}

impl AmountStyle {
    fn decimal_mark(self) -> Option<Mark> {
        match self {
            AmountStyle::Unsettled => None,
            AmountStyle::DecimalComma => Some(Mark::Comma),
            AmountStyle::DecimalPoint => Some(Mark::Point),
        }
    }
}

/// What has been seen of decimal separators in a column so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    comma: bool,
    point: bool,
}

impl Evidence {
    pub(super) fn weigh(&mut self, written: &WrittenAmount) {
        match written.says {
            Says::Decimal(Mark::Comma) => self.comma = true,
            Says::Decimal(Mark::Point) => self.point = true,
            _ => {}
        }
    }

    pub(super) fn style(self) -> AmountStyle {
        match (self.comma, self.point) {
            (true, false) => AmountStyle::DecimalComma,
            (false, true) => AmountStyle::DecimalPoint,
            _ => AmountStyle::Unsettled,
        }
    }
}

/// A character between digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Comma,
    Point,
    Space,
}

impl Mark {
    /// What writes the decimals where this mark parts the thousands.
    fn counterpart(self) -> Says {
        match self {
            Mark::Comma => Says::Decimal(Mark::Point),
            Mark::Point => Says::Decimal(Mark::Comma),
            Mark::Space => Says::Nothing,
        }
    }
}

/// What an amount says about the column it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    /// This mark parts off the decimals, beyond doubt.
    Decimal(Mark),
    /// One to three digits, this mark, three digits, and nothing else: thousands or decimals. The value is that of thousands.
    LoneGroup(Mark),
}

/// One amount on its own, before the column has been heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrittenAmount {
    pub(super) minor_units: Result<i64, AmountError>,
    pub(super) says: Says,
}

impl WrittenAmount {
    pub(super) fn read(text: &str, currency: Currency) -> Self {
        let text = super::trim(text);
        if text.is_empty() {
            return Self::wrong(AmountError::Missing);
        }
        let Bare { figure, negative, whole_kroner } = Bare::of(text, currency);
        match Figure::split(figure) {
            Some(figure) if whole_kroner => figure.whole_kroner(negative),
            Some(figure) => figure.meaning(negative),
            None => Self::wrong(AmountError::Malformed),
        }
    }

    fn wrong(error: AmountError) -> Self {
        Self { minor_units: Err(error), says: Says::Nothing }
    }
}

/// An amount without its unit and sign.
struct Bare<'a> {
    figure: &'a str,
    negative: bool,
    /// It ended in `,-`: no øre.
    whole_kroner: bool,
}

impl<'a> Bare<'a> {
    /// Takes off one unit, one sign and the `,-`, in whatever order they were written.
    fn of(text: &'a str, currency: Currency) -> Self {
        let mut bare = Bare { figure: text, negative: false, whole_kroner: false };
        let (mut unit, mut signed) = (false, false);
        loop {
            let figure = bare.figure;
            let [first, last] = [figure.as_bytes().first(), figure.as_bytes().last()];
            if first.is_some_and(u8::is_ascii_digit) && last.is_some_and(u8::is_ascii_digit) {
                return bare;
            } else if let Some(rest) = without_unit(figure, currency).filter(|_| !unit) {
                (bare.figure, unit) = (super::trim(rest), true);
            } else if let Some(rest) = figure.strip_suffix(",-").filter(|_| !bare.whole_kroner) {
                (bare.figure, bare.whole_kroner) = (rest, true);
            } else if let Some((rest, negative)) = without_sign(figure).filter(|_| !signed) {
                (bare.figure, bare.negative, signed) = (super::trim(rest), negative, true);
            } else {
                return bare;
            }
        }
    }
}

fn without_unit(text: &str, currency: Currency) -> Option<&str> {
    let units: &[&str] = match currency {
        Currency::Dkk => &["kr.", "kr", "DKK"],
        Currency::Nok => &["kr.", "kr", "NOK"],
        Currency::Sek => &["kr.", "kr", "SEK"],
        Currency::Eur => &["€", "EUR"],
    };
    units.iter().find_map(|unit| without_prefix(text, unit).or_else(|| without_suffix(text, unit)))
}

fn without_prefix<'a>(text: &'a str, unit: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(unit.len())?;
    start.eq_ignore_ascii_case(unit).then_some(rest)
}

fn without_suffix<'a>(text: &'a str, unit: &str) -> Option<&'a str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(unit.len())?)?;
    end.eq_ignore_ascii_case(unit).then_some(rest)
}

/// The text without its sign, and whether that made it negative. Word processors turn the hyphen into a dash or a true minus.
fn without_sign(text: &str) -> Option<(&str, bool)> {
    const MINUS: [char; 3] = ['-', '\u{2212}', '\u{2013}'];
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return Some((inner, true));
    }
    if let Some(rest) = text.strip_prefix('+') {
        return Some((rest, false));
    }
    text.strip_prefix(MINUS).or_else(|| text.strip_suffix(MINUS)).map(|rest| (rest, true))
}

/// Digits in pieces, and the marks between them.
struct Figure {
    /// All digits as one number.
    digits: i64,
    starts_with_zero: bool,
    /// How many digits stand in each piece; `marks[n]` stands after `pieces[n]`.
    pieces: [u8; Figure::PIECES],
    marks: [Mark; Figure::PIECES],
    /// How many marks there are: one less than the pieces.
    marks_seen: usize,
}

impl Figure {
    /// More than 64-bit minor units can fill.
    const PIECES: usize = 12;

    /// `None` where there is anything but digits with single marks between them, or more digits than an amount can have.
    fn split(text: &str) -> Option<Self> {
        let (mut pieces, mut marks) = ([0; Self::PIECES], [Mark::Space; Self::PIECES]);
        let (mut digits, mut piece, mut marks_seen) = (0i64, 0u8, 0);
        for character in text.chars() {
            match sign(character)? {
                Sign::Digit(digit) => {
                    digits = digits.checked_mul(10)?.checked_add(digit)?;
                    piece = piece.checked_add(1)?;
                }
                Sign::Mark(mark) if piece > 0 => {
                    *marks.get_mut(marks_seen)? = mark;
                    *pieces.get_mut(marks_seen)? = piece;
                    marks_seen += 1;
                    piece = 0;
                }
                Sign::Mark(_) => return None,
            }
        }
        *pieces.get_mut(marks_seen)? = piece;
        let starts_with_zero = text.starts_with(['0', '\u{FF10}']);
        (piece > 0).then_some(Figure { digits, starts_with_zero, pieces, marks, marks_seen })
    }

    fn pieces(&self) -> &[u8] {
        self.pieces.get(..=self.marks_seen).unwrap_or_default()
    }

    fn marks(&self) -> &[Mark] {
        self.marks.get(..self.marks_seen).unwrap_or_default()
    }

    fn meaning(&self, negative: bool) -> WrittenAmount {
        match self.marks() {
            [] => self.whole(negative, Says::Nothing),
            [mark @ (Mark::Comma | Mark::Point)] if self.grouped(self.pieces()) => {
                self.whole(negative, Says::LoneGroup(*mark))
            }
            [decimal @ (Mark::Comma | Mark::Point)] => self.with_decimals(*decimal, negative),
            marks @ [first, ..] if marks.iter().all(|mark| mark == first) => {
                if self.grouped(self.pieces()) {
                    self.whole(negative, first.counterpart())
                } else {
                    WrittenAmount::wrong(AmountError::Malformed)
                }
            }
            [first, between @ .., last @ (Mark::Comma | Mark::Point)]
                if first != last && between.iter().all(|mark| mark == first) && self.grouped_before_decimals() =>
            {
                self.with_decimals(*last, negative)
            }
            _ => WrittenAmount::wrong(AmountError::Malformed),
        }
    }

    /// `1.234,-`: the comma has been taken off, so what is left can only be grouped, and not by commas.
    fn whole_kroner(&self, negative: bool) -> WrittenAmount {
        let marks = self.marks();
        let one_kind = marks.iter().all(|mark| Some(mark) == marks.first() && *mark != Mark::Comma);
        if one_kind && (marks.is_empty() || self.grouped(self.pieces())) {
            self.whole(negative, Says::Decimal(Mark::Comma))
        } else {
            WrittenAmount::wrong(AmountError::Malformed)
        }
    }

    fn grouped_before_decimals(&self) -> bool {
        self.pieces().split_last().is_some_and(|(_, groups)| self.grouped(groups))
    }

    /// One to three digits that are not led by a zero, then threes.
    fn grouped(&self, pieces: &[u8]) -> bool {
        match pieces {
            [first, rest @ ..] => *first <= 3 && !self.starts_with_zero && rest.iter().all(|digits| *digits == 3),
            [] => false,
        }
    }

    fn whole(&self, negative: bool, says: Says) -> WrittenAmount {
        WrittenAmount { minor_units: self.scaled(100, negative), says }
    }

    fn with_decimals(&self, decimal: Mark, negative: bool) -> WrittenAmount {
        let minor_units = match self.pieces().last() {
            Some(1) => self.scaled(10, negative),
            Some(2) => self.scaled(1, negative),
            _ => Err(AmountError::Precision),
        };
        WrittenAmount { minor_units, says: Says::Decimal(decimal) }
    }

    fn scaled(&self, by: i64, negative: bool) -> Result<i64, AmountError> {
        let by = if negative { -by } else { by };
        self.digits.checked_mul(by).ok_or(AmountError::Malformed)
    }
}

/// What a figure is written with.
enum Sign {
    Digit(i64),
    Mark(Mark),
}

/// Plain and full-width digits and marks.
fn sign(character: char) -> Option<Sign> {
    match character {
        '0'..='9' => Some(Sign::Digit(i64::from(u32::from(character) - 0x30))),
        '\u{FF10}'..='\u{FF19}' => Some(Sign::Digit(i64::from(u32::from(character) - 0xFF10))),
        ',' | '\u{FF0C}' => Some(Sign::Mark(Mark::Comma)),
        '.' | '\u{FF0E}' => Some(Sign::Mark(Mark::Point)),
        // Plain, no-break, figure, thin and narrow no-break space.
        ' ' | '\u{A0}' | '\u{2007}' | '\u{2009}' | '\u{202F}' => Some(Sign::Mark(Mark::Space)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::AmountError::{Ambiguous, Malformed, Missing, Precision};
    use super::AmountStyle::{DecimalComma, DecimalPoint, Unsettled};
    use super::*;

    fn read(text: &str, style: AmountStyle) -> Result<i64, AmountError> {
        read_amount(text, style, Currency::Dkk).map(Amount::minor_units)
    }

    #[test]
    fn amounts_that_speak_for_themselves_mean_the_same_in_every_column() {
        let table = [
            ("1.234,56", Ok(123_456)),
            ("1,234.56", Ok(123_456)),
            ("1 234,56", Ok(123_456)),
            ("1 234.56", Ok(123_456)),
            ("1\u{A0}234,56", Ok(123_456)),
            ("1\u{202F}234\u{202F}567,5", Ok(123_456_750)),
            ("1234,56", Ok(123_456)),
            ("1234.56", Ok(123_456)),
            ("1234", Ok(123_400)),
            ("1 234", Ok(123_400)),
            ("1.234.567", Ok(123_456_700)),
            ("1,234,567", Ok(123_456_700)),
            ("1.234.567,8", Ok(123_456_780)),
            ("0", Ok(0)),
            ("0,05", Ok(5)),
            ("000123,45", Ok(12_345)),
            ("１２３４，５６", Ok(123_456)),
            ("-1.234,56", Ok(-123_456)),
            ("1.234,56-", Ok(-123_456)),
            ("\u{2212}12,00", Ok(-1_200)),
            ("(12,00)", Ok(-1_200)),
            ("+12,00", Ok(1_200)),
            ("kr. 1.234,56", Ok(123_456)),
            ("KR 12,5", Ok(1_250)),
            ("12,50 kr.", Ok(1_250)),
            ("12,50kr", Ok(1_250)),
            ("DKK 12.50", Ok(1_250)),
            ("-12,50 dkk", Ok(-1_250)),
            ("kr. -12,50", Ok(-1_250)),
            ("1.234,-", Ok(123_400)),
            ("kr. 500,-", Ok(50_000)),
            ("  12,50\u{A0}", Ok(1_250)),
            ("92233720368547758,07", Ok(i64::MAX)),
            ("", Err(Missing)),
            (" \u{A0}", Err(Missing)),
            ("0,500", Err(Precision)),
            ("0.500", Err(Precision)),
            ("1234,567", Err(Precision)),
            ("1.234,567", Err(Precision)),
            ("1 234.567", Err(Precision)),
            ("1,2345", Err(Precision)),
            ("12.34.567", Err(Malformed)),
            ("1.234.56", Err(Malformed)),
            ("1,234,56", Err(Malformed)),
            ("1.2345,00", Err(Malformed)),
            ("1 23,00", Err(Malformed)),
            ("1.234 567,00", Err(Malformed)),
            ("0.123.456", Err(Malformed)),
            ("1..234", Err(Malformed)),
            ("1  234", Err(Malformed)),
            ("1.234,56,78", Err(Malformed)),
            ("1,234.567.890", Err(Malformed)),
            (",50", Err(Malformed)),
            ("50,", Err(Malformed)),
            ("50.", Err(Malformed)),
            ("1e3", Err(Malformed)),
            ("1,5E+03", Err(Malformed)),
            ("tolv", Err(Malformed)),
            ("12a", Err(Malformed)),
            ("--12", Err(Malformed)),
            ("-12-", Err(Malformed)),
            ("(12", Err(Malformed)),
            ("kr", Err(Malformed)),
            ("kr kr 12", Err(Malformed)),
            ("100 EUR", Err(Malformed)),
            ("€ 100", Err(Malformed)),
            ("1,234,-", Err(Malformed)),
            ("-", Err(Malformed)),
            ("#REF!", Err(Malformed)),
            ("١٢٣", Err(Malformed)),
            ("92233720368547758,08", Err(Malformed)),
            ("99999999999999999999999999", Err(Malformed)),
            ("1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", Err(Malformed)),
        ];
        for (text, expected) in table {
            for style in [Unsettled, DecimalComma, DecimalPoint] {
                assert_eq!(read(text, style), expected, "{text:?} in a column of {style:?}");
            }
        }
    }

    #[test]
    fn a_lone_group_of_three_is_read_as_its_column_writes() {
        let table = [
            ("1.234", Err(Ambiguous), Ok(123_400), Err(Precision)),
            ("1,234", Err(Ambiguous), Err(Precision), Ok(123_400)),
            ("-123.456", Err(Ambiguous), Ok(-12_345_600), Err(Precision)),
            ("kr. 12,000", Err(Ambiguous), Err(Precision), Ok(1_200_000)),
        ];
        for (text, unsettled, comma, point) in table {
            assert_eq!(read(text, Unsettled), unsettled, "{text}");
            assert_eq!(read(text, DecimalComma), comma, "{text}");
            assert_eq!(read(text, DecimalPoint), point, "{text}");
        }
    }

    #[test]
    fn the_column_settles_its_style_by_what_can_only_be_meant_one_way() {
        let table: [(&[&str], AmountStyle); 13] = [
            (&[], Unsettled),
            (&["1.234", "1,234"], Unsettled),
            (&["1234", "500", "1 234"], Unsettled),
            (&["1.234", "0,50"], DecimalComma),
            (&["1,234", "0.50"], DecimalPoint),
            (&["1.234", "1.234.567"], DecimalComma),
            (&["1,234", "1,234,567"], DecimalPoint),
            (&["1.234", "1.234,56"], DecimalComma),
            (&["500,-", "1.234"], DecimalComma),
            (&["0,500"], DecimalComma),
            (&["12,50", "12.50"], Unsettled),
            (&["tolv", "12.34.567", ""], Unsettled),
            (&["100,00 EUR", "1.234"], Unsettled),
        ];
        for (amounts, style) in table {
            assert_eq!(AmountStyle::settle(amounts.iter().copied(), Currency::Dkk), style, "{amounts:?}");
        }
    }

    #[test]
    fn a_unit_is_taken_only_for_its_own_currency() {
        assert_eq!(read_amount("€ 5,00", Unsettled, Currency::Eur).map(Amount::minor_units), Ok(500));
        assert_eq!(read_amount("5,00 kr", Unsettled, Currency::Eur), Err(Malformed));
        assert_eq!(read_amount("5,00 SEK", Unsettled, Currency::Sek).map(Amount::minor_units), Ok(500));
        assert_eq!(read_amount("5,00 SEK", Unsettled, Currency::Nok), Err(Malformed));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(minor_units in any::<i64>()) {
            prop_assume!(minor_units != i64::MIN);
            let amount = Amount::from_minor_units(minor_units, Currency::Dkk);
            prop_assert_eq!(read_amount(&amount.to_string(), DecimalPoint, Currency::Dkk), Ok(amount));
            prop_assert_eq!(read_amount(&amount.grouped(), DecimalComma, Currency::Dkk), Ok(amount));
        }

        #[test]
        fn no_text_is_too_strange(text in r"[-+()0-9.,  krEe€０-９\u{2212}]{0,30}|\PC*") {
            for style in [Unsettled, DecimalComma, DecimalPoint] {
                let _ = read_amount(&text, style, Currency::Dkk);
                let _ = read_amount(&text, style, Currency::Eur);
            }
        }
    }
}
