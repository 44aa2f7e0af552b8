//! Reads a flat file back as a stranger would: by places in the bytes and numbers of columns that are written down here once more, so that
//! an error in the writer's layouts shows. Strict, line by line, in memory that does not grow with the file.

use std::io::{BufRead, Read};

use chrono::NaiveDate;
use csv::StringRecord;
use encoding_rs::WINDOWS_1252;
use sha2::{Digest as _, Sha256};

use crate::bank::file::FileCount;
use crate::bank::profile::FileFormat;
use crate::batch::Sum;
use crate::fault::{Fault, Result};
use crate::payment::{Amount, Currency, Digest, SlipKind, SlipPayee};
use crate::say;
use crate::words::Message;

/// One payment as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadTransfer {
    pub from: String,
    /// Registration number and account, or of a slip the number that it is paid to.
    pub to: String,
    /// Where it is a payment slip.
    pub slip: Option<ReadSlip>,
    pub amount: Amount,
    pub pay_on: NaiveDate,
    /// As much of the end-to-end id as the file has room for.
    pub reference: String,
    /// Empty where the layout has no room for a name.
    pub name: String,
}

/// What makes a payment a slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadSlip {
    pub kind: SlipKind,
    /// Empty where the kind has none.
    pub payment_id: String,
}

impl ReadSlip {
    /// Of a kind that was read, with an id of as many digits as it has.
    fn of(kind: &str, payment_id: &str) -> Option<Self> {
        let kind = SlipKind::of(kind)?;
        let digits = payment_id.bytes().all(|byte| byte.is_ascii_digit());
        let fits = digits && payment_id.len() == kind.id_length().unwrap_or(0);
        fits.then(|| Self { kind, payment_id: payment_id.to_owned() })
    }

    /// As [`Account::destination`](crate::payment::Account::destination), of what the slip is paid `to`.
    pub fn destination(&self, to: &str) -> String {
        let payee = SlipPayee::identity_of(self.kind, to);
        if self.payment_id.is_empty() { payee } else { format!("{payee}/{}", self.payment_id) }
    }
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
        FileFormat::Bankdata5 => bankdata(record, b"IB030202000005", 294).or_else(|| bankdata_slip(record)),
        FileFormat::Bankdata6 => bankdata(record, b"IB030202000006", 636).or_else(|| bankdata_slip(record)),
        FileFormat::Sdc3 => sdc(record).or_else(|| sdc_slip(record)),
        FileFormat::BecErh => bec(&columns(record)?),
        FileFormat::DanskeCmbo => danske(&columns(record)?),
        FileFormat::NordeaCsv => nordea(&columns(record)?),
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
        slip: None,
        amount: Amount::from_minor_units(number_at(record, 36, 49)?, Currency::Dkk),
        pay_on: NaiveDate::parse_from_str(&text(record, 25, 33)?, "%Y%m%d").ok()?,
        reference: text(record, reference, reference + 35)?,
        name: text(record, 147, 179)?,
    })
}

/// As [`bankdata`]; the giro account and the creditor number have places of their own.
fn bankdata_slip(record: &[u8]) -> Option<ReadTransfer> {
    let known = record.len() == 894
        && &record[1..15] == b"IB030207000002"
        && &record[18..22] == b"0001"
        && record[49] == b'+'
        && record[57] == b'0';
    known.then_some(())?;
    let (kind, id) = (text(record, 75, 77)?, text(record, 80, 99)?);
    let (giro, creditor) = (text(record, 109, 119)?, text(record, 122, 130)?);
    let to = match SlipKind::of(&kind)?.is_giro() {
        true => giro.strip_prefix("00").filter(|_| creditor.is_empty())?.to_owned(),
        false => Some(creditor).filter(|_| giro.is_empty())?,
    };
    Some(ReadTransfer {
        from: text(record, 58, 72)?,
        to: eight_digits(to)?,
        slip: Some(ReadSlip::of(&kind, without_zeros(&kind, &id)?)?),
        amount: Amount::from_minor_units(number_at(record, 36, 49)?, Currency::Dkk),
        pay_on: NaiveDate::parse_from_str(&text(record, 25, 33)?, "%Y%m%d").ok()?,
        reference: text(record, 203, 238)?,
        name: text(record, 133, 165)?,
    })
}

/// A payment id of 19 places without the zeros before it; one that is blank stays so.
fn without_zeros<'t>(kind: &str, id: &'t str) -> Option<&'t str> {
    let digits = SlipKind::of(kind)?.id_length().unwrap_or(0);
    let (zeros, id) = id.split_at_checked(id.len().checked_sub(digits)?)?;
    let as_written = if digits == 0 { "" } else { &"0000"[..19usize.checked_sub(digits)?] };
    (zeros == as_written).then_some(id)
}

fn eight_digits(text: String) -> Option<String> {
    Some(text).filter(|text| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn sdc(record: &[u8]) -> Option<ReadTransfer> {
    (record.len() == 95 && record[0] == b'3').then_some(())?;
    Some(ReadTransfer {
        from: text(record, 1, 15)?,
        to: text(record, 57, 71)?,
        slip: None,
        amount: amount(&text(record, 21, 36)?, ',')?,
        pay_on: NaiveDate::parse_from_str(&text(record, 15, 21)?, "%d%m%y").ok()?,
        reference: text(record, 37, 57)?,
        name: String::new(),
    })
}

fn sdc_slip(record: &[u8]) -> Option<ReadTransfer> {
    let (kind, id, to) = match (record.get(..4)?, record.len()) {
        (b"K020", 87) if text(record, 70, 72)? == "71" => {
            ("71".to_owned(), text(record, 72, 87)?, text(record, 62, 70)?)
        }
        (b"K073", 232) if text(record, 70, 72)? == "73" => ("73".to_owned(), String::new(), text(record, 62, 70)?),
        (b"K006", 253) => {
            let (kind, id) = (text(record, 159, 161)?, text(record, 161, 180)?);
            SlipKind::of(&kind).filter(|kind| kind.is_giro())?;
            let id = without_zeros(&kind, &id)?.to_owned();
            (kind, id, text(record, 149, 159)?.strip_prefix("00")?.to_owned())
        }
        _ => return None,
    };
    Some(ReadTransfer {
        from: text(record, 4, 18)?,
        to: eight_digits(to)?,
        slip: Some(ReadSlip::of(&kind, &id)?),
        amount: amount(&text(record, 26, 41)?, ',')?,
        pay_on: NaiveDate::parse_from_str(&text(record, 18, 26)?, "%d%m%Y").ok()?,
        reference: text(record, 42, 62)?,
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

/// The columns of a line, which stand between quotation marks.
fn columns(record: &[u8]) -> Option<StringRecord> {
    let line = WINDOWS_1252.decode_without_bom_handling(record).0;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    reader.records().next()?.ok()
}

/// A column, counted from 1; empty where there is no such.
fn column(record: &StringRecord, number: usize) -> &str {
    number.checked_sub(1).and_then(|at| record.get(at)).unwrap_or_default()
}

/// `places` are the columns of the payer's account, of amount, day, reference and name (0: none); `to` is what was read of the payee.
fn from_columns(
    record: &StringRecord,
    places: [usize; 5],
    (mark, date): (char, &str),
    to: &str,
    slip: Option<ReadSlip>,
) -> Option<ReadTransfer> {
    let [from, paid, day, reference, name] = places.map(|number| column(record, number));
    Some(ReadTransfer {
        from: from.to_owned(),
        to: if slip.is_some() { eight_digits(to.to_owned())? } else { to.to_owned() },
        slip,
        amount: amount(paid, mark)?,
        pay_on: NaiveDate::parse_from_str(day, date).ok()?,
        reference: reference.to_owned(),
        name: name.to_owned(),
    })
}

fn bec(record: &StringRecord) -> Option<ReadTransfer> {
    const PLACES: [usize; 5] = [2, 9, 10, 3, 5];
    const STYLE: (char, &str) = (',', "%d%m%Y");
    (record.len() == 73).then_some(())?;
    let (kind, register) = match column(record, 1) {
        "ERH356" => return from_columns(record, PLACES, STYLE, column(record, 4), None),
        "ERH354" => ("01", "GIRO"),
        "ERH352" => ("04", "GIRO"),
        "ERH351" => ("71", "FI"),
        "ERH357" => ("73", "FI"),
        "ERH358" => ("75", "FI"),
        _ => return None,
    };
    let slip = ReadSlip::of(kind, column(record, 11).strip_prefix(kind)?)?;
    from_columns(record, PLACES, STYLE, column(record, 4).strip_prefix(register)?, Some(slip))
}

fn danske(record: &StringRecord) -> Option<ReadTransfer> {
    const PLACES: [usize; 5] = [2, 4, 5, 20, 0];
    const STYLE: (char, &str) = ('.', "%d%m%Y");
    (record.len() == 28 && column(record, 1) == "CMBO").then_some(())?;
    match (column(record, 3).strip_prefix("IK"), column(record, 23), column(record, 24)) {
        (None, "", "") => from_columns(record, PLACES, STYLE, column(record, 3), None),
        (Some(to), kind, id) => from_columns(record, PLACES, STYLE, to, Some(ReadSlip::of(kind, id)?)),
        _ => None,
    }
}

fn nordea(record: &StringRecord) -> Option<ReadTransfer> {
    const PLACES: [usize; 5] = [37, 33, 34, 38, 12];
    const STYLE: (char, &str) = ('.', "%Y%m%d");
    let to = column(record, 17);
    match (column(record, 2), record.len()) {
        ("45", 94) => from_columns(record, PLACES, STYLE, to, None),
        ("46", 90) => {
            let slip = ReadSlip::of(column(record, 45), column(record, 46))?;
            from_columns(record, PLACES, STYLE, to, Some(slip))
        }
        _ => None,
    }
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
