//! The lists of one command, opened, and their first reading: every row that could be paid, by pseudonym, and who else is named.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::Request;
use crate::bank::calendar::BankCalendar;
use crate::checks::priority::Priority;
use crate::checks::{Checked, Severity, Terms, check};
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::{Candidate, Place, Pseudonym};
use crate::ops::Unlocked;
use crate::ops::decisions::{Decisions, Verdict};
use crate::ops::settings::Settings;
use crate::payment::{Currency, Payer, Period, Scheme};
use crate::progress::{self, Stage};
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

/// What the first reading found.
pub(super) struct Reading {
    /// Every row that could be paid, by pseudonym, in the order of their places.
    pub candidates: Vec<Candidate>,
    /// For each candidate, its scheme's place among those read.
    pub scheme_of: Vec<u16>,
    /// For each candidate, how urgent its row says that it is.
    pub priorities: Vec<Priority>,
    pub schemes: SchemesRead,
    /// Who is named by rows that cannot be paid, and for which scheme where they say.
    pub unpaid: Vec<(Pseudonym, Option<u16>)>,
}

/// The schemes of the rows, in the order in which they turned up.
#[derive(Default)]
pub(super) struct SchemesRead {
    places: HashMap<String, u16>,
    schemes: Vec<SchemeRead>,
}

struct SchemeRead {
    /// As the first row has it.
    name: Scheme,
    /// From the first to the last day that its rows pay for, and whether they all pay for the same.
    days: Option<(Period, bool)>,
}

impl SchemesRead {
    fn place(&mut self, scheme: &Scheme) -> Result<u16> {
        let folded = scheme.folded();
        if let Some(place) = self.places.get(&folded) {
            return Ok(*place);
        }
        let place = u16::try_from(self.schemes.len())
            .map_err(|_| Fault::input("list.schemes", say!("These lists name more than 65,536 schemes.")))?;
        self.places.insert(folded, place);
        self.schemes.push(SchemeRead { name: scheme.clone(), days: None });
        Ok(place)
    }

    fn pays_for(&mut self, place: u16, period: Period) {
        let days = &mut self.schemes[usize::from(place)].days;
        *days = match *days {
            None => Some((period, true)),
            Some((known, same)) => Some((known.span(period), same && known == period)),
        };
    }

    pub fn len(&self) -> usize {
        self.schemes.len()
    }

    /// In order of their places.
    pub fn folded(&self) -> impl Iterator<Item = String> {
        self.schemes.iter().map(|scheme| scheme.name.folded())
    }

    pub fn name(&self, place: u16) -> String {
        self.schemes.get(usize::from(place)).map(|scheme| scheme.name.to_string()).unwrap_or_default()
    }

    /// From the first to the last day that payable rows of the scheme pay for.
    pub fn days(&self, place: u16) -> Option<Period> {
        self.schemes.get(usize::from(place))?.days.map(|(days, _)| days)
    }

    /// The period of the scheme's payable rows, where they have but one.
    pub fn only_period(&self, place: u16) -> Option<Period> {
        self.schemes.get(usize::from(place))?.days.filter(|(_, same)| *same).map(|(days, _)| days)
    }
}

/// First reading: every row that could be paid, by pseudonym, and who else is named.
pub(super) fn read<'a>(
    lists: &'a [RecipientList],
    terms: &impl Fn(&'a RecipientList) -> Terms<'a>,
    decisions: &Decisions,
    who: &Unlocked,
) -> Result<Reading> {
    let mut reading = Reading {
        candidates: Vec::new(),
        scheme_of: Vec::new(),
        priorities: Vec::new(),
        schemes: SchemesRead::default(),
        unpaid: Vec::new(),
    };
    let mut instruction = Instruction::default();
    let mut step = progress::begin(Stage::Checking, lists.iter().map(RecipientList::rows).sum::<u64>());
    for (number, list) in (0u16..).zip(lists) {
        let terms = terms(list);
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            step.advance(1);
            let Checked { payment, priority, problems, unpaid, .. } = check(number, &instruction, &terms);
            if let Some((person, scheme)) = unpaid {
                let scheme = scheme.map(|scheme| reading.schemes.place(&scheme)).transpose()?;
                reading.unpaid.push((who.tagger.person(&person), scheme));
            }
            let Some(payment) = payment else { continue };
            let scheme = reading.schemes.place(&payment.obligation.scheme)?;
            reading.schemes.pays_for(scheme, payment.obligation.period);
            reading.scheme_of.push(scheme);
            reading.priorities.push(priority);
            let place = Place { list: number, row: instruction.row };
            reading.candidates.push(Candidate {
                held: problems.iter().any(|problem| problem.severity() == Severity::Held),
                dropped: decisions.of(place).is_some_and(|decision| decision.verdict == Verdict::Drop),
                ..Candidate::new(place, who.tagger.fingerprint(&payment))
            });
        }
    }
    Ok(reading)
}
