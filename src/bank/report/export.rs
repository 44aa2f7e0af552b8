//! The statements that Danish net banks export as text, for the day on which nothing else can be had: BEC's and Nordea's simple CSV, SDC's and
//! Danske Bank's long ones, Bankdata's records.
//!
//! Source: the field tables of Microsoft Dynamics 365 Business Central's Danish localisation. Three of them name no account: whoever reads
//! one must say that it is of the payer's. None tells a return from any other credit, and none numbers its statements, so a missing one
//! cannot be noticed here.

use std::io::Read;

use chrono::NaiveDate;
use csv::ByteRecord;
use encoding_rs::WINDOWS_1252;

use super::item::{
    Booking, Direction, EntryStatus, Item, Reference, StatementEnd, StatementHead, ToldAccount, is_currency,
};
use super::mt940::find_references;
use super::xml::malformed;
use super::{Emit, Kind};
use crate::fault::{Fault, Result};
use crate::payment::Currency;
use crate::say;
use crate::words::{Message, ungrouped};

/// How one bank's export is laid out. Columns count from 0.
#[derive(Debug)]
pub(super) struct Layout {
    pub name: &'static str,
    delimiter: u8,
    /// What the first line begins with, without regard to quotation marks.
    head: &'static str,
    /// Whether the first line is headings and no record.
    headings: bool,
    /// What the first column of a record holds; records of another kind are passed over. Empty where the column is data.
    record: &'static str,
    account: Option<usize>,
    booked_on: usize,
    date: &'static str,
    amount: usize,
    /// What parts kroner from øre.
    mark: char,
    currency: Option<usize>,
    bank_reference: Option<usize>,
    /// The first and last column in which a reference of ours may stand.
    texts: (usize, usize),
    /// The first column of a last record, without which the file is cut short.
    tail: &'static str,
}

const LAYOUTS: [Layout; 6] = [
    Layout {
        name: "SDC CSV",
        delimiter: b';',
        head: "Kontonr.;Dato;Valørdato;Beløb;Valuta;",
        headings: true,
        record: "",
        account: Some(0),
        booked_on: 1,
        date: "%d-%m-%Y",
        amount: 3,
        mark: ',',
        currency: Some(4),
        bank_reference: Some(10),
        texts: (8, 60),
        tail: "",
    },
    Layout {
        name: "BEC CSV",
        delimiter: b';',
        head: "Dato;Tekst;Beløb;Saldo;Valørdato;",
        headings: true,
        record: "",
        account: None,
        booked_on: 0,
        date: "%d-%m-%Y",
        amount: 2,
        mark: ',',
        currency: None,
        bank_reference: None,
        texts: (1, 6),
        tail: "",
    },
    Layout {
        name: "Nordea CSV",
        delimiter: b';',
        head: "Bogført;Tekst;Rentedato;Beløb;Saldo",
        headings: true,
        record: "",
        account: None,
        booked_on: 0,
        date: "%d-%m-%Y",
        amount: 3,
        mark: ',',
        currency: None,
        bank_reference: None,
        texts: (1, 1),
        tail: "",
    },
    Layout {
        name: "Danske Bank CMKV",
        delimiter: b',',
        head: "CMKV,",
        headings: false,
        record: "CMKV",
        account: Some(3),
        booked_on: 4,
        date: "%d%m%y",
        amount: 6,
        mark: '.',
        currency: None,
        bank_reference: None,
        texts: (7, 7),
        tail: "",
    },
    Layout {
        name: "Danske Bank CMKXKSX",
        delimiter: b',',
        head: "CMKXKSX,",
        headings: false,
        record: "CMKXKSX",
        account: Some(3),
        booked_on: 4,
        date: "%d%m%y",
        amount: 7,
        mark: '.',
        currency: Some(6),
        bank_reference: Some(11),
        texts: (10, 62),
        tail: "",
    },
    Layout {
        name: "Bankdata ED",
        delimiter: b',',
        head: "ED000000000003,",
        headings: true,
        record: "ED010103000003",
        account: None,
        booked_on: 2,
        date: "%Y%m%d",
        amount: 3,
        mark: ',',
        currency: Some(21),
        bank_reference: Some(20),
        texts: (8, 68),
        tail: "ED999999999999",
    },
];

impl Layout {
    /// Which bank's export a file is by its beginning.
    pub fn of(glance: &[u8]) -> Option<&'static Layout> {
        let line = glance.split(|byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.trim_ascii().is_empty())?;
        let line: String = text(line).chars().filter(|c| *c != '"').collect();
        LAYOUTS.iter().find(|layout| line.trim_start().starts_with(layout.head))
    }
}

/// Older exports are in Windows-1252, newer ones in UTF-8.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

pub(super) fn read(layout: &Layout, input: impl Read, currency: Currency, each: Emit) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(layout.delimiter)
        .has_headers(layout.headings)
        .flexible(true)
        .from_reader(input);
    let mut record = ByteRecord::new();
    let mut statement = Reading { layout, currency, open: None, booked: Some(0), ended: layout.tail.is_empty() };
    while reader.read_byte_record(&mut record).map_err(|error| malformed(Message::verbatim(error.to_string())))? {
        let line = reader.position().line();
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        if statement.ended && !layout.tail.is_empty() {
            return Err(malformed(say!("something follows its end")));
        }
        let kind = record.get(0).map(text).unwrap_or_default();
        match kind.trim() {
            kind if !layout.tail.is_empty() && kind == layout.tail => statement.ended = true,
            kind if layout.record.is_empty() || kind == layout.record => statement.record(&record, line, each)?,
            _ => {}
        }
    }
    if !statement.ended {
        return Err(malformed(say!("it is cut short")));
    }
    statement.finish(each)
}

struct Reading<'l> {
    layout: &'l Layout,
    currency: Currency,
    /// The account of the statement that is open; an export may hold several accounts.
    open: Option<ToldAccount>,
    booked: Option<i64>,
    ended: bool,
}

impl Reading<'_> {
    fn record(&mut self, record: &ByteRecord, line: u64, each: Emit) -> Result<()> {
        let layout = self.layout;
        let cell = |column: usize| record.get(column).map(text).unwrap_or_default().trim().to_owned();
        let number = ungrouped(line);
        let no_date = || malformed(say!("line {line} has no date that can be read", line = number.clone()));
        let no_amount = || malformed(say!("line {line} has no amount that can be read", line = number.clone()));
        let account = match layout.account {
            Some(column) => ToldAccount::Other(cell(column)),
            None => ToldAccount::Unnamed,
        };
        self.begin(account, each)?;
        let booked_on = NaiveDate::parse_from_str(&cell(layout.booked_on), layout.date).map_err(|_| no_date())?;
        let amount = signed(&cell(layout.amount), layout.mark).ok_or_else(no_amount)?;
        let mut reference = Reference::default();
        for column in layout.texts.0..=layout.texts.1 {
            let said = cell(column);
            find_references(&said, &mut reference);
            find_beginning(&said, &mut reference);
            reference.add_text(&said);
        }
        let foreign = layout.currency.is_some_and(|column| !is_currency(&cell(column), self.currency));
        if !foreign {
            self.booked = self.booked.and_then(|sum| sum.checked_add(amount));
        }
        let size = amount.checked_abs().ok_or_else(no_amount)?;
        let booking = Booking {
            status: EntryStatus::Booked,
            direction: if amount < 0 { Direction::Debit } else { Direction::Credit },
            amount: Some(size),
            entry_amount: size,
            booked_on: Some(booked_on),
            reference,
            bank_reference: layout.bank_reference.map(cell).unwrap_or_default(),
            foreign,
            ..Booking::default()
        };
        each(Item::Booking(&booking))?;
        each(Item::EntryEnd)
    }

    fn begin(&mut self, account: ToldAccount, each: Emit) -> Result<()> {
        if self.open.as_ref() == Some(&account) {
            return Ok(());
        }
        self.end(each)?;
        each(Item::Statement(&StatementHead {
            kind: Kind::Export,
            id: self.layout.name.into(),
            account: account.clone(),
            ..StatementHead::default()
        }))?;
        self.open = Some(account);
        Ok(())
    }

    fn end(&mut self, each: Emit) -> Result<()> {
        let booked = self.booked.replace(0);
        match self.open.take() {
            Some(_) => each(Item::StatementEnd(&StatementEnd { booked, ..StatementEnd::default() })),
            None => Ok(()),
        }
    }

    fn finish(mut self, each: Emit) -> Result<()> {
        if self.open.is_none() {
            return Err(Fault::input("report.empty", say!("The report holds no statement of any account.")));
        }
        self.end(each)
    }
}

/// `-1.234,50` or `-1234.50`, in minor units.
fn signed(written: &str, mark: char) -> Option<i64> {
    let thousands = if mark == ',' { '.' } else { ',' };
    let (digits, minus) = match written.strip_prefix('-').or_else(|| written.strip_suffix('-')) {
        Some(digits) => (digits, true),
        None => (written.strip_prefix('+').unwrap_or(written), false),
    };
    let plain: String = digits.chars().filter(|c| *c != thousands).collect();
    let amount = super::item::minor_units(&plain, mark)?;
    Some(if minus { -amount } else { amount })
}

/// The flat files have room for twenty characters of a reference: sixteen tell it.
fn find_beginning(said: &str, found: &mut Reference) {
    const BEGINNING: usize = 16;
    const WHOLE: usize = 27;
    let may_begin_one = |c: char| c.is_ascii_uppercase() || ('2'..='7').contains(&c);
    let mut runs = said.split(|c: char| !may_begin_one(c)).filter(|run| (BEGINNING..WHOLE).contains(&run.len()));
    if let (true, Some(run)) = (found.beginning.is_empty(), runs.next()) {
        found.beginning.push_str(&run[..BEGINNING]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{EndToEndId, Tag};

    fn id() -> EndToEndId {
        EndToEndId { tag: Tag { series: [0xAB; 8], obligation: [0x12; 8] }, attempt: 1 }
    }

    type Told = (ToldAccount, Option<i64>, Vec<Booking>);

    fn told(file: &[u8]) -> Result<Vec<Told>> {
        let layout = Layout::of(file).expect("a known layout");
        let mut statements: Vec<Told> = Vec::new();
        read(layout, file, Currency::Dkk, &mut |item| {
            match item {
                Item::Statement(head) => statements.push((head.account.clone(), None, Vec::new())),
                Item::Booking(booking) => statements.last_mut().expect("a statement").2.push(booking.clone()),
                Item::StatementEnd(end) => statements.last_mut().expect("a statement").1 = end.booked,
                _ => {}
            }
            Ok(())
        })?;
        Ok(statements)
    }

    /// A debit of 5.234,50 with the whole reference, and a credit of 1.000,00 with twenty characters of it.
    fn exports() -> Vec<(&'static str, Vec<u8>)> {
        let whole = id().to_string();
        let part = &whole[..20];
        let sdc_row = |amount: &str, text: &str| {
            let mut cells =
                vec!["64710001234567", "31-03-2022", "31-03-2022", amount, "DKK", "", "", "", text, "", "B7", "N"];
            cells.resize(61, "");
            cells.join(";")
        };
        let headings = "Kontonr.;Dato;Valørdato;Beløb;Valuta;Oprindeligt beløb;Oprindelig valuta;Mod-konto;Tekst";
        let sdc = format!("{headings}\r\n{}\r\n{}\r\n", sdc_row("-5.234,50", &whole), sdc_row("1.000,00", part));
        let bec = format!(
            "Dato;Tekst;Beløb;Saldo;Valørdato;Type;Adviseringer\r\n31-03-2022;{whole};-5.234,50;100,00;31-03-2022;;\r\n\
             31-03-2022;Retur;1.000,00;1.100,00;31-03-2022;;{part}\r\n"
        );
        let nordea = format!(
            "Bogført;Tekst;Rentedato;Beløb;Saldo\n31-03-2022;Overf. {whole};31-03-2022;-5.234,50;0,00\n31-03-2022;{part};31-03-2022;1.000,00;0,00\n"
        );
        let cmkv = format!(
            "\"CMKV\",\"x\",\"1\",\"64710001234567\",\"310322\",\"310322\",\"-5234.50\",\"{whole}\",\"0.00\"\r\n\
             \"CMKV\",\"x\",\"1\",\"64710001234567\",\"310322\",\"310322\",\"1,000.00\",\"{part}\",\"0.00\"\r\n"
        );
        let ed_row = |amount: &str, text: &str| {
            let mut cells = vec![String::new(); 70];
            let set = [(0, "ED010103000003"), (2, "20220331"), (3, amount), (8, text), (21, "DKK")];
            set.iter().for_each(|(at, value)| cells[*at] = (*value).to_owned());
            format!("\"{}\"", cells.join("\",\""))
        };
        let ed = format!(
            "\"ED000000000003\",\"20220331\"\r\n{}\r\n{}\r\n\"ED999999999999\",\"2\"\r\n",
            ed_row("-5234,50", &whole),
            ed_row("1000,00", part)
        );
        vec![
            ("SDC CSV", WINDOWS_1252.encode(&sdc).0.into_owned()),
            ("BEC CSV", bec.into_bytes()),
            ("Nordea CSV", WINDOWS_1252.encode(&nordea).0.into_owned()),
            ("Danske Bank CMKV", cmkv.into_bytes()),
            ("Bankdata ED", ed.into_bytes()),
        ]
    }

    #[test]
    fn every_export_comes_down_to_the_same_bookings() {
        for (name, file) in exports() {
            assert_eq!(Layout::of(&file).map(|layout| layout.name), Some(name));
            let statements = told(&file).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            let [(_, booked, bookings)] = &statements[..] else { panic!("one statement: {name}") };
            assert_eq!(*booked, Some(-423_450), "{name}");
            let [debit, credit] = &bookings[..] else { panic!("two bookings: {name}") };
            assert_eq!((debit.direction, debit.amount), (Direction::Debit, Some(523_450)), "{name}");
            assert_eq!(debit.reference.whole, [id()], "{name}");
            assert_eq!(debit.booked_on, NaiveDate::from_ymd_opt(2022, 3, 31), "{name}");
            assert_eq!((credit.direction, credit.amount), (Direction::Credit, Some(100_000)), "{name}");
            assert_eq!(credit.reference.beginning, &id().to_string()[..16], "{name}");
        }
    }

    #[test]
    fn an_account_is_named_where_the_layout_has_a_place_for_it() {
        for (name, file) in exports() {
            let named = match name {
                "SDC CSV" | "Danske Bank CMKV" => ToldAccount::Other("64710001234567".into()),
                _ => ToldAccount::Unnamed,
            };
            assert_eq!(told(&file).expect("reads")[0].0, named, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        let (_, bec) = &exports()[1];
        let text = String::from_utf8(bec.clone()).expect("UTF-8");
        for (from, to, part) in
            [("-5.234,50", "x", "line 2 has no amount"), ("31-03-2022;Retur", "31/03;Retur", "line 3 has no date")]
        {
            let fault = told(text.replacen(from, to, 1).as_bytes()).expect_err(part);
            assert!(fault.to_string().contains(part), "{fault}");
        }
        let (_, ed) = &exports()[4];
        let cut = &ed[..ed.len() - 24];
        assert!(told(cut).expect_err("cut").to_string().contains("cut short"));
        let headings_only = b"Dato;Tekst;Bel\xf8b;Saldo;Val\xf8rdato;Type;Adviseringer\r\n";
        assert_eq!(told(headings_only).expect_err("empty").code, "report.empty");
        assert!(Layout::of(b"cpr;navn;konto").is_none());
    }
}
