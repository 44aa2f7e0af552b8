//! `prepare`, and `check`, which is the same path rolled back: from lists to a batch.
//!
//! The lists are read twice. The first time finds every payable row and what must be known to compare it with all others; the second time,
//! under the ledger's lock and with every comparison done, gives each row its one fate, seals what is prepared and writes `rows.csv`.
//! Between the two nothing about people is kept but pseudonyms, and these in spools: of ten million rows as of ten, one at a time is in hand.

mod alike;
mod beside;
mod candidates;
mod claims;
mod collision;
mod dated_text;
mod ends;
mod judging;
mod kept_list;
mod last_known;
mod missing_list;
mod new_batch;
mod only_list;
mod outside_episode;
mod problems;
mod read_again;
mod reading;
mod row_set;
mod rows_copy;
mod rows_draft;
mod settling;
mod triage;
mod verdicts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::bank_files;
use super::copies::Entering;
use super::decisions::Decisions;
use super::durable;
use super::episodes;
use super::payments::{Amounts, PaymentSealer};
use super::settings::Settings;
use super::spool::Tape;
use super::waiting::DroppedBefore;
use super::{Unlocked, Workspace, World, verify};
use crate::bank;
use crate::bank::calendar::{BankCalendar, PayDateError, check_pay_date};
use crate::batch::{Fates, Sum};
use crate::checks::{Problem, Terms};
use crate::fault::{Fault, Result};
use crate::ledger::LedgerState;
use crate::ledger::idempotency::FIRST_BY_LIKENESS;
use crate::payment::{Amount, BatchId, Currency, Digest, Period, Scheme};
use crate::recipient_list::{Column, RecipientList};
use crate::release::Divider;
use crate::words::Message;

pub use super::bank_files::FilePart;
pub use super::payments::ListedAt;
use beside::Beside;
pub use beside::{Compared, Missing, NotCompared};
use candidates::Candidates;
pub use claims::ClaimsRoot;
pub(super) use collision::Naming;
use judging::{Judged, Judging};
use missing_list::MissingList;
use new_batch::NewBatch;
pub use only_list::NotInLists;
use outside_episode::outside_episode;
pub use problems::{LocatedProblem, OfCode, Problems, in_words};
pub(super) use reading::{open_lists, rules};
use rows_copy::RowsCopy;
pub(super) use rows_draft::place_waiting;
use rows_draft::{Drafts, RowsDraft};
use settling::{Known, Settling};
use triage::Triage;
use verdicts::Verdicts;

/// What was asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub lists: Vec<PathBuf>,
    pub scheme: Option<Scheme>,
    pub period: Option<Period>,
    pub pay_on: Option<NaiveDate>,
    pub decisions: Option<PathBuf>,
    /// The sheet that is meant, of lists that are workbooks.
    pub sheet: Option<String>,
    /// A list's own headings, each with the column that it is: `Ydelse=scheme`. They come before those of the settings.
    pub maps: Vec<String>,
    /// Pay by the last baselines instead of by lists.
    pub from_baseline: bool,
    /// What changed since then.
    pub changes: Option<PathBuf>,
    /// A list of the people who go first.
    pub only: Option<PathBuf>,
    /// The schemes that go first.
    pub only_schemes: Vec<Scheme>,
    /// The most that the batch may come to.
    pub max_total: Option<Amount>,
}

/// What came of it.
pub struct Report {
    /// What was asked for.
    pub asked: Request,
    /// `None` for a dry run, and where no row was prepared.
    pub batch: Option<(BatchId, Digest)>,
    pub currency: Currency,
    pub pay_on: NaiveDate,
    pub fates: Fates,
    pub by_scheme: BTreeMap<String, Fates>,
    pub lists: Vec<RecipientList>,
    pub problems: Problems,
    /// Relative to the workspace.
    pub rows_file: PathBuf,
    /// The baselines that the lists were compared with, and those that did not open.
    pub compared: Vec<Compared>,
    pub not_compared: Vec<NotCompared>,
    /// Who is in these baselines, in none of the lists, and not paid yet.
    pub missing: Vec<Missing>,
    /// Their rows as the baselines have them; relative to the workspace.
    pub missing_file: Option<PathBuf>,
    /// What could be paid and is put off, because others go first.
    pub waiting: Sum,
    /// Who is to go first and is in none of the lists.
    pub not_in_lists: Vec<NotInLists>,
    /// Benefits whose names are nearly the same, here or in other batches.
    pub nearly_alike: Vec<Problem>,
    /// What is paid beside what the open episode was said to be about.
    pub outside_episode: Vec<Message>,
    /// Whether it pays by baselines, whose figures upstream has yet to confirm.
    pub provisional: bool,
    /// What is prepared, parted as the bank's limits for one file demand.
    pub files: Vec<FilePart>,
    /// These limits.
    pub divider: Divider,
}

impl Report {
    /// Whether a person has something to do before everybody is paid.
    pub fn needs_a_person(&self) -> bool {
        self.fates.rejected.count + self.fates.held.count > 0 || !self.not_in_lists.is_empty()
    }
}

/// Whether claims may name payees by their accounts as they were written: those of earlier versions do, and which one another desk has, nobody
/// says.
fn may_hold_older_claims(state: &LedgerState) -> bool {
    !state.merged.is_empty() || state.batches.values().any(|batch| batch.prepared.plan.writer < FIRST_BY_LIKENESS)
}

/// Prepares a batch of all rows that can be paid. A dry run does all of it and then lets go of the ledger.
pub fn prepare(
    workspace: &mut Workspace,
    world: &World,
    who: Option<&str>,
    request: &Request,
    dry_run: bool,
) -> Result<Report> {
    let settings = workspace.settings.clone();
    let payer = workspace.state.payer.clone();
    let currency = workspace.state.currency;
    if !bank::file::carries(settings.door.profile.message, &payer.account) {
        return Err(super::profile::cannot_pay_from(&payer, &settings.door));
    }
    super::profile::refuse_other_currency(&settings.door, currency)?;
    let calendar = BankCalendar::of(payer.country);
    let pay_on = pay_date(request.pay_on, world.now.today(), &calendar)?;
    let rules = rules(&settings, &payer, currency, request, pay_on, world.now.today());
    let Opened { lists, decisions, who } = Opened::of(workspace, world, who, request, &settings, &rules)?;
    let terms = |list: &RecipientList| Terms { amount_style: list.amount_style(), ..rules.clone() };
    let triage = Triage::new(request, &settings, &who, &rules)?;
    let folder = workspace.folder().to_path_buf();
    let keys = workspace.keys.clone();
    let with_baselines = !workspace.state.baselines.is_empty();
    let tape = || Tape::new(folder.clone());
    let sinks = (Candidates::new(&folder, currency)?, with_baselines.then(tape).transpose()?);
    let older_claims = may_hold_older_claims(&workspace.state);
    let reading::Reading { candidates, schemes, ends, beside } =
        reading::read(&lists, &terms, &decisions, &triage, &who, older_claims, sinks)?;
    let not_in_lists = triage.not_in_lists(&schemes)?;
    let open = workspace.state.open_episode_now();
    let outside_episode = open.map(|episode| outside_episode(episode, &schemes)).unwrap_or_default();

    // A copy may be asked what it would pay, and whether a list was paid: only what would be recorded is refused.
    let mut recording = workspace.begin_looking(world)?;
    place_waiting(&folder, &recording.state)?;
    let percent = settings.baseline.amount_change_percent;
    let mut verdicts = Verdicts::new(&folder)?;
    let (beside, account_changed) = Beside::compare(
        &mut *recording.transaction,
        &recording.state,
        (&keys, &who),
        (schemes, beside),
        percent,
        &mut verdicts,
    )?;
    beside.not_compared.iter().for_each(|baseline| world.say(baseline.warning()));
    let queue = triage.queue(&folder, &decisions)?;
    let dropped_before = DroppedBefore::known(&mut *recording.transaction, &recording.state, (&keys, &who))?;
    let mut judging =
        Judging::begin(&candidates, &account_changed, (&ends, &dropped_before), verdicts, queue, tape()?)?;
    verify::claims_agree_before(&mut *recording.transaction, &recording.state, &mut judging)?;
    let Judged { mut verdicts, tried_before, suspects, apart, queue } = judging.finish(&mut *recording.transaction)?;
    let put_off = triage.put_off(queue, &suspects, apart, currency, &mut verdicts)?;
    let one_was_open = recording.state.open_episode_now().is_some();
    // A new episode's key is kept where the episode is recorded: where nobody can be paid, none is left behind.
    let (episode, key) = episodes::open_or_begin(&mut recording, world, &keys, &who, true)?;
    let batch = recording.state.next_batch();
    let ledger = recording.state.ledger;

    let draft = RowsDraft::create(&folder, (!dry_run).then_some(batch), "rows.csv")?;
    let key_id = episodes::find(&recording.state, &episode)?.key;
    let entering = Entering::begin(&recording, &who, &settings.copies, world.now.today(), (key_id, &key));
    let mut rows_copy = RowsCopy::new(entering, &folder, payer.country, world.now.today())?;
    let known =
        Known { tried_before: &tried_before, dropped_before: &dropped_before, beside: &beside, put_off: &put_off };
    let mut settling =
        Settling::begin((&folder, currency), batch, settled(request), (&lists, &decisions, &who.tagger), known)?;
    let mut sealer = PaymentSealer::new(ledger, batch, &key, Amounts::new(&folder, currency)?);
    let found = (candidates.in_order(), verdicts.in_order()?);
    settling.settle(&mut recording, &terms, found, &mut sealer, draft.file(), &mut rows_copy)?;
    settling.refuse_unmet_decisions()?;
    let Settling { fates, by_scheme, problems, prepared: claimed, decided, decided_to_pay, differing, waiting, .. } =
        settling;
    let (left, in_batches) = (settling.left, settling.in_batches);
    let with_payments = by_scheme.iter().filter(|(_, fates)| fates.prepared.count > 0).map(|(name, _)| name.as_str());
    let nearly_alike = alike::nearly_alike(with_payments, &recording.state);
    let naming = MissingList { folder: &folder, batch: (!dry_run).then_some(batch), keys: &keys, who: &who };
    let (missing, missing_draft) = naming.write(&mut recording, &beside, &mut rows_copy)?;
    let mut report = Report {
        asked: request.clone(),
        batch: None,
        currency,
        pay_on,
        fates,
        by_scheme,
        lists,
        problems,
        rows_file: PathBuf::new(),
        compared: beside.compared,
        not_compared: beside.not_compared,
        missing,
        missing_file: None,
        waiting: waiting.sum(),
        not_in_lists,
        nearly_alike,
        outside_episode,
        provisional: request.from_baseline,
        files: Vec::new(),
        divider: settings.door.divider(currency),
    };
    let mut drafts = Drafts { rows: draft, missing: missing_draft };
    if claimed.count == 0 || dry_run {
        let place = Path::new("out").join(if dry_run { "check" } else { "no-batch" });
        report.files = bank_files::parts(&sealer.let_go()?, report.divider)?;
        // One of an earlier command would be taken for this one's.
        durable::remove_leftover(&folder.join(&place).join("missing.csv"))?;
        (report.rows_file, report.missing_file) = drafts.place(&folder, &place)?;
        let again = match left.count() == 0 && !dry_run && recording.may_record().is_ok() {
            true => read_again::batches(&mut recording, &folder, &key, &report, &in_batches)?,
            false => Vec::new(),
        };
        if (waiting.is_empty() && again.is_empty()) || dry_run {
            return Ok(report);
        }
        // Nobody is paid, and nobody is forgotten.
        recording.may_record()?;
        if !waiting.is_empty() {
            waiting.record(&mut recording, &who, (episode.clone(), key_id, &key), None)?;
        }
        if !again.is_empty() {
            read_again::record(&mut recording, &who, None, left, again)?;
        }
        if !one_was_open {
            who.keep_episode_key(&keys, key_id, &key)?;
        }
        let (state, recorded) = recording.finish()?;
        workspace.follow(world, state, recorded)?;
        episodes::tell_if_begun(world, one_was_open, &episode);
        return Ok(report);
    }

    recording.may_record()?;
    let outbox = Workspace::outbox_of(batch);
    let contents = drafts.sync(&folder, &outbox)?;
    rows_copy.enter(&mut recording, &who, batch, episode.clone(), contents)?;
    let new = NewBatch {
        request,
        settings: &settings,
        who: &who,
        episode: &episode,
        key: &key,
        candidates: &candidates,
        claimed,
        tried_before: &tried_before,
        decisions: &decisions,
        decided,
        decided_to_pay,
        differing,
        sealer,
    };
    new.record(&mut recording, world, &mut report)?;
    if !waiting.is_empty() {
        waiting.record(&mut recording, &who, (episode.clone(), key_id, &key), Some(batch))?;
    }
    let again = read_again::batches(&mut recording, &folder, &key, &report, &in_batches)?;
    if fates.rejected.count + fates.held.count > 0 || !again.is_empty() {
        read_again::record(&mut recording, &who, Some(batch), left, again)?;
    }
    if !one_was_open {
        who.keep_episode_key(&keys, key_id, &key)?;
    }
    // Before the commit and not after it: where the disk fails in the middle, the batch may be recorded all the same.
    drafts.keep();
    let (state, recorded) = recording.finish()?;
    workspace.follow(world, state, recorded)?;
    episodes::tell_if_begun(world, one_was_open, &episode);
    (report.rows_file, report.missing_file) = drafts.place(&folder, &outbox)?;
    Ok(report)
}

/// What the command was given, open to be read, and who gave it.
struct Opened {
    lists: Vec<RecipientList>,
    decisions: Decisions,
    who: Unlocked,
}

impl Opened {
    /// Nobody is asked for a passphrase over a list that cannot be read; a baseline opens with one only.
    fn of(
        workspace: &mut Workspace,
        world: &World,
        who: Option<&str>,
        request: &Request,
        settings: &Settings,
        rules: &Terms,
    ) -> Result<Self> {
        let unlocked = request.from_baseline.then(|| workspace.unlock(world, who)).transpose()?;
        let lists = match &unlocked {
            Some(who) => {
                let paid_before = request.period.and_then(|period| last_known::paid_before(&workspace.state, period));
                paid_before.into_iter().for_each(|warning| world.say(warning));
                let (lists, texts_left_out) = last_known::lists(workspace, who, request, settings, rules)?;
                if texts_left_out > 0 {
                    world.say(last_known::texts_left_out(texts_left_out));
                }
                lists
            }
            None => open_lists(request, settings, rules.currency)?,
        };
        let decisions = request.decisions.as_deref().map(|path| Decisions::read(path, &lists)).transpose()?;
        let who = unlocked.map_or_else(|| workspace.unlock(world, who), Ok)?;
        Ok(Self { lists, decisions: decisions.unwrap_or_default(), who })
    }
}

/// The date that rows without one are paid on: as asked for, or the next bank day.
fn pay_date(asked: Option<NaiveDate>, today: NaiveDate, calendar: &BankCalendar) -> Result<NaiveDate> {
    let Some(date) = asked else { return Ok(calendar.next_bank_day(today)) };
    check_pay_date(date, today, calendar).map_err(|error| {
        let code = match error {
            PayDateError::Past { .. } => "date.past",
            PayDateError::NotBankDay { .. } => "date.not_bank_day",
        };
        Fault::refused(code, error)
    })?;
    Ok(date)
}

fn settled(request: &Request) -> Vec<(Column, String)> {
    let scheme = request.scheme.as_ref().map(|scheme| (Column::Scheme, scheme.to_string()));
    let period = request.period.map(|period| (Column::Period, period.to_string()));
    scheme.into_iter().chain(period).collect()
}
