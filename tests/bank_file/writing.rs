//! The bytes never change unnoticed, and what no bank would take is never written.

use std::io::{self, Write};

use stopgap::bank::pain001::MessageWriter;
use stopgap::bank::profile::{ChargeBearer, FileFormat, Profile};
use stopgap::checks::CheckedPayment;
use stopgap::payment::{Amount, Country, Currency, PersonId, PersonKind};

use crate::made_up::{self, Message, kroner, scheme};

/// Two blocks: an IBAN with a text; a domestic account, then a landlord who is paid for somebody.
fn small(version: FileFormat) -> Message {
    let numbered = |number| (made_up::payment(number), made_up::end_to_end_id(number));
    let mut later = vec![numbered(1), numbered(3)];
    for (payment, _) in &mut later {
        payment.obligation.scheme = scheme("Boligsikring");
        payment.pay_on = made_up::first_day() + chrono::Days::new(1);
    }
    Message::of(version, vec![vec![numbered(10)], later])
}

/// Where the bytes change on purpose: run once with `STOPGAP_REWRITE_GOLDEN=1`, and read the difference.
#[test]
fn the_bytes_of_each_version_stay_what_they_are() {
    let table = [
        (FileFormat::Pain001V03, include_str!("small.pain.001.001.03.xml")),
        (FileFormat::Pain001V09, include_str!("small.pain.001.001.09.xml")),
    ];
    for (version, golden) in table {
        let written = String::from_utf8(small(version).bytes()).expect("UTF-8");
        if std::env::var_os("STOPGAP_REWRITE_GOLDEN").is_some() {
            let path = format!("{}/tests/bank_file/small.{}.xml", env!("CARGO_MANIFEST_DIR"), version.as_str());
            std::fs::write(path, &written).expect("written");
            continue;
        }
        assert_eq!(written, golden, "{}", version.as_str());
    }
}

/// All that a profile can ask for, as the reader of the file sees it.
#[test]
fn a_profile_says_which_codes_stand_in_the_file() {
    let code = |text: &str| text.parse().expect("a code");
    let mut profile = Profile { charge_bearer: Some(ChargeBearer::Shar), batch_booking: true, ..Profile::default() };
    profile.service_level = Some(code("NURG"));
    profile.category_purpose.set(&scheme("alderspension"), code("PENS"));
    profile.purpose.otherwise = Some(code("SSBE"));
    let written = small(FileFormat::Pain001V09).write(&profile).expect("written");
    let written = String::from_utf8(written).expect("UTF-8");
    let level = "<SvcLvl><Cd>NURG</Cd></SvcLvl>";
    for (part, times) in [
        (format!("<PmtTpInf>{level}<CtgyPurp><Cd>PENS</Cd></CtgyPurp></PmtTpInf><ReqdExctnDt>"), 1),
        (format!("<PmtTpInf>{level}</PmtTpInf><ReqdExctnDt>"), 1),
        ("<Purp><Cd>SSBE</Cd></Purp>".into(), 3),
        ("<ChrgBr>SHAR</ChrgBr>\n".into(), 2),
        ("<BtchBookg>true</BtchBookg>".into(), 2),
    ] {
        assert_eq!(written.matches(&part).count(), times, "{part} in\n{written}");
    }
}

#[test]
fn euro_says_that_the_service_level_decides_on_charges() {
    let mut payment = made_up::payment(0);
    payment.amount = Amount::from_minor_units(12_345, Currency::Eur);
    let message = Message::one_block(FileFormat::Pain001V09, vec![payment]);
    let written = String::from_utf8(message.bytes()).expect("UTF-8");
    assert!(written.contains("<ChrgBr>SLEV</ChrgBr>"), "{written}");
    assert!(written.contains("<InstdAmt Ccy=\"EUR\">123.45</InstdAmt>"), "{written}");
    assert!(written.contains("<Ccy>EUR</Ccy>"), "{written}");
}

#[test]
fn a_payee_by_number_stands_with_the_number_and_without_an_account() {
    let profile = Profile { pay_by_person_number: true, ..Profile::default() };
    for (kind, element) in [(PersonKind::Natural, "PrvtId"), (PersonKind::Organisation, "OrgId")] {
        let mut payment = CheckedPayment { account: None, payee_name: None, ..made_up::payment(2) };
        payment.obligation.person = PersonId::new(Country::Dk, kind, "12345678");
        let message = Message::one_block(FileFormat::Pain001V09, vec![payment]);
        let written = String::from_utf8(message.write(&profile).expect("written")).expect("UTF-8");
        let id = format!("<Id><{element}><Othr><Id>12345678</Id></Othr></{element}></Id></Cdtr></CdtTrfTxInf>");
        assert!(written.contains(&id), "{written}");
    }
}

fn refusal(result: io::Result<Vec<u8>>) -> String {
    let error = result.expect_err("refused");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    error.to_string()
}

/// What is changed in a sound message of one payment.
type MessageChange = fn(&mut Message);
/// What is changed in a sound payment.
type PaymentChange = fn(&mut CheckedPayment);

#[test]
fn a_payment_that_no_bank_would_take_is_refused_by_name() {
    let table: [(PaymentChange, &str); 15] = [
        (|p| p.amount = kroner(0), "its amount is 0.00"),
        (|p| p.amount = kroner(-1), "its amount is -0.01"),
        (|p| p.amount = kroner(1_000_000_000_000_000_000), "its amount is 10,000,000,000,000,000.00"),
        (|p| p.amount = Amount::from_minor_units(1, Currency::Sek), "it is in SEK, its message in DKK"),
        (|p| p.pay_on = p.pay_on.succ_opt().expect("a day"), "it is for 2 December 2026"),
        (
            |p| p.obligation.scheme = scheme("Barsel"),
            "it is of the scheme Barsel, its payment information of Alderspension",
        ),
        (|p| p.name = "".into(), "the name is empty"),
        (|p| p.name = "bell \u{7}".into(), "the name holds a control character"),
        (|p| p.name = "\u{ffff}".into(), "the name holds a control character"),
        (|p| p.name = "ø".repeat(141).into(), "the name is longer than 140 characters"),
        (|p| p.payee_name = Some("a\nb".into()), "the payee's name holds a control character"),
        (|p| p.text = Some("".into()), "the text is empty"),
        (
            |p| p.account = Some(made_up::domestic(Country::Gl, "6471", "1000206")),
            "the account 6471-••••206 cannot stand",
        ),
        (|p| p.account = Some(made_up::domestic(Country::Se, "83279", "1234567")), "cannot stand in a bank file"),
        (|p| p.account = None, "the profile does not pay by person number"),
    ];
    for (change, expected) in table {
        let mut message = Message::one_block(FileFormat::Pain001V09, vec![made_up::payment(2)]);
        change(&mut message.blocks[0].1[0].0);
        let refusal = refusal(message.write(&Profile::default()));
        assert!(refusal.contains(expected), "{refusal} says {expected}");
        assert!(refusal.starts_with(&format!("Payment {} cannot", made_up::end_to_end_id(0))), "{refusal}");
    }
}

#[test]
fn a_landlord_is_not_paid_by_the_tenants_number() {
    let profile = Profile { pay_by_person_number: true, ..Profile::default() };
    let payment = CheckedPayment { account: None, ..made_up::payment(3) };
    assert!(payment.payee_name.is_some());
    let message = Message::one_block(FileFormat::Pain001V09, vec![payment]);
    assert!(refusal(message.write(&profile)).contains("a payee who is not the beneficiary"));
}

#[test]
fn a_message_must_hold_what_it_announces_and_announce_what_a_bank_takes() {
    let table: [(MessageChange, &str); 14] = [
        (|m| m.head.transactions += 1, "The bank file announces 4 payments of"),
        (|m| m.head.control_sum = kroner(1), "The bank file announces 3 payments of 0.01 DKK"),
        (|m| m.blocks[0].0.transactions = 1, "Payment information B0001-4F9A2C71-1-1 announces 1 payment of"),
        (|m| m.blocks[0].0.control_sum = kroner(1), "announces 3 payments of 0.01 DKK, and holds 3 payments of"),
        (|m| drop(m.blocks[0].1.pop()), "and holds 2 payments of"),
        (|m| m.blocks[0].1.clear(), "and holds 0 payments of 0.00 DKK."),
        (|m| m.blocks.clear(), "and holds 0 payments of 0.00 DKK."),
        (|m| m.head.transactions = 1001, "more than the profile's 1,000"),
        (|m| m.head.transactions = 0, "which no bank file can hold"),
        (|m| m.head.message_id = "B0001/1".into(), "cannot be a message id"),
        (|m| m.blocks[0].0.id = "X".repeat(36), "cannot be a payment information id"),
        (|m| m.head.payer.bic = Some("GREN".into()), "“GREN” is not a BIC"),
        (|m| m.head.payer.name = String::new(), "The payer's name is empty"),
        (|m| m.head.payer.payer_id = Some("1".repeat(36)), "The payer's id is longer than 35"),
    ];
    for (change, expected) in table {
        let payments = (0..3).map(made_up::payment).collect();
        let mut message = Message::one_block(FileFormat::Pain001V03, payments);
        change(&mut message);
        let refusal = refusal(message.write(&Profile::default()));
        assert!(refusal.contains(expected), "{refusal} says {expected}");
    }
}

#[test]
fn a_payment_has_its_place_in_a_block() {
    let message = Message::one_block(FileFormat::Pain001V09, vec![made_up::payment(0)]);
    let mut writer = MessageWriter::begin(Vec::new(), &message.head, &Profile::default()).expect("begun");
    let (payment, id) = &message.blocks[0].1[0];
    assert!(writer.payment(payment, id).is_err());
}

#[test]
fn a_refused_payment_leaves_no_byte_behind() {
    let message = Message::one_block(FileFormat::Pain001V09, vec![made_up::payment(0)]);
    let (information, payments) = &message.blocks[0];
    let (payment, id) = &payments[0];
    let mut writer = MessageWriter::begin(Vec::new(), &message.head, &Profile::default()).expect("begun");
    writer.begin_payments(information).expect("begun");
    let broken = CheckedPayment { text: Some("\u{1}".into()), ..payment.clone() };
    writer.payment(&broken, id).expect_err("refused");
    writer.payment(payment, id).expect("written");
    assert_eq!(writer.finish().expect("finished"), message.bytes());
}

/// A disk that fills up after so many bytes.
struct SmallDisk(usize);

impl Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_at_the_latest_when_the_message_is_finished() {
    let message = Message::one_block(FileFormat::Pain001V09, (0..600).map(made_up::payment).collect());
    let whole = message.bytes().len();
    for room in [0, 100, whole / 2, whole - 1, whole] {
        let write = || {
            let mut writer = MessageWriter::begin(SmallDisk(room), &message.head, &Profile::default())?;
            let (information, payments) = &message.blocks[0];
            writer.begin_payments(information)?;
            payments.iter().try_for_each(|(payment, id)| writer.payment(payment, id))?;
            writer.finish()
        };
        match write() {
            Ok(_) => assert_eq!(room, whole),
            Err(error) => assert_eq!((error.kind(), room < whole), (io::ErrorKind::StorageFull, true)),
        }
    }
}
