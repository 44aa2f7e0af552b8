//! Worlds and their verdicts.

use super::finding::{Finding, judge};
use super::matching::group;
use super::*;
use crate::payment::{Country, Currency, PersonKind, Tag};

/// person, scheme, period, part, amount, times standing, attempt
fn ours(person: u32, period: &str, part: &str, amount: i64, standing: Standing, times: u32) -> FallbackPayment {
    let number = format!("{person:010}");
    let mut obligation = [0; 8];
    let key = format!("{period}{part}");
    for (at, byte) in key.bytes().enumerate() {
        obligation[at % 8] ^= byte.rotate_left(at as u32);
    }
    FallbackPayment {
        end_to_end_id: EndToEndId { tag: Tag { series: u64::from(person).to_be_bytes(), obligation }, attempt: 1 },
        batch: BatchId::new('B', 1),
        person: PersonId::new(Country::Gl, PersonKind::Natural, number),
        name: format!("Person {person}"),
        scheme: Scheme::new("Pension").expect("a name"),
        period: period.parse().expect("a period"),
        part: Part::new(part),
        amount: Amount::from_minor_units(amount, Currency::Dkk),
        account: format!("DK{person:014}"),
        standing,
        times_standing: times,
    }
}

fn paid_by_us(person: u32, period: &str, amount: i64) -> FallbackPayment {
    ours(person, period, "", amount, Standing::Settled, 1)
}

fn theirs(person: u32, period: &str, part: &str, amount: i64, status: UpstreamStatus) -> UpstreamRow {
    UpstreamRow {
        person: Some(PersonId::new(Country::Gl, PersonKind::Natural, format!("{person:010}"))),
        name: String::new(),
        scheme: Scheme::new("pension"),
        period: period.parse().ok(),
        part: Part::new(part),
        amount: Amount::from_minor_units(amount, Currency::Dkk),
        account: format!("DK{person:014}"),
        status,
        paid_on: None,
        reference: String::new(),
    }
}

fn referred(row: UpstreamRow, reference: &str) -> UpstreamRow {
    UpstreamRow { reference: reference.into(), ..row }
}

fn findings(payments: &[FallbackPayment], rows: &[UpstreamRow]) -> Vec<Finding> {
    let groups = group(payments, rows);
    judge(payments, rows, &groups, Currency::Dkk).expect("small sums")
}

/// `kind remedy fallback+paid/planned owed +over -under match`, in øre.
fn said(finding: &Finding) -> String {
    let m = &finding.money;
    assert!(m.balances(), "{finding:?}");
    let [fallback, paid, planned, owed, over, under] =
        [m.fallback, m.upstream_paid, m.upstream_planned, m.owed, m.overpaid, m.underpaid].map(Amount::minor_units);
    let (kind, remedy) = (finding.kind.as_str(), finding.remedy.as_str());
    format!("{kind} {remedy} {fallback}+{paid}/{planned} {owed} +{over} -{under} {}", finding.matched)
        .trim_end()
        .to_owned()
}

#[test]
fn every_row_of_the_table_and_its_corners() {
    use UpstreamStatus::{Paid, Planned, Stopped};
    let april = |amount, status| theirs(1, "2022-04", "", amount, status);
    let us = |amount| paid_by_us(1, "2022-04", amount);
    let back = |standing| ours(1, "2022-04", "", 500, standing, 0);
    let doubled = || ours(1, "2022-04", "", 500, Standing::Doubled, 2);
    /// A world's name, what we paid, what upstream says, and what is found.
    type World = (&'static str, Vec<FallbackPayment>, Vec<UpstreamRow>, Vec<&'static str>);
    let table: Vec<World> = vec![
        (
            "both paid",
            vec![us(500)],
            vec![april(500, Paid)],
            vec!["double_paid recover 500+500/0 500 +500 -0 obligation"],
        ),
        (
            "both paid, upstream more",
            vec![us(500)],
            vec![april(700, Paid)],
            vec!["double_paid recover 500+700/0 700 +500 -0 obligation"],
        ),
        (
            "about to pay",
            vec![us(500)],
            vec![april(500, Planned)],
            vec!["double_planned stop 500+0/500 500 +0 -0 obligation"],
        ),
        (
            "about to pay more",
            vec![us(500)],
            vec![april(700, Planned)],
            vec!["double_planned reduce 500+0/700 700 +0 -200 obligation"],
        ),
        (
            "about to pay less",
            vec![us(500)],
            vec![april(300, Planned)],
            vec!["double_planned stop 500+0/300 300 +200 -0 obligation"],
        ),
        (
            "the bank twice",
            vec![doubled()],
            vec![april(500, Stopped)],
            vec!["bank_double recover 1000+0/0 500 +500 -0 obligation"],
        ),
        ("the bank twice, upstream silent", vec![doubled()], vec![], vec!["bank_double recover 1000+0/0 500 +500 -0"]),
        (
            "bank twice and upstream once",
            vec![doubled()],
            vec![april(500, Paid)],
            vec!["double_paid recover 1000+500/0 500 +1000 -0 obligation"],
        ),
        (
            "upstream twice",
            vec![],
            vec![referred(april(500, Paid), "a"), referred(april(500, Paid), "b")],
            vec!["upstream_double decide 0+1000/0 500 +500 -0"],
        ),
        ("components", vec![], vec![april(500, Paid), april(200, Paid)], vec!["upstream_only none 0+700/0 700 +0 -0"]),
        ("stopped", vec![us(500)], vec![april(500, Stopped)], vec!["settled none 500+0/0 500 +0 -0 obligation"]),
        (
            "stopped, we paid more",
            vec![us(500)],
            vec![april(400, Stopped)],
            vec!["overpaid recover 500+0/0 400 +100 -0 obligation"],
        ),
        (
            "stopped, we paid less",
            vec![us(500)],
            vec![april(600, Stopped)],
            vec!["underpaid top_up 500+0/0 600 +0 -100 obligation"],
        ),
        ("upstream silent", vec![us(500)], vec![], vec!["fallback_only write_back 500+0/0 500 +0 -0"]),
        ("only upstream", vec![], vec![april(500, Paid)], vec!["upstream_only none 0+500/0 500 +0 -0"]),
        (
            "came back, upstream pays",
            vec![back(Standing::Returned)],
            vec![april(500, Paid)],
            vec!["upstream_only none 0+500/0 500 +0 -0 obligation"],
        ),
        (
            "rejected, upstream plans",
            vec![back(Standing::Rejected)],
            vec![april(500, Planned)],
            vec!["upstream_only none 0+0/500 500 +0 -500 obligation"],
        ),
        ("came back", vec![back(Standing::Returned)], vec![], vec!["returned pay_again 0+0/0 500 +0 -500"]),
        (
            "came back, upstream stopped",
            vec![back(Standing::Returned)],
            vec![april(500, Stopped)],
            vec!["returned pay_again 0+0/0 500 +0 -500 obligation"],
        ),
        ("nobody paid", vec![], vec![april(500, Stopped)], vec!["unpaid pay 0+0/0 500 +0 -500"]),
        (
            "two months in one upstream row",
            vec![us(500), paid_by_us(1, "2022-03", 500)],
            vec![theirs(1, "2022-03..2022-04", "", 1000, Paid)],
            vec!["double_paid recover 1000+1000/0 1000 +1000 -0 overlap"],
        ),
        (
            "parts against a row without one",
            vec![
                ours(1, "2022-04", "1", 300, Standing::Settled, 1),
                ours(1, "2022-04", "2", 200, Standing::Settled, 1),
            ],
            vec![april(500, Paid)],
            vec!["double_paid recover 500+500/0 500 +500 -0 overlap"],
        ),
        (
            "a part for a part",
            vec![
                ours(1, "2022-04", "1", 300, Standing::Settled, 1),
                ours(1, "2022-04", "2", 200, Standing::Settled, 1),
            ],
            vec![theirs(1, "2022-04", "2", 200, Paid)],
            vec!["fallback_only write_back 300+0/0 300 +0 -0", "double_paid recover 200+200/0 200 +200 -0 obligation"],
        ),
        (
            "another person number, the same account and amount",
            vec![us(500)],
            vec![UpstreamRow { account: format!("DK{:014}", 1), ..theirs(2, "2022-04", "", 500, Paid) }],
            vec!["possible_double decide 500+0/0 500 +0 -0 F0002", "possible_double decide 0+500/0 500 +0 -0 F0001"],
        ),
        (
            "no usable period",
            vec![us(500)],
            vec![theirs(1, "", "", 500, Paid)],
            vec!["possible_double decide 0+500/0 500 +0 -0 F0002", "possible_double decide 500+0/0 500 +0 -0 F0001"],
        ),
        (
            "a tie is reported, not picked",
            vec![us(500), paid_by_us(1, "2022-05", 500)],
            vec![theirs(1, "", "", 500, Paid)],
            vec![
                "possible_double decide 0+500/0 500 +0 -0 F0002+F0003",
                "possible_double decide 500+0/0 500 +0 -0 F0001",
                "possible_double decide 500+0/0 500 +0 -0 F0001",
            ],
        ),
        (
            "no person number, the same account and amount: two banks' files agree in no more",
            vec![us(500)],
            vec![UpstreamRow { person: None, scheme: None, period: None, ..april(500, Planned) }],
            vec!["possible_double decide 0+0/500 500 +0 -500 F0002", "possible_double decide 500+0/0 500 +0 -0 F0001"],
        ),
        (
            "no person number and another account is another matter",
            vec![us(500)],
            vec![UpstreamRow { person: None, account: "DK9".into(), ..april(500, Planned) }],
            vec!["upstream_only none 0+0/500 500 +0 -500", "fallback_only write_back 500+0/0 500 +0 -0"],
        ),
        (
            "no person number, but our reference",
            vec![us(500)],
            vec![UpstreamRow {
                person: None,
                scheme: None,
                period: None,
                ..referred(april(500, Paid), &us(500).end_to_end_id.to_string())
            }],
            vec!["double_paid recover 500+500/0 500 +500 -0 own_reference"],
        ),
        (
            "no benefit, the same person and amount",
            vec![us(500)],
            vec![UpstreamRow { scheme: None, period: None, ..april(500, Paid) }],
            vec!["possible_double decide 0+500/0 500 +0 -0 F0002", "possible_double decide 500+0/0 500 +0 -0 F0001"],
        ),
        (
            "no benefit, and days that do not touch",
            vec![us(500)],
            vec![UpstreamRow { scheme: None, ..theirs(1, "2022-06", "", 500, Paid) }],
            vec!["upstream_only none 0+500/0 500 +0 -0", "fallback_only write_back 500+0/0 500 +0 -0"],
        ),
        (
            "another benefit without a period is another matter",
            vec![us(500)],
            vec![UpstreamRow { scheme: Scheme::new("Barsel"), ..theirs(1, "", "", 500, Paid) }],
            vec!["upstream_only none 0+500/0 500 +0 -0", "fallback_only write_back 500+0/0 500 +0 -0"],
        ),
        (
            "no benefit, but upstream's reference is our part",
            vec![ours(1, "2022-04", "INV-7", 500, Standing::Settled, 1)],
            vec![UpstreamRow { scheme: None, period: None, ..referred(april(500, Paid), "inv-7") }],
            vec!["double_paid recover 500+500/0 500 +500 -0 upstream_reference"],
        ),
        (
            "no period and another amount is another matter",
            vec![us(500)],
            vec![theirs(1, "", "", 400, Paid)],
            vec!["upstream_only none 0+400/0 400 +0 -0", "fallback_only write_back 500+0/0 500 +0 -0"],
        ),
        (
            "our reference under another period",
            vec![us(500)],
            vec![referred(theirs(1, "2022-06", "", 500, Paid), &us(500).end_to_end_id.to_string())],
            vec!["double_paid recover 500+500/0 500 +500 -0 own_reference"],
        ),
        (
            "upstream's reference is our part",
            vec![ours(1, "2022-04", "INV-7", 500, Standing::Settled, 1)],
            vec![referred(theirs(1, "2022-06", "", 500, Paid), "inv-7")],
            vec!["double_paid recover 500+500/0 500 +500 -0 upstream_reference"],
        ),
        (
            "paid again after it came back",
            vec![
                back(Standing::Returned),
                FallbackPayment { end_to_end_id: EndToEndId { attempt: 2, ..us(500).end_to_end_id }, ..us(500) },
            ],
            vec![],
            vec!["fallback_only write_back 500+0/0 500 +0 -0"],
        ),
        (
            "another month is another matter",
            vec![us(500)],
            vec![theirs(1, "2022-05", "", 500, Paid)],
            vec!["fallback_only write_back 500+0/0 500 +0 -0", "upstream_only none 0+500/0 500 +0 -0"],
        ),
    ];
    for (world, payments, rows, expected) in table {
        let found: Vec<String> = findings(&payments, &rows).iter().map(said).collect();
        assert_eq!(found, expected, "{world}");
    }
}

#[test]
fn a_group_shows_its_span_parts_and_references() {
    let payments =
        [ours(1, "2022-03", "1", 300, Standing::Settled, 1), ours(1, "2022-04", "2", 200, Standing::None, 1)];
    let rows = [referred(theirs(1, "2022-03..2022-04", "", 500, UpstreamStatus::Planned), "run 7")];
    let [finding] = &findings(&payments, &rows)[..] else { panic!("one group") };
    assert_eq!(finding.period.map(|period| period.to_string()).as_deref(), Some("2022-03..2022-04"));
    assert_eq!(finding.parts, ["1", "2"]);
    assert_eq!(finding.upstream_references, ["run 7"]);
    assert_eq!(finding.end_to_end_ids.len(), 2);
    assert_eq!(finding.bank, Standing::None, "what is not known of one is not known of the group");
    assert_eq!(finding.name, "Person 1");
}

proptest::proptest! {
    /// Whatever the world: each payment and row is in one group, every line and the whole balance, and the order of the inputs is of no
    /// consequence.
    #[test]
    fn findings_balance_and_do_not_depend_on_order(
        our in proptest::collection::vec((1u32..4, 1u32..4, 0u32..2, 1i64..4, 0u32..3), 0..8),
        their in proptest::collection::vec((1u32..4, 0u32..4, 0u32..2, 1i64..4, 0usize..3), 0..8),
    ) {
        const STATUSES: [UpstreamStatus; 3] = [UpstreamStatus::Paid, UpstreamStatus::Planned, UpstreamStatus::Stopped];
        let mut payments: Vec<FallbackPayment> = Vec::new();
        for (person, month, part, amount, times) in our {
            let part = if part == 0 { String::new() } else { part.to_string() };
            let payment = ours(person, &format!("2022-{month:02}"), &part, amount * 100, Standing::Settled, times);
            if payments.iter().all(|other| other.end_to_end_id != payment.end_to_end_id) {
                payments.push(payment);
            }
        }
        let mut rows: Vec<UpstreamRow> = Vec::new();
        for (person, month, part, amount, status) in their {
            let period = if month == 0 { "2022-01..2022-02".into() } else { format!("2022-{month:02}") };
            let part = if part == 0 { String::new() } else { part.to_string() };
            let row = theirs(person, &period, &part, amount * 100, STATUSES[status]);
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let groups = group(&payments, &rows);
        let mut members: Vec<usize> = groups.iter().flat_map(|group| group.payments.clone()).collect();
        members.sort_unstable();
        proptest::prop_assert_eq!(members, (0..payments.len()).collect::<Vec<_>>());
        let mut members: Vec<usize> = groups.iter().flat_map(|group| group.rows.clone()).collect();
        members.sort_unstable();
        proptest::prop_assert_eq!(members, (0..rows.len()).collect::<Vec<_>>());
        let found = findings(&payments, &rows);
        proptest::prop_assert!(found.iter().all(|finding| finding.money.balances()));
        // A simple truth: an obligation that stands with us and was paid by upstream is a double, whatever else there is.
        for payment in payments.iter().filter(|payment| payment.times_standing > 0) {
            let same = |row: &&UpstreamRow| {
                row.person.as_ref() == Some(&payment.person) && row.period == Some(payment.period) && row.part == payment.part
                    && row.status == UpstreamStatus::Paid
            };
            if rows.iter().any(|row| same(&row)) {
                let id = payment.end_to_end_id.to_string();
                let finding = found.iter().find(|finding| finding.end_to_end_ids.contains(&id)).expect("is in a finding");
                proptest::prop_assert_eq!(finding.kind.as_str(), "double_paid");
            }
        }
        let said_before: Vec<String> = found.iter().map(|finding| format!("{} {}", finding.id, said(finding))).collect();
        payments.reverse();
        rows.reverse();
        let said_after: Vec<String> = findings(&payments, &rows).iter().map(|f| format!("{} {}", f.id, said(f))).collect();
        proptest::prop_assert_eq!(said_before, said_after);
    }
}
