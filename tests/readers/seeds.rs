//! What the readers are fed with at first: the samples, shortened, and small files of the kinds that no sample is.

use std::fs;
use std::path::Path;

/// The seeds of each reader, by its name.
pub fn seeds(reader: &str) -> Vec<Vec<u8>> {
    match reader {
        "list" => [lists(), vec![sample("samples/workbook/boligstoette.xlsx")], changes()].concat(),
        "table" => [lists(), sheets(), vec![sample("samples/workbook/boligstoette.xlsx")]].concat(),
        "report" => [xml_reports(), text_reports()].concat(),
        "run" => [bank_files().into_iter().take(2).collect(), vec![postings()]].concat(),
        "failures" => vec![FAILURES.into(), utf16(FAILURES), postings()],
        "bank_file" => bank_files(),
        "settings" => vec![sample("tests/fixtures/ledgers/0.1.0-schema-5/stopgap.toml"), SETTINGS.into()],
        "decisions" => vec![DECISIONS.into(), DECISIONS.replace(',', ";").into(), DECISIONS.replace(',', "\t").into()],
        "receipt" => vec![RECEIPT.into()],
        "event" => events(),
        other => panic!("no reader {other}"),
    }
}

const FAILURES: &str = "§38;2110625629;17;5234;2022/04/01;RJCT;Konto lukket;202203300004200001\r\n\
    §38;311270007;18;1000;2022/04/01;AC04;lukket;202203300004200002\r\n";
const DECISIONS: &str = "file,row,decision,reason\na.csv,2,pay,called her\nb.csv,3,drop,\"died, says the parish\"\n";
const RECEIPT: &str = "{\"stopgap_backup\": 1, \"made_at\": \"2022-04-01T20:00:00\", \"entries\": 3, \"head\": \"00\", \"code\": \"\",\n\
    \"batches\": [], \"tables\": [], \"files\": [], \"check\": \"\"}";
const SETTINGS: &str = "[payer]\nname = \"Kommune\"\ncountry = \"DK\"\naccount = \"DK5000400440116243\"\ncurrency = \"DKK\"\n\
    [limits]\npayment = \"1,5\"\n[columns]\namount = [\"Udbetales\"]\n[upstream.g68]\nscheme = \"Pension\"\n[upstream.g68.schemes]\n4510 = \"Pension\"\n\
    [copies.days]\nbank = 3\n[outgoing]\nsecond = \"required\"\n[recovery]\nsmallest_instalment = \"200.00\"\n";
const MT940: &str = ":20:STMT1\r\n:25:64710001234567DKK\r\n:28C:12/1\r\n:60F:C220330DKK100,00\r\n:61:2203310331D10,50NTRFNONREF//A1\r\nmore\r\n\
    :86:/EREF/SG-ABABABABABABABAB-1\r\n:62F:C220331DKK89,50\r\n:64:C220331DKK89,50\r\n-\r\n";

fn sample(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The five lists, each in its own encoding, a few rows of each.
fn lists() -> Vec<Vec<u8>> {
    [
        "alderspension",
        "arbejdsmarkedsydelse",
        "barselsdagpenge",
        "foertidspension",
        "offentlig-hjaelp",
        "afterwards/run",
    ]
    .iter()
    .map(|name| sample(&format!("samples/qeqqata/{name}.csv")).into_iter().take(700).collect())
    .collect()
}

fn changes() -> Vec<Vec<u8>> {
    vec![
        "cpr;ydelse;ændring;beløb;konto\n211062-5629;Pension;ophørt;;\n2110625629;Pension;ny;1.234,50;6471-1000206\n".into(),
        "person_id,name,account,amount,currency,scheme,period,pay_on,payment_reference,country\n\
         2110625629,Aka Made-Up,64710001000206,\"1,234.50\",DKK,Pension,2022-04,2022-04-29,RF18539007547034,DK\nTotal,,,1234.50,,,,,,\n"
            .into(),
    ]
}

fn sheets() -> Vec<Vec<u8>> {
    vec!["B0001-01-ABCD\nArk;Række;Udført;Kvittering;Indtastet;Konto;Beløb\n;1;x;12345678;1.234,50;6471-1000206;1.234,50\n".into()]
}

/// A document with all but the first few and the last of its repeated elements left out.
fn few(document: Vec<u8>, end: &str) -> Vec<u8> {
    let text = String::from_utf8(document).expect("the samples' XML is UTF-8");
    let parts: Vec<&str> = text.split_inclusive(end).collect();
    let tail = parts.last().copied().unwrap_or_default();
    parts.iter().take(3).copied().chain([tail]).collect::<String>().into_bytes()
}

fn xml_reports() -> Vec<Vec<u8>> {
    [("camt053", "</Ntry>"), ("camt054", "</Ntry>"), ("pain002", "</TxInfAndSts>")]
        .map(|(name, end)| few(sample(&format!("samples/qeqqata/afterwards/{name}.xml")), end))
        .into()
}

fn text_reports() -> Vec<Vec<u8>> {
    let export =
        "Dato;Tekst;Beløb;Saldo;Valørdato;Type;Adviseringer\r\n31-03-2022;SG-AB;-5.234,50;100,00;31-03-2022;;\r\n";
    let other = "Bogført;Tekst;Rentedato;Beløb;Saldo\n31-03-2022;Overf. SG-AB;31-03-2022;-5.234,50;0,00\n";
    let sdc = format!(
        "Kontonr.;Dato;Valørdato;Beløb;Valuta;Oprindeligt beløb;Oprindelig valuta;Mod-konto;Tekst\r\n\
         64710001234567;31-03-2022;31-03-2022;-5.234,50;DKK;;;;SG-AB;;B7;N{}\r\n",
        ";".repeat(49)
    );
    vec![
        MT940.into(),
        format!("{{1:F01GRENGLGX}}{{2:I940}}{{4:\r\n{MT940}}}").into(),
        export.into(),
        other.into(),
        sdc.into(),
    ]
}

fn bank_files() -> Vec<Vec<u8>> {
    [
        "small.pain.001.001.03.xml",
        "small.pain.001.001.09.xml",
        "flat/bankdata-ib030202000005.txt",
        "flat/bankdata-ib030202000006.txt",
        "flat/bec-erh356.txt",
        "flat/danske-cmbo.txt",
        "flat/nordea-csv.txt",
        "flat/sdc-3.txt",
    ]
    .map(|name| sample(&format!("tests/bank_file/{name}")))
    .into()
}

/// One payment: its order and its posting.
fn postings() -> Vec<u8> {
    "000G6800001011&020900&0300&07000000000000000000&0800000523450&09+&1002&1100002110625629&1220220401&16202203300004200001&1717&40Pension\r\n\
     000G6900001090001NORFLYD&10300042&1040000001&11020220330&111000000000004510&1120000000523450 &113D&117202203300004200001\
     &13202&1332110625629&153PENSION\r\n"
        .into()
}

/// Bytes of each kind's number with nothing, and with something, after it.
fn events() -> Vec<Vec<u8>> {
    (0..=80u8).map(|kind| std::iter::once(kind).chain((0..60).map(|at| at % 4)).collect()).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}
