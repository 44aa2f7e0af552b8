//! Reading lists with all checks: a CSV of a million rows beside the csv crate that reads the same bytes into owned strings and decimals, and
//! an XLSX of 100,000 rows.
//!
//! `cargo bench --bench lists` runs both sides in turn in one process and prints the median CPU seconds of each and their ratio (aim: at
//! most 2); another number of rows, and then of runs, may follow. It prints too how much memory each kind of list takes at its peak (aim for the workbook: at most 300 MiB). Made-up people only.

mod floors;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use floors::long_list::cpr;
use rust_decimal::Decimal;
use rust_xlsxwriter::Workbook;
use rustix::time::{ClockId, clock_gettime};
use stopgap::bank::calendar::BankCalendar;
use stopgap::bank::door::Door;
use stopgap::checks::{Checks, Terms};
use stopgap::payment::{Amount, Country, Currency};
use stopgap::recipient_list::{ColumnAliases, Instruction, RecipientList};

const ROWS: u32 = 1_000_000;
/// Of a workbook, at most.
const SHEET_ROWS: u32 = 100_000;
const PAIRS: usize = 5;
const HEADINGS: [&str; 7] = ["cpr", "navn", "konto", "beløb", "ydelse", "periode", "tekst"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().filter_map(|word| word.parse::<u32>().ok());
    let (rows, pairs) = (numbers.next().unwrap_or(ROWS), numbers.next().map_or(PAIRS, |pairs| pairs as usize));
    let sheet_rows = rows.min(SHEET_ROWS);
    let folder = tempfile::tempdir()?;
    let (csv, xlsx) = (folder.path().join("list.csv"), folder.path().join("list.xlsx"));
    let mut text = HEADINGS.join(";") + "\n";
    for row in 0..rows {
        writeln!(text, "{}", cells(row).join(";"))?;
    }
    fs::write(&csv, &text)?;
    let megabytes = text.len() as f64 / 1e6;
    drop(text);

    let (mut looks, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        let (list, look) = timed(|| open(&csv))?;
        let (payable, check) = timed(|| checked(&list))?;
        assert_eq!(payable, rows);
        let (read, plain) = timed(|| bare_records(&csv))?;
        assert_eq!(read, rows as usize);
        looks.push(look);
        ours.push(look + check);
        bare.push(plain);
    }
    let (look, ours, bare) = (median(looks), median(ours), median(bare));
    println!("CSV of {rows} rows, {megabytes:.1} MB; medians of {pairs}, in turn");
    println!("  looked through, read, checked   {ours:>7.3} CPU s   of which looked through {look:.3}");
    println!("  bare records, owned             {bare:>7.3} CPU s");
    println!("  ratio                           {:>7.2}         aim at most 2", ours / bare);

    forget_peak_memory();
    assert_eq!(checked(&open(&csv)?)?, rows);
    print_peak("CSV", "");

    write_workbook(&xlsx, sheet_rows)?;
    forget_peak_memory();
    let (payable, seconds) = timed(|| checked(&open(&xlsx)?))?;
    assert_eq!(payable, sheet_rows);
    let megabytes = fs::metadata(&xlsx)?.len() as f64 / 1e6;
    println!("XLSX of {sheet_rows} rows, {megabytes:.1} MB");
    println!("  looked through, read, checked   {seconds:>7.3} CPU s");
    print_peak("XLSX", "; aim at most 300");
    Ok(())
}

/// A made-up person. Every day comes, so that nothing is checked from memory.
fn cells(row: u32) -> [String; 7] {
    let number = cpr(row.into());
    let (day, serial) = number.split_at(6);
    [
        format!("{day}-{serial}"),
        format!("Pipaluk Møller {}", row % 977),
        format!("6471-{:010}", 100_000 + row),
        format!("{}.{:03},{:02}", 1 + row % 9, row % 1000, row % 100),
        ["Alderspension", "Offentlig hjælp", "Førtidspension"][row as usize % 3].into(),
        "2026-12".into(),
        "Udbetaling december".into(),
    ]
}

fn open(path: &Path) -> Result<RecipientList, Box<dyn Error>> {
    let list = RecipientList::open(path, &path.to_string_lossy(), &ColumnAliases::default(), Currency::Dkk);
    list.map_err(|fault| fault.to_string().into())
}

/// Reads every row and judges it; how many can be paid.
fn checked(list: &RecipientList) -> Result<u32, Box<dyn Error>> {
    let door = Door::default();
    let terms = Terms {
        country: Country::Gl,
        currency: Currency::Dkk,
        scheme: None,
        period: None,
        pay_on: "2026-12-01".parse()?,
        today: "2026-11-20".parse()?,
        payment_limit: Amount::from_minor_units(10_000_000, Currency::Dkk),
        door: &door,
        amount_style: list.amount_style(),
        calendar: BankCalendar::of(Country::Gl),
    };
    let (mut payable, mut checks) = (0, Checks::new(&terms));
    let mut instruction = Instruction::default();
    let mut rows = list.instructions().map_err(|fault| fault.to_string())?;
    while rows.read(&mut instruction).map_err(|fault| fault.to_string())? {
        payable += u32::from(checks.check(0, &instruction).payment.is_some());
    }
    Ok(payable)
}

/// What the csv crate needs to make owned strings of every cell and a decimal of every amount.
fn bare_records(path: &Path) -> Result<usize, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_path(path)?;
    let mut rows = 0;
    for record in reader.records() {
        let record = record?;
        let owned: Vec<String> = record.iter().map(str::to_owned).collect();
        let amount: Decimal = owned[3].replace('.', "").replace(',', ".").parse()?;
        std::hint::black_box((owned, amount));
        rows += 1;
    }
    Ok(rows)
}

fn write_workbook(path: &Path, rows: u32) -> Result<(), Box<dyn Error>> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    for (column, heading) in (0u16..).zip(HEADINGS) {
        sheet.write(0, column, heading)?;
    }
    for row in 0..rows {
        for (column, cell) in (0u16..).zip(cells(row)) {
            sheet.write(row + 1, column, cell)?;
        }
    }
    Ok(workbook.save(path)?)
}

fn timed<T>(work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<(T, f64), Box<dyn Error>> {
    let now = || clock_gettime(ClockId::ProcessCPUTime);
    let start = now();
    let done = work()?;
    let end = now();
    Ok((done, (end.tv_sec - start.tv_sec) as f64 + (end.tv_nsec - start.tv_nsec) as f64 / 1e9))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn print_peak(what: &str, aim: &str) {
    match peak_memory_kib() {
        Some(kib) => println!(
            "  peak memory                     {:>7.2} MiB     of the process, {what}{aim}",
            kib as f64 / 1024.0
        ),
        None => println!("  peak memory unknown: this system does not tell"),
    }
}

/// What was taken before does not count.
fn forget_peak_memory() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process has held since (`VmHWM`), where the system tells.
fn peak_memory_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
