//! One line of Prisme's posting files, as written: a fixed head, then fields that each begin with `&` and their number.
//!
//! Source: the writers `g68.py` and `g69.py` of `magenta-aps/10Q`, after KMD's GF200001Q (G68) and GQ311001Q (G69). G68 numbers its fields with
//! two digits and G69 with three. No text holds an `&`.

use std::hash::{Hash, Hasher};

use chrono::NaiveDate;

use crate::checks::quoted;
use crate::words::{Message, Phrase};
use crate::{phrase, say};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Who is to be paid, and how much.
    PaymentOrder,
    /// Where it is booked.
    Posting,
}

#[derive(Debug)]
pub struct PostingLine<'t> {
    pub record: Record,
    /// Its own number in the file, which begins anew with each file.
    pub number: u32,
    fields: Vec<(u16, &'t str)>,
}

impl<'t> PostingLine<'t> {
    /// # Errors
    /// What is wrong with the line, in words; person numbers are masked.
    pub fn read(text: &'t str) -> Result<Self, Message> {
        let (head, rest) = text.split_once('&').ok_or_else(|| say!("the line has no fields (&…)"))?;
        let not_a_head = || say!("{head} is no head of a G68 or G69 line", head = quoted(head));
        let part = |from: usize, to: usize| head.get(from..to);
        let digits = |part: Option<&str>| part.is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if !digits(part(0, 3)) || !digits(part(6, 11)) {
            return Err(not_a_head());
        }
        let (record, id_digits) = match part(3, 6) {
            // Registration 3, type 3, line 5, transaction type 2, floating marker 1.
            Some("G68") if head.len() == 14 && digits(part(11, 14)) => (Record::PaymentOrder, 2),
            // Registration 3, type 3, line 5, organisation 4 and 2, kind of entry 3, marker 4.
            Some("G69") if head.len() == 24 && digits(part(11, 17)) && part(20, 24) == Some("FLYD") => {
                (Record::Posting, 3)
            }
            _ => return Err(not_a_head()),
        };
        if record == Record::PaymentOrder && !matches!(part(11, 13), Some("01" | "10")) {
            return Err(say!(
                "{written} is no transaction type: it is 01 or 10",
                written = quoted(part(11, 13).unwrap_or_default())
            ));
        }
        if record == Record::PaymentOrder && part(13, 14) != Some("1") {
            return Err(say!("the line is of fixed fields, and only floating ones (marker 1) are read"));
        }
        let number = part(6, 11).and_then(|number| number.parse().ok()).ok_or_else(not_a_head)?;
        let mut fields: Vec<(u16, &str)> = Vec::new();
        for field in rest.split('&') {
            let (id, value) = field.split_at_checked(id_digits).ok_or_else(|| broken_field(field))?;
            if !digits(Some(id)) {
                return Err(broken_field(field));
            }
            let id: u16 = id.parse().map_err(|_| broken_field(field))?;
            if fields.iter().any(|(known, _)| *known == id) {
                return Err(say!("field &{id} stands there twice", id = format!("{id:0id_digits$}")));
            }
            fields.push((id, value));
        }
        Ok(Self { record, number, fields })
    }

    /// Without blanks at either end; empty where the line has no such field.
    pub fn field(&self, id: u16) -> &'t str {
        self.raw(id).unwrap_or_default().trim()
    }

    /// As written, `None` where the line has no such field.
    pub fn raw(&self, id: u16) -> Option<&'t str> {
        self.fields.iter().find(|(known, _)| *known == id).map(|(_, value)| *value)
    }

    pub fn required(&self, id: u16, what: Phrase) -> Result<&'t str, Message> {
        match self.field(id) {
            "" => Err(say!("{what} ({field}) is missing", what, field = self.name(id))),
            value => Ok(value),
        }
    }

    /// `None` where the line has no such field.
    pub fn date(&self, id: u16, what: Phrase) -> Result<Option<NaiveDate>, Message> {
        match self.field(id) {
            "" => Ok(None),
            written if written.len() == 8 && written.bytes().all(|byte| byte.is_ascii_digit()) => {
                let day = NaiveDate::parse_from_str(written, "%Y%m%d");
                day.map(Some).map_err(|_| {
                    say!("{what} ({field}) is {written}: there is no such day", what, field = self.name(id), written)
                })
            }
            written => Err(say!(
                "{what} ({field}) is {written}: it is written YYYYMMDD",
                what,
                field = self.name(id),
                written = quoted(written)
            )),
        }
    }

    /// Whole øre, at most `digits` of them.
    pub fn ore(&self, id: u16, digits: u32) -> Result<i64, Message> {
        let written = self.required(id, phrase!("the amount"))?;
        let shaped = written.len() <= digits as usize && written.bytes().all(|byte| byte.is_ascii_digit());
        let ore = written.parse().ok().filter(|_| shaped);
        ore.ok_or_else(|| {
            say!(
                "the amount ({field}) is {written}: it is in whole øre, of at most {digits} digits",
                field = self.name(id),
                written = quoted(written),
                digits
            )
        })
    }

    /// The values of the fields from `first` to `last` that are there.
    pub fn texts(&self, first: u16, last: u16) -> impl Iterator<Item = &'t str> + '_ {
        self.fields.iter().filter(move |(id, _)| (first..=last).contains(id)).map(|(_, value)| value.trim())
    }

    /// Hands over what the line says beside these fields, as written but for blanks at either end. Its own number is none of it.
    pub fn hash_besides(&self, fields: &[u16], hasher: &mut impl Hasher) {
        for (id, value) in self.fields.iter().filter(|(id, _)| !fields.contains(id)) {
            (id, value.trim()).hash(hasher);
        }
    }

    fn name(&self, id: u16) -> String {
        match self.record {
            Record::PaymentOrder => format!("&{id:02}"),
            Record::Posting => format!("&{id:03}"),
        }
    }
}

fn broken_field(field: &str) -> Message {
    say!("{field} is no field: a field begins with its number, and no text may hold an &", field = quoted(field))
}
