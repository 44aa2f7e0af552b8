//! The Danish flat files: their bytes, their widths, and what an independent reading finds in them.

use std::io;

use encoding_rs::WINDOWS_1252;
use stopgap::bank::file::{FileWriter, count_back};
use stopgap::bank::flat::{self, ReadSlip, ReadTransfer};
use stopgap::bank::profile::{FileFormat, Profile};
use stopgap::bank::text::Characters;
use stopgap::checks::CheckedPayment;
use stopgap::payment::{Account, Amount, Country, Currency, SlipKind};

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

/// A slip as the checks would let it through to this format.
fn slip(kind: SlipKind, number: u64, format: FileFormat) -> CheckedPayment {
    let (name, _) = flat::room(format).expect("a flat format");
    let mut slip = made_up::slip(kind, number);
    slip.name = Characters::Nordic1252.write(&slip.name, name).text;
    slip.text = slip.text.map(|said| Characters::Nordic1252.write(&said, flat::SLIP_TEXT).text);
    slip
}

/// Of four payments one is a slip, of every kind that the format has.
fn mixed(number: u64, format: FileFormat) -> CheckedPayment {
    let kinds = flat::slips(format);
    match number % 4 {
        3 => slip(kinds[number as usize / 4 % kinds.len()], number, format),
        _ => payment(number, format),
    }
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

/// A transfer, and beside it a slip of each kind that the format has; those that carry a text once with one and once without.
fn slips(format: FileFormat) -> Message {
    let with_text = |kind: SlipKind| kind.id_length().is_none();
    let numbers = |kind| if with_text(kind) { vec![4, 5] } else { vec![7] };
    let of_kind = |kind: SlipKind| numbers(kind).into_iter().map(move |number| slip(kind, number, format));
    let all = flat::slips(format).iter().copied().flat_map(of_kind);
    Message::one_block(format, std::iter::once(payment(1, format)).chain(all).collect())
}

/// Checked once, field by field, against the banks' tables. Where the bytes change on purpose: run with
/// `STOPGAP_REWRITE_GOLDEN=1`, and read the difference.
#[test]
fn the_bytes_of_each_format_stay_what_they_are() {
    let files =
        FileFormat::FLAT.into_iter().flat_map(|format| [(format, "", ten(format)), (format, "-slips", slips(format))]);
    for (format, which, message) in files {
        let path = format!("{}/tests/bank_file/flat/{}{which}.txt", env!("CARGO_MANIFEST_DIR"), format.as_str());
        let written = write(&message).expect("sound");
        if std::env::var_os("STOPGAP_REWRITE_GOLDEN").is_some() {
            std::fs::write(path, &written).expect("written");
            continue;
        }
        let golden = std::fs::read(&path).expect("a golden file");
        assert_eq!(WINDOWS_1252.decode(&written).0, WINDOWS_1252.decode(&golden).0, "{}", format.as_str());
    }
}

/// Bytes of a line without its end; `None` where columns are parted by commas, and how many of these there are.
fn width(format: FileFormat, record: &str) -> (Option<usize>, usize) {
    match format {
        FileFormat::Bankdata5 | FileFormat::Bankdata6 => (Some(894), 0),
        FileFormat::Sdc3 => match record.get(..4) {
            Some("K020") => (Some(87), 0),
            Some("K073") => (Some(232), 0),
            Some("K006") => (Some(253), 0),
            _ => (Some(95), 0),
        },
        FileFormat::BecErh => (None, 73),
        FileFormat::DanskeCmbo => (None, 28),
        _ if record.starts_with("\"\",\"46\"") => (None, 90),
        _ => (None, 94),
    }
}

#[test]
fn ten_thousand_payments_keep_every_width_and_read_back_as_they_were() {
    for format in FileFormat::FLAT {
        let message = Message::one_block(format, (0..10_000).map(|number| mixed(number, format)).collect());
        let written = write(&message).expect("sound");
        for line in written.split_inclusive(|byte| *byte == b'\n') {
            let record = line.strip_suffix(b"\r\n").expect("CR and LF");
            let text = WINDOWS_1252.decode(record).0;
            let (bytes, columns) = width(format, &text);
            match bytes {
                Some(bytes) => assert_eq!(record.len(), bytes, "{}", format.as_str()),
                None => {
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
    assert_eq!(found.from, "64710001234567");
    match payment.account.as_ref().expect("an account") {
        Account::Domestic(account) => {
            assert_eq!((&found.to, &found.slip), (&format!("{}{}", account.bank, account.number), &None));
        }
        Account::Slip(slip) => {
            let payment_id = payment.reference.as_ref().map_or("", |id| id.as_str()).to_owned();
            assert_eq!(found.to, slip.number());
            assert_eq!(found.slip, Some(ReadSlip { kind: slip.kind, payment_id }));
            let account = payment.account.as_ref().expect("an account");
            let read = found.slip.as_ref().map(|slip| slip.destination(&found.to));
            assert_eq!(read, Some(account.destination(payment.reference.as_ref())), "known again by a rebuild");
        }
        Account::Iban(_) => panic!("no flat file pays to an IBAN"),
    }
    assert_eq!((found.amount, found.pay_on), (payment.amount, payment.pay_on));
    assert!(found.reference.len() >= 16 && id.starts_with(&found.reference), "{} of {id}", found.reference);
    if !matches!(format, FileFormat::Sdc3 | FileFormat::DanskeCmbo) {
        assert_eq!(found.name, payment.payee_name.as_ref().unwrap_or(&payment.name).trim_end());
    }
}

/// What a format has no place for is refused by the writer too, and a slip is never written with another's payment id or with half of its text.
#[test]
fn a_slip_that_has_no_place_or_is_not_whole_is_never_written() {
    for format in FileFormat::FLAT {
        let written = |change: fn(&mut CheckedPayment), kind| {
            let mut payment = slip(kind, 4, format);
            change(&mut payment);
            write(&Message::one_block(format, vec![payment])).map_err(|refusal| refusal.to_string())
        };
        for kind in SlipKind::ALL {
            let carried = flat::slips(format).contains(&kind);
            assert_eq!(written(|_| {}, kind).is_ok(), carried, "{kind} in {}", format.as_str());
        }
        let table: [(SlipKind, OfPayment, &str); 4] = [
            (SlipKind::K71, |p| p.reference = None, "payment id"),
            (SlipKind::K71, |p| p.reference = made_up::slip(SlipKind::K04, 4).reference, "payment id"),
            (SlipKind::K73, |p| p.reference = made_up::slip(SlipKind::K71, 4).reference, "payment id"),
            (SlipKind::K73, |p| p.text = Some("x".repeat(71).into()), "does not fit into the 70 characters"),
        ];
        for (kind, change, expected) in table {
            let refusal = written(change, kind).expect_err(expected);
            assert!(refusal.contains(expected), "{refusal}");
        }
    }
    for version in FileFormat::PAIN001 {
        let refusal = Message::one_block(version, vec![made_up::slip(SlipKind::K71, 4)]).write(&Profile::default());
        assert!(refusal.expect_err("no place").to_string().contains("cannot stand in a bank file"));
    }
}

type Change = fn(&mut Message);
type OfPayment = fn(&mut CheckedPayment);

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
    payment_of(&mut message, |p| p.name = "x".repeat(33).into());
    let refusal = write(&message).expect_err("too long").to_string();
    assert!(refusal.contains("does not fit into the 32 characters of the field “name”"), "{refusal}");
}

/// Whatever byte is changed: it is not read, or something that is read differs, or it stood where nothing of ours does.
#[test]
fn a_file_that_was_cut_or_changed_is_noticed() {
    let messages = FileFormat::FLAT.into_iter().flat_map(|format| [(format, ten(format)), (format, slips(format))]);
    for (format, message) in messages {
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
