//! Ten rows of a list through each door that writes XML, as they are checked and as they leave: the file is compared byte by byte with one that was
//! read element by element. Beside it stand the elements that a country's banks insist on, so that a new golden file cannot bring them to fall.

use chrono::NaiveDate;
use stopgap::bank::calendar::BankCalendar;
use stopgap::bank::door::{Door, all_built_in};
use stopgap::checks::{self, Code, Terms};
use stopgap::payment::{Account, Amount, Country, Currency};
use stopgap::recipient_list::{AmountStyle, Column, Instruction};

use crate::made_up::{self, Message, end_to_end_id};
use crate::schema::Validator;

/// Name, account, amount, text, payment reference, payee's name, payee's account.
type Row = [&'static str; 7];

const DANISH: [Row; 10] = [
    ["Pipaluk Mikkelsen", "6471-0001234567", "5234,50", "Alderspension december", "", "", ""],
    ["Søren Ærøskøbing", "0400 440116243", "1,00", "", "", "", ""],
    ["Åse Ødegård & Søn", "DK5000400440116243", "99999,99", "50 % & mere", "", "", ""],
    ["Jóannes á Heygum", "FO6264600001631634", "17,05", "", "", "", ""],
    ["Guðrun Þórir", "GL8964710001000206", "300,00", "Hjælp", "", "", ""],
    ["Łukasz Wałęsa", "6471-42", "0,01", "", "", "", ""],
    ["Ane Kleist", "", "4000,00", "Husleje", "", "Boligselskabet Iserit", "6471-0000100007"],
    ["Byg ApS", "SE4550000000058398257466", "12500,00", "", "RF18539007547034", "", ""],
    ["ĸaĸortoĸ Nuka", "6471-0000100009", "77,70", "", "", "", ""],
    ["O'Brien (Malik)", "6471-0000100010", "88,80", "Rate 2/3: april", "", "", ""],
];

const SWEDISH: [Row; 10] = [
    ["Nordea Sjutal", "9071-4172383", "5234,50", "Bistånd december", "", "", ""],
    ["Nordea Personkonto", "3300-000620-5124", "1,00", "", "", "", ""],
    ["Nordea Upprepat", "3300-33000006205124", "2,00", "", "", "", ""],
    ["Handelsbanken Åtta", "6789-123456789", "3,00", "", "", "", ""],
    ["Swedbank Femte", "8129-9,043 386 711-6", "4,00", "", "", "", ""],
    ["Bankgiro Öst", "BG 5050-1055", "5,00", "Faktura 17", "", "", ""],
    ["Plusgiro Väst", "PG 28 65 43-4", "6,00", "", "", "", ""],
    ["Bankgiro OCR", "BG 991-2346", "7,00", "", "1234567897", "", ""],
    ["Plusgiro OCR", "PG 4-2", "8,00", "", "1234567897", "", ""],
    ["Iban Svensson", "SE4550000000058398257466", "9,00", "Text", "", "", ""],
];

const NORWEGIAN: [Row; 10] = [
    ["Kari Nordmann", "8601 11 17947", "5234,50", "Stønad desember", "", "", ""],
    ["Ola Nordmann", "86011117947", "1,00", "", "", "", ""],
    ["Åse Ødegård", "NO9386011117947", "2,00", "", "", "", ""],
    ["Firma Med KID", "8601.11.17947", "3,00", "", "1234567897", "", ""],
    ["Firma Med KID11", "86011117947", "4,00", "", "86011117947", "", ""],
    ["Firma Med IBAN KID", "NO9386011117947", "5,00", "", "1234567897", "", ""],
    ["Firma Med RF", "NO9386011117947", "6,00", "", "RF18539007547034", "", ""],
    ["Svensk Konto", "SE4550000000058398257466", "7,00", "", "", "", ""],
    ["Máret Ŋuŋŋá", "86011117947", "8,00", "", "", "", ""],
    ["Ane", "", "9,00", "Husleie", "", "Utleier AS", "86011117947"],
];

const EUROPEAN: [Row; 10] = [
    ["Åse Ødegård", "DK5000400440116243", "5234,50", "Hjælp æøå", "", "", ""],
    ["Jörg Müller-Lüdenscheidt", "SE4550000000058398257466", "1,00", "", "", "", ""],
    ["Łukasz Wałęsa", "NO9386011117947", "2,00", "", "", "", ""],
    ["Virtanen", "FI2112345600000785", "3,00", "", "RF18539007547034", "", ""],
    ["Jóannes á Heygum", "DK5000400440116243", "4,00", "50 % & mere", "", "", ""],
    ["Guðrun Þórir", "DK5000400440116243", "5,00", "", "", "", ""],
    ["ĸaĸortoĸ", "DK5000400440116243", "6,00", "", "", "", ""],
    ["O'Brien", "DK5000400440116243", "7,00", "Rate 2/3: april", "", "", ""],
    ["Şahin İbrahim", "DK5000400440116243", "8,00", "", "", "", ""],
    ["Ane", "", "9,00", "Husleje", "", "Boligselskabet Iserit", "DK5000400440116243"],
];

struct Side {
    country: Country,
    currency: Currency,
    person: &'static str,
    account: Account,
    rows: &'static [Row; 10],
}

fn side(door: &Door) -> Side {
    let of = |country, currency, person, account, rows| Side { country, currency, person, account, rows };
    match door.profile.name.as_str() {
        "sweden" => of(Country::Se, Currency::Sek, "811218-9876", made_up::iban("SE4550000000058398257466"), &SWEDISH),
        "norway" => {
            of(Country::No, Currency::Nok, "02013299997", made_up::domestic(Country::No, "8601", "1117947"), &NORWEGIAN)
        }
        "sepa" => of(Country::Dk, Currency::Eur, "211062-5629", made_up::iban("DK5000400440116243"), &EUROPEAN),
        _ => {
            of(Country::Gl, Currency::Dkk, "211062-5629", made_up::domestic(Country::Gl, "6471", "0001234567"), &DANISH)
        }
    }
}

/// The file as it would leave, and the codes that the rows were told.
fn written(door: &Door) -> (String, Vec<Code>) {
    let side = side(door);
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let terms = Terms {
        country: side.country,
        currency: side.currency,
        scheme: None,
        period: None,
        pay_on: day("2026-12-01"),
        today: day("2026-11-20"),
        payment_limit: Amount::from_minor_units(100_000_000, side.currency),
        door,
        amount_style: AmountStyle::Unsettled,
        calendar: BankCalendar::of(side.country),
    };
    let (mut payments, mut told) = (Vec::new(), Vec::new());
    for (number, [name, account, amount, text, reference, payee, payee_account]) in (1..).zip(side.rows) {
        let part = format!("F-{number}");
        let row = Instruction::for_test(&[
            (Column::PersonId, side.person),
            (Column::Name, name),
            (Column::Account, account),
            (Column::Amount, amount),
            (Column::Scheme, "Leverandør"),
            (Column::Period, "2026-11"),
            (Column::Part, &part),
            (Column::Text, text),
            (Column::PaymentReference, reference),
            (Column::PayeeName, payee),
            (Column::PayeeAccount, payee_account),
        ]);
        let checked = checks::check(0, &row, &terms);
        told.extend(checked.problems.iter().map(|problem| problem.code));
        let payment = checked.payment.unwrap_or_else(|| panic!("{} row {number}: {:?}", door.title, checked.problems));
        payments.push((payment, end_to_end_id(number)));
    }
    let mut message = Message::of(door.profile.message, vec![payments]);
    message.head.payer.account = side.account;
    (String::from_utf8(message.write(&door.profile).expect("sound")).expect("UTF-8"), told)
}

fn doors() -> impl Iterator<Item = &'static Door> {
    all_built_in().iter().filter(|door| !door.profile.message.is_flat())
}

/// Where the bytes change on purpose: run with `STOPGAP_REWRITE_GOLDEN=1`, and read the difference.
#[test]
fn ten_payments_through_each_door_leave_as_they_did() {
    let mut differing = Vec::new();
    for door in doors() {
        let path = format!("{}/tests/bank_file/golden/{}.xml", env!("CARGO_MANIFEST_DIR"), door.profile.name);
        let (written, _) = written(door);
        if std::env::var_os("STOPGAP_REWRITE_GOLDEN").is_some() {
            std::fs::write(path, &written).expect("written");
        } else if std::fs::read_to_string(&path).expect("a golden file") != written {
            differing.push(format!("{}:\n{written}", door.profile.name));
        }
        if let Some(validator) = Validator::of(door.profile.message) {
            assert_eq!(validator.check(written.as_bytes()), Ok(()), "{}", door.profile.name);
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// What the sources of the two tables say, each at least once.
#[test]
fn each_country_has_the_elements_that_its_banks_insist_on() {
    let of = |name: &str| doors().find(|door| door.profile.name == name).map(written).expect("a door").0;
    let clearing = |number: &str| {
        format!(
            "<CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>SESBA</Cd></ClrSysId><MmbId>{number}</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>"
        )
    };
    let scheme =
        |number: &str, scheme: &str| format!("<Id><Othr><Id>{number}</Id><SchmeNm>{scheme}</SchmeNm></Othr></Id>");
    let bban = |number: &str| scheme(number, "<Cd>BBAN</Cd>");
    let reference = |number: &str, issuer: &str| {
        format!("<CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry>{issuer}</Tp><Ref>{number}</Ref></CdtrRefInf>")
    };
    let table = [
        ("sweden", clearing("9071"), 1),
        ("sweden", bban("4172383"), 1),
        ("sweden", clearing("3300"), 2),
        ("sweden", bban("0006205124"), 2),
        ("sweden", clearing("6789"), 1),
        ("sweden", clearing("8129"), 1),
        ("sweden", bban("0433867116"), 1),
        ("sweden", clearing("9900"), 2),
        ("sweden", scheme("50501055", "<Prtry>BGNR</Prtry>"), 1),
        ("sweden", scheme("9912346", "<Prtry>BGNR</Prtry>"), 1),
        ("sweden", clearing("9960"), 2),
        ("sweden", bban("2865434"), 1),
        ("sweden", reference("1234567897", ""), 2),
        ("sweden", "<SvcLvl>".into(), 0),
        ("norway", bban("86011117947"), 7),
        ("norway", reference("1234567897", ""), 2),
        ("norway", reference("86011117947", ""), 1),
        ("norway", reference("RF18539007547034", "<Issr>ISO</Issr>"), 1),
        ("norway", "<ClrSysMmbId>".into(), 0),
        ("sepa", "<SvcLvl><Cd>SEPA</Cd></SvcLvl>".into(), 1),
        ("sepa", "<ChrgBr>SLEV</ChrgBr>".into(), 1),
        ("sepa", "<Othr>".into(), 1),
        ("generic", bban("64710001234567"), 2),
        ("generic", "<BICFI>GRENGLGX</BICFI>".into(), 1),
        ("bec", "<BIC>GRENGLGX</BIC>".into(), 1),
        ("bec", "<ReqdExctnDt>2026-12-01</ReqdExctnDt>".into(), 1),
        ("norway", "<ReqdExctnDt><Dt>2026-12-01</Dt></ReqdExctnDt>".into(), 1),
    ];
    for (door, element, times) in table {
        let file = of(door);
        assert_eq!(file.matches(element.as_str()).count(), times, "{element} in {door}:\n{file}");
    }
    for door in doors() {
        let (file, _) = written(door);
        for never in ["<AdrLine>", "<PstlAdr>", "<CtgyPurp>", "<Purp>", "<BtchBookg>true"] {
            assert!(!file.contains(never), "{never} in {}", door.profile.name);
        }
        assert!(door.profile.name != "sepa" || file.is_ascii(), "{file}");
        assert!(!file.contains('ĸ'), "{}", door.profile.name);
    }
}
