//! The town that the screens are about, and how what they say is made the same in every run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDateTime;
use stopgap::bank::pain001::read_back;
use stopgap::ops::prepare::Request;
use stopgap::ops::{self, Now, Workspace, World};
use stopgap::payment::BatchId;
use stopgap::words::{Language, speak};

use crate::fixture::{KNOWN, new_workspace};

/// Made-up people: day + 60, numbers that are in no register.
const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode;payee_name;payee_account
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Pension;2026-11;;
6112903338;Malik Kreutzmann;6471-0000100002;200,00;Pension;2026-11;;
6506751118;Aviaaja Møller;6471-0000100003;300,00;Pension;2026-11;;
6709614150;Ivik Olsen;6471-0000100004;400,00;Pension;2026-11;;
6704471120;Nivi Lynge;;500,00;Boligsikring;2026-11;Sermersooq Bolig;6471-0000100005
6601801234;Aka-Lise Inequnaaluk Heilmann-Qaavigarsuaq;6471-0000100006;600,00;Boligsikring;2026-11;;
";

/// What upstream has: the first paid again, the second stopped, the third planned; the fourth and the rest not known, and one that was never paid.
pub const RUN: &str = "person_id;name;scheme;period;amount;status;paid_on;reference
7012821128;Pipaluk Berthelsen;Pension;2026-11;5234,50;paid;2026-11-30;r1
6112903338;Malik Kreutzmann;Pension;2026-11;200,00;stopped;;r2
6506751118;Aviaaja Møller;Pension;2026-11;300,00;planned;;r3
6812123456;Sofie Made-Up;Pension;2026-11;650,00;stopped;;r4
";

/// The bank takes one payment back.
pub const ANSWER: &str = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.029.001.09\"><RsltnOfInvstgtn><Assgnmt><Id>A1</Id>\
<CreDtTm>2026-11-24T10:00:00</CreDtTm></Assgnmt><RslvdCase><Id>CASE</Id><Cretr><Pty><Nm>Q</Nm></Pty></Cretr></RslvdCase><Sts><Conf>CNCL</Conf>\
</Sts><CxlDtls><OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>REFERENCE</OrgnlEndToEndId>\
<TxCxlSts>ACCR</TxCxlSts></TxInfAndSts></OrgnlPmtInfAndSts></CxlDtls></RsltnOfInvstgtn></Document>";

/// What was truly owed: one more, one less, one nothing, one unknown before.
pub const OWED: &str = "cpr;navn;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;5.000,00;Pension;2026-11
6112903338;Malik Kreutzmann;250,00;Pension;2026-11
6506751118;Aviaaja Møller;0,00;Pension;2026-11
6704471120;Nivi Lynge;500,00;Boligsikring;2026-11
6812123456;Sofie Made-Up;650,00;Pension;2026-11
";

pub const MARCH: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Pension;2026-10
6112903338;Malik Kreutzmann;6471-0000100002;200,00;Pension;2026-10
6506751118;Aviaaja Møller;6471-0000100003;300,00;Pension;2026-10
6709614150;Ivik Olsen;6471-0000100004;400,00;Pension;2026-10
";

pub const CHANGES: &str = "cpr;ændring;ydelse;navn;konto;beløb
6112903338;død;;;;
6506751118;ophørt;Pension;;;
6709614150;ændret;Pension;Ivik Olsen;6471-0000100009;450,00
6812123456;ny;Pension;Sofie Made-Up;6471-0000100010;650,00
";

pub fn world() -> World<'static> {
    let local: NaiveDateTime = "2026-11-20T22:00:00".parse().expect("a time");
    World { now: Now { unix: local.and_utc().timestamp(), local }, passphrases: &KNOWN, say: &|_| {} }
}

/// A screen's name, and what stands on it.
pub type Seen = (&'static str, String);

/// The language and the working folder are the process's: one town at a time. Files are then told by their names alone.
pub fn in_turn(play: impl FnOnce() -> Vec<Seen>) -> Vec<Seen> {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    std::env::set_current_dir(&folder).expect("goes there");
    let seen = play();
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("goes back");
    seen
}

/// Of more letters than any column has.
pub const LONG: &str =
    "Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww";

/// What a terminal would obey, an eye misread, and a column not hold.
pub fn hostile(text: &str) -> String {
    let largest = |text: &str, thousands: &str, decimal: &str| {
        let groups = ["9", "000", "000", "000", "000", "000"].join(thousands);
        (text.to_owned(), format!("{groups}{decimal}00"))
    };
    let amounts = [largest("5.234,50", ".", ","), largest("5234,50", "", ","), largest("5234.50", "", ".")];
    let names = [
        ("Pipaluk Berthelsen", "Pia \u{1b}[2J\u{1b}]0x\u{7}7012821128"),
        ("Malik Kreutzmann", "Anna \u{202e}neslreB\u{2066}"),
        ("Aviaaja Møller", LONG),
        ("Ivik Olsen", "Ivik \u{645}\u{62d}\u{645}\u{62f} \u{5d0}\u{5d1}\u{5d2}"),
        ("Nivi Lynge", "Zoe\u{200b}\u{301}\u{301}\u{301} \u{feff}Made-Up"),
        ("Sofie Made-Up", "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} Made-Up"),
        ("Boligsikring", "Bolig\u{1b}[31m\u{202e}gnirkis"),
        ("Ukendt", "\u{9b}31mUkendt"),
    ];
    let names = names.map(|(plain, dressed)| (plain.to_owned(), dressed.to_owned()));
    // A plan of instalments for so much.
    let instalment = ("2000.00".to_owned(), "900000000000000.00".to_owned());
    names
        .into_iter()
        .chain(amounts)
        .chain([instalment])
        .fold(text.to_owned(), |text, (plain, dressed)| text.replace(&plain, &dressed))
}

/// Nothing that a terminal obeys or that turns the direction of reading, nobody's whole number, and nothing beyond the 80th column that
/// could have stood below.
pub fn check(name: &str, screen: &str) {
    let obeyed = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    assert!(!screen.contains(obeyed), "{name}: {screen:?}");
    for number in ["7012821128", "6112903338", "6506751118", "6709614150", "6704471120", "6601801234", "6812123456"] {
        let written = format!("{}-{}", &number[..6], &number[6..]);
        assert!(!screen.contains(number) && !screen.contains(&written), "{name} shows {number}: {screen}");
    }
    // No figure is broken in two: where quadrillions stand, a line may be longer.
    let widest = if ["000,000,000", "000.000.000"].iter().any(|figure| screen.contains(figure)) { 120 } else { 80 };
    for line in screen.lines() {
        assert!(line.chars().count() <= widest, "{name}: {line}");
    }
}

pub struct Town {
    pub workspace: Workspace,
    /// End-to-end ids by amount.
    references: BTreeMap<String, String>,
}

impl Town {
    pub fn of_nobody(dress: &dyn Fn(&str) -> String) -> Self {
        let path = PathBuf::from("workspace");
        ops::init::init(&world(), &path, &new_workspace()).expect("a workspace");
        let settings = fs::read_to_string("workspace/stopgap.toml").expect("settings");
        let unlimited = settings.replace("payment = \"100000.00\"", "payment = \"9999999999999999.99\"");
        fs::write("workspace/stopgap.toml", dress(&unlimited)).expect("writes");
        Self { workspace: Workspace::open(&path).expect("opens"), references: BTreeMap::new() }
    }

    /// Six people are paid in one file.
    pub fn new(dress: &dyn Fn(&str) -> String) -> Self {
        let mut town = Self::of_nobody(dress);
        town.write("list.csv", &dress(LIST));
        let request = Request { lists: vec!["list.csv".into()], ..Request::default() };
        let (who, batch) = (Some("anna"), BatchId::new('B', 1));
        let report = ops::prepare::prepare(&mut town.workspace, &world(), who, &request, false).expect("prepares");
        assert_eq!(report.fates.prepared.count, 6, "{}", stopgap::cli::screen::prepared(&report, false));
        let digest = town.workspace.state.batches[&batch].digest;
        ops::approve::approve(&mut town.workspace, &world(), Some("malik"), batch, &digest).expect("approves");
        ops::release::release(&mut town.workspace, &world(), who, batch).map(drop).expect("releases");
        let [file] = town.workspace.state.batches[&batch].prepared.plan.files.as_slice() else { panic!("one file") };
        let path = town.workspace.folder().join("out/B0001").join(&file.name);
        let references = &mut town.references;
        let largest = dress("5234.50");
        read_back(std::io::BufReader::new(fs::File::open(path).expect("the bank file")), |payment| {
            let amount = payment.amount.to_string();
            let amount = if amount == largest { "5234.50".to_owned() } else { amount };
            references.insert(amount, payment.end_to_end_id);
            Ok(())
        })
        .expect("reads back");
        town
    }

    pub fn write(&self, name: &str, content: &str) {
        fs::write(name, content).expect("writes");
    }

    pub fn reference(&self, amount: &str) -> String {
        self.references.get(amount).unwrap_or_else(|| panic!("{amount} was not paid: {:?}", self.references)).clone()
    }

    /// The finding of a kind, by the file of the last comparison.
    pub fn finding(&self, kind: &str) -> String {
        let mut findings = csv::Reader::from_path("found/findings.csv").expect("findings");
        let mut rows = findings.records().map(|row| row.expect("a row"));
        rows.find(|row| &row[1] == kind).unwrap_or_else(|| panic!("no {kind}"))[0].to_owned()
    }

    /// The first two are booked, the fourth comes back, the fifth is booked twice; something else left, and more is owed an explanation.
    pub fn statement(&self) -> String {
        let mut entries = String::new();
        let mut entry = |mark: &str, amount: &str, day: u32, inner: &str| {
            write!(
                entries,
                "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-{day}</Dt></BookgDt>\
                 <AcctSvcrRef>{mark}-{amount}-{day}</AcctSvcrRef><BkTxCd/>{inner}</Ntry>"
            )
            .expect("writes");
        };
        let of = |amount: &str, more: &str| {
            let id = self.reference(amount);
            format!("<NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>{more}</TxDtls></NtryDtls>")
        };
        for (amount, day) in [("5234.50", 23), ("200.00", 23), ("400.00", 23), ("500.00", 23), ("500.00", 24)] {
            entry("DBIT", amount, day, &of(amount, ""));
        }
        entry("CRDT", "400.00", 25, &of("400.00", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"));
        let foreign = "<NtryDtls><TxDtls><RltdPties><Cdtr><Nm>Ukendt \u{202e}A/S</Nm></Cdtr></RltdPties><RmtInf><Ustrd>Ukendt 7012821128</Ustrd>\
                       </RmtInf></TxDtls></NtryDtls>";
        entry("DBIT", "777.00", 25, foreign);
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><GrpHdr><MsgId>S7</MsgId><CreDtTm>2026-11-26T06:00:00\
             </CreDtTm></GrpHdr><Stmt><Id>S7</Id><CreDtTm>2026-11-26T06:00:00</CreDtTm><Acct><Id><IBAN>GL8964710001234567</IBAN></Id></Acct>\
             {entries}</Stmt></BkToCstmrStmt></Document>"
        )
    }

    /// A screen in each language, its references masked.
    pub fn both(&self, screen: impl Fn() -> String) -> String {
        let said = Language::ALL.map(|language| {
            speak(language);
            self.masked(screen())
        });
        speak(Language::English);
        said.join("\n==== da\n\n")
    }

    fn masked(&self, screen: String) -> String {
        let known = self.references.iter();
        let mut screen = known.fold(screen, |screen, (amount, id)| {
            let mask = format!("[{amount}]");
            screen.replace(id.as_str(), &format!("{mask:·<27}"))
        });
        // Of messages: the middle is of this ledger alone.
        for recall in self.workspace.state.recalls.values() {
            let id = &recall.recorded.message_id;
            screen = screen.replace(id, &"·".repeat(id.chars().count()));
        }
        while let Some(at) = screen.find("REC-") {
            let end = at + screen[at..].find(char::is_whitespace).unwrap_or(screen.len() - at);
            screen.replace_range(at..end, &format!("REC·{}", "·".repeat(end - at - 4)));
        }
        for plan in self.workspace.state.batches.values().flat_map(|batch| &batch.prepared.plan.files) {
            let mask = "·".repeat(plan.message_id.chars().count());
            screen = screen.replace(&plan.message_id, &mask);
        }
        screen
    }
}
