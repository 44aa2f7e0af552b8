//! The lists of one command, opened, and their first reading: every row that could be paid, by pseudonym.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::Request;
use crate::bank::calendar::BankCalendar;
use crate::checks::{Checked, Severity, Terms, check};
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::{Candidate, Place};
use crate::ops::Unlocked;
use crate::ops::decisions::{Decisions, Verdict};
use crate::ops::settings::Settings;
use crate::payment::{Currency, Payer};
use crate::recipient_list::{AmountStyle, Instruction, RecipientList, unused_maps};
use crate::say;

pub(in crate::ops) fn open_lists(
    request: &Request,
    settings: &Settings,
    currency: Currency,
) -> Result<Vec<RecipientList>> {
    if request.lists.len() > usize::from(u16::MAX) {
        return Err(Fault::input("list.too_many", say!("Too many lists for one command.")));
    }
    let (sheet, columns) = (request.sheet.as_deref(), settings.columns.with_maps(&request.maps)?);
    let open = |path: &PathBuf| RecipientList::open_sheet(path, &path.to_string_lossy(), sheet, &columns, currency);
    let lists: Vec<RecipientList> = request.lists.iter().map(open).collect::<Result<_>>()?;
    let headings: Vec<_> = lists.iter().map(RecipientList::columns).collect();
    match unused_maps(&request.maps, &headings).first() {
        None => Ok(lists),
        Some(map) => {
            Err(Fault::input("arguments", say!("--map “{map}”: no list has this heading.", map = map.to_string()))
                .remedy(say!("Write the heading as it stands in the list; spaces, dots and capitals do not matter.")))
        }
    }
}

/// What the rows of all lists are judged by. How a list writes its amounts is the list's own.
pub(in crate::ops) fn rules<'a>(
    settings: &'a Settings,
    payer: &Payer,
    currency: Currency,
    request: &Request,
    pay_on: NaiveDate,
    today: NaiveDate,
) -> Terms<'a> {
    Terms {
        country: payer.country,
        currency,
        scheme: request.scheme.clone(),
        period: request.period,
        pay_on,
        today,
        payment_limit: settings.payment_limit,
        door: &settings.door,
        amount_style: AmountStyle::Unsettled,
        calendar: BankCalendar::of(payer.country),
    }
}

/// First reading: every row that could be paid, by pseudonym.
pub(super) fn find_candidates<'a>(
    lists: &'a [RecipientList],
    terms: &impl Fn(&'a RecipientList) -> Terms<'a>,
    decisions: &Decisions,
    who: &Unlocked,
) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    let mut instruction = Instruction::default();
    for (number, list) in (0u16..).zip(lists) {
        let terms = terms(list);
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            let Checked { payment: Some(payment), problems, .. } = check(number, &instruction, &terms) else {
                continue;
            };
            let place = Place { list: number, row: instruction.row };
            candidates.push(Candidate {
                held: problems.iter().any(|problem| problem.severity() == Severity::Held),
                dropped: decisions.of(place).is_some_and(|decision| decision.verdict == Verdict::Drop),
                ..Candidate::new(place, who.tagger.fingerprint(&payment))
            });
        }
    }
    Ok(candidates)
}
