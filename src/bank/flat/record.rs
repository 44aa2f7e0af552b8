//! Fields of fixed width, one after the other.

use std::fmt::{self, Write as _};

use super::{SLIP_LINE, SLIP_TEXT};
use crate::payment::Amount;

/// A value has more characters than its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{value}” does not fit into the {width} characters of {field}")]
pub struct TooLong {
    pub field: &'static str,
    pub width: usize,
    pub value: String,
}

/// What stands around and between the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dress {
    /// `"…","…"`
    Quoted,
    /// Nothing.
    Bare,
}

/// A record under construction.
pub(super) struct Record {
    line: String,
    dress: Dress,
}

impl Record {
    pub fn new(dress: Dress) -> Self {
        Self { line: String::with_capacity(900), dress }
    }

    /// Text on the left, blanks behind it.
    pub fn text(self, field: &'static str, width: usize, value: &str) -> Result<Self, TooLong> {
        self.field(field, width, value, format_args!("{value:<width$}"))
    }

    /// Digits on the right, zeros before them.
    pub fn digits(self, field: &'static str, width: usize, value: &str) -> Result<Self, TooLong> {
        self.field(field, width, value, format_args!("{value:0>width$}"))
    }

    /// Minor units, and a sign behind them.
    pub fn signed_amount(self, field: &'static str, width: usize, amount: Amount) -> Result<Self, TooLong> {
        let digits = amount.minor_units().unsigned_abs().to_string();
        let sign = if amount.minor_units() < 0 { '-' } else { '+' };
        self.field(field, width, &digits, format_args!("{digits:0>width$}{sign}"))
    }

    pub fn blank(self, width: usize) -> Result<Self, TooLong> {
        self.text("blank", width, "")
    }

    pub fn blanks(self, count: usize, width: usize) -> Result<Self, TooLong> {
        (0..count).try_fold(self, |record, _| record.blank(width))
    }

    pub fn line(self) -> String {
        self.line
    }

    fn field(
        mut self,
        field: &'static str,
        width: usize,
        value: &str,
        padded: fmt::Arguments<'_>,
    ) -> Result<Self, TooLong> {
        if value.chars().count() > width {
            return Err(TooLong { field, width, value: value.into() });
        }
        if self.dress == Dress::Quoted && !self.line.is_empty() {
            self.line.push(',');
        }
        let quote = if self.dress == Dress::Quoted { "\"" } else { "" };
        write!(self.line, "{quote}{padded}{quote}").expect("writing to memory does not fail");
        Ok(self)
    }
}

/// A record of numbered columns without widths, each in quotation marks: the other banks' CSV.
pub(super) struct Columns(Vec<String>);

impl Columns {
    pub fn new(count: usize) -> Self {
        Self(vec![String::new(); count])
    }

    /// Sets a column, counted from 1 as the banks do, of at most `width` characters.
    pub fn set(mut self, column: usize, field: &'static str, width: usize, value: &str) -> Result<Self, TooLong> {
        if value.chars().count() > width {
            return Err(TooLong { field, width, value: value.into() });
        }
        self.0[column - 1] = value.into();
        Ok(self)
    }

    pub fn line(self) -> String {
        // Nothing in the banks' characters needs escaping inside quotation marks: the mark itself is not among them.
        let quoted: Vec<String> = self.0.iter().map(|value| format!("\"{value}\"")).collect();
        quoted.join(",")
    }
}

/// `value`, or as much of its beginning as has room: for references whose beginning is unique.
pub(super) fn beginning(value: &str, width: usize) -> String {
    value.chars().take(width).collect::<String>().trim_end().to_owned()
}

/// A slip's text in its two lines.
pub(super) fn two_lines(text: &str) -> Result<[String; 2], TooLong> {
    if text.chars().count() > SLIP_TEXT {
        return Err(TooLong { field: "text", width: SLIP_TEXT, value: text.into() });
    }
    let mut lines = lines(text, SLIP_LINE).into_iter();
    Ok([lines.next().unwrap_or_default(), lines.next().unwrap_or_default()])
}

/// A text in lines of at most `width` characters, cut anywhere: the payee reads them joined.
pub(super) fn lines(text: &str, width: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(width).map(|line| line.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Currency;

    #[test]
    fn fields_are_padded_and_never_cut() {
        let amount = Amount::from_minor_units(523_450, Currency::Dkk);
        let record = || Record::new(Dress::Quoted).text("name", 6, "Åse").expect("fits");
        let line = record().digits("account", 5, "42").and_then(|r| r.signed_amount("amount", 8, amount));
        assert_eq!(line.expect("fits").line(), "\"Åse   \",\"00042\",\"00523450+\"");
        assert_eq!(record().text("name", 2, "Åse").err().map(|e| (e.field, e.width)), Some(("name", 2)));
        assert!(record().signed_amount("amount", 5, amount).is_err());
        let bare = Record::new(Dress::Bare).text("type", 1, "3").and_then(|r| r.blanks(2, 2)).expect("fits");
        assert_eq!(bare.line(), "3    ");
    }

    #[test]
    fn texts_are_cut_into_lines_and_lose_nothing() {
        assert_eq!(lines("Alderspension", 5), ["Alder", "spens", "ion"]);
        assert_eq!(lines("", 5), Vec::<String>::new());
        assert_eq!(two_lines(""), Ok([String::new(), String::new()]));
        assert_eq!(two_lines(&"x".repeat(70)), Ok(["x".repeat(35), "x".repeat(35)]));
        assert!(two_lines(&"x".repeat(71)).is_err());
        assert_eq!(lines("æøå æøå", 3).concat(), "æøå æøå");
        assert_eq!(beginning("B0001-1 X", 8), "B0001-1");
    }
}
