//! `remedy`: what is to be done about findings, decided by people.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Answer, Arguments, json, open, who};
use crate::checks::typed;
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ledger::recalls::CancellationReason;
use crate::ledger::remedies::Decision;
use crate::ops::remedies::decide;
use crate::ops::remedies::notice::{self, Page};
use crate::ops::{self, Workspace, World, recalls};
use crate::payment::{Amount, Currency, EndToEndId};
use crate::recipient_list::{self, AmountStyle};
use crate::reconciliation::finding::{Kind, Remedy};
use crate::say;
use crate::words::Language;

#[derive(Debug, Subcommand)]
pub enum RemedyCommand {
    /// Show what is open, what was decided and what is done
    List,
    /// Show one finding with its evidence, what was decided about it and what came back
    Show {
        finding: String,
        /// Show the name and the person number whole
        #[arg(long)]
        reveal: bool,
    },
    /// Decide what is to be done about findings
    Decide(Decide),
    /// Ask the bank to take payments back that it has not settled; takes two
    Recall(Recall),
    /// Write the notices of recoveries again
    Notice {
        #[arg(required = true, value_name = "FINDING")]
        findings: Vec<String>,
        /// Who looks at them as well before they leave
        #[arg(long, value_name = "NAME")]
        second: Option<String>,
        #[command(flatten)]
        notices: Notices,
    },
}

#[derive(Debug, Args)]
pub struct Decide {
    /// F0001 and so on, as `remedy list` and findings.csv have them
    #[arg(required_unless_present = "kind", conflicts_with = "kind", value_name = "FINDING")]
    pub findings: Vec<String>,
    /// Instead of naming them: all findings of one kind that need a decision, such as fallback_only
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// recover, top_up, write_back, stop, pay_again or none
    #[arg(long = "as", value_name = "REMEDY")]
    pub remedy: String,
    /// Why; recorded, sealed
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The other operator, where it takes two
    #[arg(long, value_name = "NAME")]
    pub second: Option<String>,
    /// Of a recovery: what is asked back, where that is not all of it
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<String>,
    #[command(flatten)]
    pub notices: Notices,
}

#[derive(Debug, Args)]
pub struct Recall {
    /// F0001 and so on, as `remedy list` has them
    #[arg(value_name = "FINDING")]
    pub finding: String,
    /// Why: DUPL (a double), CUST, UPAY (not owed), AM09 (wrong amount), AC03 (wrong account) or FRAD
    #[arg(long, value_name = "CODE", default_value = "DUPL")]
    pub reason: String,
    /// One payment of the finding, by its reference (may be repeated) [default: all that can be]
    #[arg(long = "payment", value_name = "REFERENCE")]
    pub payments: Vec<String>,
    /// The other operator
    #[arg(long, value_name = "NAME")]
    pub second: Option<String>,
    /// Instead: no longer wait for the bank's answer; why is recorded, sealed
    #[arg(long, value_name = "TEXT", conflicts_with = "payments")]
    pub give_up: Option<String>,
}

/// What is written for a recovery.
#[derive(Debug, Args)]
pub struct Notices {
    /// The folder for the notices of recoveries [default: out/notices in the workspace]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The language of the notices
    #[arg(long, value_enum, default_value = "both", value_name = "LANGUAGE")]
    pub notice_language: NoticeLanguage,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum NoticeLanguage {
    Da,
    En,
    Both,
}

impl NoticeLanguage {
    fn languages(self) -> &'static [Language] {
        match self {
            NoticeLanguage::Da => &[Language::Danish],
            NoticeLanguage::En => &[Language::English],
            NoticeLanguage::Both => &[Language::Danish, Language::English],
        }
    }
}

pub fn remedy(arguments: &Arguments, command: &RemedyCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let who = who.as_deref();
    match command {
        RemedyCommand::List => {
            let overview = ops::remedies::list(&mut workspace, world, who)?;
            Ok(Answer {
                screen: screen::remedy_list(&overview, world.now),
                json: json::remedies::overview(&overview),
                needs_a_person: overview.needs_a_person(),
                list: Some(Box::new(json::remedies::AllCases { currency: overview.currency, cases: overview.cases })),
            })
        }
        RemedyCommand::Show { finding, reveal } => {
            let view = ops::remedies::show(&mut workspace, world, who, finding)?;
            Ok(Answer::done(screen::remedy_shown(&view, *reveal, world.now), json::remedies::view(&view)))
        }
        RemedyCommand::Recall(given) => recall(&mut workspace, world, who, given),
        RemedyCommand::Decide(given) => decide(&mut workspace, world, who, given),
        RemedyCommand::Notice { findings, second, notices } => {
            let second = second.as_deref();
            let written = write_notices(&mut workspace, world, who, second, findings, notices)?;
            Ok(Answer::done(screen::notices_written(&written), json::remedies::notices(&written)))
        }
    }
}

fn decide(workspace: &mut Workspace, world: &World, who: Option<&str>, given: &Decide) -> Result<Answer> {
    let folder = given.notices.out.clone().unwrap_or_else(|| decide::notices_folder(workspace));
    let request = decide::Request {
        findings: &given.findings,
        kind: given.kind.as_deref().map(read_kind).transpose()?,
        decision: read_decision(&given.remedy)?,
        reason: &given.reason,
        second: given.second.as_deref(),
        amount: given.amount.as_deref().map(|text| read_amount(text, workspace.state.currency)).transpose()?,
        notices: (&folder, given.notices.notice_language.languages()),
    };
    let decided = decide::decide(workspace, world, who, &request)?;
    let written = match request.decision {
        Decision::Recover => {
            // Where everything has come back there is nothing to ask for.
            let asks = decided.cases.iter().filter(|view| view.case.outstanding() > 0);
            let ids: Vec<String> = asks.map(|view| view.case.id()).collect();
            match ids.is_empty() {
                true => Vec::new(),
                false => write_notices(workspace, world, who, given.second.as_deref(), &ids, &given.notices)?,
            }
        }
        _ => Vec::new(),
    };
    let screen = screen::remedy_decided(&decided, request.decision, &written);
    Ok(Answer::done(screen, json::remedies::decided(&decided, &written)))
}

fn recall(workspace: &mut Workspace, world: &World, who: Option<&str>, given: &Recall) -> Result<Answer> {
    if let Some(reason) = &given.give_up {
        let about = (given.finding.as_str(), reason.as_str(), given.second.as_deref());
        let given_up = recalls::give_up(workspace, world, who, about)?;
        return Ok(Answer::done(screen::recalls_given_up(&given_up), json::recalls::given_up(&given_up)));
    }
    let payments: Result<Vec<EndToEndId>> = given.payments.iter().map(|text| read_reference(text)).collect();
    let request = recalls::Request {
        finding: &given.finding,
        reason: read_cancellation_reason(&given.reason)?,
        payments: &payments?,
        second: given.second.as_deref(),
    };
    let recalled = recalls::recall(workspace, world, who, &request)?;
    Ok(Answer::done(screen::recalled(&recalled), json::recalls::recalled(&recalled)))
}

fn read_reference(text: &str) -> Result<EndToEndId> {
    text.trim().parse().map_err(|_| {
        let message = say!("`{text}` is no payment's reference.", text = text.escape_debug().to_string());
        Fault::input("recall.reference", message)
            .remedy(say!("`stopgap remedy show FINDING` has the references of its payments."))
    })
}

fn read_cancellation_reason(text: &str) -> Result<CancellationReason> {
    text.parse().map_err(|()| {
        let known: Vec<&str> = CancellationReason::ALL.into_iter().map(CancellationReason::code).collect();
        Fault::input(
            "recall.reason",
            say!("`{text}` is no reason for a recall.", text = text.escape_debug().to_string()),
        )
        .remedy(say!("Reasons are: {known}.", known = known.join(", ")))
    })
}

/// The ledger knows of the recovery by now; a notice that could not be written is written again by `remedy notice`.
fn write_notices(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    second: Option<&str>,
    findings: &[String],
    given: &Notices,
) -> Result<Vec<PathBuf>> {
    let who = workspace.unlock(world, who)?;
    let second = ops::copies::second(workspace, world, &who, second)?;
    let mut pages = Vec::new();
    for notice in notice::notices(workspace, world, &who, findings)? {
        for language in given.notice_language.languages() {
            let (finding, name) = (notice.finding.clone(), notice.known_as.clone());
            let names_payee = notice.payments.iter().any(|line| line.payee.is_some());
            pages.push(Page {
                finding,
                name,
                names_payee,
                language: *language,
                html: screen::notice(&notice, *language),
            });
        }
    }
    let folder = given.out.clone().unwrap_or_else(|| decide::notices_folder(workspace));
    notice::write(workspace, world, &who, second.as_ref(), &folder, &pages)
}

fn read_decision(text: &str) -> Result<Decision> {
    // What reconciliation proposes as `reduce` is decided as `stop`: the list for upstream says how much of it is still owed.
    let text = if text == Remedy::Reduce.as_str() { Decision::Stop.as_str() } else { text };
    text.parse().map_err(|()| {
        let known: Vec<&str> = Decision::ALL.into_iter().map(Decision::as_str).collect();
        Fault::input("decision.unknown", say!("`{text}` is no remedy.", text = typed(text)))
            .remedy(say!("Remedies are: {known}.", known = known.join(", ")))
    })
}

fn read_kind(text: &str) -> Result<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        Fault::input("finding.kind", say!("`{text}` is no kind of finding.", text = typed(text)))
            .remedy(say!("Kinds are: {known}.", known = known.join(", ")))
    })
}

/// One amount as lists have them; `1.234` may be either and is refused.
fn read_amount(text: &str, currency: Currency) -> Result<Amount> {
    recipient_list::read_amount(text, AmountStyle::Unsettled, currency).map_err(|_| {
        let message = say!(
            "--amount `{text}` is no amount: write it as 1234.50 or 1234,50.",
            text = text.escape_debug().to_string()
        );
        Fault::input("amount.malformed", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reconciliation_proposes_can_be_decided_by_its_name() {
        let reduce = read_decision(Remedy::Reduce.as_str()).map_err(|fault| fault.code);
        assert_eq!(reduce, Ok(Decision::Stop));
        assert_eq!(read_decision("decide").map_err(|fault| fault.code), Err("decision.unknown"));
    }
}
