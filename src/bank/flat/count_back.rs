//! Reads a flat file back as a stranger would: by places in the bytes and numbers of columns that are written down here once more, so that
//! an error in the writer's layouts shows. Strict, line by line, in memory that does not grow with the file.

use std::io::{BufRead, Read};

use chrono::NaiveDate;
use encoding_rs::WINDOWS_1252;
use sha2::{Digest as _, Sha256};

use crate::bank::file::FileCount;
use crate::bank::profile::FileFormat;
use crate::batch::Sum;
use crate::fault::{Fault, Result};
use crate::payment::{Amount, Currency, Digest};
use crate::say;
use crate::words::Message;

/// One payment as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadTransfer {
    pub from: String,
    pub to: String,
    pub amount: Amount,
    pub pay_on: NaiveDate,
    /// As much of the end-to-end id as the file has room for.
    pub reference: String,
    /// Empty where the layout has no room for a name.
    pub name: String,
}

/// No record of these files is longer, its line end included.
const LONGEST_LINE: u64 = 4096;

/// Counts and sums a flat file, and hashes its bytes.
///
/// # Errors
/// `release.unreadable_file`, where it is not whole, or is not of this program's making.
pub fn count_back(format: FileFormat, input: impl BufRead) -> Result<FileCount> {
    read_back(format, input, |_| Ok(()))
}

/// As [`count_back`], handing over each payment on the way.
pub fn read_back(
    format: FileFormat,
    mut input: impl BufRead,
    mut each: impl FnMut(ReadTransfer) -> Result<()>,
) -> Result<FileCount> {
    let mut hash = Sha256::new();
    let mut counted = Sum::zero(Currency::Dkk);
    let mut frame = Frame::of(format);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| unreadable(number, error.into()))? == 0 {
            break;
        }
        hash.update(&line);
        let Some(record) = line.strip_suffix(b"\r\n") else {
            return Err(unreadable(number, say!("it does not end as these lines do")));
        };
        if frame.takes(record, number)? {
            continue;
        }
        let transfer =
            transfer(format, record).ok_or_else(|| unreadable(number, say!("it is no payment of this layout")))?;
        counted
            .add(transfer.amount)
            .map_err(|_| unreadable(number, say!("its amount cannot be added to the others")))?;
        each(transfer)?;
    }
    let announced = frame.announced()?;
    Ok(FileCount {
        message_id: None,
        transactions: counted.count,
        amount: counted.amount,
        agrees: announced.is_none_or(|announced| announced == counted),
        sha256: Digest(hash.finalize().into()),
    })
}

/// The start and end records that Bankdata's files have.
enum Frame {
    None,
    Bankdata { started: bool, ended: Option<Sum> },
}

impl Frame {
    fn of(format: FileFormat) -> Self {
        match format {
            FileFormat::Bankdata5 | FileFormat::Bankdata6 => Frame::Bankdata { started: false, ended: None },
            _ => Frame::None,
        }
    }

    /// Whether the line is the frame's and no payment.
    fn takes(&mut self, record: &[u8], number: usize) -> Result<bool> {
        let Frame::Bankdata { started, ended } = self else { return Ok(false) };
        if record.len() != 894 {
            return Err(unreadable(number, say!("Bankdata's records have 896 bytes")));
        }
        match (&record[1..15], number) {
            (b"IB000000000000", 1) => {
                *started = true;
                Ok(true)
            }
            (b"IB999999999999", _) if *started && ended.is_none() => {
                let count = number_at(record, 29, 35);
                let sum = number_at(record, 38, 51).filter(|_| record[51] == b'+');
                let sum = count.zip(sum).ok_or_else(|| unreadable(number, say!("its count and sum cannot be read")))?;
                *ended =
                    Some(Sum { count: sum.0.unsigned_abs(), amount: Amount::from_minor_units(sum.1, Currency::Dkk) });
                Ok(true)
            }
            _ if *started && ended.is_none() => Ok(false),
            _ => Err(unreadable(number, say!("it stands outside the file's start and end records"))),
        }
    }

    fn announced(&self) -> Result<Option<Sum>> {
        match self {
            Frame::None => Ok(None),
            Frame::Bankdata { ended: Some(sum), .. } => Ok(Some(*sum)),
            Frame::Bankdata { .. } => {
                Err(Fault::failed("release.unreadable_file", say!("The file has no end record.")))
            }
        }
    }
}

fn transfer(format: FileFormat, record: &[u8]) -> Option<ReadTransfer> {
    match format {
        FileFormat::Bankdata5 => bankdata(record, b"IB030202000005", 294),
        FileFormat::Bankdata6 => bankdata(record, b"IB030202000006", 636),
        FileFormat::Sdc3 => sdc(record),
        FileFormat::BecErh => columns(record, 73, (1, "ERH356"), [2, 4, 9, 10, 3, 5], ',', "%d%m%Y"),
        FileFormat::DanskeCmbo => columns(record, 28, (1, "CMBO"), [2, 3, 4, 5, 20, 0], '.', "%d%m%Y"),
        FileFormat::NordeaCsv => columns(record, 94, (2, "45"), [37, 17, 33, 34, 38, 12], '.', "%Y%m%d"),
        FileFormat::Pain001V03 | FileFormat::Pain001V09 => None,
    }
}

/// Places count the quotation marks and commas; `reference` is where the end-to-end id begins.
fn bankdata(record: &[u8], record_type: &[u8], reference: usize) -> Option<ReadTransfer> {
    let known = record.len() == 894
        && &record[1..15] == record_type
        && &record[18..22] == b"0001"
        && record[49] == b'+'
        && &record[53..56] == b"DKK"
        && record[63] == b'0';
    known.then_some(())?;
    Some(ReadTransfer {
        from: text(record, 64, 78)?,
        to: text(record, 85, 89)? + &text(record, 92, 102)?,
        amount: Amount::from_minor_units(number_at(record, 36, 49)?, Currency::Dkk),
        pay_on: NaiveDate::parse_from_str(&text(record, 25, 33)?, "%Y%m%d").ok()?,
        reference: text(record, reference, reference + 35)?,
        name: text(record, 147, 179)?,
    })
}

fn sdc(record: &[u8]) -> Option<ReadTransfer> {
    (record.len() == 95 && record[0] == b'3').then_some(())?;
    Some(ReadTransfer {
        from: text(record, 1, 15)?,
        to: text(record, 57, 71)?,
        amount: amount(&text(record, 21, 36)?, ',')?,
        pay_on: NaiveDate::parse_from_str(&text(record, 15, 21)?, "%d%m%y").ok()?,
        reference: text(record, 37, 57)?,
        name: String::new(),
    })
}

/// What stands between two places, without the blanks behind it.
fn text(record: &[u8], from: usize, to: usize) -> Option<String> {
    Some(WINDOWS_1252.decode_without_bom_handling(record.get(from..to)?).0.trim_end().to_owned())
}

fn number_at(record: &[u8], from: usize, to: usize) -> Option<i64> {
    let digits = record.get(from..to)?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok()
}

/// Columns are counted from 1; `places` are those of the payer's account, the payee's, amount, day, reference and name (0: none).
fn columns(
    record: &[u8],
    count: usize,
    (kind_column, kind): (usize, &str),
    places: [usize; 6],
    mark: char,
    date: &str,
) -> Option<ReadTransfer> {
    let line = WINDOWS_1252.decode_without_bom_handling(record).0;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    let known = record.len() == count && record.get(kind_column - 1)? == kind;
    known.then_some(())?;
    let [from, to, paid, day, reference, name] = places.map(|column| match column {
        0 => String::new(),
        column => record.get(column - 1).unwrap_or_default().to_owned(),
    });
    let amount = amount(&paid, mark)?;
    Some(ReadTransfer { from, to, amount, pay_on: NaiveDate::parse_from_str(&day, date).ok()?, reference, name })
}

/// Whole kroner, the mark, and two digits of øre; zeros may stand before.
fn amount(text: &str, mark: char) -> Option<Amount> {
    let (kroner, oere) = text.split_once(mark)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(kroner) || !digits(oere) || oere.len() != 2 {
        return None;
    }
    let minor_units = kroner.parse::<i64>().ok()?.checked_mul(100)?.checked_add(oere.parse().ok()?)?;
    Some(Amount::from_minor_units(minor_units, Currency::Dkk))
}

fn unreadable(line: usize, what: Message) -> Fault {
    Fault::failed(
        "release.unreadable_file",
        say!("Line {line} of the bank file cannot be read back: {what}.", line, what),
    )
}
