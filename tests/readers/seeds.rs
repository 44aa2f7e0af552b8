//! What the readers are fed with at first: the samples, shortened, and small files of the kinds that no sample is.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use stopgap::ledger::event::LedgerId;
use stopgap::ledger::recovery::RecoveryCode;
use stopgap::ledger::witness;
use stopgap::ops::anchors::place::Place;
use stopgap::ops::anchors::record::{Anchor, Known, PlaceNote};
use stopgap::payment::Digest;
use zip::ZipArchive;

use crate::readers::{PART, READERS, XLSX_PARTS};

/// The seeds of each reader, by its name.
pub fn seeds(reader: &str) -> Vec<Vec<u8>> {
    match reader {
        "csv" => [lists(), changes()].concat(),
        "xlsx" => vec![parts(&sample(WORKBOOK)), smallest_workbook()],
        "ods" => vec![DOCUMENT.into()],
        "package" => vec![sample(WORKBOOK)],
        "table" => [lists(), sheets(), vec![sample(WORKBOOK)]].concat(),
        "pain002" => xml_reports(&[("pain002", "</TxInfAndSts>")]),
        "camt" => [xml_reports(&[("camt053", "</TxDtls>"), ("camt054", "</Ntry>")]), vec![CAMT029.into()]].concat(),
        "mt940" => vec![MT940.into(), format!("{{1:F01GRENGLGX}}{{2:I940}}{{4:\r\n{MT940}}}").into()],
        "export" => exports(),
        "pain001" => bank_files().into_iter().take(2).collect(),
        "postings" => vec![postings()],
        "failures" => vec![FAILURES.into(), utf16(FAILURES), postings()],
        "bank_file" => bank_files(),
        "settings" => vec![sample(&fixture("stopgap.toml")), SETTINGS.into()],
        "decisions" => vec![DECISIONS.into(), DECISIONS.replace(',', ";").into(), DECISIONS.replace(',', "\t").into()],
        "receipt" => vec![RECEIPT.into()],
        "beside" => beside(),
        "event" => events(),
        "row" => ROWS.iter().map(|row| row.replace('|', "\u{1c}").into()).collect(),
        "cell" => CELLS.iter().map(|cell| (*cell).into()).collect(),
        other => panic!("no reader {other}"),
    }
}

/// Writes the seeds of every reader as files, below a folder of its name.
pub fn write_all(folder: &Path) {
    for (name, _) in READERS {
        let own = folder.join(name);
        fs::create_dir_all(&own).expect("a folder for the seeds");
        for (number, seed) in seeds(name).iter().enumerate() {
            fs::write(own.join(format!("seed-{number}")), seed).expect("room for a seed");
        }
    }
}

const WORKBOOK: &str = "samples/workbook/boligstoette.xlsx";
/// A list of one row, with a cell that is repeated, one that is a number, one that is a date.
const DOCUMENT: &str = "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"Ark1\">\
    <table:table-column table:number-columns-repeated=\"4\"/><table:table-row><table:table-cell office:value-type=\"string\"><text:p>CPR</text:p>\
    </table:table-cell><table:table-cell office:value-type=\"string\"><text:p>Navn</text:p></table:table-cell><table:table-cell \
    office:value-type=\"string\"><text:p>Konto</text:p></table:table-cell><table:table-cell office:value-type=\"string\"><text:p>Beløb</text:p>\
    </table:table-cell><table:table-cell office:value-type=\"string\"><text:p>Periode</text:p></table:table-cell></table:table-row>\
    <table:table-row table:number-rows-repeated=\"2\"><table:table-cell office:value-type=\"string\"><text:p>2110625629</text:p></table:table-cell>\
    <table:table-cell office:value-type=\"string\"><text:p>Aka <text:s text:c=\"2\"/>Made-Up</text:p></table:table-cell><table:table-cell>\
    <text:p>6471-1000206</text:p></table:table-cell><table:table-cell office:value-type=\"float\" office:value=\"1234.5\"><text:p>1.234,50</text:p>\
    </table:table-cell><table:table-cell office:value-type=\"date\" office:date-value=\"2022-04-01\"><text:p>april</text:p></table:table-cell>\
    <table:covered-table-cell table:number-columns-repeated=\"3\"/></table:table-row></table:table></office:spreadsheet></office:body>\
    </office:document-content>\u{1c}<manifest:manifest><manifest:file-entry manifest:full-path=\"/\"/></manifest:manifest>";
const FAILURES: &str = "§38;2110625629;17;5234;2022/04/01;RJCT;Konto lukket;202203300004200001\r\n\
    §38;311270007;18;1000;2022/04/01;AC04;lukket;202203300004200002\r\n";
const DECISIONS: &str = "file,row,decision,reason\na.csv,2,pay,called her\nb.csv,3,drop,\"died, says the parish\"\n";
/// Behind the country, cells in the order of the columns; the first seven are paid. A bar stands for what parts them.
const ROWS: [&str; 13] = [
    "GL,|211062-5629||Aka Made-Up|1000206|6471|5.234,50|DKK|Alderspension|2022-04|a|||april",
    "DK.||10150817|Made-Up A/S|DK5000400440116243||1,234.5|DKK|Faktura|2022||Værge|6471-1000206|KID",
    "FO|110190-7777||Jógvan|6471 1000206||1234|DKK|Pensjón|2022-W13|||||04-04-2022",
    "SE|19900101-0017||Åsa|SE3550000000054910000003||1 000,50|SEK|Stöd|2022-W13|2",
    "NO|01010750160||Øyvind|86011117947||5,00|NOK|Støtte|2022-03..2022-04|||||1.4.2022",
    "FI|131052-308T||Väinö|FI2112345600000785||12,3|EUR|Eläke|2022-04-01..2022-04-14|||||2022-04-04|FI",
    "DK,|211062 5629||Aka|6471-1000206||kr. 12.345.678,-||Hjælp|2022-04|||||||new|3",
    "SE|19900101-0017||Åsa|8327-9,33949-6||1 000:50|SEK|Stöd|2022-W13|||||1/4 2022",
    "NO|01010750160||Øyvind|86011117947||-5,00|NOK|Støtte|2022-03..2022-04|||||||died 1/3",
    "FI|131052-308T||Väinö|FI2112345600000785||12,3e3|EUR|Eläke|2022-04-01..2022-04-14",
    "FO|0101907777||Jógvan|||1,00kr||Rokning|2022|||||||||+71<000000000000000+12345678<",
    "DK|010190-7777||Jørgen|0040 0440116243||1.234||X|april|||||44652|DK||9|RF18539007547034|paid",
    "DK|010190-7777||JÃ¸rgen|0040 0440116243||#REF!||X|april",
];
const CELLS: [&str; 14] = [
    "1.234,50 kr.",
    "(1,234.50)",
    "2022-03..2022-04",
    "2022-W13",
    "1/4-2022",
    "Alderspension – april",
    "SG-2022-A1",
    "ABABABABABABABABABABABABAB1",
    "REC-ABCDEFGH2345",
    "afgået ved døden 2/3",
    "DK50 0040 0440 1162 43",
    "211062-5629",
    "+73<12345678",
    "Beløb (kr.)",
];
const RECEIPT: &str = "{\"stopgap_backup\": 1, \"made_at\": \"2022-04-01T20:00:00\", \"entries\": 3, \"head\": \"00\", \"code\": \"\",\n\
    \"batches\": [], \"tables\": [], \"files\": [], \"check\": \"\"}";
const SETTINGS: &str = "[payer]\nname = \"Kommune\"\ncountry = \"DK\"\naccount = \"DK5000400440116243\"\ncurrency = \"DKK\"\n\
    [limits]\npayment = \"1,5\"\n[columns]\namount = [\"Udbetales\"]\n[upstream.g68]\nscheme = \"Pension\"\n[upstream.g68.schemes]\n4510 = \"Pension\"\n\
    [copies.days]\nbank = 3\n[outgoing]\nsecond = \"required\"\n[recovery]\nsmallest_instalment = \"200.00\"\n";
const MT940: &str = ":20:STMT1\r\n:25:64710001234567DKK\r\n:28C:12/1\r\n:60F:C220330DKK100,00\r\n:61:2203310331D10,50NTRFNONREF//A1\r\nmore\r\n\
    :86:/EREF/SG-ABABABABABABABAB-1\r\n:62F:C220331DKK89,50\r\n:64:C220331DKK89,50\r\n-\r\n";

/// The bank's answer to a recall of one payment.
const CAMT029: &str = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.029.001.09\"><RsltnOfInvstgtn><Assgnmt><Id>A1</Id>\
    <CreDtTm>2022-04-01T10:00:00</CreDtTm></Assgnmt><RslvdCase><Id>SG-R1</Id></RslvdCase><Sts><Conf>PDCR</Conf></Sts><CxlDtls>\
    <OrgnlPmtInfAndSts><OrgnlPmtInfId>P1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>SG-ABABABABABABABAB-1</OrgnlEndToEndId>\
    <TxCxlSts>RJCR</TxCxlSts><CxlStsRsnInf><Rsn><Cd>CUST</Cd></Rsn><AddtlInf>no</AddtlInf></CxlStsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>\
    </CxlDtls></RsltnOfInvstgtn></Document>";

fn sample(path: &str) -> Vec<u8> {
    // This is compiled in the fuzzers' package too, whose folder is another.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if here.ends_with("fuzz") { here.parent().unwrap_or(here) } else { here };
    let path = root.join(path);
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

fn xml_reports(names: &[(&str, &str)]) -> Vec<Vec<u8>> {
    let report = |(name, end): &(&str, &str)| few(sample(&format!("samples/qeqqata/afterwards/{name}.xml")), end);
    names.iter().map(report).collect()
}

fn exports() -> Vec<Vec<u8>> {
    let export =
        "Dato;Tekst;Beløb;Saldo;Valørdato;Type;Adviseringer\r\n31-03-2022;SG-AB;-5.234,50;100,00;31-03-2022;;\r\n";
    let other = "Bogført;Tekst;Rentedato;Beløb;Saldo\n31-03-2022;Overf. SG-AB;31-03-2022;-5.234,50;0,00\n";
    let sdc = format!(
        "Kontonr.;Dato;Valørdato;Beløb;Valuta;Oprindeligt beløb;Oprindelig valuta;Mod-konto;Tekst\r\n\
         64710001234567;31-03-2022;31-03-2022;-5.234,50;DKK;;;;SG-AB;;B7;N{}\r\n",
        ";".repeat(49)
    );
    vec![export.into(), other.into(), sdc.into()]
}

/// The parts of a workbook, as the reader of this name takes them.
fn parts(workbook: &[u8]) -> Vec<u8> {
    let mut package = ZipArchive::new(Cursor::new(workbook)).expect("a workbook");
    let mut part = |name: &&str| {
        let mut bytes = Vec::new();
        package.by_name(name).expect("a part").read_to_end(&mut bytes).expect("reads");
        bytes
    };
    XLSX_PARTS.iter().map(&mut part).collect::<Vec<_>>().join(&PART)
}

fn smallest_workbook() -> Vec<u8> {
    let relations = |kind: &str, target: &str| {
        format!("<Relationships><Relationship Id=\"r1\" Type=\"x/{kind}\" Target=\"{target}\"/></Relationships>")
    };
    let cell = |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let headings = [("A1", "cpr"), ("B1", "navn"), ("C1", "konto"), ("D1", "beløb")].map(|(at, text)| cell(at, text));
    let parts = [
        relations("officeDocument", "xl/workbook.xml"),
        "<workbook><workbookPr date1904=\"1\"/><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>".into(),
        relations("worksheet", "worksheets/sheet1.xml"),
        format!(
            "<worksheet><cols><col min=\"1\" max=\"2\" hidden=\"1\"/></cols><sheetData><row r=\"1\">{}</row><row r=\"2\" hidden=\"1\">{}\
             <c r=\"D2\" s=\"1\"><v>1234.5</v></c></row></sheetData><mergeCells><mergeCell ref=\"A4:B5\"/></mergeCells></worksheet>",
            headings.concat(),
            cell("A2", "2110625629")
        ),
    ];
    parts.map(String::into_bytes).join(&PART)
}

fn fixture(name: &str) -> String {
    format!("tests/fixtures/ledgers/0.1.0-schema-5/{name}")
}

fn beside() -> Vec<Vec<u8>> {
    let ledger = LedgerId([1; 16]);
    let place = Place { machine: Some(Digest([2; 32])), folder: "/home/åse/50%".into() };
    let anchor = Anchor { ledger, epoch: 2, head: (7, Digest([3; 32])), place: place.clone() };
    let lines: String = (1..4).map(|seq| witness::line(seq, &Digest([seq as u8; 32]))).collect();
    let keys =
        ["operator-anna", "duplicate-0dadb4acfafbce70"].map(|name| sample(&fixture(&format!("keys/{name}.json"))));
    let [half, _] = RecoveryCode::new([4; 16]).split([5; 16]);
    let page = format!("Half 1\n\n{}\n", half.groups().join("-"));
    let notes =
        [anchor.to_bytes(), PlaceNote { ledger, place, known: Known::Outside }.to_bytes(), lines.into(), page.into()];
    notes.into_iter().chain(keys).collect()
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
     000G6900001090001NORFLYD&10300042&1040000001&11020220330&111000000000004510&112000000523450 &113D&117202203300004200001\
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
