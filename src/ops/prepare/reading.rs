//! The lists of one command, opened, and their first reading: every row that could be paid, by pseudonym, and who else is named.

use std::collections::HashMap;
use std::path::PathBuf;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::NaiveDate;

use super::Request;
use super::candidates::{Candidates, Listed};
use super::ends::{Case, Ends};
use super::triage::Triage;
use crate::bank::calendar::BankCalendar;
use crate::checks::{Checked, Checks, Severity, Terms, change, obligation, typed};
use crate::fault::{Fault, Result};
use crate::ledger::idempotency::{Candidate, Fingerprint, Place, Pseudonym};
use crate::ops::Unlocked;
use crate::ops::decisions::{Decisions, Verdict};
use crate::ops::settings::Settings;
use crate::ops::spool::{Tape, damaged};
use crate::payment::{Currency, Payer, Period, Scheme};
use crate::progress::{self, Stage};
use crate::recipient_list::{AmountStyle, Column, Instruction, RecipientList, unused_maps};
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
        Some(map) => Err(Fault::input("arguments", say!("--map “{map}”: no list has this heading.", map = typed(map)))
            .remedy(say!("Write the heading as it stands in the list; spaces, dots and capitals do not matter."))),
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
    pub candidates: Candidates,
    pub schemes: SchemesRead,
    pub ends: Ends,
    /// What is compared with the last baselines, where there are any.
    pub beside: Option<Tape>,
}

/// A row beside the baselines: by its scheme's place among those read.
#[derive(BorshSerialize, BorshDeserialize)]
pub(super) enum ReadRow {
    Payable {
        place: Place,
        scheme: u16,
        person: Pseudonym,
        series: Pseudonym,
        account: Pseudonym,
        minor_units: i64,
    },
    /// Who is named by a row that cannot be paid, and for which scheme where it says.
    Unpaid {
        person: Pseudonym,
        scheme: Option<u16>,
    },
}

/// So many spellings of schemes are at hand.
const RECENT: usize = 8;

/// So many different periods of a scheme are at hand.
const MOST_PERIODS: usize = 64;

/// The schemes of the rows, in the order in which they turned up.
#[derive(Default)]
pub(super) struct SchemesRead {
    places: HashMap<String, u16>,
    schemes: Vec<SchemeRead>,
    /// As rows of late had them: the few schemes of a list are looked up without being folded.
    recent: Vec<(Scheme, u16)>,
}

struct SchemeRead {
    /// As the first row has it.
    name: Scheme,
    folded: String,
    /// From the first to the last day that its rows pay for.
    days: Option<Period>,
    /// The first different periods among them.
    periods: Vec<Period>,
}

impl SchemesRead {
    fn place(&mut self, scheme: &Scheme) -> Result<u16> {
        if let Some((_, place)) = self.recent.iter().find(|(recent, _)| recent == scheme) {
            return Ok(*place);
        }
        let place = self.place_of(scheme)?;
        self.recent.truncate(RECENT - 1);
        self.recent.insert(0, (scheme.clone(), place));
        Ok(place)
    }

    fn place_of(&mut self, scheme: &Scheme) -> Result<u16> {
        let folded = scheme.folded();
        if let Some(place) = self.places.get(&folded) {
            return Ok(*place);
        }
        let place = u16::try_from(self.schemes.len())
            .map_err(|_| Fault::input("list.schemes", say!("These lists name more than 65,536 schemes.")))?;
        self.places.insert(folded.clone(), place);
        self.schemes.push(SchemeRead { name: scheme.clone(), folded, days: None, periods: Vec::new() });
        Ok(place)
    }

    fn pays_for(&mut self, place: u16, period: Period) {
        let SchemeRead { days, periods, .. } = &mut self.schemes[usize::from(place)];
        *days = Some(days.map_or(period, |known| known.span(period)));
        if periods.last() != Some(&period) && periods.len() < MOST_PERIODS && !periods.contains(&period) {
            periods.push(period);
        }
    }

    pub fn len(&self) -> usize {
        self.schemes.len()
    }

    /// In order of their places.
    pub fn folded(&self) -> impl Iterator<Item = &str> {
        self.schemes.iter().map(|scheme| scheme.folded.as_str())
    }

    fn folded_at(&self, place: u16) -> &str {
        self.schemes.get(usize::from(place)).map_or("", |scheme| &scheme.folded)
    }

    pub fn name(&self, place: u16) -> String {
        self.schemes.get(usize::from(place)).map(|scheme| scheme.name.to_string()).unwrap_or_default()
    }

    /// The schemes of payable rows, also folded, each with the periods that are paid for, or from the first of their days to the last where they are
    /// very many.
    pub fn with_periods(&self) -> impl Iterator<Item = (&Scheme, &str, Vec<Period>)> {
        self.schemes.iter().filter_map(|scheme| {
            let days = scheme.days?;
            let periods = if scheme.periods.len() < MOST_PERIODS { scheme.periods.clone() } else { vec![days] };
            Some((&scheme.name, scheme.folded.as_str(), periods))
        })
    }

    /// From the first to the last day that payable rows of the scheme pay for.
    pub fn days(&self, place: u16) -> Option<Period> {
        self.schemes.get(usize::from(place))?.days
    }

    /// The period of the scheme's payable rows, where they have but one.
    pub fn only_period(&self, place: u16) -> Option<Period> {
        match &*self.schemes.get(usize::from(place))?.periods {
            [only] => Some(*only),
            _ => None,
        }
    }
}

/// First reading: every row that could be paid, by pseudonym, and who else is named. `older_claims`: whether there may be some to compare with.
pub(super) fn read<'a>(
    lists: &'a [RecipientList],
    terms: &impl Fn(&'a RecipientList) -> Terms<'a>,
    decisions: &Decisions,
    triage: &Triage,
    who: &Unlocked,
    older_claims: bool,
    (mut candidates, mut beside): (Candidates, Option<Tape>),
) -> Result<Reading> {
    let mut schemes = SchemesRead::default();
    let mut ends = Ends::default();
    let mut instruction = Instruction::default();
    let mut record = Vec::new();
    let mut note = |row: ReadRow| match &mut beside {
        None => Ok(()),
        Some(tape) => {
            record.clear();
            row.serialize(&mut record).map_err(|_| damaged())?;
            tape.push(&record)
        }
    };
    let mut step = progress::begin(Stage::Checking, lists.iter().map(RecipientList::rows).sum::<u64>());
    for (number, list) in (0u16..).zip(lists) {
        let terms = terms(list);
        let mut checks = Checks::new(&terms);
        let mut instructions = list.instructions()?;
        while instructions.read(&mut instruction)? {
            step.advance(1);
            let Checked { payment, priority, problems, unpaid, .. } = checks.check(number, &instruction);
            let place = Place { list: number, row: instruction.row };
            let (end, part) = (change::speaks_of(instruction.cell(Column::Change)), obligation::part(&instruction));
            if let Some((of, scheme)) = unpaid {
                let scheme = scheme.map(|scheme| schemes.place(&scheme)).transpose()?;
                let person = who.tagger.person(&of);
                if let Some(end) = end {
                    let case = scheme.map(|scheme| match part.is_empty() {
                        true => Case::OfScheme(scheme),
                        false => Case::OfPart(who.tagger.series(&of, schemes.folded_at(scheme), &part.folded())),
                    });
                    ends.note(place, end, person, case);
                }
                triage.meet_unpaid(&person, scheme.map(|scheme| schemes.folded_at(scheme)));
                note(ReadRow::Unpaid { person, scheme })?;
            }
            let Some(payment) = payment else { continue };
            let scheme = schemes.place(&payment.obligation.scheme)?;
            schemes.pays_for(scheme, payment.obligation.period);
            let fingerprint = who.tagger.fingerprint_of(&payment, schemes.folded_at(scheme));
            let Fingerprint { tag, person, account, amount, .. } = fingerprint;
            if let Some(end) = end {
                let case = if part.is_empty() { Case::OfScheme(scheme) } else { Case::OfPart(tag.series) };
                ends.note(place, end, person, Some(case));
            }
            note(ReadRow::Payable {
                place,
                scheme,
                person,
                series: tag.series,
                account: if payment.reference.is_none() { account } else { who.tagger.account_of(&payment) },
                minor_units: amount.minor_units(),
            })?;
            let before = match older_claims {
                true => who.tagger.payees_before(&payment, schemes.folded_at(scheme)),
                false => [None, None],
            };
            let listed = Listed {
                turn: triage.turn(&person, (scheme, schemes.folded_at(scheme)), priority),
                candidate: Candidate {
                    held: problems.iter().any(|problem| problem.severity() == Severity::Held),
                    dropped: decisions.of(place).is_some_and(|decision| decision.verdict == Verdict::Drop),
                    ..Candidate::new(place, fingerprint)
                },
            };
            candidates.add(&listed, before)?;
        }
    }
    candidates.settle();
    Ok(Reading { candidates, schemes, ends, beside })
}
