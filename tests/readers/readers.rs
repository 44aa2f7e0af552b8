//! Every reader of what comes from outside, as a function of bytes that must not panic, hang or take memory without end.
//!
//! One place for them, so that whatever drives them, by chance or by coverage, tries the same.

use std::cell::RefCell;
use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use stopgap::bank::calendar::BankCalendar;
use stopgap::bank::door::Door;
use stopgap::bank::profile::FileFormat;
use stopgap::bank::text::{is_permitted, to_bank_text};
use stopgap::bank::{flat, pain001, report};
use stopgap::checks::{self, CheckedPayment, Severity};
use stopgap::fault::Fault;
use stopgap::ledger::event::{Event, KeyId};
use stopgap::ledger::keys::{OperatorKeyFile, WrappedKeyFile};
use stopgap::ledger::recovery::Half;
use stopgap::ledger::seal::SecretKey;
use stopgap::ledger::witness;
use stopgap::ops::anchors::record::{Anchor, PlaceNote};
use stopgap::ops::backup::receipt::Receipt;
use stopgap::ops::decisions::Decisions;
use stopgap::ops::settings::{self, Settings};
use stopgap::payment::{
    Amount, BatchId, Country, Currency, Digest, EndToEndId, Part, Period, PersonKind, RepaymentReference, Scheme,
};
use stopgap::recipient_list::{
    AmountStyle, Column, ColumnAliases, Instruction, KeptFrom, KeptRows, ReadKeptRows, RecipientList, any_table,
    read_amount,
};
use stopgap::reconciliation::UpstreamStatus;
use stopgap::upstream::failures::Failures;
use stopgap::upstream::{self, Format, Mapping};
use stopgap::worksheet::returned::{Reading, is_heading};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Reads the bytes, whatever they are.
pub type Reader = fn(&[u8]);

/// Each by its name. Some are one function with several kinds of seeds: what leads a fuzzer into one kind leads it past the others.
pub const READERS: [(&str, Reader); 20] = [
    ("csv", list),
    ("xlsx", xlsx),
    ("ods", ods),
    ("package", list),
    ("table", table),
    ("pain002", bank_report),
    ("camt", bank_report),
    ("mt940", bank_report),
    ("export", bank_report),
    ("pain001", upstream_run),
    ("postings", upstream_run),
    ("failures", failures),
    ("bank_file", bank_file),
    ("settings", toml),
    ("decisions", decisions),
    ("receipt", receipt),
    ("beside", beside),
    ("event", event),
    ("row", row),
    ("cell", cell),
];

/// A list to pay from or of changes, CSV, XLSX or ODS: read, and every row judged both ways.
pub fn list(bytes: &[u8]) {
    with_file("list", bytes, |path| {
        let Ok(list) = RecipientList::open(path, "list", &ColumnAliases::default(), Currency::Dkk) else { return };
        let _ = list.facts().to_string();
        let door = Door::default();
        let terms = checks::Terms {
            country: Country::Gl,
            currency: Currency::Dkk,
            scheme: None,
            period: None,
            pay_on: today(),
            today: today(),
            payment_limit: Amount::from_minor_units(10_000_000, Currency::Dkk),
            door: &door,
            amount_style: list.amount_style(),
            calendar: BankCalendar::of(Country::Gl),
        };
        let mut rows = list.instructions().expect("the list was just opened");
        let (mut row, mut read) = (Instruction::default(), 0);
        while rows.read(&mut row).expect("nobody touched the file in between") {
            read += 1;
            let _ = checks::check(0, &row, &terms);
            let _ = checks::read_entitlement(&row, &terms);
        }
        // What was counted when it was looked through is what is paid from.
        assert_eq!(read, list.rows());
    });
}

/// A workbook's parts, parted by [`PART`], as a list. Packed here: a fuzzer would never get past the check sums of a package.
pub fn xlsx(bytes: &[u8]) {
    list(&package(&XLSX_PARTS, bytes));
}

/// A text document's `content.xml`, as a list.
pub fn ods(bytes: &[u8]) {
    list(&package(&["content.xml", "META-INF/manifest.xml"], bytes));
}

/// Stands between the parts of a package.
pub const PART: u8 = 0x1C;

pub const XLSX_PARTS: [&str; 6] = [
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
];

/// A part that has nothing in it is left out.
fn package(names: &[&str], bytes: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in
        names.iter().zip(bytes.split(|byte| *byte == PART)).filter(|(_, content)| !content.is_empty())
    {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(*name, stored).expect("a package in memory");
        zip.write_all(content).expect("a package in memory");
    }
    zip.finish().expect("a package in memory").into_inner()
}

/// The cells of one row, in the order of the columns and parted by [`PART`]; before them the country, and a mark that parts off its decimals.
/// Judged both ways, without a file: what is understood of a row is tried a thousand times as often as by way of lists.
pub fn row(bytes: &[u8]) {
    thread_local! {
        static ROW: RefCell<Instruction> = RefCell::default();
    }
    static DOOR: LazyLock<Door> = LazyLock::new(Door::default);
    let text = String::from_utf8_lossy(bytes);
    let mut cells = text.split(char::from(PART));
    let head = cells.next().unwrap_or_default();
    let country = head.get(..2).and_then(|code| code.parse().ok()).unwrap_or(Country::Gl);
    let currency = country.currency();
    let amount_style = match head.get(2..) {
        Some(",") => AmountStyle::DecimalComma,
        Some(".") => AmountStyle::DecimalPoint,
        _ => AmountStyle::Unsettled,
    };
    let terms = checks::Terms {
        country,
        currency,
        scheme: None,
        period: None,
        pay_on: today(),
        today: today(),
        payment_limit: Amount::from_minor_units(10_000_000, currency),
        door: &DOOR,
        amount_style,
        calendar: BankCalendar::of(country),
    };
    ROW.with_borrow_mut(|row| {
        row.refill(2, Column::ALL.into_iter().zip(cells));
        let checked = checks::check(0, row, &terms);
        let is_wrong = checked.problems.iter().any(|problem| problem.severity() == Severity::Error);
        assert_eq!(checked.payment.is_none(), is_wrong, "a payment is made where nothing said is an error");
        if let Some(payment) = &checked.payment {
            is_what_was_written(payment, row);
            // Whoever a row is about, nothing that is said of it names them. The number of an organisation is no secret.
            let person = &payment.obligation.person;
            for message in checked.problems.iter().map(|problem| problem.message.to_string()) {
                assert!(person.kind() == PersonKind::Organisation || !message.contains(person.whole()), "{message}");
            }
        }
        if let Ok(entitlement) = checks::read_entitlement(row, &terms) {
            let paid = checked.payment.as_ref().map(|payment| &payment.obligation.person);
            assert!(paid.is_none_or(|person| *person == entitlement.person));
        }
    });
}

/// Whoever is paid, and how much, and on which account: the digits are those of the row. Told without any rule of the checks but where decimals
/// begin.
fn is_what_was_written(payment: &CheckedPayment, row: &Instruction) {
    let digits = |text: &str| text.chars().filter_map(digit).collect::<String>();
    let written = row.cell(Column::Amount);
    let figure = written.trim_matches(|c| digit(c).is_none());
    let decimals = figure.rsplit_once([',', '.']).map_or(0, |(_, decimals)| digits(decimals).len());
    let scale = match decimals {
        1 => 10,
        2 => 1,
        _ => 100,
    };
    let amount = digits(figure).parse::<i64>().map(|digits| digits * scale);
    assert!(payment.amount.minor_units() > 0, "nobody is paid nothing");
    assert_eq!(Ok(payment.amount.minor_units()), amount, "{written}");

    let bare = |text: &str| {
        let written = text.chars().map(|c| digit(c).unwrap_or(c)).filter(char::is_ascii_alphanumeric);
        written.collect::<String>().to_ascii_uppercase()
    };
    let person = bare(payment.obligation.person.whole());
    let number = [Column::PersonId, Column::OrganisationId].map(|column| bare(row.cell(column))).concat();
    // A century is added, and a zero that a spreadsheet took away; the sign of a country or an organisation is left out.
    let is_the_same = person.ends_with(&number) || number.ends_with(&person) || person == format!("0{number}");
    assert!(!number.is_empty() && is_the_same, "{number} became another person");

    let Some(account) = payment.account.as_ref().filter(|account| !account.is_slip()) else { return };
    let telling = |text: &str| digits(text).replace('0', "");
    let cells = match row.cell(Column::PayeeAccount) {
        "" => [telling(row.cell(Column::RegNo)), telling(row.cell(Column::Account))],
        payee => [String::new(), telling(payee)],
    };
    let whole = telling(&account.whole());
    assert!(whole == cells.concat() || whole == cells[1], "{} is not {cells:?}", account.whole());
}

/// A digit of whatever width.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

/// One cell, read as everything that a cell can be. What was understood is understood again as it is written by us.
pub fn cell(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    for currency in [Currency::Dkk, Currency::Eur] {
        for style in [AmountStyle::Unsettled, AmountStyle::DecimalComma, AmountStyle::DecimalPoint] {
            if let Ok(amount) = read_amount(text, style, currency) {
                let written = amount.to_string();
                assert_eq!(read_amount(&written, AmountStyle::DecimalPoint, currency), Ok(amount), "{written}");
            }
        }
    }
    if let Ok(period) = text.parse::<Period>() {
        assert_eq!(period.to_string().parse(), Ok(period));
    }
    if let Ok(day) = checks::pay_on::read_date(text) {
        assert_eq!(checks::pay_on::read_date(&day.to_string()), Ok(day));
    }
    // An accent by itself is folded into a space and a mark; a second time that space is tidied, with what stands before it.
    let spaceless = |text: String| text.split_whitespace().collect::<String>();
    if let Some(scheme) = Scheme::new(text) {
        let folded = scheme.folded();
        let again = Scheme::new(&folded).map(|scheme| spaceless(scheme.folded()));
        assert_eq!(again.unwrap_or_default(), spaceless(folded));
    }
    let part = Part::new(text).folded();
    assert_eq!(spaceless(Part::new(&part).folded()), spaceless(part));
    if let Ok(id) = text.parse::<EndToEndId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(id) = text.parse::<BatchId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    let mut references = Vec::new();
    RepaymentReference::each_in(text, &mut references);
    assert!(references.len() <= text.len());
    let sent = to_bank_text(text, 35).text;
    assert!(sent.chars().count() <= 35 && sent.chars().all(is_permitted), "{sent}");
    let _ = (checks::change::read(text), UpstreamStatus::in_words(text), any_table::column_named(text));
    for country in Country::ALL {
        for kind in [PersonKind::Natural, PersonKind::Organisation] {
            if let Err(problem) = checks::read_person(text, kind, country, today()) {
                let _ = problem.message.to_string();
            }
        }
        let _ = checks::read_own_account(text, country);
    }
}

/// Any table that is only looked into, read as a work sheet that came back.
pub fn table(bytes: &[u8]) {
    with_file("table", bytes, |path| {
        let mut reading = Reading::default();
        let _ = any_table::each_row_under(path, "table", &is_heading, &mut |_, number, cells| {
            reading.row(number, cells.iter());
            Ok(())
        });
        let _ = any_table::each_row(path, "table", &mut |_, _, _| Ok(()));
    });
}

/// The bank's word: pain.002, camt.052/053/054, MT940, net banks' exports.
pub fn bank_report(bytes: &[u8]) {
    let _ = report::read(bytes, Currency::Dkk, &mut |_| Ok(()));
}

/// Upstream's runs that are no lists: pain.001, G68/G69.
pub fn upstream_run(bytes: &[u8]) {
    let mapping = Mapping::default();
    for format in [Format::Pain001, Format::Postings] {
        let _ = upstream::read(format, bytes, &upstream_terms(&mapping), &mut |_, _| Ok(()));
    }
}

/// Prisme's §38 list.
pub fn failures(bytes: &[u8]) {
    let mapping = Mapping::default();
    let _ = Format::of(bytes);
    let _ = Failures::default().read(bytes, &upstream_terms(&mapping), &mut |_, _| Ok(()));
}

/// A bank file of our own, counted back.
pub fn bank_file(bytes: &[u8]) {
    let _ = pain001::recount(bytes);
    for format in FileFormat::all().filter(|format| format.is_flat()) {
        let _ = flat::count_back(format, bytes);
    }
}

/// `stopgap.toml`.
pub fn toml(bytes: &[u8]) {
    with_file(settings::FILE_NAME, bytes, |path| {
        let _ = path.parent().map(Settings::read);
    });
}

/// Of a list that decisions are about, its name is all that counts.
#[derive(Debug)]
struct NoRows;

impl KeptRows for NoRows {
    fn count(&self) -> u64 {
        0
    }

    fn read(&self) -> Result<Box<dyn ReadKeptRows>, Fault> {
        Ok(Box::new(NoRows))
    }
}

impl ReadKeptRows for NoRows {
    fn next(&mut self, _: &mut Instruction) -> Result<bool, Fault> {
        Ok(false)
    }
}

/// A decisions file about two lists.
pub fn decisions(bytes: &[u8]) {
    let kept = |name: &str| RecipientList::kept(name.to_owned(), None, Arc::new(NoRows), KeptFrom::Ledger);
    let lists = [kept("lists/a.csv"), kept("b.csv")];
    with_file("decisions", bytes, |path| {
        let _ = Decisions::read(path, &lists);
    });
}

/// The receipt of a backup, on which `restore` relies.
pub fn receipt(bytes: &[u8]) {
    with_file("receipt", bytes, |path| {
        let _ = Receipt::read_file(path).map(|receipt| receipt.map(|receipt| receipt.code()));
    });
}

/// What lies beside the ledger: anchors, place notes, the witness, key files, a page with half of the recovery code.
pub fn beside(bytes: &[u8]) {
    if let Some(anchor) = Anchor::from_bytes(bytes) {
        assert_eq!(anchor.to_bytes(), bytes);
    }
    if let Some(note) = PlaceNote::from_bytes(bytes) {
        assert_eq!(note.to_bytes(), bytes);
    }
    let entries: Vec<_> = (1..4).map(|seq| (seq, Digest([seq as u8; 32]))).collect();
    if let Ok(completion) = witness::compare(bytes, &entries) {
        assert!(completion.keep <= bytes.len() as u64);
    }
    let key = SecretKey::new([7; 32]);
    if let Ok(file) = serde_json::from_slice::<WrappedKeyFile>(bytes) {
        let _ = file.unwrap_key("duplicate", KeyId([7; 8]), &key);
    }
    if let Ok(file) = serde_json::from_slice::<OperatorKeyFile>(bytes) {
        // Up to the bound, a file may ask for as much work as it likes: it is a person's own.
        let is_cheap = file.cost.memory_kib <= 64 && file.cost.passes <= 2;
        if is_cheap || file.cost.memory_kib > 1024 * 1024 {
            let _ = file.unlock("anything");
        }
        let _ = file.public_key();
    }
    if let Ok(page) = std::str::from_utf8(bytes) {
        let _ = Half::read_page(page).map(|half| assert_eq!(Half::read(&half.groups().join("-")).err(), None));
    }
}

/// An entry of a ledger that was copied back. What is understood is written again to the same byte.
pub fn event(bytes: &[u8]) {
    if let Some(event) = Event::from_bytes(bytes) {
        assert_eq!(event.to_bytes(), bytes);
    }
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 4, 1).expect("a day")
}

fn upstream_terms(mapping: &Mapping) -> upstream::Terms<'_> {
    upstream::Terms {
        country: Country::Gl,
        currency: Currency::Dkk,
        today: today(),
        status: UpstreamStatus::Paid,
        mapping,
    }
}

/// Some readers want a file. It lies where temporary files lie and is the same one each time.
fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&std::path::Path)) {
    thread_local! {
        static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a temporary folder");
    }
    let path: PathBuf = FOLDER.with(|folder| folder.path().join(name));
    fs::write(&path, bytes).expect("room for a file");
    read(&path);
}
