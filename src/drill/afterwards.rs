//! After the outage: the bank's reports on what was paid, and the runs of a restored system that pays part of it again. Each file is written by
//! going through all recipients once, so that millions take no more memory than ten.

use std::io::{self, Write};
use std::sync::Arc;

use chrono::NaiveDate;

use super::benefit::BENEFITS;
use super::dialect::AccountCell;
use super::flaw::Fate;
use super::made_up_list::MadeUpList;
use super::people::People;
use super::story::{Bank, REPORTING, Reporting, Story, Upstream};
use super::truth::{About, LESS, MORE, Truth, components};
use super::{bank_reports, upstream_run};
use crate::payment::{Country, EndToEndId, Obligation, Part, Period, PersonId, PersonKind, Scheme};

/// The bank's word and upstream's runs, not written yet.
pub struct Afterwards<'a> {
    pub(super) people: Arc<People>,
    pub(super) lists: Vec<MadeUpList>,
    pub(super) seed: u64,
    pub(super) period: Period,
    /// The day on which the fallback's payments were booked.
    pub(super) day: NaiveDate,
    /// Under which the bank knows a payment of the fallback.
    pub(super) reference: &'a dyn Fn(&Obligation) -> EndToEndId,
    pub(super) sums: &'a [SumBooked],
}

/// A block of payments that the bank books as one sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumBooked {
    pub payment_information_id: String,
    pub payments: u64,
    /// In øre.
    pub ore: i64,
}

/// How many payments the bank's reports bring where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BankTold {
    pub accepted: u64,
    pub settled: u64,
    pub in_sums: u64,
    pub rejected: u64,
    pub returned: u64,
    pub doubled: u64,
}

/// A recipient, as the fallback had them.
pub(super) struct Recipient {
    pub list: usize,
    pub place: u64,
    /// Ten digits.
    pub person: String,
    pub name: String,
    /// Registration number and account with a hyphen.
    pub account: String,
    pub ore: i64,
    pub instalment: Option<u8>,
    pub story: Story,
    /// Whether the fallback paid them.
    pub paid: bool,
}

impl Recipient {
    pub fn part(&self) -> String {
        self.instalment.map(|instalment| instalment.to_string()).unwrap_or_default()
    }

    pub fn scheme(&self) -> &'static str {
        BENEFITS[self.list].scheme
    }
}

impl Afterwards<'_> {
    /// What must be found.
    pub fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        let (period, two_months) = (self.period.to_string(), self.two_months());
        let known: io::Result<()> = self.each(&mut |recipient| {
            let part = recipient.part();
            let about = About { person: &recipient.person, scheme: recipient.scheme(), period: &period, part: &part };
            match recipient.paid {
                true => {
                    let new_number = self.new_number(&recipient);
                    truth.paid(recipient.story, recipient.ore, about, &two_months, &new_number);
                }
                false => truth.unpaid(recipient.story.upstream, recipient.ore, about),
            }
            Ok(())
        });
        debug_assert!(known.is_ok(), "nothing is written");
        truth.unexplained();
        truth
    }

    /// What the bank's reports come to.
    pub fn bank_told(&self) -> BankTold {
        let mut told = BankTold::default();
        let sums_are_told = !self.sums.is_empty();
        let known: io::Result<()> = self.each(&mut |recipient| {
            if !recipient.paid {
                return Ok(());
            }
            let count = match (recipient.story.bank, REPORTING[recipient.list]) {
                (Bank::Doubled, _) => &mut told.doubled,
                (Bank::Returned, _) => &mut told.returned,
                (Bank::Rejected, _) => &mut told.rejected,
                (Bank::Carried, Reporting::Singly) => &mut told.settled,
                (Bank::Carried, Reporting::AsSum) if sums_are_told => &mut told.in_sums,
                (Bank::Carried, Reporting::AsSum) => return Ok(()),
                (Bank::Carried, Reporting::Accepted) => &mut told.accepted,
            };
            *count += 1;
            Ok(())
        });
        debug_assert!(known.is_ok(), "nothing is written");
        told
    }

    /// A pain.002 that accepts some payments and rejects a few.
    pub fn write_status_report(&self, out: &mut impl Write) -> io::Result<()> {
        bank_reports::status_report(self, out)
    }

    /// A camt.053 with everything that was booked.
    pub fn write_statement(&self, out: &mut impl Write) -> io::Result<()> {
        bank_reports::statement(self, out)
    }

    /// A camt.054 that tells of what came back, which the statement tells too.
    pub fn write_notification(&self, out: &mut impl Write) -> io::Result<()> {
        bank_reports::notification(self, out)
    }

    /// What the restored system paid, dated back, and what it stopped.
    pub fn write_run(&self, out: &mut impl Write) -> io::Result<()> {
        upstream_run::write(self, out, upstream_run::Run::DatedBack)
    }

    /// What it is about to pay.
    pub fn write_proposal(&self, out: &mut impl Write) -> io::Result<()> {
        upstream_run::write(self, out, upstream_run::Run::Proposal)
    }

    /// Everybody who was in the lists, once for each payment owed.
    pub(super) fn each(&self, visit: &mut dyn FnMut(Recipient) -> io::Result<()>) -> io::Result<()> {
        for (list, made_up) in self.lists.iter().enumerate() {
            let mut unpaid = 0;
            for place in 0..made_up.recipients {
                let entitlement = self.people.entitlement(list, place);
                let fate = made_up.flaw(place).map_or(Fate::Prepared, |(flaw, _)| flaw.judged(false).0);
                let row = made_up.row(place);
                let paid = fate == Fate::Prepared;
                let story = match paid {
                    true => Story::of_paid((self.seed, list), place, self.people.is_alone(list, place)),
                    false => Story::of_unpaid(unpaid),
                };
                unpaid += u64::from(!paid);
                let account = match row.account {
                    AccountCell::Given(account) => account,
                    _ => entitlement.person.account,
                };
                // Who was paid was paid as the row has them; upstream knows the others as they are.
                let (person, ore) = match paid {
                    true => (format!("{:0>10}", row.person_number), row.amount.ore),
                    false => (entitlement.person.number.digits(), entitlement.ore),
                };
                visit(Recipient {
                    list,
                    place,
                    person,
                    name: entitlement.person.name.first_name_first(),
                    account: account.with_hyphen(),
                    ore,
                    instalment: entitlement.instalment,
                    story,
                    paid,
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn end_to_end_id(&self, recipient: &Recipient) -> io::Result<EndToEndId> {
        let scheme = Scheme::new(recipient.scheme()).ok_or_else(|| io::Error::other("a benefit without a name"))?;
        Ok((self.reference)(&Obligation {
            person: PersonId::new(Country::Gl, PersonKind::Natural, recipient.person.clone()),
            scheme,
            period: self.period,
            part: Part::new(&recipient.part()),
        }))
    }

    /// A number that nobody in the lists has.
    pub(super) fn new_number(&self, recipient: &Recipient) -> String {
        if recipient.story.upstream != Upstream::PaidUnderNewNumber {
            return String::new();
        }
        let index = self.people.flaws(recipient.list) + recipient.place / 100;
        self.people.second_number(recipient.list, index).digits()
    }

    /// The period and the month before it.
    pub(super) fn two_months(&self) -> String {
        let before = self.period.first().pred_opt().unwrap_or(self.period.first());
        Period::new(before, before).map_or(self.period, |day| day.span(self.period)).to_string()
    }

    /// What upstream has in its rows for the recipient, in øre.
    pub(super) fn upstream_amounts(recipient: &Recipient) -> Vec<i64> {
        let ore = recipient.ore;
        match recipient.story.upstream {
            Upstream::StoppedForLess => vec![ore - LESS],
            Upstream::StoppedForMore | Upstream::PaidMore | Upstream::PlannedForMore => vec![ore + MORE],
            Upstream::PaidAndListedTwice | Upstream::PaidTwice => vec![ore, ore],
            Upstream::PaidInComponents => components(ore).into(),
            Upstream::PaidTwoMonths => vec![2 * ore],
            Upstream::Silent => vec![],
            Upstream::Stopped | Upstream::Paid | Upstream::PaidUnderNewNumber | Upstream::Planned => vec![ore],
        }
    }
}
