//! What is in a file: which people, which fields of them. Read from the file itself, so that what is entered in the register is what lies on
//! the disk, and so that a file that this program never wrote can be looked into too.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chrono::NaiveDate;
use csv::StringRecord;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::Value;

use super::people::CopyPerson;
use crate::checks::person_in_text;
use crate::fault::{Fault, Result};
use crate::ledger::copies::Field;
use crate::ops::durable::disk_fault;
use crate::ops::hashing::Hashing;
use crate::payment::{Country, Digest};
use crate::recipient_list::Column;
use crate::recipient_list::any_table;
use crate::say;
use crate::words::Message;

/// By which registers numbers are read.
#[derive(Clone, Copy)]
pub struct Registers {
    pub country: Country,
    pub today: NaiveDate,
}

/// What was found in a file, beside its people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    pub fields: BTreeSet<Field>,
    pub rows: u64,
}

/// Takes each person as often as they are met, and whether their number is in the file.
pub type VisitPerson<'a> = &'a mut dyn FnMut(CopyPerson) -> Result<()>;

/// A JSON document is read whole; a larger one is not read at all.
const LARGEST_JSON: u64 = 512 * 1024 * 1024;

/// Looks through a list, a list of objects or a bank file.
///
/// # Errors
/// `copy.not_examined` where the file is of no kind that can be looked into.
pub fn examine(path: &Path, registers: Registers, visit: VisitPerson) -> Result<Examined> {
    let mut file = open(path)?;
    let mut start = [0; 64];
    let read = file.read(&mut start).map_err(|error| disk_fault("read", path, &error))?;
    let start = start[..read].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start[..read]).trim_ascii_start();
    match start.first() {
        Some(b'<') => xml(path, registers, visit),
        Some(b'[' | b'{') => json(path, registers, visit),
        _ => table(path, registers, visit),
    }
}

/// Opens a plain file. A link is not followed.
pub fn open(path: &Path) -> Result<File> {
    let there = std::fs::symlink_metadata(path).map_err(|error| disk_fault("look at", path, &error))?;
    if !there.is_file() {
        return Err(not_examined(path, say!("it is no plain file")));
    }
    let opened =
        std::fs::OpenOptions::new().read(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32).open(path);
    opened.map_err(|error| disk_fault("read", path, &error))
}

pub fn sha256(path: &Path) -> Result<Digest> {
    let mut hash = Hashing::default();
    let mut file = BufReader::with_capacity(256 * 1024, open(path)?);
    io::copy(&mut file, &mut hash).map_err(|error| disk_fault("read", path, &error))?;
    Ok(hash.digest())
}

fn not_examined(path: &Path, because: Message) -> Fault {
    Fault::input(
        "copy.not_examined",
        say!("{path} could not be looked into: {because}.", path = path.display(), because),
    )
    .remedy(say!(
        "Lists (CSV, XLSX, ODS), JSON and bank files (XML) can. Look at it by eye, and count its people by hand."
    ))
}

/// What a heading, a key or an element names, in this program's own files and in lists.
pub fn field_named(heading: &str) -> Option<Field> {
    let field = match heading {
        "finding" | "kind" | "remedy" | "bank" | "batch" | "match" | "status" | "file" | "sheet" | "row" | "fate"
        | "code" => return None,
        "end_to_end_id" | "upstream_ref" | "reference" => Field::Reference,
        "note" | "message" => Field::Text,
        "fallback" | "upstream_paid" | "upstream_planned" | "owed" | "overpaid" | "underpaid" | "repaid"
        | "remaining" => Field::Amount,
        "address" | "adresse" => Field::Address,
        _ => match any_table::column_named(heading)? {
            Column::PersonId => Field::PersonId,
            Column::OrganisationId => Field::OrganisationId,
            Column::Name => Field::Name,
            Column::Account | Column::RegNo | Column::PayeeAccount => Field::Account,
            Column::Amount => Field::Amount,
            Column::Scheme => Field::Scheme,
            Column::Period => Field::Period,
            Column::Part => Field::Part,
            Column::PayeeName => Field::PayeeName,
            Column::Text | Column::Change => Field::Text,
            Column::Reference | Column::PaymentReference => Field::Reference,
            Column::Currency | Column::PayOn | Column::Country | Column::Priority | Column::Status | Column::PaidOn => {
                return None;
            }
        },
    };
    Some(field)
}

/// Gathers what one row, object or payment says of somebody.
#[derive(Default)]
struct Gathered {
    number: String,
    organisation: String,
    name: String,
    payee: String,
    /// What else is said; a text may hold a number.
    texts: Vec<String>,
    filled: bool,
}

impl Gathered {
    fn take(&mut self, field: Field, value: &str, fields: &mut BTreeSet<Field>) {
        if value.is_empty() {
            return;
        }
        fields.insert(field);
        self.filled = true;
        if field == Field::Text && value.bytes().any(|byte| byte.is_ascii_digit()) {
            self.texts.push(value.to_owned());
        }
        let place = match field {
            Field::PersonId => &mut self.number,
            Field::OrganisationId => &mut self.organisation,
            Field::Name => &mut self.name,
            Field::PayeeName => &mut self.payee,
            _ => return,
        };
        if place.is_empty() {
            value.clone_into(place);
        }
    }

    /// Hands on whom it names: the beneficiary, and a payee who is somebody else.
    fn hand_on(mut self, registers: Registers, fields: &mut BTreeSet<Field>, visit: VisitPerson) -> Result<()> {
        let Registers { country, today } = registers;
        if self.number.is_empty()
            && self.organisation.is_empty()
            && let Some(person) = self.texts.iter().find_map(|text| person_in_text(text, country, today))
        {
            fields.insert(Field::PersonId);
            self.number = person.whole().to_owned();
        }
        let person = match self.organisation.is_empty() {
            true => CopyPerson::written(&self.number, &self.name, country, today),
            false => Some(CopyPerson { number: self.organisation, organisation: true, name: self.name }),
        };
        person.map_or(Ok(()), &mut *visit)?;
        let payee = CopyPerson::written("", &self.payee, country, today);
        payee.map_or(Ok(()), visit)
    }
}

fn table(path: &Path, registers: Registers, visit: VisitPerson) -> Result<Examined> {
    let mut examined = Examined::default();
    let mut headings: Option<(usize, Vec<Option<Field>>)> = None;
    let given = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    any_table::each_row(path, &given, &mut |sheet, _, record| {
        if headings.as_ref().is_none_or(|(of, _)| *of != sheet) {
            headings = headings_in(record).map(|fields| (sheet, fields));
            return Ok(());
        }
        let Some((_, fields)) = &headings else { return Ok(()) };
        let mut gathered = Gathered::default();
        for (field, cell) in fields.iter().zip(record) {
            if let Some(field) = field {
                gathered.take(*field, cell, &mut examined.fields);
            }
        }
        examined.rows += u64::from(gathered.filled);
        gathered.hand_on(registers, &mut examined.fields, visit)
    })
    .map_err(|fault| match fault.code {
        "list.not_text" => not_examined(path, say!("it is neither a list nor JSON nor XML")),
        _ => fault,
    })?;
    if headings.is_none() {
        return Err(not_examined(path, say!("no row of headings was found in it that names people")));
    }
    Ok(examined)
}

/// The first row with a heading for people is the heading row.
fn headings_in(record: &StringRecord) -> Option<Vec<Option<Field>>> {
    let fields: Vec<_> = record.iter().map(field_named).collect();
    let names_people = |field: &Option<Field>| {
        matches!(field, Some(Field::PersonId | Field::OrganisationId | Field::Name | Field::PayeeName))
    };
    fields.iter().any(names_people).then_some(fields)
}

fn json(path: &Path, registers: Registers, visit: VisitPerson) -> Result<Examined> {
    let file = open(path)?;
    if file.metadata().map_err(|error| disk_fault("look at", path, &error))?.len() > LARGEST_JSON {
        return Err(not_examined(path, say!("it is too large to be read whole")));
    }
    let value: Value = serde_json::from_reader(BufReader::new(file))
        .map_err(|_| not_examined(path, say!("it begins like JSON and is none")))?;
    let mut examined = Examined::default();
    objects(&value, registers, &mut examined, visit)?;
    Ok(examined)
}

/// Every object that names somebody, however deep it lies.
fn objects(value: &Value, registers: Registers, examined: &mut Examined, visit: VisitPerson) -> Result<()> {
    match value {
        Value::Array(values) => values.iter().try_for_each(|value| objects(value, registers, examined, visit)),
        Value::Object(object) => {
            let mut gathered = Gathered::default();
            for (key, value) in object {
                match value {
                    Value::String(text) => {
                        if let Some(field) = field_named(key) {
                            gathered.take(field, text, &mut examined.fields);
                        }
                    }
                    nested => objects(nested, registers, examined, visit)?,
                }
            }
            let names_somebody = !gathered.number.is_empty() || !gathered.name.is_empty();
            examined.rows += u64::from(names_somebody);
            gathered.hand_on(registers, &mut examined.fields, visit)
        }
        _ => Ok(()),
    }
}

/// A bank file or report: whoever is creditor of a payment.
fn xml(path: &Path, registers: Registers, visit: VisitPerson) -> Result<Examined> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(256 * 1024, open(path)?));
    let broken = || not_examined(path, say!("it begins like XML and is none"));
    let (mut examined, mut bytes) = (Examined::default(), Vec::new());
    let mut place: Vec<String> = Vec::new();
    let (mut text, mut gathered) = (String::new(), Gathered::default());
    loop {
        match reader.read_event_into(&mut bytes).map_err(|_| broken())? {
            Event::Start(tag) => {
                text.clear();
                place.push(tag.local_name().as_ref().to_owned());
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::CData(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok().flatten() {
                Some(character) => text.push(character),
                None => text.push_str(resolve_predefined_entity(&reference).unwrap_or_default()),
            },
            Event::End(_) => {
                if let Some(field) = element(&place) {
                    gathered.take(field, text.trim(), &mut examined.fields);
                }
                text.clear();
                let ended = place.pop().unwrap_or_default();
                if matches!(ended.as_str(), "CdtTrfTxInf" | "TxDtls" | "OrgnlTxRef") {
                    examined.rows += u64::from(gathered.filled);
                    std::mem::take(&mut gathered).hand_on(registers, &mut examined.fields, visit)?;
                }
            }
            Event::Eof if place.is_empty() => break,
            Event::Eof => return Err(broken()),
            _ => {}
        }
        bytes.clear();
    }
    match examined.rows {
        0 => Err(not_examined(path, say!("it is XML, and no bank file or report with payments in it"))),
        _ => Ok(examined),
    }
}

fn element(place: &[String]) -> Option<Field> {
    let within = |name: &str| place.iter().any(|element| element == name);
    if !(within("CdtTrfTxInf") || within("TxDtls") || within("OrgnlTxRef")) {
        return None;
    }
    let field = match place.last()?.as_str() {
        "Nm" if within("UltmtCdtr") => Field::Name,
        "Nm" if within("Cdtr") => Field::Name,
        "IBAN" | "Id" if within("CdtrAcct") => Field::Account,
        "Id" if within("PrvtId") => Field::PersonId,
        "Id" if within("OrgId") && within("Cdtr") => Field::OrganisationId,
        "InstdAmt" | "TxAmt" | "Amt" => Field::Amount,
        "Ustrd" => Field::Text,
        "EndToEndId" => Field::Reference,
        _ => return None,
    };
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::copies::people::Headcount;

    fn look(name: &str, content: &[u8]) -> Result<(u64, u64, u64, Vec<&'static str>)> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("writes");
        let today = NaiveDate::from_ymd_opt(2026, 11, 25).expect("a day");
        let mut count = Headcount::default();
        let found = examine(&path, Registers { country: Country::Gl, today }, &mut |person| {
            count.add(&person, true);
            Ok(())
        })?;
        let fields = found.fields.iter().map(|field| field.as_str()).collect();
        Ok((found.rows, count.count().persons, count.count().with_person_id, fields))
    }

    #[test]
    fn lists_are_looked_into_however_they_are_written() {
        type Expected = (u64, u64, u64);
        let table: [(&[u8], Expected); 5] = [
            (b"cpr;navn\n701282-1128;Pipaluk\n7012821128;Pipaluk B\n;Malik\n", (3, 2, 1)),
            (b"\xef\xbb\xbfname,person_id\n\"M\xc3\xb8ller, Aviaaja\",6506751118\n", (1, 1, 1)),
            ("overskrift\n\nnavn\tbel\u{f8}b\nAne\t5\n".as_bytes(), (1, 1, 0)),
            (b"navn;cpr\nM\xf8ller;6506751118\n", (1, 1, 1)),
            (b"finding,person_id,name\nF0001,'=x,Ane\n", (1, 1, 0)),
        ];
        for (content, expected) in table {
            let (rows, persons, numbered, _) = look("list.csv", content).expect("a list");
            assert_eq!((rows, persons, numbered), expected, "{}", String::from_utf8_lossy(content));
        }
    }

    #[test]
    fn objects_and_bank_files_are_looked_into() {
        let json = br#"{"out":[{"person_id":"7012821128","name":"Pipaluk","amount":"5.00"},{"name":"Malik","x":{"name":"Ane"}}]}"#;
        assert_eq!(look("a.json", json).expect("JSON"), (3, 3, 1, vec!["person_id", "name", "amount"]));
        let xml = b"<?xml version=\"1.0\"?><Document><InitgPty><Nm>Kommunia</Nm></InitgPty><CdtTrfTxInf><PmtId><EndToEndId>E1</EndToEndId>\
            </PmtId><Cdtr><Nm>Ane</Nm></Cdtr><CdtrAcct><Id><IBAN>GL1</IBAN></Id></CdtrAcct></CdtTrfTxInf>\
            <CdtTrfTxInf><Cdtr><Nm>Ib</Nm><Id><PrvtId><Othr><Id>7012821128</Id></Othr></PrvtId></Id></Cdtr></CdtTrfTxInf></Document>";
        assert_eq!(look("b.xml", xml).expect("XML"), (2, 2, 1, vec!["person_id", "name", "account", "reference"]));
        let text = b"<Document><CdtTrfTxInf><Cdtr><Nm>Ane</Nm></Cdtr><RmtInf><Ustrd>Pension til 7012821128</Ustrd></RmtInf></CdtTrfTxInf></Document>";
        assert_eq!(look("c.xml", text).expect("XML"), (1, 1, 1, vec!["person_id", "name", "text"]));
    }

    #[test]
    fn what_cannot_be_looked_into_is_said_and_not_counted_as_nobody() {
        let table: [&[u8]; 5] = [b"%PDF-1.7", b"dear all", b"<html></html>", b"{\"a\":", b"\0\0\0\0"];
        for content in table {
            assert_eq!(look("x", content).expect_err("no list").code, "copy.not_examined");
        }
    }
}
