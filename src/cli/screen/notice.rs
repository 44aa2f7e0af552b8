//! The notice to somebody whom money is asked back from: one page that needs nothing else and reads as well on paper. It tells what was paid,
//! by whom and when, proposes how to pay it back, and leaves to be filled in what only a lawyer can.

use askama::Template;

use crate::ops::remedies::notice::Notice;
use crate::payment::{Amount, Period};
use crate::words::{Language, amount_in, day_in};

#[derive(Template)]
#[template(path = "notice_da.html")]
struct DanishPage<'a> {
    facts: Facts<'a>,
}

#[derive(Template)]
#[template(path = "notice_en.html")]
struct EnglishPage<'a> {
    facts: Facts<'a>,
}

/// What both languages lay out, with amounts and days as the language writes them.
struct Facts<'a> {
    notice: &'a Notice,
    currency: &'static str,
    decided_on: String,
    period: String,
    payments: Vec<Line>,
    paid: String,
    owed: String,
    overpaid: String,
    /// Whether what was owed explains what is asked back; a double that people found does not follow from these figures.
    explains: bool,
    /// What the decision asks in all, and what of it has come back; the latter empty where nothing has.
    asked: String,
    came_back: String,
    amount: String,
    /// Whether somebody else got money for the person.
    to_another: bool,
    plan: Vec<(usize, String, String)>,
}

struct Line {
    by_fallback: bool,
    on: String,
    amount: String,
    /// Empty where it is the person.
    payee: String,
}

pub fn notice(notice: &Notice, language: Language) -> String {
    let facts = facts(notice, language);
    let page = match language {
        Language::Danish => DanishPage { facts }.render(),
        Language::English => EnglishPage { facts }.render(),
    };
    page.expect("writing to memory does not fail")
}

fn facts(notice: &Notice, language: Language) -> Facts<'_> {
    let money = |amount| amount_in(amount, language);
    let currency = notice.amount.currency();
    let day = |date| day_in(date, language);
    let mut payments = Vec::new();
    let mut paid = Amount::zero(currency);
    for line in &notice.payments {
        // What the bank booked twice stands there twice, as on the reader's own statement.
        for _ in 0..line.times {
            paid = paid.checked_add(line.amount).unwrap_or(paid);
            let on = line.on.map(day).unwrap_or_default();
            let payee = line.payee.clone().unwrap_or_default();
            payments.push(Line { by_fallback: line.by_fallback, on, amount: money(line.amount), payee });
        }
    }
    let overpaid = paid.checked_sub(notice.owed).unwrap_or(notice.asked);
    let plan = notice.plan.iter().zip(1..).map(|(one, number)| {
        let amount = Amount::from_minor_units(one.amount, currency);
        (number, day(one.due()), money(amount))
    });
    Facts {
        currency: currency.code(),
        decided_on: day(notice.decided_on),
        period: notice.period.map(|period| in_words(period, language)).unwrap_or_default(),
        payments,
        paid: money(paid),
        owed: money(notice.owed),
        overpaid: money(overpaid),
        explains: overpaid >= notice.asked,
        asked: money(notice.asked),
        came_back: if notice.came_back.minor_units() == 0 { String::new() } else { money(notice.came_back) },
        amount: money(notice.amount),
        to_another: notice.payments.iter().any(|line| line.payee.is_some()),
        plan: plan.collect(),
        notice,
    }
}

/// `1 April 2022 to 30 April 2022`.
fn in_words(period: Period, language: Language) -> String {
    let to = if language == Language::Danish { "til" } else { "to" };
    let [first, last] = [period.first(), period.last()].map(|date| day_in(date, language));
    if first == last { first } else { format!("{first} {to} {last}") }
}
