//! The independent reading finds exactly what was written, and notices what was not.

use std::fmt::Write as _;
use std::io::{BufReader, Read};

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use stopgap::bank::pain001::{ReadAccount, ReadPayment, Recount, read_back, recount};
use stopgap::bank::profile::{FileFormat, Profile};
use stopgap::checks::CheckedPayment;
use stopgap::fault::Fault;
use stopgap::payment::{Account, EndToEndId};

use crate::made_up::{self, Message};

fn read(bytes: &[u8]) -> Result<(Recount, Vec<ReadPayment>), Fault> {
    let mut payments = Vec::new();
    let recount = read_back(bytes, |payment| {
        payments.push(payment);
        Ok(())
    })?;
    Ok((recount, payments))
}

/// What an account looks like in the file, said without the writer.
fn as_read(account: &Account) -> ReadAccount {
    match account {
        Account::Iban(iban) => ReadAccount::Iban(iban.as_str().into()),
        Account::Domestic(account) => ReadAccount::Bban(format!("{}{}", account.bank, account.number)),
        Account::Slip(slip) => ReadAccount::Slip(slip.identity()),
    }
}

fn expected(payment: &CheckedPayment, id: &EndToEndId) -> ReadPayment {
    let ultimate = payment.payee_name.is_some().then(|| payment.name.to_string());
    ReadPayment {
        end_to_end_id: id.to_string(),
        amount: payment.amount,
        pay_on: payment.pay_on,
        creditor: payment.payee_name.as_ref().unwrap_or(&payment.name).to_string(),
        ultimate_creditor: ultimate,
        person_number: payment.account.is_none().then(|| payment.obligation.person.whole().into()),
        account: payment.account.as_ref().map(as_read),
        text: payment.text.as_ref().map(ToString::to_string),
        reference: payment.reference.as_ref().map(|reference| reference.as_str().to_owned()),
    }
}

/// The whole promise: a file reads back as the message that was written.
pub fn assert_reads_back(message: &Message, bytes: &[u8]) {
    let (recount, payments) = read(bytes).expect("the file reads back");
    let head = &message.head;
    assert!(recount.agrees());
    assert_eq!(recount.version, head.version);
    assert_eq!(recount.message_id, head.message_id);
    assert_eq!(recount.created_at, head.created_at);
    assert_eq!((recount.transactions, recount.announced_transactions), (head.transactions, head.transactions));
    assert_eq!((recount.amount, recount.announced_sum), (head.control_sum, Some(head.control_sum)));
    assert_eq!(recount.sha256.0, <[u8; 32]>::from(Sha256::digest(bytes)));
    assert_eq!(recount.information.len(), message.blocks.len());
    for (read, (written, _)) in recount.information.iter().zip(&message.blocks) {
        assert_eq!((&read.id, read.pay_on), (&written.id, written.pay_on));
        assert_eq!(read.debited, as_read(&head.payer.account));
        assert_eq!(
            (read.transactions, read.announced_transactions),
            (written.transactions, Some(written.transactions))
        );
        assert_eq!((read.amount, read.announced_sum), (written.control_sum, Some(written.control_sum)));
    }
    let written: Vec<ReadPayment> = message.payments().map(|(payment, id)| expected(payment, id)).collect();
    for (read, written) in payments.iter().zip(&written) {
        assert!(read == written, "{read:?} differs from {written:?}");
    }
    assert_eq!(payments.len(), written.len());
}

/// Any text that the bank file takes, with a taste for what XML treats with care.
fn any_text() -> impl Strategy<Value = String> {
    let careful = prop_oneof![
        Just("&amp;".to_owned()),
        Just("]]>".to_owned()),
        Just("<!--".to_owned()),
        Just("</Nm>".to_owned()),
        Just("&#60;".to_owned()),
        "[&<>\"' æøåÆØÅ\u{138}\u{2028}\u{feff}]{1,4}",
        "\\PC{1,8}",
    ];
    proptest::collection::vec(careful, 1..8)
        .prop_map(|parts| parts.concat().chars().filter(|c| !c.is_control() && *c < '\u{fffe}').take(140).collect())
        .prop_filter("not empty", |text: &String| !text.is_empty())
}

fn any_payment() -> impl Strategy<Value = CheckedPayment> {
    let texts = (any_text(), proptest::option::of(any_text()), proptest::option::of(any_text()));
    (0..10_000u64, 1..=9_999_999_999i64, texts).prop_map(|(number, minor_units, (name, payee_name, text))| {
        let amount = made_up::kroner(minor_units);
        let (name, payee_name, text) = (name.into(), payee_name.map(Into::into), text.map(Into::into));
        CheckedPayment { amount, name, payee_name, text, ..made_up::payment(number) }
    })
}

fn any_version() -> impl Strategy<Value = FileFormat> {
    prop_oneof![Just(FileFormat::Pain001V03), Just(FileFormat::Pain001V09)]
}

proptest! {
    #[test]
    fn whatever_is_written_reads_back_as_it_was(
        version in any_version(),
        payments in proptest::collection::vec(any_payment(), 1..12),
    ) {
        let message = Message::one_block(version, payments);
        let bytes = message.bytes();
        assert_reads_back(&message, &bytes);
        prop_assert_eq!(bytes, message.bytes());
    }

    /// Lists of bytes that were never a bank file end in a fault, and in nothing worse.
    #[test]
    fn no_input_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0..2000usize) {
        let mut file = small().bytes();
        let at = at.min(file.len());
        file.splice(at..at, bytes.iter().copied());
        let _ = recount(file.as_slice());
        let _ = recount(bytes.as_slice());
    }
}

fn small() -> Message {
    Message::several_blocks(FileFormat::Pain001V09, 1, 2)
}

#[test]
fn several_blocks_and_people_paid_by_number_read_back_in_both_versions() {
    for version in FileFormat::PAIN001 {
        let message = Message::several_blocks(version, 2, 7);
        assert_reads_back(&message, &message.bytes());
        let by_number = CheckedPayment { account: None, payee_name: None, ..made_up::payment(1) };
        let message = Message::one_block(version, vec![by_number, made_up::payment(2)]);
        let profile = Profile { pay_by_person_number: true, ..Profile::default() };
        assert_reads_back(&message, &message.write(&profile).expect("written"));
    }
}

#[test]
fn a_file_that_was_cut_short_is_unreadable_at_every_length() {
    let bytes = small().bytes();
    let original = recount(bytes.as_slice()).expect("the whole file reads back");
    for length in 0..bytes.len() - 1 {
        let fault = recount(&bytes[..length]).expect_err("cut short");
        assert_eq!(fault.code, "release.unreadable_file", "{length} of {}", bytes.len());
    }
    let without_last_line_end = recount(&bytes[..bytes.len() - 1]).expect("nothing but the line end is missing");
    assert_ne!(without_last_line_end.sha256, original.sha256);
}

/// The content of every element whose value the reader gives, and the tags around it.
fn watched(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let file = std::str::from_utf8(bytes).expect("UTF-8");
    let mut ranges = Vec::new();
    for name in [
        "MsgId",
        "CreDtTm",
        "NbOfTxs",
        "CtrlSum",
        "PmtInfId",
        "Dt",
        "InstdAmt",
        "EndToEndId",
        "CdtrAcct",
        "DbtrAcct",
        "Cdtr",
        "UltmtCdtr",
        "Ustrd",
    ] {
        for (start, _) in file.match_indices(&format!("<{name}")) {
            if matches!(file.as_bytes()[start + 1 + name.len()], b'>' | b' ') {
                let end = file[start..].find(&format!("</{name}>")).expect("closed") + start;
                ranges.push(start..end + name.len() + 3);
            }
        }
    }
    assert!(ranges.len() > 20);
    ranges
}

#[test]
fn a_changed_bit_is_noticed_wherever_it_falls() {
    let bytes = small().bytes();
    let original = read(&bytes).expect("the file reads back");
    let watched = watched(&bytes);
    for at in 0..bytes.len() {
        let in_watched = watched.iter().any(|range| range.contains(&at));
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            if let Ok((recount, payments)) = read(&changed) {
                assert_ne!(recount.sha256, original.0.sha256, "byte {at}, bit {bit}");
                if in_watched {
                    let unhashed = Recount { sha256: original.0.sha256, ..recount };
                    let noticed = unhashed != original.0 || payments != original.1;
                    let line = String::from_utf8_lossy(&changed[at.saturating_sub(30)..(at + 10).min(bytes.len())]);
                    assert!(noticed, "byte {at}, bit {bit}: {line}");
                }
            }
        }
    }
}

#[test]
fn a_payment_too_many_or_too_few_does_not_agree_with_the_heads() {
    let file = String::from_utf8(small().bytes()).expect("UTF-8");
    let line = file.lines().find(|line| line.starts_with("<CdtTrfTxInf>")).expect("a payment");
    for changed in [file.replacen(line, "", 1), file.replacen(line, &format!("{line}\n{line}"), 1)] {
        let recount = recount(changed.as_bytes()).expect("it reads");
        assert!(!recount.agrees());
    }
}

#[test]
fn each_head_is_held_to_its_own_announcement() {
    let file = String::from_utf8(small().bytes()).expect("UTF-8");
    assert!(recount(file.as_bytes()).expect("it reads").agrees());
    for announcement in ["<NbOfTxs>", "<CtrlSum>"] {
        let heads: Vec<usize> = file.match_indices(announcement).map(|(at, _)| at + announcement.len()).collect();
        assert_eq!(heads.len(), 3, "the message and two blocks");
        for head in heads {
            let mut changed = file.clone();
            changed.insert(head, '9');
            assert!(!recount(changed.as_bytes()).expect("it reads").agrees(), "{announcement} at {head}");
        }
    }
}

#[test]
fn what_the_program_does_not_write_is_refused() {
    let file = String::from_utf8(small().bytes()).expect("UTF-8");
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let changes: [(&str, &str, &str); 18] = [
        (declaration, "<!DOCTYPE Document>", "document type"),
        (declaration, "<!DOCTYPE D [<!ENTITY a \"b\"><!ENTITY c \"&a;&a;&a;\">]>", "document type"),
        ("UTF-8", "ISO-8859-1", "not in UTF-8"),
        ("pain.001.001.09", "pain.001.001.08", "not a pain.001.001.03"),
        ("<Document xmlns=", "<Document xmlns:p=", "attributes"),
        ("<MsgId>", "<MsgId>&nbsp;", "not defined"),
        ("<MsgId>", "<MsgId>1</MsgId><MsgId>", "said twice"),
        ("</MsgId>", "<x/></MsgId>", "between its elements"),
        ("<MsgId>", "<p:MsgId>", "elements"),
        ("<GrpHdr>", "<!-- -->", "comment"),
        ("<GrpHdr>", "<?php?>", "comment"),
        ("<GrpHdr>", "<GrpHdr>text", "between its elements"),
        ("<CtrlSum>", "<CtrlSum>+", "not one"),
        ("Ccy=\"DKK\"", "Ccy=\"USD\"", "no known currency"),
        ("Ccy=\"DKK\"", "Ccy=\"SEK\"", "several currencies"),
        ("Ccy=\"DKK\"", "", "no known currency"),
        ("<Dt>", "<DtTm>", "cut short"),
        ("</Document>", "</Document><Document/>", "not those of a bank file"),
    ];
    for (from, to, expected) in changes {
        let changed = file.replacen(from, to, 1);
        assert_ne!(changed, file, "{from}");
        let fault = recount(changed.as_bytes()).expect_err(to);
        assert_eq!(fault.code, "release.unreadable_file");
        assert!(fault.message.contains(expected), "{to}: {} says {expected}", fault.message);
    }
}

#[test]
fn amounts_are_read_to_the_last_oere_or_not_at_all() {
    let file = String::from_utf8(Message::one_block(FileFormat::Pain001V03, vec![made_up::payment(1)]).bytes());
    let file = file.expect("UTF-8");
    let amount = made_up::payment(1).amount.to_string();
    let table = [
        ("5234.50", Some(523_450)),
        ("5234.5", Some(523_450)),
        ("5234", Some(523_400)),
        ("0.01", Some(1)),
        ("92233720368547758.07", Some(i64::MAX)),
        ("92233720368547758.08", None),
        ("5234,50", None),
        ("5234.500", None),
        ("5.", None),
        (".5", None),
        ("-1.00", None),
        ("+1.00", None),
        ("1e3", None),
        (" 1.00", None),
        ("0.00", None),
        ("5\u{664}.00", None),
    ];
    for (text, minor_units) in table {
        let changed = file.replacen(&format!("\">{amount}</InstdAmt>"), &format!("\">{text}</InstdAmt>"), 1);
        assert!(changed.contains(&format!(">{text}<")));
        let read = recount(changed.as_bytes()).ok().map(|recount| recount.amount);
        assert_eq!(read, minor_units.map(made_up::kroner), "{text}");
    }
}

/// Endless input of one kind, after a beginning.
struct Endless<'a>(&'a [u8], &'a [u8], usize);

impl Read for Endless<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if !self.0.is_empty() {
            return self.0.read(into);
        }
        for byte in into.iter_mut() {
            *byte = self.1[self.2 % self.1.len()];
            self.2 += 1;
        }
        Ok(into.len())
    }
}

#[test]
fn endless_input_is_refused_and_not_kept() {
    let mut head = String::new();
    let namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
    write!(head, "<Document xmlns=\"{namespace}\">").expect("written");
    for (start, rest) in [("", "a"), ("<", "a"), (&head, "<a>"), (&head, "x"), (&head, "&lt;"), ("<Document a=\"", "b")]
    {
        let input = BufReader::new(Endless(start.as_bytes(), rest.as_bytes(), 0));
        let fault = recount(input).expect_err("endless");
        assert_eq!(fault.code, "release.unreadable_file", "{start} {rest}");
    }
}

#[test]
fn a_fault_of_the_one_who_compares_ends_the_reading() {
    let bytes = small().bytes();
    let mut seen = 0;
    let fault = read_back(bytes.as_slice(), |_| {
        seen += 1;
        if seen == 2 {
            Err(Fault::refused("release.changed", stopgap::words::Message::verbatim("another payment was approved")))
        } else {
            Ok(())
        }
    });
    assert_eq!((fault.map_err(|fault| fault.code), seen), (Err("release.changed"), 2));
}
