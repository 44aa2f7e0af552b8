//! After `reconcile`: the equation, the verdicts, and where the lists are.

use super::figures::{count, counted};
use super::grid::{Grid, Holds};
use super::mask::visible;
use super::paragraph::{heading, item, sentence};
use crate::ops::reconcile::Reconciled;
use crate::reconciliation::finding::Kind;

pub fn reconciled(reconciled: &Reconciled) -> String {
    let (totals, currency) = (&reconciled.totals, reconciled.currency);
    let mut text = sentence(&format!(
        "{}: {} {currency} paid more than owed, {} {currency} less.",
        counted(reconciled.findings.len() as u64, "finding"),
        totals.overpaid.grouped(),
        totals.underpaid.grouped()
    ));
    text += &heading("The equation");
    let mut equation = Grid::new([("", Holds::Text), (currency.code(), Holds::Figures)]);
    for (what, amount) in [
        ("paid by the fallback", totals.fallback),
        ("paid by upstream", totals.upstream_paid),
        ("owed", totals.owed),
        ("overpaid", totals.overpaid),
        ("underpaid", totals.underpaid),
        ("planned by upstream, not counted", totals.upstream_planned),
    ] {
        equation.row([what.into(), amount.grouped()]);
    }
    text += &equation.to_text();
    text += &sentence(if reconciled.balanced {
        "It balances: paid = owed + overpaid - underpaid, on every line and in all."
    } else {
        "It does not balance. Do not act on it; report it."
    });
    text += &heading("Verdicts");
    let mut verdicts = Grid::new([
        ("Verdict", Holds::Text),
        ("Number", Holds::Figures),
        ("Overpaid", Holds::Figures),
        ("Underpaid", Holds::Figures),
        ("Which means", Holds::Text),
    ]);
    for (kind, (number, money)) in &reconciled.by_kind {
        let figures = [money.overpaid, money.underpaid].map(|amount| amount.grouped());
        let [overpaid, underpaid] = figures;
        verdicts.row([kind.as_str().into(), count(*number), overpaid, underpaid, meaning(*kind).into()]);
    }
    text += &verdicts.to_text();
    text += &heading("Unknown");
    if reconciled.unconfirmed > 0 {
        let payments = counted(reconciled.unconfirmed, "payment");
        text += &item(&format!(
            "The bank has said nothing of {payments}; they count as paid. Its statements would tell: `stopgap outcome FILE`."
        ));
    } else {
        text += &item("The bank has spoken of every payment.");
    }
    if reconciled.repeated > 0 {
        text += &item(&format!(
            "{} of upstream stood there twice, equal in every field, and count once.",
            counted(reconciled.repeated, "row")
        ));
    }
    text += &heading("Files");
    let place = reconciled.out.to_string_lossy();
    text + &item(&format!(
        "In {}: findings.csv and findings.json, and for those who act stop.csv, recover.csv, top_up.csv, write_back.csv. They hold \
         person numbers whole.",
        visible(&place)
    ))
}

fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::DoublePaid => "both paid: recover",
        Kind::DoublePlanned => "upstream is about to pay again: stop",
        Kind::BankDouble => "the bank booked twice: recover",
        Kind::UpstreamDouble => "upstream paid twice: decide",
        Kind::Settled => "as it should be",
        Kind::Overpaid => "we paid too much: recover",
        Kind::Underpaid => "we paid too little: top up",
        Kind::PossibleDouble => "perhaps the same money: decide",
        Kind::FallbackOnly => "upstream must learn of it",
        Kind::UpstreamOnly => "upstream pays, we did not",
        Kind::Returned => "came back: pay again",
        Kind::Unpaid => "nobody paid: pay",
        Kind::Unexplained => "a debit that nothing explains",
    }
}
