//! How a list is written: five habits met in real offices, each a table.

use std::fmt::Write as _;

use super::bank_account::BankAccount;
use super::name::Name;

/// One office's way of writing a list.
#[derive(Debug)]
pub struct Dialect {
    /// In a few words, for people.
    pub description: &'static str,
    pub encoding: Encoding,
    pub delimiter: char,
    pub line_end: &'static str,
    pub(super) blank_first_line: bool,
    /// Heading and content of each column, in order.
    pub(super) columns: &'static [(&'static str, Cell)],
    pub(super) amounts: AmountHabit,
    pub(super) hyphen_in_person_number: bool,
    pub(super) names: NameHabit,
    pub(super) accounts: AccountHabit,
    /// What stands before the sum in a last row, where there is one.
    pub(super) total: Option<&'static str>,
}

/// The bytes of a list's characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8WithBom,
    /// Little-endian, with byte order mark: what Excel calls "Unicode text".
    Utf16,
    Windows1252,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    PersonNumber,
    Name,
    /// The whole account.
    Account,
    /// The account in two columns.
    RegNo,
    AccountNumber,
    Amount,
    Currency,
    Scheme,
    Period,
    Instalment,
    /// Scheme and period once more, for the payee's statement.
    Text,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct AmountHabit {
    pub(super) decimal: char,
    pub(super) grouping: Option<char>,
    /// `5650` instead of `5650,00`, as a spreadsheet shows a number nobody formatted.
    pub(super) bare_kroner: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameHabit {
    /// `Naja Petersen`
    FirstNameFirst,
    /// `"Petersen, Naja"`, always in quotes.
    QuotedLastNameFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccountHabit {
    /// `6471-0012345678`
    Hyphen,
    /// `64710012345678`
    FourteenDigits,
    /// `6471 12345678`, the zeros in front left out; IBANs in groups of four.
    Short,
    /// Registration number and account in columns of their own; nobody gave an IBAN.
    TwoColumns,
}

pub(super) static SEMICOLON_WITH_TOTAL: Dialect = Dialect {
    description: "semicolons, UTF-8 with byte order mark, CRLF, decimal comma with thousands points, a last row `I alt`",
    encoding: Encoding::Utf8WithBom,
    delimiter: ';',
    line_end: "\r\n",
    blank_first_line: false,
    columns: &[
        ("CPR-nr.", Cell::PersonNumber),
        ("Navn", Cell::Name),
        ("Konto", Cell::Account),
        ("Beløb", Cell::Amount),
        ("Ydelse", Cell::Scheme),
        ("Periode", Cell::Period),
        ("Rate", Cell::Instalment),
    ],
    amounts: AmountHabit { decimal: ',', grouping: Some('.'), bare_kroner: false },
    hyphen_in_person_number: true,
    names: NameHabit::FirstNameFirst,
    accounts: AccountHabit::Hyphen,
    total: Some("I alt"),
};

pub(super) static WINDOWS_1252: Dialect = Dialect {
    description: "semicolons, Windows-1252, CRLF, a blank line before the headings, decimal comma, CPR numbers as a spreadsheet's \
                  numbers (a leading zero is lost), names as `\"Last, First\"` in quotes",
    encoding: Encoding::Windows1252,
    delimiter: ';',
    line_end: "\r\n",
    blank_first_line: true,
    columns: &[
        ("Personnummer", Cell::PersonNumber),
        ("Navn", Cell::Name),
        ("Kontonummer", Cell::Account),
        ("Udbetaling", Cell::Amount),
        ("Ydelse", Cell::Scheme),
        ("Periode", Cell::Period),
    ],
    amounts: AmountHabit { decimal: ',', grouping: None, bare_kroner: false },
    hyphen_in_person_number: false,
    names: NameHabit::QuotedLastNameFirst,
    accounts: AccountHabit::Short,
    total: None,
};

pub(super) static ENGLISH_COMMA: Dialect = Dialect {
    description: "commas, UTF-8, English headings, decimal point, accounts of fourteen digits, a text for the payee's statement",
    encoding: Encoding::Utf8,
    delimiter: ',',
    line_end: "\n",
    blank_first_line: false,
    columns: &[
        ("person_id", Cell::PersonNumber),
        ("name", Cell::Name),
        ("account", Cell::Account),
        ("amount", Cell::Amount),
        ("scheme", Cell::Scheme),
        ("period", Cell::Period),
        ("text", Cell::Text),
    ],
    amounts: AmountHabit { decimal: '.', grouping: None, bare_kroner: false },
    hyphen_in_person_number: true,
    names: NameHabit::FirstNameFirst,
    accounts: AccountHabit::FourteenDigits,
    total: None,
};

pub(super) static UNICODE_TEXT: Dialect = Dialect {
    description: "tabs, UTF-16 (Excel's \"Unicode text\"), CRLF, registration number and account in two columns, CPR numbers without \
                  hyphen, decimal comma, whole kroner without decimals",
    encoding: Encoding::Utf16,
    delimiter: '\t',
    line_end: "\r\n",
    blank_first_line: false,
    columns: &[
        ("CPRNR", Cell::PersonNumber),
        ("Navn", Cell::Name),
        ("Reg. nr.", Cell::RegNo),
        ("Konto nr.", Cell::AccountNumber),
        ("Beløb", Cell::Amount),
        ("Ydelsestype", Cell::Scheme),
        ("Periode", Cell::Period),
    ],
    amounts: AmountHabit { decimal: ',', grouping: None, bare_kroner: true },
    hyphen_in_person_number: false,
    names: NameHabit::FirstNameFirst,
    accounts: AccountHabit::TwoColumns,
    total: None,
};

pub(super) static PIPE: Dialect = Dialect {
    description: "pipes, UTF-8, headings without ø, decimal comma with spaces between thousands, a column for the currency",
    encoding: Encoding::Utf8,
    delimiter: '|',
    line_end: "\n",
    blank_first_line: false,
    columns: &[
        ("Cpr_nummer", Cell::PersonNumber),
        ("Modtager", Cell::Name),
        ("Konto", Cell::Account),
        ("Belob", Cell::Amount),
        ("Valuta", Cell::Currency),
        ("Ydelse", Cell::Scheme),
        ("Periode", Cell::Period),
    ],
    amounts: AmountHabit { decimal: ',', grouping: Some(' '), bare_kroner: false },
    hyphen_in_person_number: true,
    names: NameHabit::FirstNameFirst,
    accounts: AccountHabit::Short,
    total: None,
};

/// An account as it will stand in a row, right or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccountCell {
    Empty,
    Given(BankAccount),
    /// Check digits off by one.
    MistypedIban(BankAccount),
    ElevenDigits(BankAccount),
}

impl AccountCell {
    fn bank_account(self) -> Option<BankAccount> {
        match self {
            AccountCell::Empty => None,
            AccountCell::Given(account) | AccountCell::MistypedIban(account) | AccountCell::ElevenDigits(account) => {
                Some(account)
            }
        }
    }
}

/// An amount as it will stand in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AmountCell {
    /// In øre.
    pub(super) ore: i64,
    /// A tenth of an øre too many, where somebody wrote three decimals.
    pub(super) third_decimal: Option<u8>,
}

/// A row before it is written.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) person_number: String,
    pub(super) name: Option<Name>,
    pub(super) account: AccountCell,
    pub(super) amount: AmountCell,
    pub(super) instalment: Option<u8>,
}

/// What is the same in every row of a list.
#[derive(Clone, Debug)]
pub(super) struct EveryRow {
    pub(super) scheme: String,
    pub(super) period: String,
}

impl Dialect {
    /// What comes before the first row of people. The second value is the number of rows that a spreadsheet shows for it.
    pub(super) fn head(&self) -> (String, u32) {
        let blank = if self.blank_first_line { self.line_end } else { "" };
        let headings: Vec<&str> = self.columns.iter().map(|(heading, _)| *heading).collect();
        let mark = if matches!(self.encoding, Encoding::Utf8WithBom | Encoding::Utf16) { "\u{feff}" } else { "" };
        let headings = headings.join(self.delimiter.encode_utf8(&mut [0; 4]));
        (format!("{mark}{blank}{headings}{}", self.line_end), 1 + u32::from(self.blank_first_line))
    }

    pub(super) fn write_row(&self, line: &mut String, row: &Row, every_row: &EveryRow) {
        self.write_line(line, |cell| self.cell(cell, row, every_row));
    }

    /// The list's control total, where it has one.
    pub(super) fn write_total(&self, line: &mut String, ore: i64) {
        let Some(label) = self.total else { return };
        self.write_line(line, |cell| match cell {
            Cell::Name => label.to_owned(),
            Cell::Amount => self.amounts.write(AmountCell { ore, third_decimal: None }),
            _ => String::new(),
        });
    }

    fn write_line(&self, line: &mut String, content: impl Fn(Cell) -> String) {
        for (at, &(_, cell)) in self.columns.iter().enumerate() {
            if at > 0 {
                line.push(self.delimiter);
            }
            let content = content(cell);
            let quoted = self.names == NameHabit::QuotedLastNameFirst && cell == Cell::Name;
            if quoted || content.contains([self.delimiter, '"', '\r', '\n']) {
                let _ = write!(line, "\"{}\"", content.replace('"', "\"\""));
            } else {
                line.push_str(&content);
            }
        }
        line.push_str(self.line_end);
    }

    fn cell(&self, cell: Cell, row: &Row, every_row: &EveryRow) -> String {
        match cell {
            Cell::PersonNumber => self.person_number(&row.person_number),
            Cell::Name => row.name.as_ref().map_or(String::new(), |name| match self.names {
                NameHabit::FirstNameFirst => name.first_name_first(),
                NameHabit::QuotedLastNameFirst => name.last_name_first(),
            }),
            Cell::Account => self.account(row.account),
            Cell::RegNo => row.account.bank_account().map_or(String::new(), |account| format!("{:04}", account.reg_no)),
            Cell::AccountNumber => match row.account {
                AccountCell::ElevenDigits(account) => eleven_digits(account),
                other => other.bank_account().map_or(String::new(), |account| format!("{:010}", account.number)),
            },
            Cell::Amount => self.amounts.write(row.amount),
            Cell::Currency => "DKK".to_owned(),
            Cell::Scheme => every_row.scheme.clone(),
            Cell::Period => every_row.period.clone(),
            Cell::Instalment => row.instalment.map_or(String::new(), |instalment| instalment.to_string()),
            Cell::Text => format!("{} {}", every_row.scheme, every_row.period),
        }
    }

    fn person_number(&self, digits: &str) -> String {
        match digits.split_at_checked(6) {
            Some((birthday, serial)) if self.hyphen_in_person_number => format!("{birthday}-{serial}"),
            _ => digits.to_owned(),
        }
    }

    fn account(&self, cell: AccountCell) -> String {
        match cell {
            AccountCell::Empty => String::new(),
            AccountCell::Given(account) if account.as_iban => self.iban(account.iban()),
            AccountCell::Given(BankAccount { reg_no, number, .. }) => match self.accounts {
                AccountHabit::FourteenDigits => format!("{reg_no:04}{number:010}"),
                AccountHabit::Short => format!("{reg_no:04} {number}"),
                AccountHabit::Hyphen | AccountHabit::TwoColumns => format!("{reg_no:04}-{number:010}"),
            },
            AccountCell::MistypedIban(account) => self.iban(account.mistyped_iban()),
            AccountCell::ElevenDigits(account) => format!("{:04}-{}", account.reg_no, eleven_digits(account)),
        }
    }

    fn iban(&self, electronic: String) -> String {
        if self.accounts != AccountHabit::Short {
            return electronic;
        }
        let mut grouped = String::with_capacity(electronic.len() + 4);
        for (at, character) in electronic.chars().enumerate() {
            if at > 0 && at.is_multiple_of(4) {
                grouped.push(' ');
            }
            grouped.push(character);
        }
        grouped
    }
}

/// One digit more than an account can have.
fn eleven_digits(account: BankAccount) -> String {
    format!("1{:010}", account.number)
}

impl AmountHabit {
    fn write(self, amount: AmountCell) -> String {
        let (kroner, ore) = (amount.ore / 100, amount.ore % 100);
        let digits = kroner.to_string();
        let mut text = String::with_capacity(digits.len() + 8);
        for (at, digit) in digits.chars().enumerate() {
            if let Some(separator) = self.grouping
                && at > 0
                && (digits.len() - at).is_multiple_of(3)
            {
                text.push(separator);
            }
            text.push(digit);
        }
        if ore != 0 || !self.bare_kroner {
            let _ = write!(text, "{}{ore:02}", self.decimal);
        }
        if let Some(digit) = amount.third_decimal {
            let _ = write!(text, "{digit}");
        }
        text
    }
}

impl Encoding {
    /// The bytes of `text`, added to `bytes`. A character that the encoding lacks becomes a question mark, as it does in an office; the
    /// made-up names have none.
    pub(super) fn encode(self, text: &str, bytes: &mut Vec<u8>) {
        match self {
            Encoding::Utf8 | Encoding::Utf8WithBom => bytes.extend_from_slice(text.as_bytes()),
            Encoding::Utf16 => bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Encoding::Windows1252 => bytes.extend(text.chars().map(windows_1252)),
        }
    }
}

/// Windows-1252 for what the made-up lists hold: Latin-1, where both agree.
fn windows_1252(character: char) -> u8 {
    u8::try_from(character).unwrap_or(b'?')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Country;

    #[test]
    fn amounts_are_written_in_each_habit_without_a_doubt() {
        let (points, bare) = (SEMICOLON_WITH_TOTAL.amounts, UNICODE_TEXT.amounts);
        let (english, spaces) = (ENGLISH_COMMA.amounts, PIPE.amounts);
        let amount = |ore| AmountCell { ore, third_decimal: None };
        assert_eq!(points.write(amount(12_345_678_905)), "123.456.789,05");
        assert_eq!(points.write(amount(0)), "0,00");
        assert_eq!(points.write(amount(99_999)), "999,99");
        assert_eq!(bare.write(amount(565_000)), "5650");
        assert_eq!(bare.write(amount(565_050)), "5650,50");
        assert_eq!(english.write(AmountCell { ore: 812_345, third_decimal: Some(6) }), "8123.456");
        assert_eq!(spaces.write(amount(123_456_780)), "1 234 567,80");
    }

    #[test]
    fn accounts_are_written_in_each_habit() {
        let home = BankAccount { reg_no: 6471, number: 12_345_678, country: Country::Gl, as_iban: false };
        let given = AccountCell::Given(home);
        assert_eq!(SEMICOLON_WITH_TOTAL.account(given), "6471-0012345678");
        assert_eq!(ENGLISH_COMMA.account(given), "64710012345678");
        assert_eq!(WINDOWS_1252.account(given), "6471 12345678");
        assert_eq!(PIPE.account(AccountCell::Given(BankAccount { as_iban: true, ..home })), "GL91 6471 0012 3456 78");
        assert_eq!(SEMICOLON_WITH_TOTAL.account(AccountCell::ElevenDigits(home)), "6471-10012345678");
    }

    #[test]
    fn windows_1252_is_what_the_standard_says() {
        let text = "Åse Østergård, Renée Müller D'Anjou";
        let mut bytes = Vec::new();
        Encoding::Windows1252.encode(text, &mut bytes);
        assert_eq!(bytes, encoding_rs::WINDOWS_1252.encode(text).0.into_owned());
    }
}
