//! The Danish flat files: their bytes, their widths, and what an independent reading finds in them.

use std::io;

use encoding_rs::WINDOWS_1252;
use stopgap::bank::file::{FileWriter, count_back};
use stopgap::bank::flat::{self, ReadTransfer};
use stopgap::bank::profile::{FileFormat, Profile};
use stopgap::bank::text::Characters;
use stopgap::checks::CheckedPayment;
use stopgap::payment::{Account, Amount, Country, Currency};

use crate::made_up::{self, Message, kroner};

/// Payment `number` as the checks would let it through to this format.
fn payment(number: u64, format: FileFormat) -> CheckedPayment {
    let (name, text) = flat::room(format).expect("a flat format");
    let mut payment = made_up::payment(number);
    payment.account =
        Some(made_up::domestic(Country::Gl, "6471", &format!("{:010}", made_up::scattered(number) % 10_000_000_000)));
    payment.name = Characters::Nordic1252.write(&payment.name, name).text;
    payment.payee_name = payment.payee_name.map(|payee| Characters::Nordic1252.write(&payee, name).text);
    payment.text = payment.text.map(|said| Characters::Nordic1252.write(&said, text).text);
    payment
}

fn write(message: &Message) -> io::Result<Vec<u8>> {
    let mut writer =
        FileWriter::begin(Vec::new(), &message.head, &Profile { max_payments: 20_000, ..Profile::default() })?;
    for (information, payments) in &message.blocks {
        writer.begin_payments(information)?;
        payments.iter().try_for_each(|(payment, id)| writer.payment(payment, id))?;
    }
    writer.finish()
}

fn ten(format: FileFormat) -> Message {
    Message::one_block(format, (0..10).map(|number| payment(number, format)).collect())
}

/// Checked once, field by field, against the banks' tables. Where the bytes change on purpose: run with
/// `STOPGAP_REWRITE_GOLDEN=1`, and read the difference.
#[test]
fn the_bytes_of_each_format_stay_what_they_are() {
    for format in FileFormat::FLAT {
        let path = format!("{}/tests/bank_file/flat/{}.txt", env!("CARGO_MANIFEST_DIR"), format.as_str());
        let written = write(&ten(format)).expect("sound");
        if std::env::var_os("STOPGAP_REWRITE_GOLDEN").is_some() {
            std::fs::write(path, &written).expect("written");
            continue;
        }
        let golden = std::fs::read(&path).expect("a golden file");
        assert_eq!(WINDOWS_1252.decode(&written).0, WINDOWS_1252.decode(&golden).0, "{}", format.as_str());
    }
}

/// Bytes of a line without its end; `None` where columns are parted by commas, and how many of these there are.
fn width(format: FileFormat) -> (Option<usize>, usize) {
    match format {
        FileFormat::Bankdata5 | FileFormat::Bankdata6 => (Some(894), 0),
        FileFormat::Sdc3 => (Some(95), 0),
        FileFormat::BecErh => (None, 73),
        FileFormat::DanskeCmbo => (None, 28),
        _ => (None, 94),
    }
}

#[test]
fn ten_thousand_payments_keep_every_width_and_read_back_as_they_were() {
    for format in FileFormat::FLAT {
        let message = Message::one_block(format, (0..10_000).map(|number| payment(number, format)).collect());
        let written = write(&message).expect("sound");
        let (bytes, columns) = width(format);
        for line in written.split_inclusive(|byte| *byte == b'\n') {
            let record = line.strip_suffix(b"\r\n").expect("CR and LF");
            match bytes {
                Some(bytes) => assert_eq!(record.len(), bytes, "{}", format.as_str()),
                None => {
                    let text = WINDOWS_1252.decode(record).0;
                    assert_eq!(text.matches("\",\"").count() + 1, columns, "{}", format.as_str());
                }
            }
        }
        let counted = count_back(format, written.as_slice()).expect("reads");
        assert!(counted.agrees && counted.message_id.is_none());
        assert_eq!((counted.transactions, counted.amount), (10_000, message.head.control_sum));
        let mut expected = message.payments();
        flat::read_back(format, written.as_slice(), |found| {
            let (payment, id) = expected.next().expect("no more than were written");
            same(format, &found, payment, &id.to_string());
            Ok(())
        })
        .expect("reads");
        assert!(expected.next().is_none());
    }
}

fn same(format: FileFormat, found: &ReadTransfer, payment: &CheckedPayment, id: &str) {
    let Some(Account::Domestic(account)) = &payment.account else { panic!("a domestic account") };
    assert_eq!(found.from, "64710001234567");
    assert_eq!(found.to, format!("{}{}", account.bank, account.number));
    assert_eq!((found.amount, found.pay_on), (payment.amount, payment.pay_on));
    assert!(found.reference.len() >= 16 && id.starts_with(&found.reference), "{} of {id}", found.reference);
    if !matches!(format, FileFormat::Sdc3 | FileFormat::DanskeCmbo) {
        assert_eq!(found.name, payment.payee_name.as_ref().unwrap_or(&payment.name).trim_end());
    }
}

type Change = fn(&mut Message);

#[test]
fn what_no_bank_would_take_is_never_written() {
    let payment_of = |message: &mut Message, change: fn(&mut CheckedPayment)| change(&mut message.blocks[0].1[0].0);
    let table: [(Change, &str); 8] = [
        (|m| m.head.payer.account = made_up::iban("GL8964710001000206"), "none that this file can pay from"),
        (|m| m.head.transactions = 0, "it takes 1 to"),
        (|m| m.head.control_sum = Amount::from_minor_units(5, Currency::Eur), "pays in DKK"),
        (|m| m.head.control_sum = kroner(10_000_000_000_000), "more than its sum has digits for"),
        (|m| m.head.control_sum = kroner(1), "and holds"),
        (|m| m.blocks[0].1[0].0.account = Some(made_up::iban("GL8964710001000206")), "not one of the Danish realm"),
        (|m| m.blocks[0].1[0].0.account = None, "it has no account"),
        (|m| m.blocks[0].1[0].0.pay_on = made_up::first_day().succ_opt().expect("a day"), "for another day"),
    ];
    for format in FileFormat::FLAT {
        for (change, expected) in table {
            let mut message = ten(format);
            change(&mut message);
            let refusal = write(&message).expect_err(expected);
            assert_eq!(refusal.kind(), io::ErrorKind::InvalidData);
            assert!(refusal.to_string().contains(expected), "{refusal} says {expected}");
        }
    }
    for change in [(|p| p.name = "Đorđe".into()) as fn(&mut CheckedPayment), |p| p.name = "a\r\nb".into()] {
        let mut message = ten(FileFormat::BecErh);
        payment_of(&mut message, change);
        assert!(write(&message).expect_err("foreign").to_string().contains("Windows-1252"));
    }
    let mut message = ten(FileFormat::Bankdata5);
    payment_of(&mut message, |p| p.name = "x".repeat(33));
    let refusal = write(&message).expect_err("too long").to_string();
    assert!(refusal.contains("does not fit into the 32 characters of the field “name”"), "{refusal}");
}

/// Whatever byte is changed: it is not read, or something that is read differs, or it stood where nothing of ours does.
#[test]
fn a_file_that_was_cut_or_changed_is_noticed() {
    for format in FileFormat::FLAT {
        let message = ten(format);
        let written = write(&message).expect("sound");
        let whole = count_back(format, written.as_slice()).expect("reads");
        for cut in [1, 2, 40, written.len() / 2 + 1] {
            let cut = count_back(format, &written[..written.len() - cut]);
            assert!(cut.is_err(), "{}", format.as_str());
        }
        for at in (0..written.len()).step_by(7) {
            let mut changed = written.clone();
            changed[at] ^= 1;
            if let Ok(found) = count_back(format, changed.as_slice()) {
                assert_ne!(found.sha256, whole.sha256);
            }
        }
        let last = written.len() - 2 - written.rsplit(|byte| *byte == b'\n').nth(1).expect("a line").len();
        let without_last = count_back(format, &written[..last - 1]);
        assert!(!without_last.is_ok_and(|found| found.agrees && found.amount == whole.amount), "{}", format.as_str());
    }
}
