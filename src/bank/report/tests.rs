//! Reports of every kind and version, the public samples, and files that nobody should trust.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::item::{Booking, Direction, EntryStatus, StatementEnd, StatementHead, ToldAccount};
use super::*;
use crate::payment::{EndToEndId, Tag};

fn id(number: u8) -> EndToEndId {
    EndToEndId { tag: Tag { series: [number; 8], obligation: [number; 8] }, attempt: 1 }
}

#[derive(Default)]
struct Told {
    heads: Vec<StatementHead>,
    bookings: Vec<Booking>,
    entries: usize,
    ends: Vec<StatementEnd>,
}

fn told(bytes: &[u8]) -> Result<(Format, Told)> {
    let mut told = Told::default();
    let format = read(bytes, Currency::Dkk, &mut |item| {
        match item {
            Item::Statement(head) => told.heads.push(head.clone()),
            Item::Booking(booking) => told.bookings.push(booking.clone()),
            Item::EntryEnd => told.entries += 1,
            Item::StatementEnd(end) => told.ends.push(end.clone()),
            _ => {}
        }
        Ok(())
    })?;
    Ok((format, told))
}

/// An entry of the given version: 02 has a plain status and no amount of its own on a transaction.
fn entry(version: &str, mark: &str, inner: &str) -> String {
    let status = if version == "08" { "<Sts><Cd>BOOK</Cd></Sts>" } else { "<Sts>BOOK</Sts>" };
    format!(
        "<Ntry><NtryRef>7</NtryRef><Amt Ccy=\"DKK\">10.50</Amt><CdtDbtInd>{mark}</CdtDbtInd>{status}<BookgDt><Dt>2022-03-31</Dt></BookgDt>\
         <AcctSvcrRef>A1</AcctSvcrRef><BkTxCd/>{inner}</Ntry>"
    )
}

fn statement(name: &str, version: &str, entries: &str) -> String {
    let (message, statement) = match name {
        "camt.052" => ("BkToCstmrAcctRpt", "Rpt"),
        "camt.053" => ("BkToCstmrStmt", "Stmt"),
        _ => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    };
    let balance = |code: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>2022-03-31</Dt></Dt></Bal>"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{name}.001.{version}\"><{message}>\
         <GrpHdr><MsgId>R</MsgId></GrpHdr><{statement}><Id>S1</Id><ElctrncSeqNb>12</ElctrncSeqNb><LglSeqNb>13</LglSeqNb>\
         <CpyDplctInd>DUPL</CpyDplctInd><Acct><Id><Othr><Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy></Acct>{}{}{entries}\
         </{statement}></{message}></Document>",
        balance("OPBD", "100.00"),
        balance("CLBD", "89.50"),
    )
}

fn details(inner: &str) -> String {
    format!("<NtryDtls>{inner}</NtryDtls>")
}

fn transaction(number: u8, more: &str) -> String {
    format!("<TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs>{more}</TxDtls>", id(number))
}

#[test]
fn every_version_of_every_kind_comes_down_to_the_same() {
    for name in ["camt.052", "camt.053", "camt.054"] {
        for version in ["02", "04", "06", "08"] {
            let text = statement(name, version, &entry(version, "DBIT", &details(&transaction(1, ""))));
            let (format, told) = told(text.as_bytes()).expect("reads");
            assert_eq!(format.name, format!("{name}.001.{version}"));
            let [head] = told.heads.as_slice() else { panic!("one statement") };
            assert_eq!((head.id.as_str(), head.sequence, head.copy), ("S1", Some(12), true));
            assert_eq!(head.account, ToldAccount::Other("64710001234567".into()));
            let [booking] = told.bookings.as_slice() else { panic!("one booking") };
            assert_eq!((booking.status, booking.direction), (EntryStatus::Booked, Direction::Debit));
            assert_eq!((booking.amount, booking.entry_amount), (Some(1050), 1050));
            assert_eq!(booking.reference.whole, [id(1)]);
            assert_eq!(booking.bank_reference, "A1");
            assert_eq!(booking.booked_on, "2022-03-31".parse().ok());
            assert!(!booking.one_of_several && !booking.returned && !booking.reversal);
            assert_eq!(told.ends[0].difference(Currency::Dkk), None, "100.00 - 10.50 = 89.50");
        }
    }
}

#[test]
fn what_an_entry_says_is_understood() {
    let several = details(&format!(
        "<Btch><MsgId>M</MsgId><PmtInfId>P</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>{}{}",
        transaction(1, "<Amt Ccy=\"DKK\">4</Amt><CdtDbtInd>CRDT</CdtDbtInd>"),
        transaction(
            2,
            "<AmtDtls><InstdAmt><Amt Ccy=\"EUR\">1</Amt></InstdAmt><TxAmt><Amt Ccy=\"DKK\">6.50</Amt></TxAmt></AmtDtls>"
        )
    ));
    let text = statement("camt.053", "08", &entry("08", "DBIT", &several));
    let (_, several) = told(text.as_bytes()).expect("reads");
    let found: Vec<_> =
        several.bookings.iter().map(|b| (b.reference.whole[0], b.amount, b.direction, b.one_of_several)).collect();
    let expected = [(id(1), Some(400), Direction::Debit, true), (id(2), Some(650), Direction::Debit, true)];
    assert_eq!((found.as_slice(), several.entries), (&expected[..], 1), "the entry's direction counts");

    let sum = details("<Btch><MsgId>M</MsgId><PmtInfId>P</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>");
    let (_, sum) = told(statement("camt.053", "02", &entry("02", "DBIT", &sum)).as_bytes()).expect("reads");
    let [booking] = sum.bookings.as_slice() else { panic!("one booking") };
    let ids = (booking.message_id.as_str(), booking.payment_information_id.as_str());
    assert_eq!((ids, booking.sum_of, booking.amount), (("M", "P"), Some(2), None));
    assert_eq!(booking.entry_amount, 1050);

    let returned = details(&transaction(1, "<RtrInf><OrgnlBkTxCd/><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"));
    let (_, returned) = told(statement("camt.054", "02", &entry("02", "CRDT", &returned)).as_bytes()).expect("reads");
    let [booking] = returned.bookings.as_slice() else { panic!("one booking") };
    assert_eq!((booking.returned, booking.reason.as_str(), booking.direction), (true, "AC04", Direction::Credit));

    let plain = entry("02", "DBIT", "").replace("<Sts>BOOK", "<RvslInd>true</RvslInd><Sts>PDNG");
    let (_, plain) = told(statement("camt.053", "02", &plain).as_bytes()).expect("reads");
    let [booking] = plain.bookings.as_slice() else { panic!("one booking") };
    assert_eq!((booking.status, booking.reversal, booking.amount), (EntryStatus::NotBooked, true, Some(1050)));
    assert_eq!(plain.ends[0].booked, Some(0), "what is not booked does not count");
    assert!(plain.ends[0].difference(Currency::Dkk).is_some());
}

#[test]
fn a_buffer_used_again_keeps_nothing_of_the_entry_before() {
    let first = entry("02", "CRDT", &details(&transaction(1, "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>")));
    let second = entry("02", "DBIT", "").replace("<AcctSvcrRef>A1</AcctSvcrRef>", "");
    let (_, both) = told(statement("camt.053", "02", &format!("{first}{second}")).as_bytes()).expect("reads");
    let last = &both.bookings[1];
    assert!(last.reference.whole.is_empty() && last.reason.is_empty() && last.bank_reference.is_empty());
    assert!(!last.returned);
}

fn mt940(entries: &str) -> String {
    format!(
        ":20:STMT1\r\n:25:64710001234567DKK\r\n:28C:12/1\r\n:60F:C220330DKK100,00\r\n{entries}:62F:C220331DKK89,50\r\n:64:C220331DKK89,50\r\n-\r\n"
    )
}

#[test]
fn mt940_comes_down_to_the_same() {
    let entries = format!(":61:2203310331D10,50NTRFNONREF//A1\r\nmore\r\n:86:/EREF/{}\r\n", id(1));
    for text in [
        mt940(&entries),
        format!("{{1:F01GRENGLGX}}{{2:I940}}{{4:\r\n{}-}}\r\n", mt940(&entries).trim_end_matches("-\r\n")),
    ] {
        let (format, told) = told(text.as_bytes()).expect("reads");
        assert_eq!((format.kind, format.name), (Kind::Mt940, "MT940"));
        assert_eq!((told.heads.len(), told.heads[0].sequence, told.heads[0].currency.as_str()), (1, Some(12), "DKK"));
        assert_eq!(told.bookings[0].reference.whole, [id(1)]);
        assert_eq!(told.ends[0].difference(Currency::Dkk), None);
    }
}

#[test]
fn encodings_are_told_apart_by_content() {
    let text = statement("camt.053", "02", &entry("02", "DBIT", "<AddtlNtryInf>Førtidspension</AddtlNtryInf>"));
    let latin = text.replace("UTF-8", "ISO-8859-1");
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&latin);
    assert!(told(&latin).is_ok());
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert!(told(&wide).is_ok());
    assert!(told(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()).is_ok());
    assert!(told(&[b"\n\n", text.as_bytes()].concat()).is_ok());
    let (lying, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    assert_eq!(told(&lying).err().map(|fault| fault.code), Some("report.malformed"), "says UTF-8 and is not");
}

#[test]
fn what_is_no_report_or_another_version_is_refused_by_name() {
    let future = statement("camt.053", "02", "").replace("camt.053.001.02", "camt.053.001.14");
    let other = statement("camt.053", "02", "").replace("camt.053.001.02", "camt.056.001.08");
    let bad_amount = statement("camt.053", "02", &entry("02", "DBIT", "").replace("10.50", "10.505"));
    let no_status = statement("camt.053", "02", &entry("02", "DBIT", "").replace("<Sts>BOOK</Sts>", ""));
    let table: &[(&[u8], &str)] = &[
        (b"", "report.unrecognised"),
        (b"person_id;name;amount\n", "report.unrecognised"),
        (b"PK\x03\x04", "report.unrecognised"),
        (future.as_bytes(), "report.version"),
        (other.as_bytes(), "report.unrecognised"),
        (bad_amount.as_bytes(), "report.malformed"),
        (no_status.as_bytes(), "report.malformed"),
        (b":20:X\n:25:1\n:61:220331D1,00NTRFX\n", "report.malformed"),
        (b":20:X\n:25:1\n:61:220331D1,00NTRFX\n-\n", "report.malformed"),
        (b"{1:F01}{4:\n:20:X\n", "report.malformed"),
        (b":20:X\n:61:", "report.malformed"),
    ];
    for (bytes, code) in table {
        let shown = String::from_utf8_lossy(bytes).chars().take(150).collect::<String>();
        assert_eq!(told(bytes).err().map(|fault| fault.code), Some(*code), "{shown}");
    }
    let fault = told(future.as_bytes()).err().expect("refused");
    assert!(fault.message.contains("camt.053.001.14"), "{fault}");
}

/// Entities that grow, or that fetch a file.
#[test]
fn hostile_xml_is_refused_before_it_costs_anything() {
    let laughs = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;\">]>";
    let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    for doctype in [laughs, outside] {
        let text = statement("camt.053", "02", "").replace("?><Document", &format!("?>{doctype}<Document"));
        assert_eq!(told(text.as_bytes()).err().map(|fault| fault.code), Some("report.entity"));
    }
}

#[test]
fn a_report_cut_short_anywhere_is_refused() {
    let entries = entry("08", "DBIT", &details(&transaction(1, "")));
    let whole = statement("camt.053", "08", &entries);
    for cut in 0..whole.len() {
        assert!(told(&whole.as_bytes()[..cut]).is_err(), "camt cut at {cut}");
    }
    let whole = mt940(&format!(":61:2203310331D10,50NTRFNONREF//A1\r\n:86:/EREF/{}\r\n", id(1)));
    let closed = whole.find(":64:").expect("a field") - 1;
    for cut in 0..closed {
        assert!(told(&whole.as_bytes()[..cut]).is_err(), "MT940 cut at {cut}");
    }
}

#[test]
fn a_long_statement_is_read_entry_by_entry() {
    let mut entries = String::new();
    for number in 0..5_000u32 {
        let one = entry("02", "DBIT", &details(&transaction((number % 250) as u8, "")));
        write!(entries, "{one}").expect("writes");
    }
    let (_, long) = told(statement("camt.053", "02", &entries).as_bytes()).expect("reads");
    assert_eq!((long.entries, long.ends[0].booked), (5_000, Some(-5_000 * 1050)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = told(&bytes);
        let _ = told(&[b"<", bytes.as_slice()].concat());
        let _ = told(&[b":20:X\n:25:1\n:60F:C220330DKK1,\n:61:", bytes.as_slice()].concat());
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0usize..2000, byte in any::<u8>()) {
        for text in [statement("camt.053", "08", &entry("08", "DBIT", &details(&transaction(1, "")))),
                     mt940(&format!(":61:2203310331D10,50NTRFNONREF//A1\r\n:86:/EREF/{}\r\n", id(1)))] {
            let mut bytes = text.into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = told(&bytes);
        }
    }
}

/// Public samples of real banks' shapes: every one in a version that is read here is read whole.
#[test]
fn public_samples_are_read() {
    let folder = Path::new("../shared/data/bank-reports");
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: there is no {}", folder.display());
        return;
    };
    let mut seen = 0;
    for file in files {
        let path = file.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let result = told(&std::fs::read(&path).expect("readable"));
        let refused = match name.as_str() {
            "camt052.v1.xml" | "camt053.v3.xml" => Some("report.version"),
            "camt053.v2.wrong.xml" => Some("report.empty"),
            _ => None,
        };
        assert_eq!(result.as_ref().err().map(|fault| fault.code), refused, "{name}");
        if let Ok((_, told)) = result {
            assert_eq!(told.heads.len(), told.ends.len(), "{name}");
            assert!(told.heads.iter().all(|head| head.account != ToldAccount::Unnamed), "{name}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} samples");
}
