//! An auditor much simpler than the lists' maker: it reads the bytes back, judges every row by the contract's words, and must come to what
//! the maker said beforehand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::flaw::Fate;
use super::people::Entitlement;
use super::*;
use crate::checks::Code;

fn outage(seed: u64, recipients: u64) -> Outage {
    Outage { seed, recipients, country: Country::Gl, period: "2022-04".parse().expect("a period") }
}

fn written(list: &MadeUpList) -> (Vec<u8>, Expected) {
    let mut bytes = Vec::new();
    let expected = list.write(&mut bytes).expect("memory takes all");
    (bytes, expected)
}

/// A row as it was found.
#[derive(Clone, Debug, Default)]
struct Found {
    row: u32,
    number: String,
    name: String,
    account: String,
    amount: String,
    scheme: String,
    period: String,
    instalment: String,
}

fn text_of(bytes: &[u8]) -> String {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes).0.into_owned(),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
        },
    }
}

/// No cell holds a line break, so the lines are the rows that a spreadsheet shows.
fn read_back(list: &MadeUpList, bytes: &[u8]) -> Vec<Found> {
    let text = text_of(bytes);
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.is_empty());
    let cells_of = |line: &str| -> Vec<String> {
        let delimiter = list.dialect.delimiter as u8;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(line.as_bytes());
        let record = reader.records().next().expect("a row").expect("a readable row");
        record.iter().map(str::to_owned).collect()
    };
    let fold = |heading: &String| heading.to_lowercase().replace([' ', '.', '-', '_'], "");
    let headings: Vec<String> = cells_of(lines.next().expect("headings").0).iter().map(fold).collect();
    lines.map(|(line, row)| found(row, &headings, &cells_of(line))).collect()
}

fn found(row: u32, headings: &[String], cells: &[String]) -> Found {
    assert_eq!(headings.len(), cells.len(), "row {row}");
    let mut found = Found { row, ..Found::default() };
    for (heading, cell) in headings.iter().zip(cells) {
        let to = match heading.as_str() {
            "personid" | "cprnr" | "personnummer" | "cprnummer" => &mut found.number,
            "name" | "navn" | "modtager" => &mut found.name,
            "regnr" | "account" | "konto" | "kontonr" | "kontonummer" => &mut found.account,
            "amount" | "beløb" | "belob" | "udbetaling" => &mut found.amount,
            "scheme" | "ydelse" | "ydelsestype" => &mut found.scheme,
            "period" | "periode" => &mut found.period,
            "rate" => &mut found.instalment,
            "valuta" | "text" => continue,
            other => panic!("{other} is a heading of no column"),
        };
        to.push_str(cell);
    }
    found
}

/// In øre; `None` for three decimals.
fn ore(list: &MadeUpList, amount: &str) -> Option<i64> {
    let decimal = if list.file_name == "barselsdagpenge.csv" { '.' } else { ',' };
    let (kroner, ore) = amount.split_once(decimal).unwrap_or((amount, "00"));
    let kroner: i64 = kroner.replace(['.', ' '], "").parse().unwrap_or_else(|_| panic!("{amount}"));
    assert!(ore.len() >= 2, "{amount}");
    (ore.len() == 2).then(|| kroner * 100 + ore.parse::<i64>().expect("digits"))
}

fn id_code(number: &str) -> Option<Code> {
    let digits: Option<Vec<u32>> = number.replace('-', "").chars().map(|c| c.to_digit(10)).collect();
    let Some(mut digits) = digits else { return Some(Code::IdMalformed) };
    let zero_lost = digits.len() == 9;
    if zero_lost {
        digits.insert(0, 0);
    }
    let [d1, d2, m1, m2, y1, y2, seventh, ..] = digits[..] else { panic!("{number}") };
    assert_eq!(digits.len(), 10);
    let year = (y1 * 10 + y2) as i32;
    let century = match (seventh, year) {
        (0..=3, _) | (4 | 9, 37..) => 1900,
        (4 | 9, _) | (5..=8, ..=57) => 2000,
        _ => 1800,
    };
    let day = (d1 * 10 + d2) % 60;
    assert!(zero_lost && century == 1800 && year < 68 || d1 >= 6 && century == 1900, "{number} could be somebody's");
    if chrono::NaiveDate::from_ymd_opt(century + year, m1 * 10 + m2, day).is_none() {
        return Some(Code::IdDate);
    }
    let sum: u32 = digits.iter().zip([4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).map(|(digit, weight)| digit * weight).sum();
    match (zero_lost, sum % 11) {
        (true, 0) => Some(Code::IdLeadingZero),
        (false, 0) => None,
        (_, _) => Some(Code::IdUnverified),
    }
}

fn account_code(account: &str) -> Option<Code> {
    let account = account.replace([' ', '-'], "");
    if account.is_empty() {
        return Some(Code::AccountMissing);
    }
    if account.starts_with(['G', 'D']) {
        assert_eq!(account.len(), 18, "{account}");
        let turned = format!("{}{}", &account[4..], &account[..4]);
        let digits: String = turned.chars().map(|c| c.to_digit(36).expect("an IBAN").to_string()).collect();
        let rest = digits.parse::<u128>().expect("digits") % 97;
        return (rest != 1).then_some(Code::AccountChecksum);
    }
    assert!(account.bytes().all(|b| b.is_ascii_digit()), "{account}");
    (account.len() > 14).then_some(Code::AccountMalformed)
}

/// What is to be said of a row by itself.
fn own_code(list: &MadeUpList, found: &Found) -> Option<Code> {
    let amount = ore(list, &found.amount);
    let candidates = [
        id_code(&found.number),
        found.name.is_empty().then_some(Code::NameMissing),
        found.name.contains('ĸ').then_some(Code::TextReplaced),
        account_code(&found.account),
        amount.is_none().then_some(Code::AmountPrecision),
        (amount == Some(0)).then_some(Code::AmountNotPositive),
        (amount > Some(10_000_000)).then_some(Code::AmountLimit),
    ];
    let mut codes = candidates.into_iter().flatten();
    let first = codes.next();
    assert_eq!(codes.next(), None, "row {} has two faults", found.row);
    first
}

fn audit(list: &MadeUpList, bytes: &[u8]) -> Expected {
    let mut rows = read_back(list, bytes);
    if list.dialect.total.is_some() {
        let total = rows.pop().expect("a total");
        assert_eq!((total.number.as_str(), total.name.as_str()), ("", "I alt"));
        let sum: i64 = rows.iter().filter_map(|found| ore(list, &found.amount)).sum();
        assert_eq!(ore(list, &total.amount), Some(sum), "the control total");
    }
    let mut same: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut alike: HashMap<(&str, &str), BTreeSet<&str>> = HashMap::new();
    for (at, found) in rows.iter().enumerate() {
        assert_eq!((found.scheme.as_str(), found.period.as_str()), (list.scheme.as_str(), "2022-04"));
        same.entry((&found.number, &found.instalment)).or_default().push(at);
        alike.entry((&found.name, &found.account)).or_default().insert(&found.number);
    }
    let mut expected = Expected::default();
    for (at, found) in rows.iter().enumerate() {
        let twins = &same[&(found.number.as_str(), found.instalment.as_str())];
        let conflict = twins.iter().any(|&twin| rows[twin].amount != found.amount);
        let suspect = alike[&(found.name.as_str(), found.account.as_str())].len() > 1;
        let (fate, code) = match own_code(list, found) {
            Some(code) => match code.as_str() {
                "amount.limit" => (Fate::Held, Some(code)),
                "id.unverified" | "id.leading_zero" | "text.replaced" => (Fate::Prepared, Some(code)),
                _ => (Fate::Rejected, Some(code)),
            },
            None if conflict => (Fate::Held, Some(Code::DuplicateConflict)),
            None if suspect => (Fate::Held, Some(Code::DuplicateSuspect)),
            None if twins[0] != at => (Fate::Duplicate, Some(Code::DuplicateSame)),
            None => (Fate::Prepared, None),
        };
        expected.note(found.row, ore(list, &found.amount).unwrap_or(0), fate, code);
    }
    expected
}

#[test]
fn an_honest_reader_finds_what_was_foretold() {
    for seed in [0, 1, 2022, u64::MAX] {
        for recipients in [5, 17, 255, 499, 500, 501, 2_550, 12_345] {
            for list in outage(seed, recipients).lists() {
                let (bytes, expected) = written(&list);
                assert_eq!(audit(&list, &bytes), expected, "{} of {recipients}, seed {seed}", list.file_name);
            }
        }
    }
}

#[test]
fn the_figures_close() {
    let lists: Vec<Expected> = outage(2022, 2_550).lists().iter().map(|list| written(list).1).collect();
    let all = Expected::together(&lists);
    let fates = [all.prepared, all.rejected, all.held, all.duplicate];
    assert_eq!(fates.iter().map(|tally| tally.rows).sum::<u64>(), all.read.rows);
    assert_eq!(fates.iter().map(|tally| tally.ore).sum::<i64>(), all.read.ore);
    let echoes = [Code::DuplicateSame, Code::DuplicateConflict, Code::DuplicateSuspect];
    let rows_of = |code| all.problems.get(code).map_or(0, |problem| problem.count);
    let [doubled, corrected, two_numbers] = echoes.each_ref().map(rows_of);
    assert_eq!(all.read.rows, 2_550 + doubled + corrected / 2 + two_numbers / 2, "second rows come on top");
}

#[test]
fn every_kind_of_flaw_occurs_from_five_hundred_recipients_on_and_scales() {
    let codes = |recipients| {
        let lists: Vec<Expected> = outage(3, recipients).lists().iter().map(|list| written(list).1).collect();
        let problems = Expected::together(&lists).problems;
        problems.into_iter().map(|(code, rows)| (code, rows.count)).collect::<BTreeMap<_, _>>()
    };
    let (few, many) = (codes(500), codes(25_500));
    assert_eq!(few.len(), 15, "{few:?}");
    assert_eq!(few.keys().collect::<Vec<_>>(), many.keys().collect::<Vec<_>>());
    for (code, count) in few {
        assert_eq!(many[&code], count * 10, "{code:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_other_people() {
    let bytes = |seed| outage(seed, 600).lists().iter().map(|list| written(list).0).collect::<Vec<_>>();
    assert_eq!(bytes(1), bytes(1));
    assert!(bytes(1).iter().zip(bytes(2)).all(|(one, other)| *one != other));
}

#[test]
fn each_list_is_in_a_dialect_and_a_file_of_its_own() {
    let lists = outage(1, 5).lists();
    let files: BTreeSet<&str> = lists.iter().map(|list| list.file_name.as_str()).collect();
    let dialects: BTreeSet<&str> = lists.iter().map(|list| list.dialect.description).collect();
    assert_eq!((files.len(), dialects.len()), (5, 5));
    assert!(files.iter().all(|file| file.is_ascii() && !file.contains(' ')));
}

#[test]
fn recipients_are_shared_out_in_the_real_proportions() {
    assert_eq!(share_out(2_550), [900, 500, 200, 750, 200]);
    assert_eq!(share_out(25_500), [9_000, 5_000, 2_000, 7_500, 2_000]);
    assert_eq!(share_out(5), [1; 5]);
    assert_eq!(share_out(0), [1; 5]);
    assert_eq!(share_out(u64::MAX).iter().sum::<u64>(), Outage::MOST);
    for recipients in 5..3_000 {
        let shares = share_out(recipients);
        assert_eq!(shares.iter().sum::<u64>(), recipients);
        assert!(shares.iter().all(|&share| share > 0), "{recipients}: {shares:?}");
    }
}

/// Everybody in the five lists, flaws apart.
fn everybody(seed: u64, recipients: u64) -> Vec<(usize, u64, Entitlement)> {
    let people = People::new(seed, Country::Gl, share_out(recipients));
    let places = (0..5).flat_map(|list| (0..people.recipients(list)).map(move |place| (list, place)));
    places.map(|(list, place)| (list, place, people.entitlement(list, place))).collect()
}

#[test]
fn a_number_is_one_person_and_an_account_is_one_person_or_one_couple() {
    let everybody = everybody(9, 60_000);
    let mut persons = HashMap::new();
    let mut owners: HashMap<u64, BTreeMap<String, String>> = HashMap::new();
    for (list, place, Entitlement { person, .. }) in &everybody {
        let first = persons.entry(person.number).or_insert_with(|| person.clone());
        assert_eq!(first, person, "list {list}, place {place}");
        owners.entry(person.account.number).or_default().insert(person.number.digits(), person.name.first_name_first());
    }
    let couples: Vec<_> = owners.values().filter(|names| names.len() > 1).collect();
    assert!(couples.len() > 500);
    for couple in couples {
        assert_eq!(couple.len(), 2);
        assert_eq!(
            couple.values().collect::<BTreeSet<_>>().len(),
            2,
            "{couple:?} would look like one person with two numbers"
        );
    }
    let obligations: BTreeSet<_> =
        everybody.iter().map(|(list, _, owed)| (*list, owed.person.number.digits(), owed.instalment)).collect();
    assert_eq!(obligations.len(), everybody.len(), "each is owed by itself");
}

#[test]
fn a_flawed_row_shares_its_person_and_account_with_nobody_in_its_list() {
    let people = People::new(9, Country::Gl, share_out(60_000));
    for list in 0..5 {
        let places = || 0..people.recipients(list);
        let mut recipients_on = HashMap::new();
        for place in places() {
            *recipients_on.entry(people.entitlement(list, place).person.account.number).or_insert(0) += 1;
        }
        for place in places().filter(|&place| people.flaw(list, place).is_some()) {
            let account = people.entitlement(list, place).person.account.number;
            assert_eq!(recipients_on[&account], 1, "list {list}, place {place}");
        }
    }
}

#[test]
fn the_sample_holds_what_is_unusual_and_lawful() {
    let everybody = everybody(2022, 2_550);
    let mut by_person: HashMap<String, Vec<&(usize, u64, Entitlement)>> = HashMap::new();
    for entry in &everybody {
        by_person.entry(entry.2.person.number.digits()).or_default().push(entry);
    }
    let pairs: Vec<_> = by_person.values().filter(|entries| entries.len() > 1).collect();
    assert!(pairs.iter().all(|entries| entries.iter().all(|entry| entry.2.ore == entries[0].2.ore)));
    let two_schemes = pairs.iter().filter(|entries| entries[0].0 != entries[1].0).count();
    let two_instalments = pairs.iter().filter(|entries| entries[0].0 == entries[1].0).count();
    assert!(two_schemes >= 3, "{two_schemes}");
    assert!(two_instalments >= 3, "{two_instalments}");
}

#[test]
fn ten_million_recipients_have_ten_million_numbers() {
    let people = People::new(1, Country::Gl, share_out(Outage::MOST));
    for (list, one) in BENEFITS.iter().enumerate() {
        let (needed, spare) = people.spare_numbers(list);
        assert!(spare >= needed / 50, "list {list}: {needed} recipients, {spare} numbers to spare for second ones");
        for two in &BENEFITS[..list] {
            let apart = one.serials.end <= two.serials.start || two.serials.end <= one.serials.start;
            let generations_apart =
                one.years_of_birth.1 < two.years_of_birth.0 || two.years_of_birth.1 < one.years_of_birth.0;
            assert!(apart || generations_apart, "{} and {} could share a number", one.scheme, two.scheme);
        }
    }
}

#[test]
fn payers_elsewhere_in_the_realm_have_accounts_of_their_own() {
    for (country, home) in
        [(Country::Gl, "6471-"), (Country::Fo, "6460-"), (Country::Dk, "2999-"), (Country::Se, "6471-")]
    {
        let lists = Outage { country, ..outage(1, 2_550) }.lists();
        let text = text_of(&written(&lists[0]).0);
        assert!(text.matches(home).count() > 700, "{country}");
    }
}

/// What comes after, with references that only this test makes.
fn afterwards_of(outage: &Outage, judge: &mut dyn FnMut(&Afterwards)) {
    let reference = |obligation: &crate::payment::Obligation| {
        let text = format!("{obligation:?}{}", obligation.person.whole());
        let digest = <sha2::Sha256 as sha2::Digest>::digest(text);
        let mut tag = crate::payment::Tag { series: [0; 8], obligation: [0; 8] };
        tag.series.copy_from_slice(&digest[..8]);
        tag.obligation.copy_from_slice(&digest[8..16]);
        crate::payment::EndToEndId { tag, attempt: 1 }
    };
    let sums = [SumBooked { payment_information_id: "P1".into(), payments: 1, ore: 1 }];
    judge(&outage.afterwards("2022-04-01".parse().expect("a day"), &reference, &sums));
}

#[test]
fn every_story_and_every_verdict_occurs_and_the_equation_closes() {
    use crate::reconciliation::finding::Kind;
    for seed in [0, 1, 2022] {
        afterwards_of(&outage(seed, 2_550), &mut |afterwards| {
            let truth = afterwards.truth();
            let kinds: Vec<Kind> = truth.by_kind.keys().copied().collect();
            assert_eq!(kinds, Kind::ALL, "seed {seed}");
            assert!(truth.repeated > 0);
            for share in truth.by_kind.values() {
                let [fallback, paid, _, owed, overpaid, underpaid] = share.ore;
                assert_eq!(fallback + paid, owed + overpaid - underpaid);
            }
            let told = afterwards.bank_told();
            let prepared: u64 = afterwards.lists.iter().map(|list| written(list).1.prepared.rows).sum();
            let all = [told.accepted, told.settled, told.in_sums, told.rejected, told.returned, told.doubled];
            assert_eq!(all.iter().sum::<u64>(), prepared, "the bank has a word on each");
            assert!(all.iter().all(|count| *count > 0), "{told:?}");
        });
    }
}

#[test]
fn a_truth_tells_two_findings_apart_that_add_up_alike() {
    let mut one = Truth::default();
    let mut other = Truth::default();
    let about = |person| truth::About { person, scheme: "Pension", period: "2022-04", part: "" };
    for (truth, [first, second]) in [(&mut one, [100, 200]), (&mut other, [200, 100])] {
        truth.unpaid(story::Upstream::Paid, first, about("7012821128"));
        truth.unpaid(story::Upstream::Paid, second, about("6112903338"));
    }
    assert_eq!(one.by_kind, other.by_kind);
    assert!(!one.agrees(&other), "the money is the same and the people are not");
    assert!(one.agrees(&one.clone()));
}

#[test]
fn the_restored_systems_rows_are_those_of_the_truth() {
    afterwards_of(&outage(5, 2_550), &mut |afterwards| {
        let mut sums = [0; 2];
        for (sum, run) in sums.iter_mut().zip([true, false]) {
            let mut bytes = Vec::new();
            let written = if run { afterwards.write_run(&mut bytes) } else { afterwards.write_proposal(&mut bytes) };
            written.expect("memory takes all");
            let text = String::from_utf8(bytes).expect("UTF-8");
            let rows: BTreeSet<&str> = text.lines().skip(1).collect();
            let paying = rows.iter().filter(|row| row.contains("udbetalt") || row.contains("planlagt"));
            let amounts = paying.filter_map(|row| row.split(';').nth(6)?.replace(',', "").parse::<i64>().ok());
            *sum = amounts.sum();
        }
        let truth = afterwards.truth();
        let [paid, planned] = [1, 2].map(|column| truth.by_kind.values().map(|share| share.ore[column]).sum::<i64>());
        assert_eq!(sums, [paid, planned], "equal rows count once");
    });
}

#[test]
fn the_banks_reports_add_up_and_name_nobody() {
    afterwards_of(&outage(5, 600), &mut |afterwards| {
        let mut statement = Vec::new();
        afterwards.write_statement(&mut statement).expect("memory takes all");
        let mut end = None;
        crate::bank::report::read(&statement[..], crate::payment::Currency::Dkk, &mut |item| {
            if let crate::bank::report::Item::StatementEnd(told) = item {
                end = Some(told.difference(crate::payment::Currency::Dkk));
            }
            Ok(())
        })
        .expect("a statement");
        assert_eq!(end, Some(None), "opening, entries and closing agree");
        let text = String::from_utf8(statement).expect("UTF-8");
        afterwards
            .each(&mut |recipient| {
                assert!(!text.contains(&recipient.person) && !text.contains(&recipient.name));
                Ok(())
            })
            .expect("nothing is written");
    });
}
