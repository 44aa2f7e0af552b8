//! `report.html`: the page that a finance director reads in two minutes. One file with everything in it, no script, and good on paper. Sums and
//! counts; nobody's name or number.

use askama::Template;

use super::grid::Grid;
use super::mask::short;
use super::reconciled::{balance, change_grid, change_lead, unknown};
use super::{meaning, moment};
use crate::ops::Now;
use crate::ops::reconcile::Reconciled;
use crate::ops::reconcile::outlook::Share;
use crate::payment::Amount;
use crate::phrase;
use crate::reconciliation::finding::{Kind, Money};
use crate::say;
use crate::words::{self, Message, Phrase, count, language};

#[derive(Template)]
#[template(path = "reconciliation.html")]
struct ReportPage {
    language: &'static str,
    payer: String,
    printed_at: String,
    drill: bool,
    currency: &'static str,
    lead: Message,
    answers: Vec<Answer>,
    terms: [Term; 5],
    balanced: bool,
    balance: Message,
    planned: Option<String>,
    bar: Vec<Stretch>,
    legend: Vec<Legend>,
    verdicts: Vec<Verdict>,
    schemes: Vec<SchemeLine>,
    total: SchemeLine,
    /// What is other than at the last reconciliation: a sentence, and the first of them.
    changes: Option<(Message, Grid)>,
    unknown: Vec<Message>,
    bank: Vec<(Phrase, String, String)>,
    sources: Vec<String>,
}

/// One of the questions that are asked first.
struct Answer {
    question: Message,
    figure: String,
    detail: Message,
    class: &'static str,
}

/// A figure of the equation, with the sign before it.
struct Term {
    sign: &'static str,
    name: Phrase,
    amount: String,
}

/// A piece of the bar, in thousandths of it.
struct Stretch {
    from: u64,
    width: u64,
    class: &'static str,
    title: String,
}

struct Legend {
    class: &'static str,
    name: Phrase,
    number: String,
}

struct Verdict {
    class: &'static str,
    name: &'static str,
    means: Phrase,
    number: String,
    /// What it is about: too much, too little, or what was paid.
    amount: String,
    /// Of the widest, in hundredths.
    width: u64,
}

struct SchemeLine {
    name: String,
    number: String,
    fallback: String,
    upstream: String,
    planned: String,
    owed: String,
    overpaid: String,
    underpaid: String,
}

/// The group that nobody has to act on.
const IN_ORDER: &str = "fine";

/// The groups of the bar, in its order: class, name, kinds.
const GROUPS: [(&str, Phrase, &[Kind]); 5] = [
    ("over", phrase!("paid too much"), &[Kind::DoublePaid, Kind::BankDouble, Kind::Overpaid]),
    ("stop", phrase!("to stop before it runs"), &[Kind::DoublePlanned]),
    ("under", phrase!("still owed"), &[Kind::Returned, Kind::Unpaid, Kind::Underpaid]),
    ("open", phrase!("to decide"), &[Kind::PossibleDouble, Kind::UpstreamDouble, Kind::Unexplained]),
    (IN_ORDER, phrase!("in order"), &[Kind::Settled, Kind::UpstreamOnly, Kind::FallbackOnly]),
];

impl ReportPage {
    fn say(&self, english: &'static str) -> Message {
        Message::new(english, Vec::new())
    }

    /// What upstream is about to pay as well.
    fn about_to_pay(&self, planned: &str) -> Message {
        say!("Upstream is about to pay {planned} more, which is not counted as paid.", planned)
    }
}

pub fn reconciliation_report(reconciled: &Reconciled, payer: &str, now: Now, drill: bool) -> String {
    let Reconciled { totals, heard, outlook, .. } = reconciled;
    let page = ReportPage {
        language: language().code(),
        payer: payer.into(),
        printed_at: moment::local(now.unix, now),
        drill,
        currency: reconciled.currency.code(),
        lead: say!("{findings:finding|findings}", findings = reconciled.findings.count()),
        answers: answers(reconciled),
        terms: [
            Term { sign: "", name: phrase!("paid by the fallback"), amount: words::amount(totals.fallback) },
            Term { sign: "+", name: phrase!("paid by upstream"), amount: words::amount(totals.upstream_paid) },
            Term { sign: "=", name: phrase!("owed"), amount: words::amount(totals.owed) },
            Term { sign: "+", name: phrase!("overpaid"), amount: words::amount(totals.overpaid) },
            Term { sign: "−", name: phrase!("underpaid"), amount: words::amount(totals.underpaid) },
        ],
        balanced: reconciled.balanced,
        balance: balance(reconciled),
        planned: (totals.upstream_planned.minor_units() > 0).then(|| words::amount(totals.upstream_planned)),
        bar: bar(reconciled),
        legend: legend(reconciled),
        verdicts: verdicts(reconciled),
        schemes: reconciled.by_scheme.iter().map(|(scheme, sums)| scheme_line(&named(scheme), sums)).collect(),
        total: scheme_line(&say!("all").to_string(), &(reconciled.findings.count(), *totals)),
        changes: reconciled
            .changes
            .as_ref()
            .map(|changes| (change_lead(changes), change_grid(&changes.shown, reconciled.currency))),
        unknown: unknown(reconciled),
        bank: outlook
            .by_bank
            .iter()
            .map(|(standing, share)| {
                (meaning::of_standing(*standing), count(share.findings), words::amount(share.amount))
            })
            .collect(),
        sources: heard
            .files
            .iter()
            .map(|run| {
                let name = run.file.file_name().unwrap_or_default().to_string_lossy();
                say!(
                    "{name} ({format}, {rows:row|rows})",
                    name = short(&name),
                    format = run.format.as_str(),
                    rows = run.rows
                )
                .to_string()
            })
            .collect(),
    };
    page.render().expect("writing to memory does not fail")
}

fn answers(reconciled: &Reconciled) -> Vec<Answer> {
    let outlook = &reconciled.outlook;
    let answer = |question, share: &Share, class, detail| Answer {
        question,
        figure: words::amount(share.amount),
        detail,
        class: if share.findings == 0 { "none" } else { class },
    };
    vec![
        answer(
            say!("Paid too much"),
            &outlook.too_much,
            "over",
            say!(
                "{obligations:obligation|obligations} to ask back, case by case",
                obligations = outlook.too_much.findings
            ),
        ),
        answer(
            say!("Can still be stopped"),
            &outlook.stoppable,
            "stop",
            say!(
                "{obligations:obligation|obligations} that upstream is about to pay again",
                obligations = outlook.stoppable.findings
            ),
        ),
        answer(
            say!("Still owed"),
            &outlook.still_owed,
            "under",
            say!(
                "{obligations:obligation|obligations} that nobody is about to pay",
                obligations = outlook.still_owed.findings
            ),
        ),
        Answer {
            question: say!("To decide"),
            figure: count(outlook.undecided),
            detail: say!("findings that a person must look at"),
            class: if outlook.undecided == 0 { "none" } else { "open" },
        },
    ]
}

fn of_group(reconciled: &Reconciled, kinds: &[Kind]) -> u64 {
    kinds.iter().filter_map(|kind| reconciled.by_kind.get(kind)).map(|(number, _)| number).sum()
}

/// Each group's share of the findings. A group that is there is never too narrow to be seen.
fn bar(reconciled: &Reconciled) -> Vec<Stretch> {
    const WHOLE: u64 = 1000;
    const NARROWEST: u64 = 12;
    let counts = GROUPS.map(|(_, _, kinds)| of_group(reconciled, kinds));
    let all = counts.iter().sum::<u64>().max(1);
    let mut widths =
        counts.map(|number| if number == 0 { 0 } else { (number.saturating_mul(WHOLE) / all).max(NARROWEST) });
    // What the narrow ones were given, the widest gives.
    let in_all: u64 = widths.iter().sum();
    if let Some(widest) = widths.iter_mut().max() {
        *widest = (*widest + WHOLE).saturating_sub(in_all);
    }
    let mut from = 0;
    let mut stretches = Vec::new();
    for ((class, name, _), (width, number)) in GROUPS.into_iter().zip(widths.into_iter().zip(counts)) {
        if number > 0 {
            stretches.push(Stretch { from, width, class, title: format!("{name}: {}", count(number)) });
        }
        from += width;
    }
    stretches
}

fn legend(reconciled: &Reconciled) -> Vec<Legend> {
    GROUPS
        .into_iter()
        .map(|(class, name, kinds)| Legend { class, name, number: count(of_group(reconciled, kinds)) })
        .collect()
}

fn verdicts(reconciled: &Reconciled) -> Vec<Verdict> {
    let by_group = || GROUPS.into_iter().flat_map(|(class, _, kinds)| kinds.iter().map(move |kind| (class, *kind)));
    let to_act_on = by_group().filter(|(class, _)| *class != IN_ORDER);
    let of_kind =
        |kind: Kind| reconciled.by_kind.get(&kind).map_or(0, |(_, money)| at_stake(kind, money).minor_units());
    let widest = to_act_on.map(|(_, kind)| of_kind(kind)).max().unwrap_or(1).max(1);
    by_group()
        .filter_map(|(class, kind)| {
            let (number, money) = reconciled.by_kind.get(&kind)?;
            let amount = at_stake(kind, money);
            // What is in order would dwarf all that is not.
            let shown = if class == IN_ORDER { 0 } else { amount.minor_units().max(0) };
            let width = i128::from(shown) * 100 / i128::from(widest);
            Some(Verdict {
                class,
                name: kind.as_str(),
                means: meaning::of_kind(kind),
                number: count(*number),
                amount: words::amount(amount),
                width: u64::try_from(width).unwrap_or(0),
            })
        })
        .collect()
}

/// The kroner that a verdict is about.
fn at_stake(kind: Kind, money: &Money) -> Amount {
    match kind {
        Kind::DoublePaid | Kind::BankDouble | Kind::UpstreamDouble | Kind::Overpaid => money.overpaid,
        Kind::DoublePlanned => money.upstream_planned,
        Kind::Underpaid | Kind::Returned | Kind::Unpaid => money.underpaid,
        Kind::Settled | Kind::FallbackOnly | Kind::PossibleDouble | Kind::UpstreamOnly | Kind::Unexplained => {
            money.owed
        }
    }
}

fn named(scheme: &str) -> String {
    if scheme.is_empty() { say!("(no benefit)").to_string() } else { short(scheme) }
}

fn scheme_line(name: &str, (number, money): &(u64, Money)) -> SchemeLine {
    let Money { fallback, upstream_paid, upstream_planned, owed, overpaid, underpaid } = *money;
    SchemeLine {
        name: name.into(),
        number: count(*number),
        fallback: words::amount(fallback),
        upstream: words::amount(upstream_paid),
        planned: words::amount(upstream_planned),
        owed: words::amount(owed),
        overpaid: words::amount(overpaid),
        underpaid: words::amount(underpaid),
    }
}
