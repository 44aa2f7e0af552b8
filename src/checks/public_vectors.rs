//! An agreement run: for each kind of number, those that its register, its bank or a public validator publishes, each with its verdict.
//!
//! Persons' numbers are published as made up; organisations' are their own. `cargo test --lib public_vectors -- --nocapture` prints how many of
//! each kind were compared.

use chrono::NaiveDate;

use super::{Code, Severity, read_person};
use crate::bank::door::{Door, built_in};
use crate::payment::{Country, PersonKind};
use crate::recipient_list::{Column, Instruction};

struct Vectors {
    kind: &'static str,
    /// Who publishes them.
    source: &'static str,
    judge: fn(&str) -> Result<(), Code>,
    sound: &'static [&'static str],
    wrong: &'static [(&'static str, Code)],
    /// Whether a changed last character is always noticed.
    last_is_checked: bool,
}

fn person(written: &str, kind: PersonKind, country: Country) -> Result<(), Code> {
    let today = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
    read_person(written, kind, country, today).map(drop).map_err(|problem| problem.code)
}

fn natural<const COUNTRY: usize>(written: &str) -> Result<(), Code> {
    person(written, PersonKind::Natural, COUNTRIES[COUNTRY])
}

fn organisation<const COUNTRY: usize>(written: &str) -> Result<(), Code> {
    person(written, PersonKind::Organisation, COUNTRIES[COUNTRY])
}

fn account<const COUNTRY: usize>(written: &str) -> Result<(), Code> {
    let door = match COUNTRY {
        SE => built_in("sweden").expect("a profile"),
        _ => Door::default(),
    };
    let row = Instruction::for_test(&[(Column::Account, written)]);
    let judged = super::account::check(&row, COUNTRIES[COUNTRY], COUNTRIES[COUNTRY], &door);
    match judged.problems.iter().find(|problem| problem.severity() == Severity::Error) {
        Some(problem) => Err(problem.code),
        None => Ok(()),
    }
}

const COUNTRIES: [Country; 5] = [Country::Dk, Country::Se, Country::No, Country::Fi, Country::Gl];
const DK: usize = 0;
const SE: usize = 1;
const NO: usize = 2;
const FI: usize = 3;
const GL: usize = 4;

fn all() -> Vec<Vectors> {
    use Code::{AccountChecksum, AccountMalformed, IdChecksum, IdDate, IdMalformed};
    vec![
        Vectors {
            kind: "SE personnummer",
            source: "Skatteverket, SCB: the numbers that explain the check digit; Tolvan Tolvansson",
            judge: natural::<SE>,
            sound: &["811218-9876", "19811218-9876", "640823-3234", "19640823-3234", "121212-1212", "191212121212"],
            wrong: &[("811318-9876", IdDate), ("640832-3234", IdDate), ("64823-3234", IdMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "SE samordningsnummer",
            source: "Skatteverket, SKV 707",
            judge: natural::<SE>,
            sound: &["701063-2391", "19701063-2391"],
            wrong: &[("701093-2391", IdDate)],
            last_is_checked: true,
        },
        Vectors {
            kind: "SE organisationsnummer",
            source: "of Stockholms stad, Göteborgs Stad, Skatteverket, Bankgirocentralen, Ericsson",
            judge: organisation::<SE>,
            sound: &["212000-0142", "212000-1355", "202100-5448", "556047-3521", "556016-0680"],
            wrong: &[("21200-0142", IdMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "NO fødselsnummer",
            source: "fnrinfo.no; NAV's fnrvalidator, whose numbers are made",
            judge: natural::<NO>,
            sound: &["31129956715", "13097248022", "29029648784", "29020075838", "15021951940", "311299 56715"],
            wrong: &[
                ("13097248032", IdChecksum),
                ("13097248023", IdChecksum),
                ("32127248022", IdDate),
                ("13137248022", IdDate),
                ("1234567890", IdMalformed),
                ("123456789101", IdMalformed),
                ("1234567891A", IdMalformed),
                // Of the test register Tenor: the month is 80 too high, and nobody is paid under it.
                ("10915596784", IdDate),
            ],
            last_is_checked: true,
        },
        Vectors {
            kind: "NO fødselsnummer of 2032",
            source: "Skatteetaten's description of the new check digits",
            judge: natural::<NO>,
            sound: &["02013299997", "30108299920", "30108299939"],
            wrong: &[("02013299987", IdChecksum), ("02013299996", IdChecksum)],
            last_is_checked: true,
        },
        Vectors {
            kind: "NO D-nummer",
            source: "NAV's fnrvalidator, whose numbers are made; the second by the check digits of 2032",
            judge: natural::<NO>,
            sound: &["53097248016", "70108299914"],
            wrong: &[("72097248016", IdDate)],
            last_is_checked: true,
        },
        Vectors {
            kind: "NO H-nummer",
            source: "NAV's fnrvalidator, whose numbers are made",
            judge: natural::<NO>,
            sound: &["13527248013"],
            wrong: &[],
            last_is_checked: true,
        },
        Vectors {
            kind: "NO organisasjonsnummer",
            source: "of Brønnøysundregistrene, Skatteetaten, Oslo kommune, Equinor",
            judge: organisation::<NO>,
            sound: &["974760673", "974761076", "958935420", "923609016", "974 760 673"],
            wrong: &[("97476067", IdMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "FI henkilötunnus",
            source: "DVV: the textbook number, and the made-up people with the signs of 2023",
            judge: natural::<FI>,
            sound: &[
                "131052-308T",
                "010594Y9032",
                "010594Y9021",
                "020594X903P",
                "020594X902N",
                "030594W903B",
                "030694W9024",
                "040594V9030",
                "040594V902Y",
                "050594U903M",
                "050594U902L",
                "010516B903X",
                "010516B902W",
                "020516C903K",
                "020516C902J",
                "030516D9037",
                "030516D9026",
                "010501E9032",
                "020502E902X",
                "020503F9037",
                "020504A902E",
                "020504B904H",
            ],
            wrong: &[("311152-308T", IdDate), ("131052G308T", IdMalformed), ("131052308T", IdMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "FI Y-tunnus",
            source: "of Helsinki, Nokia, Kela, Verohallinto, DVV",
            judge: organisation::<FI>,
            sound: &["0201256-6", "0112038-9", "0246246-0", "0245458-3", "0245437-2"],
            wrong: &[("02012566-1", IdMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "DK CPR",
            source: "the numbers that public descriptions of modulus 11 count through; without it a number is a warning, not wrong",
            judge: natural::<DK>,
            sound: &["070761-4285", "0707614285", "211062-5629", "251248-4916"],
            wrong: &[("320761-4285", IdDate), ("07076-14285", IdMalformed)],
            last_is_checked: false,
        },
        Vectors {
            kind: "DK CVR",
            source: "of Aarhus and Københavns Kommune, Danske Bank, Mærsk, Novo Nordisk",
            judge: organisation::<DK>,
            sound: &["55133018", "64942212", "61126228", "22756214", "24256790"],
            wrong: &[("5513301", IdMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "SE account, type 1",
            source: "accounts that public validators are tested with",
            judge: account::<SE>,
            sound: &["9071-4172383", "9661-1231236", "97891111113"],
            wrong: &[("9071-417238", AccountMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "SE account, type 2",
            source: "accounts that public validators are tested with; a bank on whose accounts the digit may fail is not told by it",
            judge: account::<SE>,
            sound: &["9180-1234567897", "3300 000620-5124", "6789123456789", "6875-123123127", "9960-1231231232"],
            wrong: &[("9180-12345678972", AccountMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "SE account, Swedbank",
            source: "accounts that public validators are tested with",
            judge: account::<SE>,
            sound: &["8424-4,983 189 224-6", "8351-9, 392 242 224-5", "8129-9,043 386 711-6"],
            wrong: &[("8424-1,983 189 224-6", AccountChecksum)],
            last_is_checked: false,
        },
        Vectors {
            kind: "SE bankgiro",
            source: "Bankgirot's manuals and own number; banktools-se",
            judge: account::<SE>,
            sound: &["BG 991-2346", "BG 5050-1055", "bankgiro 160-9908", "BG 5402-9681", "BG 902-0033"],
            wrong: &[("BG 505-105", AccountMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "SE plusgiro",
            source: "banktools-se, kontonummer.js",
            judge: account::<SE>,
            sound: &["PG 28 65 43-4", "plusgiro 4-2"],
            wrong: &[("PG 1", AccountMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "NO account",
            source: "the IBAN registry's own; norwegian-numbers; norsk-validator",
            judge: account::<NO>,
            sound: &["86011117947", "8601 11 17947", "1234 56 78903", "7694.05.12057"],
            wrong: &[("8601111794", AccountMalformed)],
            last_is_checked: true,
        },
        Vectors {
            kind: "IBAN (DK, FO, GL, SE, NO, FI, IS)",
            source: "SWIFT's IBAN registry; iban.com",
            judge: account::<GL>,
            sound: &[
                "DK5000400440116243",
                "FO6264600001631634",
                "GL8964710001000206",
                "SE4550000000058398257466",
                "NO9386011117947",
                "FI2112345600000785",
                "IS140159260076545510730339",
                "DK9520000123456789",
                "FO9264600123456789",
                "GL8964710123456789",
                "SE7280000810340009783242",
                "NO8330001234567",
                "FI1410093000123458",
                "IS750001121234563108962099",
            ],
            wrong: &[("GL896471000100020", AccountMalformed), ("FI21123456000007855", AccountMalformed)],
            last_is_checked: true,
        },
    ]
}

/// The number with another last character: the next digit, or for a check letter the one after it.
fn with_another_end(number: &str) -> String {
    let mut bytes = number.as_bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last = match *last {
            b'9' => b'0',
            b'Y' => b'X',
            b'F' | b'H' | b'N' | b'P' => *last + 2,
            last => last + 1,
        };
    }
    String::from_utf8(bytes).expect("ASCII")
}

#[test]
fn every_published_number_is_judged_as_its_publisher_judges_it() {
    let mut disagreeing = Vec::new();
    for Vectors { kind, source, judge, sound, wrong, last_is_checked } in all() {
        for number in sound {
            if let Err(code) = judge(number) {
                disagreeing.push(format!("{kind} {number}: {} and not sound", code.as_str()));
            }
            if last_is_checked {
                let changed = with_another_end(number);
                match judge(&changed) {
                    Err(code) if code.severity() == Severity::Error => {}
                    judged => disagreeing.push(format!("{kind} {changed}: {judged:?} and not wrong")),
                }
            }
        }
        for (number, expected) in wrong {
            if judge(number) != Err(*expected) {
                disagreeing.push(format!("{kind} {number}: {:?} and not {}", judge(number), expected.as_str()));
            }
        }
        println!("{kind:<36} {:>2} sound, {:>2} wrong   {source}", sound.len(), wrong.len());
    }
    assert!(disagreeing.is_empty(), "{}", disagreeing.join("\n"));
}
