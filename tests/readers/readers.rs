//! Every reader of what comes from outside, as a function of bytes that must not panic, hang or take memory without end.
//!
//! One place for them, so that whatever drives them, by chance or by coverage, tries the same.

use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use stopgap::bank::calendar::BankCalendar;
use stopgap::bank::door::Door;
use stopgap::bank::profile::FileFormat;
use stopgap::bank::{flat, pain001, report};
use stopgap::checks;
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
use stopgap::payment::{Amount, Country, Currency, Digest};
use stopgap::recipient_list::{ColumnAliases, Instruction, KeptRows, ReadKeptRows, RecipientList, any_table};
use stopgap::reconciliation::UpstreamStatus;
use stopgap::upstream::failures::Failures;
use stopgap::upstream::{self, Format, Mapping};
use stopgap::worksheet::returned::{Reading, is_heading};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Reads the bytes, whatever they are.
pub type Reader = fn(&[u8]);

/// Each by its name. Some are one function with several kinds of seeds: what leads a fuzzer into one kind leads it past the others.
pub const READERS: [(&str, Reader); 18] = [
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
    let kept = |name: &str| RecipientList::kept(name.to_owned(), None, Arc::new(NoRows));
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
