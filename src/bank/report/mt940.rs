//! MT940: the account statement in SWIFT's older form, lines of `:61:` with free text in `:86:`.
//!
//! A customer reference has sixteen characters at most, so an end-to-end id is cut or missing there; `:86:` may hold it whole, anywhere,
//! broken over lines or between `?nn` marks.

use std::io::{BufRead, BufReader, Read};

use chrono::{Datelike, NaiveDate};

use super::item::{
    Booking, Direction, EntryStatus, Item, Reference, StatementEnd, StatementHead, ToldAccount, is_currency,
    minor_units,
};
use super::xml::malformed;
use super::{Emit, Kind};
use crate::fault::{Fault, Result};
use crate::payment::{Currency, EndToEndId};
use crate::say;

/// What one line, and one field of several lines, may take.
const LONGEST: usize = 1024 * 1024;
/// Of an end-to-end id.
const REFERENCE: usize = 27;
/// Of a customer reference.
const BEGINNING: usize = 16;

/// Whether the beginning of a file looks like MT940.
pub fn is_likely(start: &[u8]) -> bool {
    start
        .split(|byte| *byte == b'\n')
        .any(|line| line.starts_with(b":20:") || line.ends_with(b"{4:") || line.ends_with(b"{4:\r"))
}

pub fn read(input: impl Read, currency: Currency, each: Emit) -> Result<()> {
    let mut lines = Lines { input: BufReader::with_capacity(64 * 1024, input), line: Vec::new(), ended: false };
    let mut statement = Reading { currency, ..Reading::default() };
    let mut tag = String::new();
    let mut value = String::new();
    while let Some(line) = lines.next()? {
        if let Some(header) = line.strip_prefix('{') {
            statement.finish_field(&mut tag, &mut value, each)?;
            statement.in_envelope = true;
            if !header.contains("{4:") && !header.starts_with("4:") {
                continue;
            }
        } else if line == "-" || line.starts_with("-}") {
            statement.finish_field(&mut tag, &mut value, each)?;
            statement.finish(each)?;
            statement.in_envelope = false;
        } else if let Some((name, first)) = split_tag(&line) {
            statement.finish_field(&mut tag, &mut value, each)?;
            tag.push_str(name);
            value.push_str(first);
        } else if !tag.is_empty() {
            if value.len() + line.len() > LONGEST {
                return Err(Fault::input(
                    "report.too_large",
                    say!("A field of the report is longer than any bank's is."),
                ));
            }
            value.push('\n');
            value.push_str(&line);
        } else if !line.trim().is_empty() && statement.told > 0 {
            return Err(malformed(say!("something follows its end")));
        }
    }
    statement.finish_field(&mut tag, &mut value, each)?;
    if statement.in_envelope || (statement.open && !lines.ended) {
        return Err(malformed(say!("it is cut short")));
    }
    statement.finish(each)?;
    if statement.told == 0 {
        return Err(Fault::input("report.empty", say!("The report holds no statement of any account.")));
    }
    Ok(())
}

/// `:61:…` as its tag and what follows.
fn split_tag(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    let (digits, letter) = tag.split_at_checked(2)?;
    let shaped = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (letter.is_empty() || (letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_uppercase())));
    shaped.then_some((tag, rest))
}

struct Lines<R> {
    input: R,
    line: Vec<u8>,
    /// Whether the last line ended as lines do.
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<String>> {
        self.line.clear();
        let read = (&mut self.input).take(LONGEST as u64).read_until(b'\n', &mut self.line).map_err(malformed)?;
        if read == 0 {
            return Ok(None);
        }
        self.ended = self.line.last() == Some(&b'\n');
        if !self.ended && read == LONGEST {
            return Err(Fault::input("report.too_large", say!("A line of the report is longer than any bank's is.")));
        }
        while matches!(self.line.last(), Some(b'\n' | b'\r')) {
            self.line.pop();
        }
        // Names may be in any old encoding; nothing that is read here has other than ASCII.
        Ok(Some(String::from_utf8_lossy(&self.line).into_owned()))
    }
}

struct Reading {
    currency: Currency,
    /// Statements told.
    told: u64,
    in_envelope: bool,
    open: bool,
    head: StatementHead,
    head_told: bool,
    end: StatementEnd,
    closed: bool,
    foreign: bool,
    entry: Option<Booking>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            currency: Currency::Dkk,
            told: 0,
            in_envelope: false,
            open: false,
            head: StatementHead::default(),
            head_told: false,
            end: StatementEnd::default(),
            closed: false,
            foreign: false,
            entry: None,
        }
    }
}

impl Reading {
    /// Takes in a field that is complete, and empties it.
    fn finish_field(&mut self, tag: &mut String, value: &mut String, each: Emit) -> Result<()> {
        if !tag.is_empty() {
            self.field(tag, value, each)?;
            tag.clear();
            value.clear();
        }
        Ok(())
    }

    fn field(&mut self, tag: &str, value: &str, each: Emit) -> Result<()> {
        if tag == "86" {
            if let Some(entry) = &mut self.entry {
                find_references(value, &mut entry.reference);
                entry.reference.look_for_repayment(&without_marks(value));
            }
            return Ok(());
        }
        self.tell_entry(each)?;
        match tag {
            "20" => {
                self.finish(each)?;
                self.open = true;
                self.head.kind = Kind::Mt940;
                self.head.id = value.trim().to_owned();
                self.end.booked = Some(0);
            }
            "25" | "25P" => self.head.account = account(value),
            "28C" | "28" => {
                let mut parts = value.trim().split('/');
                self.head.sequence = parts.next().and_then(|number| number.trim().parse().ok());
                // Of a statement in several messages, the first has number 1 and none says which is the last.
                self.end.is_page |= parts.next().is_some_and(|page| page.trim().trim_start_matches('0') != "1");
            }
            "60F" | "60M" => {
                let (balance, currency) = balance(value)?;
                self.foreign = !is_currency(&currency, self.currency);
                self.head.currency = currency;
                self.end.opening = Some(balance);
                self.end.is_page |= tag == "60M";
            }
            "61" => {
                self.tell_head(each)?;
                self.entry = Some(Booking { foreign: self.foreign, ..entry(value)? });
            }
            "62F" | "62M" => {
                self.tell_head(each)?;
                let (balance, _) = balance(value)?;
                self.end.closing = Some(balance);
                self.end.is_page |= tag == "62M";
                self.closed = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn tell_head(&mut self, each: Emit) -> Result<()> {
        if !self.open {
            return Err(malformed(say!("a line stands outside any statement")));
        }
        if std::mem::replace(&mut self.head_told, true) { Ok(()) } else { each(Item::Statement(&self.head)) }
    }

    fn tell_entry(&mut self, each: Emit) -> Result<()> {
        let Some(entry) = self.entry.take() else { return Ok(()) };
        if entry.status == EntryStatus::Booked {
            // A line's sign is that of its letter; a reversed credit is a debit.
            let signed = match entry.direction {
                Direction::Debit => -entry.entry_amount,
                Direction::Credit => entry.entry_amount,
            };
            self.end.booked = self.end.booked.and_then(|sum| sum.checked_add(signed));
        }
        each(Item::Booking(&entry))?;
        each(Item::EntryEnd)
    }

    fn finish(&mut self, each: Emit) -> Result<()> {
        if !self.open {
            return Ok(());
        }
        self.tell_entry(each)?;
        if !self.closed {
            return Err(malformed(say!("a statement ends without its closing balance: it is cut short")));
        }
        each(Item::StatementEnd(&self.end))?;
        let (currency, told, in_envelope) = (self.currency, self.told + 1, self.in_envelope);
        *self = Self { currency, told, in_envelope, ..Self::default() };
        Ok(())
    }
}

/// `GRENGLGX/64710001234567`, `64710001234567DKK`, an IBAN.
fn account(value: &str) -> ToldAccount {
    let line = value.lines().next().unwrap_or_default().trim();
    let mut from_the_end = line.rsplit('/').map(str::trim);
    let number = from_the_end.next().unwrap_or_default();
    // Before the account stands a BIC, which is left out, or the bank's own number, which is part of the account.
    let bank = from_the_end.next().filter(|bank| !bank.is_empty() && bank.bytes().all(|byte| byte.is_ascii_digit()));
    let letters = number.chars().rev().take_while(char::is_ascii_uppercase).count();
    let number = match number.len().checked_sub(3).and_then(|at| number.split_at_checked(at)) {
        Some((number, _)) if letters == 3 => number.trim(),
        _ => number,
    };
    if number.is_empty() {
        return ToldAccount::Unnamed;
    }
    ToldAccount::Other(format!("{}{number}", bank.unwrap_or_default()))
}

/// `C220331DKK1234,56`: signed minor units, and the currency.
fn balance(value: &str) -> Result<(i64, String)> {
    let unreadable = || malformed(say!("a balance is not written as balances are"));
    let value = value.trim();
    let (mark, rest) = value.split_at_checked(1).ok_or_else(unreadable)?;
    let (date, rest) = rest.split_at_checked(6).ok_or_else(unreadable)?;
    let (currency, amount) = rest.split_at_checked(3).ok_or_else(unreadable)?;
    let shaped =
        short_date(date).is_some() && currency.bytes().all(|byte| byte.is_ascii_uppercase()) && amount.contains(',');
    let amount = minor_units(amount, ',').filter(|_| shaped).ok_or_else(unreadable)?;
    match mark {
        "C" => Ok((amount, currency.to_owned())),
        "D" => Ok((-amount, currency.to_owned())),
        _ => Err(unreadable()),
    }
}

/// `YYMMDD`.
fn short_date(text: &str) -> Option<NaiveDate> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    NaiveDate::from_ymd_opt(2000 + number(0..2)? as i32, number(2..4)?, number(4..6)?)
}

/// `2203310331D1234,56NTRFreference//bank's reference`, and a further line of details.
fn entry(value: &str) -> Result<Booking> {
    let unreadable = || malformed(say!("a line `:61:` is not written as such lines are"));
    let (line, details) = value.split_once('\n').unwrap_or((value, ""));
    let (date, rest) = line.split_at_checked(6).ok_or_else(unreadable)?;
    let valued_on = short_date(date).ok_or_else(unreadable)?;
    let (booked_on, rest) = booking_day(valued_on, rest);
    let (status, direction, reversal, rest) = mark(rest).ok_or_else(unreadable)?;
    let rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').ok_or_else(unreadable)?;
    let (amount, rest) = rest.split_at(end);
    let amount = minor_units(amount, ',').filter(|_| amount.contains(',')).ok_or_else(unreadable)?;
    // Such as `NTRF`. Anything else may be the rest of an amount that is written otherwise.
    let (kind, references) = rest.split_at_checked(4).ok_or_else(unreadable)?;
    if !kind.starts_with(|c: char| c.is_ascii_uppercase()) || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(unreadable());
    }
    let (customer, bank) = references.split_once("//").unwrap_or((references, ""));
    let customer = customer.trim();
    let mut reference = Reference::default();
    find_references(&format!("{customer}\n {details}"), &mut reference);
    reference.look_for_repayment(customer);
    reference.look_for_repayment(details);
    let may_begin_one = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
    if customer.len() == BEGINNING && customer.bytes().all(may_begin_one) {
        reference.beginning.push_str(customer);
    }
    Ok(Booking {
        status,
        direction,
        reversal,
        amount: Some(amount),
        entry_amount: amount,
        booked_on: Some(booked_on),
        reference,
        bank_reference: bank.trim().to_owned(),
        ..Booking::default()
    })
}

/// The day of booking, which has no year of its own: the one nearest to the value date. Without one the value date stands for it.
fn booking_day(valued_on: NaiveDate, rest: &str) -> (NaiveDate, &str) {
    let Some((day, after)) = rest.split_at_checked(4).filter(|(day, _)| day.bytes().all(|byte| byte.is_ascii_digit()))
    else {
        return (valued_on, rest);
    };
    let number = |range: std::ops::Range<usize>| day.get(range)?.parse::<u32>().ok();
    let in_year = |year| NaiveDate::from_ymd_opt(year, number(0..2)?, number(2..4)?);
    let candidates = [valued_on.year(), valued_on.year() + 1, valued_on.year() - 1].into_iter().filter_map(in_year);
    let nearest = candidates.min_by_key(|day| (*day - valued_on).num_days().abs());
    (nearest.unwrap_or(valued_on), after)
}

/// Debit or credit, whether expected only, and whether reversed: `RD` takes a debit back, so the money comes.
fn mark(rest: &str) -> Option<(EntryStatus, Direction, bool, &str)> {
    use Direction::{Credit, Debit};
    use EntryStatus::{Booked, NotBooked};
    let marks = [
        ("RC", Booked, Debit, true),
        ("RD", Booked, Credit, true),
        ("EC", NotBooked, Credit, false),
        ("ED", NotBooked, Debit, false),
        ("C", Booked, Credit, false),
        ("D", Booked, Debit, false),
    ];
    marks
        .into_iter()
        .find_map(|(mark, status, direction, reversal)| Some((status, direction, reversal, rest.strip_prefix(mark)?)))
}

/// Finds every end-to-end id in free text, broken over lines or by `?nn` marks as it may be.
pub(super) fn find_references(text: &str, found: &mut Reference) {
    let mut run = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\r' => {}
            '?' if chars.peek().is_some_and(char::is_ascii_digit) => {
                chars.next();
                chars.next_if(char::is_ascii_digit);
            }
            c if c.is_ascii_uppercase() || c.is_ascii_digit() => run.push(c),
            _ => take_from(&mut run, found),
        }
    }
    take_from(&mut run, found);
}

/// A text without the `?nn` marks between its parts.
fn without_marks(text: &str) -> String {
    let mut parts = text.split('?');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut whole, part| {
        let digits = part.bytes().take(2).take_while(u8::is_ascii_digit).count();
        whole.push_str(&part[digits..]);
        whole
    })
}

fn take_from(run: &mut String, found: &mut Reference) {
    for at in 0..(run.len() + 1).saturating_sub(REFERENCE) {
        if let Some(window) = run.get(at..at + REFERENCE)
            && window.parse::<EndToEndId>().is_ok()
        {
            found.add(window);
        }
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Tag;

    fn id() -> EndToEndId {
        EndToEndId { tag: Tag { series: [0xAB; 8], obligation: [0x12; 8] }, attempt: 2 }
    }

    fn day(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn lines_are_read_in_all_their_shapes() {
        use Direction::{Credit, Debit};
        use EntryStatus::{Booked, NotBooked};
        let table = [
            ("2203310331D1234,56NTRFNONREF//B7", Booked, Debit, false, 123_456, "2022-03-31", "B7"),
            ("220331D1234,56NTRFNONREF", Booked, Debit, false, 123_456, "2022-03-31", ""),
            ("2203310401CK5,NTRFNONREF", Booked, Credit, false, 500, "2022-04-01", ""),
            ("2112310102D5,5FTRFX", Booked, Debit, false, 550, "2022-01-02", ""),
            ("2201021231D5,5FTRFX", Booked, Debit, false, 550, "2021-12-31", ""),
            ("220331RD0,01NTRFX", Booked, Credit, true, 1, "2022-03-31", ""),
            ("220331RC0,01NTRFX", Booked, Debit, true, 1, "2022-03-31", ""),
            ("220331ED7,00NTRFX", NotBooked, Debit, false, 700, "2022-03-31", ""),
        ];
        for (line, status, direction, reversal, amount, booked_on, bank) in table {
            let read = entry(line).expect(line);
            assert_eq!((read.status, read.direction, read.reversal), (status, direction, reversal), "{line}");
            assert_eq!((read.amount, read.booked_on), (Some(amount), day(booked_on)), "{line}");
            assert_eq!(read.bank_reference, bank, "{line}");
        }
        for line in [
            "",
            "220331",
            "221331D1,NTRFX",
            "220331X1,NTRFX",
            "220331D1",
            "220331DæNTRFX",
            "220331D1,2,3NTRF",
            "ååå",
            "220331D1.000,00NTRFX",
            "220331D1003.00NTRFX",
            "220331D1000NTRFX",
            "220331D1,5 NTRFX",
        ] {
            assert_eq!(entry(line).err().map(|fault| fault.code), Some("report.malformed"), "{line}");
        }
    }

    #[test]
    fn a_reference_is_found_wherever_the_bank_puts_it() {
        let whole = id().to_string();
        let (one, two) = whole.split_at(11);
        let texts = [
            whole.clone(),
            format!("/EREF/{whole}/REMI/Pension"),
            format!("?20EREF+{one}?21{two}?32Pipaluk"),
            format!("EREF{one}\n{two}PENSION"),
            format!("løn {whole} æøå"),
        ];
        for text in texts {
            let mut found = Reference::default();
            find_references(&text, &mut found);
            // Words that run into the reference can make a window look like one; no payment has it.
            assert!(found.whole.contains(&id()), "{text}");
        }
        let read = entry(&format!("220331D1,00NTRF{}//B", &whole[..16])).expect("reads");
        assert_eq!((read.reference.whole.len(), read.reference.beginning.as_str()), (0, &whole[..16]));
        let none = entry("220331D1,00NTRFNOTPROVIDED//B").expect("reads").reference;
        assert_eq!(none, Reference { texts: "NOTPROVIDED\n".into(), ..Reference::default() });
    }

    #[test]
    fn accounts_and_balances_are_read_as_banks_write_them() {
        let other = |text: &str| ToldAccount::Other(text.into());
        for (text, expected) in [
            ("GRENGLGX/64710001234567", other("64710001234567")),
            ("64710001234567DKK", other("64710001234567")),
            ("6471/0001234567", other("64710001234567")),
            ("GRENGLGX/6471/1234567DKK", other("64711234567")),
            ("GL8964710001234567", other("GL8964710001234567")),
            ("", ToldAccount::Unnamed),
        ] {
            assert_eq!(account(text), expected, "{text}");
        }
        assert_eq!(balance("C220331DKK1234,56").expect("reads"), (123_456, "DKK".into()));
        assert_eq!(balance("D220331DKK0,5").expect("reads"), (-50, "DKK".into()));
        for text in ["", "C", "X220331DKK1,", "C220331DKK", "C221331DKK1,", "C220331DKK1", "C220331DKæ1,"] {
            assert!(balance(text).is_err(), "{text}");
        }
    }
}
