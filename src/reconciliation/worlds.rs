//! Seeded worlds whose truth is known, and a simple auditor who works from the truth alone.
//!
//! A world is made of matters: what one person is owed for some days, what we and the bank did about it, and what upstream says of it, told by
//! a row for each obligation, by one row for several of them, or by our reference under days or a person number that say otherwise. The auditor
//! adds up what happened in a matter; it knows nothing of matching. A few matters are told in less than an obligation: of these nothing may be
//! asserted, only offered.

use std::collections::BTreeMap;

use super::finding::{Finding, Kind};
use super::*;
use crate::ops::reconcile::findings_of;
use crate::payment::{Country, Currency, PersonKind, Tag};

const WORLDS: u64 = 240;
const PERSONS: u32 = 25;
/// Few, so that different matters agree in their amounts by accident.
const AMOUNTS: [i64; 4] = [50_000, 75_000, 120_000, 523_450];

/// What one matter came to.
struct Matter {
    ours: Vec<FallbackPayment>,
    rows: Vec<UpstreamRow>,
    /// Whether upstream tells it by less than an obligation.
    vague: bool,
}

/// What the auditor makes of a matter: the kind, and fallback, paid, planned and owed in øre.
#[derive(Debug, PartialEq, Eq)]
struct Audited {
    kind: Kind,
    money: [i64; 4],
}

fn audit(matter: &Matter) -> Audited {
    let ours: i64 = matter.ours.iter().map(|p| p.amount.minor_units() * i64::from(p.times_standing)).sum();
    let of = |status| matter.rows.iter().filter(move |row| row.status == status);
    let sum = |status| of(status).map(|row| row.amount.minor_units()).sum::<i64>();
    let (paid, planned) = (sum(UpstreamStatus::Paid), sum(UpstreamStatus::Planned));
    // The generator lets upstream tell an amount a second time only for the same thing.
    let mut things: Vec<_> = matter.rows.iter().map(|row| (row.period, row.part.clone(), row.amount)).collect();
    things.sort_by_key(|(period, part, amount)| (*period, part.folded(), *amount));
    let told = things.len();
    things.dedup();
    let twice = of(UpstreamStatus::Paid).count() == told && things.len() < told;
    let owed = match matter.rows.len() {
        0 => matter.ours.iter().map(|p| p.amount.minor_units()).sum(),
        _ => things.iter().map(|(_, _, amount)| amount.minor_units()).sum(),
    };
    let kind = match (ours > 0, paid > 0, planned > 0, matter.rows.is_empty()) {
        (true, true, ..) => Kind::DoublePaid,
        (true, false, true, _) => Kind::DoublePlanned,
        _ if matter.ours.iter().any(|payment| payment.times_standing > 1) => Kind::BankDouble,
        _ if twice => Kind::UpstreamDouble,
        (true, .., true) => Kind::FallbackOnly,
        (true, ..) if ours > owed => Kind::Overpaid,
        (true, ..) if ours < owed => Kind::Underpaid,
        (true, ..) => Kind::Settled,
        (false, true, ..) | (false, _, true, _) => Kind::UpstreamOnly,
        _ if !matter.ours.is_empty() => Kind::Returned,
        _ => Kind::Unpaid,
    };
    Audited { kind, money: [ours, paid, planned, owed] }
}

/// A generator that gives the same numbers for the same seed everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}

fn person(number: u32) -> PersonId {
    PersonId::new(Country::Gl, PersonKind::Natural, format!("{number:010}"))
}

/// Twelve two-month places for each person: matters of one person never touch each other's days.
fn world(seed: u64) -> Vec<Matter> {
    let mut chance = Chance(seed);
    let mut matters = Vec::new();
    for number in 0..PERSONS {
        for place in 0..1 + chance.below(4) as u32 {
            matters.push(matter(&mut chance, number, place, matters.len() as u32));
        }
    }
    matters
}

fn matter(chance: &mut Chance, number: u32, place: u32, serial: u32) -> Matter {
    let month = |of: u32| format!("{}-{:02}", 2020 + place / 6, place % 6 * 2 + 1 + of);
    let amount = AMOUNTS[chance.below(4) as usize];
    // One month, two months, or two parts of one month.
    let shape = chance.below(4);
    let pieces: Vec<(String, &str)> = match shape {
        0 | 1 => vec![(month(0), "")],
        2 => vec![(month(0), ""), (month(1), "")],
        _ => vec![(month(0), "1"), (month(0), "2")],
    };
    let mut ours = Vec::new();
    if !chance.one_in(6) {
        for (at, (period, part)) in pieces.iter().enumerate() {
            let (standing, times) = match chance.below(8) {
                0 => (Standing::Returned, 0),
                1 => (Standing::Doubled, 2),
                2 => (Standing::None, 1),
                _ => (Standing::Settled, 1),
            };
            let end_to_end_id = EndToEndId {
                tag: Tag {
                    series: u64::from(number).to_be_bytes(),
                    obligation: (u64::from(serial) * 2 + at as u64).to_be_bytes(),
                },
                attempt: 1,
            };
            ours.push(FallbackPayment {
                end_to_end_id,
                batch: BatchId::new('B', 1),
                person: person(number),
                name: "Made Up".into(),
                scheme: Scheme::new("Pension").expect("a name"),
                period: period.parse().expect("a period"),
                part: Part::new(part),
                amount: Amount::from_minor_units(amount, Currency::Dkk),
                account: format!("DK{number:014}"),
                standing,
                times_standing: times,
                pay_on: NaiveDate::from_ymd_opt(2022, 4, 1).expect("a day"),
                booked_on: None,
                reason: None,
                other_amounts: Default::default(),
            });
        }
    }
    let status = [UpstreamStatus::Paid, UpstreamStatus::Planned, UpstreamStatus::Stopped][chance.below(3) as usize];
    let difference = if chance.one_in(4) { 10_000 } else { 0 };
    let row = |period: &str, part: &str, amount: i64, reference: String| UpstreamRow {
        person: Some(person(number)),
        name: String::new(),
        scheme: Scheme::new("PENSION"),
        period: period.parse().ok(),
        part: Part::new(part),
        amount: Amount::from_minor_units(amount, Currency::Dkk),
        account: String::new(),
        status,
        paid_on: None,
        reference,
        remark: String::new(),
        besides: 0,
    };
    let mut rows: Vec<UpstreamRow> = Vec::new();
    let mut vague = false;
    let together =
        (pieces[0].0.clone() + if shape == 2 { ".." } else { "" }) + if shape == 2 { &pieces[1].0 } else { "" };
    let whole = amount * pieces.len() as i64 + difference;
    match chance.below(7) {
        0 => {}
        // One row for all of it: the obligation itself, the days of two, or both parts.
        1 | 2 => rows.push(row(&together, "", whole, format!("R{serial}"))),
        3 if pieces.len() == 1 => {
            rows.push(row(&together, "", whole, format!("R{serial}")));
            rows.push(row(&together, "", whole, format!("S{serial}")));
        }
        // By our reference, under days that lie elsewhere or nowhere, and perhaps another number.
        4 if ours.len() == 1 => {
            let days = [month(0), "2031-01".into(), String::new()][chance.below(3) as usize].clone();
            let mut named = row(&days, "", whole, ours[0].end_to_end_id.to_string());
            named.person = [Some(person(number)), Some(person(9_000 + number)), None][chance.below(3) as usize].clone();
            rows.push(named);
        }
        // In less than an obligation.
        5 if ours.len() == 1 => {
            vague = true;
            let mut hinted = row(&month(0), "", amount, format!("R{serial}"));
            if chance.one_in(2) {
                hinted.period = None;
            } else {
                (hinted.person, hinted.account) = (Some(person(5_000 + serial)), ours[0].account.clone());
            }
            rows.push(hinted);
        }
        // Two months in one row with a component beside it.
        6 if shape == 2 => {
            rows.push(row(&together, "", whole, format!("R{serial}")));
            rows.push(row(&pieces[1].0, "", 30_000, format!("S{serial}")));
        }
        _ => rows.push(row(&together, "", whole, format!("R{serial}"))),
    }
    // Where upstream has a row for two of ours, or none, they are judged together or each by itself.
    Matter { ours, rows, vague }
}

/// A matter that nothing holds together is one for each of our payments.
fn apart(matter: Matter) -> Vec<Matter> {
    if !matter.rows.is_empty() || matter.ours.len() < 2 {
        return vec![matter];
    }
    matter.ours.into_iter().map(|payment| Matter { ours: vec![payment], rows: vec![], vague: false }).collect()
}

/// The finding about a payment or a row.
fn about<'a>(found: &'a [Finding], ours: &[FallbackPayment], rows: &[UpstreamRow]) -> Option<&'a Finding> {
    match (ours.first(), rows.first()) {
        (Some(payment), _) => found.iter().find(|finding| finding.end_to_end_ids.contains(&payment.end_to_end_id)),
        (None, Some(row)) => {
            found.iter().find(|finding| finding.upstream_references.iter().any(|known| *known == row.reference))
        }
        _ => None,
    }
}

fn money(finding: &Finding) -> [i64; 4] {
    let m = &finding.money;
    [m.fallback, m.upstream_paid, m.upstream_planned, m.owed].map(Amount::minor_units)
}

const DOUBLES: [Kind; 4] = [Kind::DoublePaid, Kind::DoublePlanned, Kind::BankDouble, Kind::UpstreamDouble];

#[test]
fn doubles_are_found_exactly_and_what_is_vague_is_only_offered() {
    let mut confusion: BTreeMap<(Kind, Kind), u64> = BTreeMap::new();
    let (mut right, mut asserted, mut real, mut offered) = (0u64, 0u64, 0u64, 0u64);
    let mut wrong = Vec::new();
    for seed in 1..=WORLDS {
        let matters: Vec<Matter> = world(seed).into_iter().flat_map(apart).collect();
        let payments: Vec<FallbackPayment> = matters.iter().flat_map(|matter| matter.ours.clone()).collect();
        let rows: Vec<UpstreamRow> = matters.iter().flat_map(|matter| matter.rows.clone()).collect();
        let found = findings_of(&payments, &rows, 4096);
        let mut total = [0i64; 3];
        for finding in &found {
            assert!(finding.money.balances(), "seed {seed}: {finding:?}");
            let m = &finding.money;
            let sums = [m.fallback, m.upstream_paid, m.owed].map(Amount::minor_units);
            total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        }
        let out: i64 = payments.iter().map(|p| p.amount.minor_units() * i64::from(p.times_standing)).sum();
        let paid = rows.iter().filter(|row| row.status == UpstreamStatus::Paid);
        assert_eq!(total[..2], [out, paid.map(|row| row.amount.minor_units()).sum()], "seed {seed}: no øre is lost");
        for matter in &matters {
            if matter.ours.is_empty() && matter.rows.is_empty() {
                continue;
            }
            if matter.vague {
                // Each side by itself, as if the other were not there; the doubling by the bank alone is certain.
                let certain = audit(&Matter { ours: matter.ours.clone(), rows: vec![], vague: false });
                let finding = about(&found, &matter.ours, &[]).expect("is found");
                let row = about(&found, &[], &matter.rows).expect("is found");
                if DOUBLES.contains(&finding.kind) != DOUBLES.contains(&certain.kind) || DOUBLES.contains(&row.kind) {
                    wrong.push(format!("seed {seed}: what is vague was asserted: {finding:?} {row:?}"));
                }
                if matter.ours[0].times_standing > 0 && (finding.matched.is_empty() || row.matched.is_empty()) {
                    wrong.push(format!("seed {seed}: what is vague was not offered: {finding:?} {row:?}"));
                }
                offered += 1;
                continue;
            }
            let truth = audit(matter);
            let finding = about(&found, &matter.ours, &matter.rows).expect("is found");
            *confusion.entry((truth.kind, finding.kind)).or_default() += 1;
            let (is, said) = (DOUBLES.contains(&truth.kind), DOUBLES.contains(&finding.kind));
            real += u64::from(is);
            asserted += u64::from(said);
            right += u64::from(is && truth.kind == finding.kind);
            // What agrees with something vague by accident is offered too; its money stays what it is.
            let same = truth.kind == finding.kind || finding.kind == Kind::PossibleDouble;
            if (is || said || !same) && truth.kind != finding.kind || truth.money != money(finding) {
                wrong.push(format!("seed {seed}: {truth:?} was taken for {finding:?}"));
            }
        }
    }
    println!("{WORLDS} worlds: what is (down) and what was found");
    for ((is, found), count) in &confusion {
        println!("  {:<16} {:<16} {count:>6}", is.as_str(), found.as_str());
    }
    println!("doubles: {real}, asserted: {asserted}, rightly: {right}; told in less than an obligation: {offered}");
    println!("precision {:.3}, recall {:.3}", right as f64 / asserted as f64, right as f64 / real as f64);
    assert!(wrong.is_empty(), "{} wrong, the first:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    assert_eq!((right, right), (asserted, real));
    assert!(real > 1_000 && offered > 100, "the worlds hold enough of each");
}
