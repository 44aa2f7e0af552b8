//! Small files in every format, and what is understood of them.

use super::failures::Failures;
use super::*;
use crate::payment::Scheme;
use crate::words::Message;

fn mapping() -> Mapping {
    let scheme = |name| Scheme::new(name).expect("a name");
    let schemes = [("4510".to_owned(), scheme("Alderspension")), ("PENS".to_owned(), scheme("Førtidspension"))];
    Mapping::new(None, schemes, Some(PeriodRule::SameMonth))
}

fn terms(mapping: &Mapping) -> Terms<'_> {
    Terms {
        country: Country::Gl,
        currency: Currency::Dkk,
        today: "2022-05-02".parse().expect("a day"),
        status: UpstreamStatus::Paid,
        mapping,
    }
}

/// `place person scheme period amount account status paid_on reference`, or `place! what is wrong`.
fn said(place: Place, row: Result<UpstreamRow, Message>) -> String {
    let row = match row {
        Ok(row) => row,
        Err(what) => return format!("{place}! {what}"),
    };
    let or_none = |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "-".into());
    format!(
        "{place}: {} {} {} {} {} {:?} {} {}",
        or_none(row.person.map(|person| person.whole().into())),
        or_none(row.scheme.map(|scheme| scheme.to_string())),
        or_none(row.period.map(|period| period.to_string())),
        row.amount,
        or_none(Some(row.account)),
        row.status,
        or_none(row.paid_on.map(|day| day.to_string())),
        or_none(Some(row.reference)),
    )
}

fn read_bytes(format: Format, bytes: &[u8]) -> Result<Vec<String>> {
    let mapping = mapping();
    let mut rows = Vec::new();
    read(format, bytes, &terms(&mapping), &mut |place, row| {
        rows.push(said(place, row));
        Ok(())
    })?;
    Ok(rows)
}

/// The order and posting of one payment. Made-up numbers: day + 60.
fn pair(number: u32, person: &str, ore: i64, invoice: &str) -> String {
    format!(
        "000G68{number:05}011&020900&0300&07000000000000000000&08{:011}&09{}&1002&11{person:0>14}&1220220401&16{}{number:05}\
         &17{invoice}&40Pension\r\n\
         000G69{number:05}090001NORFLYD&10300042&104{number:07}&11020220330&111000000000004510&112{:012}{}&113D&117{}{number:05}\
         &13202&133{person:0>10}&153PENSION {person}\r\n",
        ore.abs(),
        if ore < 0 { '-' } else { '+' },
        "2022033000042",
        ore.abs(),
        if ore < 0 { '-' } else { ' ' },
        "2022033000042",
    )
}

#[test]
fn a_posting_file_gives_a_row_for_each_payment() {
    let file = pair(1, "7012821128", 523_450, "00000000000000000071") + &pair(2, "6112903338", -5, "72");
    assert_eq!(
        read_bytes(Format::Postings, file.as_bytes()).expect("reads"),
        [
            "line 1: 7012821128 Alderspension 2022-04 5234.50 - Paid 2022-04-01 00000000000000000071",
            "line 3: 6112903338 Alderspension 2022-04 -0.05 - Paid 2022-04-01 72",
        ]
    );
}

/// The sign is the last of the field's 13 places, or stands behind them; a blank at the end may be lost.
#[test]
fn a_postings_amount_has_its_sign_within_the_field_or_behind_it() {
    let file = pair(1, "7012821128", 523_450, "71") + &pair(2, "6112903338", -500, "72");
    let whole = read_bytes(Format::Postings, file.as_bytes()).expect("reads");
    for (from, to) in [
        ("&112000000523450 ", "&1120000000523450 "),
        ("&112000000523450 ", "&1120000000523450"),
        ("&112000000523450 ", "&112000000523450"),
        ("&112000000000500-", "&1120000000000500-"),
    ] {
        assert!(file.contains(from), "{from}");
        let written_otherwise = file.replacen(from, to, 1);
        assert_eq!(read_bytes(Format::Postings, written_otherwise.as_bytes()).expect("reads"), whole, "{to}");
    }
}

#[test]
fn the_benefits_owner_comes_before_the_payee_and_an_account_is_no_person() {
    let guardian = pair(1, "7012821128", 100, "71").replacen("&1100007012821128", "&1100006112903338", 1);
    let account = pair(1, "7012821128", 100, "71")
        .replacen("&1002&1100007012821128", "&1001&1164710001000206", 1)
        .replacen("&13202&1337012821128", "", 1);
    let organisation = pair(1, "7012821128", 100, "71")
        .replacen("&1002&1100007012821128", "&1011&1100000080050410", 1)
        .replacen("&13202&1337012821128", "", 1);
    let told = |file: String| read_bytes(Format::Postings, file.as_bytes()).expect("reads").concat();
    assert!(told(guardian).starts_with("line 1: 7012821128 "));
    assert_eq!(told(account), "line 1: - Alderspension 2022-04 1.00 DK64710001000206 Paid 2022-04-01 71");
    assert!(told(organisation).starts_with("line 1: 80050410 "));
}

#[test]
fn what_is_wrong_with_a_posting_file_is_named_by_line_and_without_person_numbers() {
    let two = pair(1, "7012821128", 523_450, "71") + &pair(2, "6112903338", 500, "72");
    let lines: Vec<&str> = two.lines().collect();
    let changed = |from: &str, to: &str| two.replacen(from, to, 1);
    let table = [
        (lines[..3].join("\n"), "line 3! a payment order (G68) without its posting (G69)"),
        (
            lines[..1].iter().chain(&lines[2..]).copied().collect::<Vec<_>>().join("\n"),
            "line 1! a payment order (G68) without",
        ),
        (lines[1..].join("\n"), "line 1! a posting (G69) that follows no payment order"),
        ([lines[0], lines[1], &pair(4, "6112903338", 500, "74")].join("\n"), "line 3! the line calls itself number 4"),
        (changed("&0800000523450", "&085234,50"), "line 1! the amount (&08) is \"5234,50\""),
        (changed("&08", "&x8"), "line 1! \"x8000••••••••\" is no field"),
        (changed("&09+", "&09*"), "line 1! the sign (&09) is \"*\""),
        (changed("&09+", ""), "line 1! the sign (&09) is missing"),
        (changed("&1002", "&1007"), "line 1! the payee (&11): \"07\" is no code"),
        (changed("&1100007012821128", "&1100003102821128"), "line 1! the payee (&11): \"3102••-••••\""),
        (changed("&1220220401", "&1220220431"), "line 1! the day of payment (&12) is 20220431"),
        (changed("&1771", ""), "line 1! the invoice number, by which a payment is known, (&17) is missing"),
        (changed("&1771", "&1771&1772"), "line 1! field &17 stands there twice"),
        (changed("G6800001011", "G6800001991"), "line 1! \"99\" is no transaction type"),
        (
            changed("&112000000523450 ", "&112000000523451 "),
            "line 1! the amounts of the payment order (&08) and of its posting (&112) differ",
        ),
        (changed("&112000000523450 ", "&112000000523450x"), "line 2! the amount (&112) is \"0000••••••••x\""),
        (changed("&112000000523450 ", "&112523450 "), "line 2! the amount (&112) is \"523450 \": it has 12 or 13"),
        (changed("&112000000523450 ", "&11200000000523450 "), "line 2! the amount (&112) is"),
        (changed("&113D", "&113X"), "line 2! &113 is \"X\""),
        (changed("&117202203300004200001", "&117202203300004200009"), "line 2! the posting (&117) is that of another"),
        (changed("&13202", ""), "line 2! of &132 and &133"),
        (changed("NORFLYD", "NORFAST"), "line 2! \"000G6900001090001NORFAST\" is no head"),
        (changed("&153PENSION", "&153A & B"), "line 2! \" B 7012••••••\" is no field"),
    ];
    for (file, expected) in table {
        let rows = read_bytes(Format::Postings, file.as_bytes()).expect("reads on after a fault");
        let wrong: Vec<&String> = rows.iter().filter(|row| row.contains('!')).collect();
        assert_eq!(wrong.len(), 1, "{expected}: {rows:?}");
        assert!(wrong[0].starts_with(expected), "{expected}: {rows:?}");
        assert!(!wrong[0].contains("7012821128"), "{}", wrong[0]);
    }
}

#[test]
fn lines_are_read_in_either_encoding_and_never_without_end() {
    let latin = encoding_rs::WINDOWS_1252
        .encode(&pair(1, "7012821128", 100, "71").replace("&40Pension", "&40Førtid"))
        .0
        .into_owned();
    assert_eq!(read_bytes(Format::Postings, &latin).expect("reads").len(), 1);
    let endless = [pair(1, "7012821128", 100, "71").into_bytes(), vec![b'0'; 100_000]].concat();
    assert_eq!(read_bytes(Format::Postings, &endless).expect_err("too long").code, "upstream.too_large");
}

fn failures(lines: &str) -> (Failures, Vec<String>) {
    let mapping = mapping();
    let mut failures = Failures::default();
    let mut wrong = Vec::new();
    let bytes: Vec<u8> = [0xFF, 0xFE].into_iter().chain(lines.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    failures
        .read(&bytes[..], &terms(&mapping), &mut |place, what| {
            wrong.push(format!("{place}! {what}"));
            Ok(())
        })
        .expect("reads");
    (failures, wrong)
}

fn row(person: &str, minor_units: i64, reference: &str) -> UpstreamRow {
    let file = pair(1, person, minor_units, reference);
    let mapping = mapping();
    let mut rows = Vec::new();
    read(Format::Postings, file.as_bytes(), &terms(&mapping), &mut |_, row| {
        rows.extend(row);
        Ok(())
    })
    .expect("reads");
    rows.pop().expect("one row")
}

#[test]
fn what_a_list_of_failures_names_was_not_paid_and_the_rest_was() {
    // The second has lost its leading zero; a birth in 1858, which nobody living has.
    let (mut failures, wrong) = failures(
        "§38;7012821128;00000000000000000071;5234;2022/04/01;RJCT;Ingen NemKonto;1\r\n\
         §38;101585003;72;100;2022/04/01;0001;AC07 lukket;2\r\n\
         §38;7012821128;00000000000000000071;5234;2022/04/02;0002;Ingen specifik konto til 7012821128.;1\r\n",
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(failures.not_met(), 2);
    let mut failed = row("7012821128", 523_450, "71");
    failures.judge(&mut failed).expect("agrees");
    assert_eq!(failed.status, UpstreamStatus::Stopped);
    assert_eq!(failed.remark, "could not be posted, Ingen specifik konto til 7012••••••, code 0002");
    let mut zero_lost = row("0101585003", 10_000, "00072");
    failures.judge(&mut zero_lost).expect("agrees");
    assert_eq!(zero_lost.status, UpstreamStatus::Stopped);
    assert_eq!(zero_lost.remark, "could not be posted, the payee's account is closed (AC07 lukket), code 0001");
    let mut posted = row("7012821128", 523_450, "710");
    failures.judge(&mut posted).expect("is not named");
    assert_eq!((posted.status, posted.remark.as_str(), failures.not_met()), (UpstreamStatus::Paid, "", 0));
    for (mut other, what) in [
        (row("6112903338", 523_450, "71"), "another person"),
        (row("7012821128", 523_500, "71"), "another amount"),
        (row("7012821128", -523_450, "71"), "another amount"),
    ] {
        assert!(failures.judge(&mut other).expect_err("contradicts").contains(what));
        assert_eq!(other.status, UpstreamStatus::Paid);
    }
}

#[test]
fn a_list_of_failures_with_a_wrong_line_is_told_by_line() {
    let table = [
        ("§38;7012821128;71;5234;2022/04/01;RJCT;x", "line 1! the line has 7 cells"),
        ("§39;7012821128;71;5234;2022/04/01;RJCT;x;1", "line 1! the line is of the kind \"§39\""),
        ("§38;3102821128;71;5234;2022/04/01;RJCT;x;1", "line 1! \"3102"),
        ("§38;7012821128;;5234;2022/04/01;RJCT;x;1", "line 1! the invoice number is missing"),
        ("§38;7012821128;71;5234,50;2022/04/01;RJCT;x;1", "line 1! the amount is \"5234,50\""),
        ("§38;7012821128;71;5234;01-04-2022;RJCT;x;1", "line 1! the day is \"01-04-2022\""),
        (
            "§38;7012821128;71;5234;2022/04/01;RJCT;x;1\r\n§38;6112903338;71;5234;2022/04/01;RJCT;x;1",
            "line 2! the invoice number came before",
        ),
    ];
    for (lines, expected) in table {
        let (_, wrong) = failures(lines);
        assert_eq!(wrong.len(), 1, "{lines}");
        assert!(wrong[0].starts_with(expected), "{wrong:?}");
        assert!(!wrong[0].contains("7012821128"));
    }
}

fn pain001(version: &str, head: &str, payments: &str) -> String {
    let day = if version.ends_with("09") { "<Dt>2022-04-01</Dt>" } else { "2022-04-01" };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\"><CstmrCdtTrfInitn>\
         <GrpHdr><MsgId>KAQA-7</MsgId><CreDtTm>2022-04-01T08:00:00</CreDtTm>{head}<InitgPty><Nm>Kommune</Nm></InitgPty></GrpHdr>\
         <PmtInf><PmtInfId>P1</PmtInfId><PmtMtd>TRF</PmtMtd><PmtTpInf><CtgyPurp><Cd>PENS</Cd></CtgyPurp></PmtTpInf>\
         <ReqdExctnDt>{day}</ReqdExctnDt><Dbtr><Nm>Kommune</Nm></Dbtr>{payments}</PmtInf></CstmrCdtTrfInitn></Document>"
    )
}

fn payment(reference: &str, amount: &str, party: &str, account: &str) -> String {
    format!(
        "<CdtTrfTxInf><PmtId><InstrId>I-{reference}</InstrId><EndToEndId>{reference}</EndToEndId></PmtId><Amt>{amount}</Amt>\
         <Cdtr><Nm>Aka Made-Up</Nm><PstlAdr><AdrLine>Vej 1</AdrLine></PstlAdr>{party}</Cdtr><CdtrAcct><Id>{account}</Id></CdtrAcct>\
         </CdtTrfTxInf>"
    )
}

const KRONER: &str = "<InstdAmt Ccy=\"DKK\">5234.50</InstdAmt>";
const BBAN: &str = "<Othr><Id>64710001000206</Id><SchmeNm><Cd>BBAN</Cd></SchmeNm></Othr>";

#[test]
fn a_bank_file_of_another_system_gives_a_row_for_each_payment() {
    let person = "<Id><PrvtId><Othr><Id>7012821128</Id></Othr></PrvtId></Id>";
    let customer = "<Id><PrvtId><Othr><Id>7012821128</Id><SchmeNm><Cd>CUST</Cd></SchmeNm></Othr></PrvtId></Id>";
    let organisation = "<Id><OrgId><Othr><Id>80050410</Id></Othr></OrgId></Id>";
    let payments = [
        payment("R1", KRONER, person, BBAN),
        payment("NOTPROVIDED", KRONER, "", "<IBAN>GL8964710001000206</IBAN>"),
        payment("R3", KRONER, customer, BBAN),
        payment("R4", KRONER, organisation, BBAN),
        payment("R5", KRONER, "", "<Othr><Id>7012821128</Id><SchmeNm><Prtry>CPR</Prtry></SchmeNm></Othr>"),
        payment("NOTPROVIDED", KRONER, "", BBAN).replace("<InstrId>I-NOTPROVIDED</InstrId>", ""),
    ]
    .concat();
    for version in ["pain.001.001.03", "pain.001.001.09"] {
        let file = pain001(version, "<NbOfTxs>6</NbOfTxs><CtrlSum>31407.00</CtrlSum>", &payments);
        let expected = [
            "payment 1: 7012821128 Førtidspension 2022-04 5234.50 DK64710001000206 Paid 2022-04-01 R1",
            "payment 2: - Førtidspension 2022-04 5234.50 DK64710001000206 Paid 2022-04-01 I-NOTPROVIDED",
            "payment 3: - Førtidspension 2022-04 5234.50 DK64710001000206 Paid 2022-04-01 R3",
            "payment 4: 80050410 Førtidspension 2022-04 5234.50 DK64710001000206 Paid 2022-04-01 R4",
            "payment 5: 7012821128 Førtidspension 2022-04 5234.50 - Paid 2022-04-01 R5",
            "payment 6: - Førtidspension 2022-04 5234.50 DK64710001000206 Paid 2022-04-01 KAQA-7 #6",
        ];
        assert_eq!(read_bytes(Format::Pain001, file.as_bytes()).expect("reads"), expected, "{version}");
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(file.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(read_bytes(Format::Pain001, &utf16).expect("reads"), expected, "UTF-16");
        assert_eq!(
            read_bytes(Format::Pain001, format!("\n {file}").as_bytes()).expect("reads"),
            expected,
            "blank before"
        );
    }
}

#[test]
fn a_bank_file_that_is_not_to_be_trusted_is_refused_and_named() {
    let one = payment("R1", KRONER, "", BBAN);
    let head = "<NbOfTxs>1</NbOfTxs><CtrlSum>5234.5</CtrlSum>";
    let sound = pain001("pain.001.001.09", head, &one);
    let changed = |from: &str, to: &str| {
        assert!(sound.contains(from), "{from}");
        sound.replace(from, to)
    };
    let own = "AAAAAAAAAAAAAAAAAAAAAAAAAA1";
    let table = [
        (sound.clone(), ""),
        (changed("pain.001.001.09", "pain.001.001.12"), "upstream.version"),
        (changed("pain.001.001.09", "camt.053.001.08"), "upstream.not_a_run"),
        (changed("urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", "urn:example"), "upstream.not_a_run"),
        (changed("<InstdAmt Ccy=\"DKK\">", "<InstdAmt Ccy=\"EUR\">"), "upstream.other_currency"),
        (changed(">R1<", &format!(">{own}<")), "upstream.own_file"),
        (changed("<NbOfTxs>1<", "<NbOfTxs>2<"), "upstream.not_whole"),
        (changed("<NbOfTxs>1<", "<NbOfTxs>+1<"), "upstream.not_whole"),
        (changed("<NbOfTxs>1<", "<NbOfTxs>l<"), "upstream.not_whole"),
        (changed("<CtrlSum>5234.5<", "<CtrlSum>5234.51<"), "upstream.not_whole"),
        (changed("<CtrlSum>5234.5<", "<CtrlSum>+5234.50<"), "upstream.not_whole"),
        (changed("<CtrlSum>5234.5<", "<CtrlSum>5234.5o<"), "upstream.not_whole"),
        (changed("<CtrlSum>5234.5</CtrlSum>", ""), ""),
        (changed("<NbOfTxs>1</NbOfTxs>", ""), "upstream.not_whole"),
        (changed("?>\n", "?><!DOCTYPE Document [<!ENTITY a \"b\">]>"), "upstream.entity"),
        (changed("Aka Made-Up", "&a;"), "upstream.entity"),
    ];
    for (file, code) in table {
        let read = read_bytes(Format::Pain001, file.as_bytes());
        assert_eq!(read.as_ref().err().map_or("", |fault| fault.code), code, "{read:?}");
    }
    for cut in 1..sound.len() {
        assert!(read_bytes(Format::Pain001, sound.get(..cut).unwrap_or_default().as_bytes()).is_err(), "cut at {cut}");
    }
    for (amount, what) in [
        ("<InstdAmt Ccy=\"DKK\">5234.505</InstdAmt>", "payment 1! \"5234.505\" is no amount in DKK"),
        (
            "<EqvtAmt><Amt Ccy=\"EUR\">5</Amt><CcyOfTrf>DKK</CcyOfTrf></EqvtAmt>",
            "payment 1! the amount is given in another",
        ),
    ] {
        let file = pain001("pain.001.001.09", "<NbOfTxs>1</NbOfTxs>", &payment("R1", amount, "", BBAN));
        let rows = read_bytes(Format::Pain001, file.as_bytes()).expect("reads");
        assert!(rows.concat().starts_with(what), "{rows:?}");
    }
}

/// How many different rows files hold, as a run counts them.
fn different(format: Format, files: &[&str]) -> usize {
    let mapping = mapping();
    let mut rows = std::collections::HashSet::new();
    for file in files {
        read(format, file.as_bytes(), &terms(&mapping), &mut |_, row| {
            rows.insert(row.expect("is understood"));
            Ok(())
        })
        .expect("reads");
    }
    rows.len()
}

#[test]
fn payments_of_a_bank_file_are_one_only_where_all_their_fields_are_equal() {
    let one = payment("R1", KRONER, "", BBAN);
    let two = |other: &str| pain001("pain.001.001.09", "<NbOfTxs>2</NbOfTxs>", &[&one, other].concat());
    let changed = |from: &str, to: &str| {
        assert!(one.contains(from), "{from}");
        two(&one.replacen(from, to, 1))
    };
    for (file, expected) in [
        (two(&one), 1),
        (changed(">5234.50<", ">5234.5<"), 1),
        (changed("64710001000206", "6471 0001000206"), 1),
        (changed("<InstrId>I-R1<", "<InstrId>I-R2<"), 2),
        (changed("<InstrId>I-R1</InstrId>", ""), 2),
        (changed("</CdtTrfTxInf>", "<RmtInf><Ustrd>rate 2</Ustrd></RmtInf></CdtTrfTxInf>"), 2),
        (changed("Vej 1", "Vej 2"), 2),
        (changed("<Cdtr>", "<ChrgBr>SLEV</ChrgBr><Cdtr>"), 2),
        (changed("</CdtTrfTxInf>", "<Purp><Cd>BENE</Cd></Purp></CdtTrfTxInf>"), 2),
        (two(&one).replacen("<CdtTrfTxInf>", "<CdtTrfTxInf><PmtId></PmtId>", 1), 1),
    ] {
        assert_eq!(different(Format::Pain001, &[&file]), expected, "{file}");
    }
    // An account that cannot be read tells two payments apart all the same.
    let [unread, other] = ["81234567", "81234575"].map(|account| one.replace("64710001000206", account));
    for (second, expected) in [(unread.clone(), 1), (other, 2)] {
        let file = pain001("pain.001.001.09", "<NbOfTxs>2</NbOfTxs>", &[&*unread, &second].concat());
        assert_eq!(different(Format::Pain001, &[&file]), expected, "{second}");
    }
    let file = pain001("pain.001.001.09", "<NbOfTxs>1</NbOfTxs>", &one);
    for (from, to, expected) in [
        ("KAQA-7", "KAQA-7", 1),
        ("KAQA-7", "KAQA-8", 2),
        ("<PmtInfId>P1<", "<PmtInfId>P2<", 2),
        ("<Dbtr><Nm>Kommune</Nm></Dbtr>", "<Dbtr><Nm>Jobcenter</Nm></Dbtr>", 2),
    ] {
        assert_eq!(different(Format::Pain001, &[&file, &file.replacen(from, to, 1)]), expected, "{to}");
    }
}

#[test]
fn pairs_of_a_posting_file_are_one_only_where_all_their_fields_are_equal() {
    let one = pair(1, "7012821128", 100, "71");
    let posted_again = one.replace("202203300004200001", "202203300004300001");
    assert_ne!(one, posted_again);
    for (other, expected) in [
        (one.clone(), 1),
        (one.replace("G6800001", "G6800007").replace("G6900001", "G6900007"), 1),
        (posted_again, 2),
        (one.replace("&40Pension", "&40Pension II"), 2),
        (one.replace("&11020220330", "&11020220331"), 2),
        (one.replace("&153PENSION", "&153EFTERBETALING"), 2),
    ] {
        assert_eq!(different(Format::Postings, &[&one, &other]), expected, "{other}");
    }
}

/// A guardian or a landlord receives the money, and the benefit is not theirs.
#[test]
fn whoever_receives_it_for_another_is_not_taken_for_the_other() {
    let number = "<Id><PrvtId><Othr><Id>7012821128</Id></Othr></PrvtId></Id>";
    let other_number = "<Id><PrvtId><Othr><Id>6112903338</Id></Othr></PrvtId></Id>";
    let by_number = "<Othr><Id>7012821128</Id><SchmeNm><Prtry>CPR</Prtry></SchmeNm></Othr>";
    let told = |party: &str, account: &str, beneficiary: &str| {
        let payment = payment("R1", KRONER, party, account);
        let payment = payment.replace("</CdtTrfTxInf>", &format!("<UltmtCdtr>{beneficiary}</UltmtCdtr></CdtTrfTxInf>"));
        let file = pain001("pain.001.001.09", "<NbOfTxs>1</NbOfTxs>", &payment);
        let row = read_bytes(Format::Pain001, file.as_bytes()).expect("reads").concat();
        row.split(' ').nth(2).unwrap_or_default().to_owned()
    };
    for (party, account, beneficiary, person) in [
        (number, BBAN, "", "7012821128"),
        (number, BBAN, "<Nm>Lone Mund</Nm>", "-"),
        (number, BBAN, &format!("<Nm>Lone Mund</Nm>{other_number}") as &str, "6112903338"),
        (number, BBAN, other_number, "6112903338"),
        (number, BBAN, &other_number.replace("6112903338", "3102821128"), "-"),
        (number, BBAN, &other_number.replace("</Othr>", "<SchmeNm><Cd>CUST</Cd></SchmeNm></Othr>"), "7012821128"),
        (number, BBAN, &other_number.replace("6112903338", "SAG-17"), "7012821128"),
        (number, BBAN, &format!("<Nm>Made-Up,  Aka</Nm>{}", other_number.replace("6112903338", "12345")), "7012821128"),
        (number, BBAN, "<Nm>AKA L. Made-Up </Nm>", "7012821128"),
        (number, BBAN, "<Nm>Aka</Nm>", "-"),
        (number, BBAN, "<Nm>AKA Made-Up </Nm>", "7012821128"),
        ("", by_number, "<Nm>Lone Mund</Nm>", "-"),
        ("", by_number, "", "7012821128"),
    ] {
        assert_eq!(told(party, account, beneficiary), person, "{beneficiary}");
    }
}

#[test]
fn a_swedish_account_is_read_as_its_banks_want_it_written() {
    let mapping = mapping();
    let terms = Terms { country: Country::Se, currency: Currency::Sek, ..terms(&mapping) };
    let account = |clearing: &str, number: &str, scheme: &str| {
        let agent = format!(
            "<CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>SESBA</Cd></ClrSysId><MmbId>{clearing}</MmbId></ClrSysMmbId>\
             </FinInstnId></CdtrAgt><Cdtr>"
        );
        let account = format!("<Othr><Id>{number}</Id><SchmeNm>{scheme}</SchmeNm></Othr>");
        let payment = payment("R1", "<InstdAmt Ccy=\"SEK\">100.00</InstdAmt>", "", &account);
        let payment = if clearing.is_empty() { payment } else { payment.replace("<Cdtr>", &agent) };
        let file = pain001("pain.001.001.03", "<NbOfTxs>1</NbOfTxs>", &payment);
        let mut accounts = Vec::new();
        read(Format::Pain001, file.as_bytes(), &terms, &mut |_, row| {
            accounts.extend(row.map(|row| row.account));
            Ok(())
        })
        .expect("reads");
        accounts.concat()
    };
    let (bban, bankgiro) = ("<Cd>BBAN</Cd>", "<Prtry>BGNR</Prtry>");
    for (clearing, number, scheme, identity) in [
        ("9071", "4172383", bban, "SE90714172383"),
        ("", "90714172383", bban, "SE90714172383"),
        ("9900", "50501055", bankgiro, "SE990050501055"),
        ("", "50501055", bankgiro, "SE990050501055"),
        ("8424", "9831892246", bban, "SE84249831892246"),
        ("8424", "49831892246", bban, "SE84249831892246"),
        ("9071", "4172384", bban, ""),
        ("9900", "50501056", bankgiro, ""),
    ] {
        assert_eq!(account(clearing, number, scheme), identity, "{clearing} {number}");
    }
}
