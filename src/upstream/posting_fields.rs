//! One line of Prisme's posting files, as written: a fixed head, then fields that each begin with `&` and their number.
//!
//! Source: the writers `g68.py` and `g69.py` of `magenta-aps/10Q`, after KMD's GF200001Q (G68) and GQ311001Q (G69). G68 numbers its fields with
//! two digits and G69 with three. No text holds an `&`.

use chrono::NaiveDate;

use crate::checks::quoted;

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
    pub fn read(text: &'t str) -> Result<Self, String> {
        let (head, rest) = text.split_once('&').ok_or("the line has no fields (&…)")?;
        let not_a_head = || format!("{} is no head of a G68 or G69 line", quoted(head));
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
            return Err(format!("{} is no transaction type: it is 01 or 10", quoted(part(11, 13).unwrap_or_default())));
        }
        if record == Record::PaymentOrder && part(13, 14) != Some("1") {
            return Err("the line is of fixed fields, and only floating ones (marker 1) are read".into());
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
                return Err(format!("field &{id:0id_digits$} stands there twice"));
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

    pub fn required(&self, id: u16, what: &str) -> Result<&'t str, String> {
        match self.field(id) {
            "" => Err(format!("{what} ({}) is missing", self.name(id))),
            value => Ok(value),
        }
    }

    /// `None` where the line has no such field.
    pub fn date(&self, id: u16, what: &str) -> Result<Option<NaiveDate>, String> {
        match self.field(id) {
            "" => Ok(None),
            written if written.len() == 8 && written.bytes().all(|byte| byte.is_ascii_digit()) => {
                let day = NaiveDate::parse_from_str(written, "%Y%m%d");
                day.map(Some).map_err(|_| format!("{what} ({}) is {written}: there is no such day", self.name(id)))
            }
            written => Err(format!("{what} ({}) is {}: it is written YYYYMMDD", self.name(id), quoted(written))),
        }
    }

    /// Whole øre, at most `digits` of them.
    pub fn ore(&self, id: u16, digits: usize) -> Result<i64, String> {
        let written = self.required(id, "the amount")?;
        let shaped = written.len() <= digits && written.bytes().all(|byte| byte.is_ascii_digit());
        let ore = written.parse().ok().filter(|_| shaped);
        ore.ok_or_else(|| {
            format!(
                "the amount ({}) is {}: it is in whole øre, of at most {digits} digits",
                self.name(id),
                quoted(written)
            )
        })
    }

    /// The values of the fields from `first` to `last` that are there.
    pub fn texts(&self, first: u16, last: u16) -> impl Iterator<Item = &'t str> + '_ {
        self.fields.iter().filter(move |(id, _)| (first..=last).contains(id)).map(|(_, value)| value.trim())
    }

    fn name(&self, id: u16) -> String {
        match self.record {
            Record::PaymentOrder => format!("&{id:02}"),
            Record::Posting => format!("&{id:03}"),
        }
    }
}

fn broken_field(field: &str) -> String {
    format!("{} is no field: a field begins with its number, and no text may hold an &", quoted(field))
}
