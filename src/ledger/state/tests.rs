//! The rules, each with a history that breaks it.

mod keeping;
mod recalls;
mod register;
mod worksheets;

use super::*;
use crate::approval::approval_message;
use crate::bank::profile::Profile;
use crate::batch::{Fates, Sum};
use crate::ledger::entry::Signer;
use crate::ledger::event::{BaselineScheme, Enrolment, KindSum, LeftOpen, RowsLeft, RowsSettled};
use crate::ledger::lineage::Adoption;
use crate::ledger::remedies::{Decision, FindingMoney, Verdict};
use crate::payment::{Account, Amount, Country, DomesticAccount, EndToEndId, Tag};
use crate::release::ReleasePlan;

const LEDGER: LedgerId = LedgerId([1; 16]);

fn signer(name: &str) -> Signer {
    let mut seed = [0; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    Signer::new(name.into(), &seed)
}

fn enrolment(name: &str) -> Enrolment {
    Enrolment { name: name.into(), public_key: signer(name).public_key() }
}

fn payer() -> Payer {
    let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
    Payer {
        name: "Kommunia".into(),
        payer_id: None,
        country: Country::Gl,
        account: Account::Domestic(account),
        bic: None,
    }
}

fn opened(operators: &[&str]) -> Event {
    Event::LedgerOpened {
        ledger: LEDGER,
        environment: Environment::Real,
        payer: payer(),
        currency: Currency::Dkk,
        operators: operators.iter().map(|name| enrolment(name)).collect(),
        duplicate_key: KeyId([0; 8]),
        duplicate_key_check: [0; 8],
    }
}

fn batch(number: u32) -> PreparedBatch {
    PreparedBatch {
        id: BatchId::new('B', number),
        episode: "attack".into(),
        payer: payer(),
        profile: Profile::default(),
        payment_limit: Amount::from_minor_units(1, Currency::Dkk),
        prepared_at: 0,
        groups: vec![],
        fates: Fates::none(Currency::Dkk),
        decided_to_pay: 0,
        sealed_root: Digest([0; 32]),
        claims_root: Digest([0; 32]),
        plan: ReleasePlan { writer: 1, files: vec![] },
    }
}

/// What an event is recorded as: the event, its actor and its second.
type Step = (Event, &'static str, Option<&'static str>);

fn approved(by: &str, digest: Digest) -> Event {
    let id = BatchId::new('B', 1);
    let signature = signer(by).sign(&approval_message(LEDGER, id, &digest));
    Event::BatchApproved { batch: id, digest, signature }
}

fn digest() -> Digest {
    batch(1).digest(LEDGER)
}

fn episode(name: &str) -> Event {
    Event::EpisodeOpened {
        name: name.into(),
        reason: String::new(),
        schemes: vec![],
        periods: Default::default(),
        key: KeyId([0; 8]),
    }
}

fn prepared(number: u32) -> Event {
    Event::BatchPrepared(Box::new(batch(number)))
}

fn begun(digest: Digest) -> Event {
    Event::ReleaseBegun { batch: BatchId::new('B', 1), digest }
}

fn adopted(epoch: u32) -> Event {
    Event::LedgerAdopted(Box::new(Adoption {
        epoch,
        place: Digest([0; 32]),
        reason: String::new(),
        overruled: None,
        older: false,
    }))
}

fn accepted() -> Event {
    Event::PlaceAccepted { place: Digest([0; 32]), kind: "a network share".into() }
}

fn bank_is_ahead() -> Event {
    Event::BankIsAhead { batches: vec![BatchId::new('B', 7)] }
}

fn paid_elsewhere(attempts: &[u8]) -> Event {
    let tag = Tag { obligation: [1; 8], series: [2; 8] };
    Event::PaidElsewhere { payments: attempts.iter().map(|attempt| EndToEndId { tag, attempt: *attempt }).collect() }
}

/// Plays the steps on a ledger of anna, malik and sara; gives the first broken rule.
fn play(steps: Vec<Step>) -> Result<LedgerState, String> {
    let first =
        Entry::record(LEDGER, None, 0, &opened(&["anna", "malik", "sara"]), &signer("anna"), Some(&signer("malik")));
    let mut state = LedgerState::open(&first).expect("opens");
    for (event, actor, second) in steps {
        let second = second.map(signer);
        let entry = Entry::record(LEDGER, Some(&state.head), 0, &event, &signer(actor), second.as_ref());
        state.apply(&entry).map_err(|RuleBroken(rule)| rule)?;
    }
    Ok(state)
}

fn parts() -> SealedParts {
    SealedParts { key: KeyId([0; 8]), count: 0, root: Digest([0; 32]) }
}

/// By two, as `change` makes it.
fn purged(episode: &str, change: impl FnOnce(&mut RecordedPurge)) -> Step {
    let mut recorded = RecordedPurge {
        episodes: vec![episode.into()],
        keys: vec![KeyId([0; 8])],
        entries: Vec::new(),
        payments: 0,
        chunks: 0,
        parts: 0,
        bytes: 0,
        root: Digest([0; 32]),
        key_copies: Vec::new(),
    };
    change(&mut recorded);
    (Event::EpisodesPurged(Box::new(recorded)), "anna", Some("malik"))
}

/// Both paid 100.
fn doubled() -> FindingMoney {
    FindingMoney { fallback: 100, upstream_paid: 100, upstream_planned: 0, owed: 100, overpaid: 100, underpaid: 0 }
}

fn found_with(change: impl FnOnce(&mut RecordedFindings)) -> Event {
    let by_kind = vec![KindSum { kind: 1, count: 1, money: doubled() }];
    let mut findings = RecordedFindings {
        basis: Basis::Upstream,
        planned: false,
        files: vec![],
        by_kind,
        totals: doubled(),
        last_number: 1,
        content: [0; 8],
        findings: parts(),
    };
    change(&mut findings);
    Event::FindingsRecorded(Box::new(findings))
}

fn decided(decision: Decision, amount: i64) -> Event {
    Event::RemedyDecided(Box::new(RecordedDecision {
        finding: FindingKey([1; 8]),
        basis: Basis::Upstream,
        verdict: Verdict { kind: 1, uncertain: false, money: doubled() },
        decision,
        amount,
        details: parts(),
    }))
}

fn repaid_by(numbers: &[u8]) -> Event {
    let repayment = |number: &u8| Repayment {
        finding: FindingKey([1; 8]),
        source: Source::Statement,
        identity: [*number; 8],
        amount: 60,
        booked_on: Some(i32::from(*number)),
    };
    Event::RepaymentsRecorded { repayments: numbers.iter().map(repayment).collect() }
}

fn closed_over(left_open: u64) -> Event {
    let left_open = (0..left_open).map(|count| LeftOpen { matter: "findings".into(), count, amount: 0 }).collect();
    Event::EpisodeClosedOpen { name: "attack".into(), left_open, reason: parts() }
}

/// What one episode was closed over is said of it alone.
#[test]
fn an_episode_that_was_closed_over_open_matters_says_so() {
    let again = Event::EpisodeOpened {
        name: "again".into(),
        reason: String::new(),
        schemes: vec![],
        periods: Default::default(),
        key: KeyId([1; 8]),
    };
    let closed = Event::EpisodeClosed { name: "again".into() };
    let steps = vec![
        (again, "anna", None),
        (closed, "anna", None),
        (episode("attack"), "anna", None),
        (closed_over(2), "anna", Some("malik")),
    ];
    let state = play(steps).expect("both are closed");
    let over = |name| state.episode(name).map(|episode| (episode.open, episode.closed_over.len()));
    assert_eq!((over("again"), over("attack")), (Some((false, 0)), Some((false, 2))));
}

/// A batch that left or was cancelled keeps no episode open; one that could still leave does.
#[test]
fn an_episode_is_closed_once_nothing_of_it_can_leave() {
    let close = || (Event::EpisodeClosed { name: "attack".into() }, "anna", None);
    let cancelled = || (Event::BatchCancelled { batch: BatchId::new('B', 1) }, "anna", None);
    let approved = || (approved("malik", digest()), "malik", None);
    let leaves = || (begun(digest()), "anna", None);
    let left = || (Event::ReleaseCompleted { batch: BatchId::new('B', 1) }, "anna", None);
    let table: [(Vec<Step>, bool); 5] = [
        (vec![], false),
        (vec![approved()], false),
        (vec![approved(), leaves()], false),
        (vec![approved(), leaves(), left()], true),
        (vec![cancelled()], true),
    ];
    for (steps, closes) in table {
        assert_eq!(play([until_prepared(), steps, vec![close()]].concat_steps()).is_ok(), closes);
    }
}

/// A bank's report on payments comes after a release; one of debits alone, which may be another's, comes at any time.
#[test]
fn nothing_is_known_of_payments_before_any_was_released() {
    let outcome = |evidence| {
        let recorded = crate::ledger::event::RecordedOutcome {
            reports: vec![],
            evidence,
            evidence_root: Digest([0; 32]),
            debits: 1,
            debits_root: Digest([0; 32]),
        };
        (Event::OutcomeRecorded(Box::new(recorded)), "anna", None)
    };
    let rule = "records the outcome of payments before any was released";
    assert_eq!(play([until_prepared(), vec![outcome(1)]].concat_steps()).err().as_deref(), Some(rule));
    assert!(play([until_prepared(), vec![outcome(0)]].concat_steps()).is_ok());
    let released = vec![(approved("malik", digest()), "malik", None), (begun(digest()), "anna", None), outcome(1)];
    assert!(play([until_prepared(), released].concat_steps()).is_ok());
}

/// The recovery of a passphrase is the operator's own word and nobody's else.
#[test]
fn an_operator_says_of_themselves_that_they_were_recovered() {
    let recovered = |name: &str| vec![(Event::OperatorRecovered { name: name.into() }, "anna", None)];
    assert!(play(recovered("anna")).is_ok());
    assert!(play(recovered("malik")).is_err());
}

/// What may be decided, by whom, and what may come of it: each way around a rule is refused for its own reason.
#[test]
fn decisions_about_findings_keep_their_rules() {
    let anna = |event| (event, "anna", None);
    let both = |event| (event, "anna", Some("malik"));
    let found = || anna(found_with(|_| ()));
    let recover = || both(decided(Decision::Recover, 100));
    let table: Vec<(Vec<Step>, Option<&str>)> = vec![
        (vec![found(), recover()], None),
        (vec![found(), both(decided(Decision::Recover, 40))], None),
        (vec![found(), recover(), both(decided(Decision::None, 0))], None),
        (vec![found(), recover(), anna(repaid_by(&[1, 2]))], None),
        // Repayments may still come when the rest was waived.
        (vec![found(), recover(), both(decided(Decision::None, 0)), anna(repaid_by(&[1]))], None),
        (vec![anna(episode("attack")), both(closed_over(1))], None),
        (vec![anna(found_with(|f| f.totals.owed += 1))], Some("records findings that do not add up to their total")),
        (
            vec![anna(found_with(|f| {
                f.totals.owed += 1;
                f.by_kind[0].money.owed += 1;
            }))],
            Some("records findings that do not balance"),
        ),
        (vec![recover()], Some("decides on a finding before anything was compared")),
        (vec![found(), anna(decided(Decision::Recover, 100))], Some("takes two operators and is signed by one")),
        (vec![found(), anna(decided(Decision::None, 0))], Some("takes two operators and is signed by one")),
        (
            vec![found(), (decided(Decision::Recover, 100), "anna", Some("anna"))],
            Some("is signed twice by one operator"),
        ),
        (vec![found(), both(decided(Decision::TopUp, 100))], Some("decides top_up on a finding that it does not fit")),
        (
            vec![found(), both(decided(Decision::PayAgain, 100))],
            Some("decides pay_again on a finding that it does not fit"),
        ),
        (
            vec![found(), both(decided(Decision::Recover, 101))],
            Some("decides recover on an amount that the finding does not have"),
        ),
        (
            vec![found(), both(decided(Decision::Recover, 0))],
            Some("decides recover on an amount that the finding does not have"),
        ),
        (
            vec![found(), both(decided(Decision::None, 1))],
            Some("decides none on an amount that the finding does not have"),
        ),
        (
            vec![found(), anna(repaid_by(&[1]))],
            Some("records a repayment for a finding that nobody decided to recover"),
        ),
        (vec![found(), recover(), anna(repaid_by(&[1, 1]))], Some("records a repayment a second time")),
        (
            vec![found(), recover(), anna(repaid_by(&[1])), anna(repaid_by(&[1]))],
            Some("records a repayment a second time"),
        ),
        (vec![anna(episode("attack")), anna(closed_over(1))], Some("takes two operators and is signed by one")),
        (
            vec![anna(episode("attack")), both(closed_over(0))],
            Some("closes episode attack over open matters and names none"),
        ),
        (
            [until_prepared(), vec![both(closed_over(1))]].concat_steps(),
            Some("closes episode attack while batch B0001 is prepared"),
        ),
    ];
    for (at, (steps, rule)) in table.into_iter().enumerate() {
        assert_eq!(play(steps).err().as_deref(), rule, "case {at}");
    }
}

#[test]
fn the_last_decision_holds_and_the_earlier_stay() {
    let both = |event| (event, "anna", Some("malik"));
    let steps = vec![
        (found_with(|_| ()), "anna", None),
        both(decided(Decision::Recover, 100)),
        (repaid_by(&[1]), "sara", None),
        (decided(Decision::None, 0), "sara", Some("anna")),
    ];
    let state = play(steps).expect("every rule is kept");
    let key = FindingKey([1; 8]);
    let last = state.decision(&key).expect("decided");
    assert_eq!(
        (last.recorded.decision, last.by.as_str(), last.second.as_deref()),
        (Decision::None, "sara", Some("anna"))
    );
    assert_eq!((state.decisions[&key].len(), state.repaid(&key)), (2, 60));
}

fn until_prepared() -> Vec<Step> {
    vec![(episode("attack"), "anna", None), (prepared(1), "anna", None)]
}

#[test]
fn a_batch_goes_from_prepared_to_released_by_two_people() {
    let mut steps = until_prepared();
    steps.push((approved("malik", digest()), "malik", None));
    steps.push((begun(digest()), "anna", None));
    steps.push((Event::ReleaseCompleted { batch: BatchId::new('B', 1) }, "anna", None));
    let state = play(steps).expect("every rule is kept");
    let batch = &state.batches[&BatchId::new('B', 1)];
    assert_eq!((batch.phase, batch.approved_by.as_slice()), (BatchPhase::Released, &["malik".to_owned()][..]));
}

/// Ways around the second person, and every other rule of the ledger: each must be refused for its own reason.
#[test]
fn no_rule_can_be_gone_around() {
    let id = BatchId::new('B', 1);
    let other = Digest([7; 32]);
    let after = |more: Vec<Step>| [until_prepared(), more].concat_steps();
    let approved_by_malik = || (approved("malik", digest()), "malik", None);
    let cancelled = || (Event::BatchCancelled { batch: id }, "anna", None);
    let completed = || (Event::ReleaseCompleted { batch: id }, "anna", None);
    let enrol = |name: &str| Event::OperatorEnrolled(enrolment(name));
    let retire = |name: &str| Event::OperatorRetired { name: name.into() };
    let table: Vec<(Vec<Step>, &str)> = vec![
        (after(vec![(approved("anna", digest()), "anna", None)]), "lets anna, who prepared batch B0001, approve it"),
        (after(vec![(approved("malik", digest()), "anna", None)]), "lets anna, who prepared batch B0001, approve it"),
        (after(vec![(approved("anna", digest()), "malik", None)]), "approves batch B0001 without malik's signature"),
        (after(vec![(approved("sara", digest()), "malik", None)]), "approves batch B0001 without malik's signature"),
        (
            after(vec![(approved("malik", other), "malik", None)]),
            "approves another content of batch B0001 than was prepared",
        ),
        (
            after(vec![approved_by_malik(), (approved("sara", digest()), "sara", None)]),
            "approves batch B0001, which is approved",
        ),
        (after(vec![(begun(digest()), "anna", None)]), "releases batch B0001, which is prepared"),
        (
            after(vec![approved_by_malik(), (begun(other), "anna", None)]),
            "releases another content of batch B0001 than was approved",
        ),
        (after(vec![completed()]), "completes the release of batch B0001, which is prepared"),
        (after(vec![approved_by_malik(), completed()]), "completes the release of batch B0001, which is approved"),
        (
            after(vec![approved_by_malik(), (begun(digest()), "anna", None), cancelled()]),
            "cancels batch B0001, which is releasing",
        ),
        (
            after(vec![approved_by_malik(), (begun(digest()), "anna", None), (begun(digest()), "anna", None)]),
            "releases batch B0001, which is releasing",
        ),
        (after(vec![cancelled(), approved_by_malik()]), "approves batch B0001, which is cancelled"),
        (after(vec![cancelled(), cancelled()]), "cancels batch B0001, which is cancelled"),
        (after(vec![(prepared(1), "anna", None)]), "prepares batch B0001 again"),
        (after(vec![(prepared(3), "anna", None)]), "prepares batch B0003 out of turn"),
        (
            after(vec![(Event::EpisodeClosed { name: "attack".into() }, "anna", None)]),
            "closes episode attack while batch B0001 is prepared",
        ),
        (after(vec![(episode("second"), "anna", None)]), "opens an episode while attack is open"),
        (vec![(prepared(1), "anna", None)], "prepares batch B0001 for an episode that is not open"),
        (vec![cancelled()], "cancels batch B0001, which does not exist"),
        (
            vec![(Event::EpisodeClosed { name: "attack".into() }, "anna", None)],
            "closes episode attack, which is not open",
        ),
        (vec![(opened(&["anna", "malik"]), "anna", Some("malik"))], "opens the ledger a second time"),
        (vec![(enrol("ivik"), "anna", None)], "takes two operators and is signed by one"),
        (vec![(enrol("ivik"), "anna", Some("anna"))], "is signed twice by one operator"),
        (vec![(enrol("ivik"), "anna", Some("ivik"))], "is not signed by ivik"),
        (vec![(enrol("ivik"), "ivik", Some("anna"))], "is not signed by ivik"),
        (vec![(enrol("anna"), "anna", Some("malik"))], "enrols anna again"),
        (
            vec![(
                Event::OperatorEnrolled(Enrolment { name: "ivik".into(), ..enrolment("anna") }),
                "anna",
                Some("malik"),
            )],
            "enrols ivik with another operator's key",
        ),
        (
            vec![(retire("anna"), "anna", Some("malik"))],
            "is signed by the operator whom it retires: two who remain must sign",
        ),
        (
            vec![(retire("malik"), "anna", Some("malik"))],
            "is signed by the operator whom it retires: two who remain must sign",
        ),
        (vec![(retire("ivik"), "anna", Some("malik"))], "retires ivik, who is not an operator"),
        (vec![(adopted(1), "anna", None)], "takes two operators and is signed by one"),
        (vec![(adopted(2), "anna", Some("malik"))], "begins epoch 2 after epoch 0"),
        (vec![(adopted(1), "anna", Some("malik")), (adopted(1), "anna", Some("sara"))], "begins epoch 1 after epoch 1"),
        (
            vec![(Event::OperatorRecovered { name: "malik".into() }, "anna", None)],
            "lets anna set the passphrase of malik",
        ),
        (vec![(accepted(), "anna", None)], "takes two operators and is signed by one"),
        (
            after(vec![(Event::BankIsAhead { batches: vec![id] }, "anna", None)]),
            "calls batch B0001 unknown, which the ledger holds",
        ),
        (vec![(paid_elsewhere(&[]), "anna", None)], "names payments out of order"),
        (vec![(paid_elsewhere(&[2, 1]), "anna", None)], "names payments out of order"),
        (
            vec![(paid_elsewhere(&[1]), "anna", None), (paid_elsewhere(&[1, 2]), "anna", None)],
            "says again that AEAQCAIBAEAQCAQCAIBAEAQCAI1 was paid elsewhere",
        ),
        (
            after(vec![approved_by_malik(), (bank_is_ahead(), "anna", None), (begun(digest()), "anna", None)]),
            "releases batch B0001 while the bank knows of B0007, which the ledger does not hold",
        ),
        (
            after(vec![(bank_is_ahead(), "anna", None), cancelled(), (prepared(2), "anna", None)]),
            "prepares batch B0002 out of turn",
        ),
        (vec![(retire("sara"), "anna", None)], "takes two operators and is signed by one"),
        (vec![(retire("sara"), "anna", Some("malik")), (episode("attack"), "sara", None)], "is not signed by sara"),
        (vec![(retire("sara"), "anna", Some("malik")), (enrol("sara"), "anna", Some("malik"))], "enrols sara again"),
        (
            vec![(retire("sara"), "anna", Some("malik")), (retire("malik"), "anna", Some("sara"))],
            "is not signed by sara",
        ),
    ];
    for (at, (steps, rule)) in table.into_iter().enumerate() {
        assert_eq!(play(steps).err().as_deref(), Some(rule), "case {at}");
    }
}

#[test]
fn a_baseline_is_of_somebody_and_recorded_once() {
    let scheme = |name: &str, count, currency| BaselineScheme {
        scheme: Scheme::new(name).expect("a name"),
        sum: Sum { count, amount: Amount::from_minor_units(100, currency) },
    };
    let pension = || scheme("Pension", 1, Currency::Dkk);
    let added = |schemes: Vec<BaselineScheme>, content| {
        let parts = SealedParts { key: KeyId([1; 8]), count: 1, root: Digest([2; 32]) };
        let period = "2022-03".parse().expect("a period");
        let recorded = RecordedBaseline { period, schemes, content: [content; 8], parts };
        (Event::BaselineAdded(Box::new(recorded)), "anna", None)
    };
    assert_eq!(play(vec![added(vec![pension()], 1), added(vec![pension()], 2)]).map(|s| s.baselines.len()), Ok(2));
    let table: [(Vec<Step>, &str); 5] = [
        (vec![added(vec![], 1)], "adds a baseline of nobody"),
        (
            vec![added(vec![pension(), scheme("PENSION", 1, Currency::Dkk)], 1)],
            "adds a baseline with a scheme in it twice",
        ),
        (vec![added(vec![scheme("Pension", 0, Currency::Dkk)], 1)], "adds a baseline whose sums cannot be"),
        (vec![added(vec![scheme("Pension", 1, Currency::Sek)], 1)], "adds a baseline whose sums cannot be"),
        (vec![added(vec![pension()], 1), added(vec![pension()], 1)], "adds the same baseline again"),
    ];
    let back = vec![added(vec![pension()], 1), added(vec![pension()], 2), added(vec![pension()], 1)];
    assert_eq!(play(back).map(|state| state.baselines.len()), Ok(3), "a mistake is taken back");
    for (steps, rule) in table {
        assert_eq!(play(steps).err().as_deref(), Some(rule));
    }
}

#[test]
fn a_batch_is_compared_with_baselines_when_it_is_prepared_and_with_those_that_there_are() {
    let beside_as = |baselines: Vec<u64>, provisional: bool| {
        let counts = BesideBaselines {
            batch: BatchId::new('B', 1),
            provisional,
            baselines,
            not_compared: vec![],
            new_persons: 0,
            accounts_changed: 0,
            amounts_changed: 0,
            missing: 0,
        };
        Event::BatchComparedWithBaselines(Box::new(counts))
    };
    let beside = |baselines| beside_as(baselines, false);
    let with = |mut steps: Vec<Step>| {
        steps.splice(0..0, [(episode("attack"), "anna", None), (prepared(1), "anna", None)]);
        play(steps).map(|state| state.beside_baselines.len())
    };
    assert_eq!(with(vec![(beside(vec![]), "anna", None)]), Ok(1));
    for provisional in [true, false] {
        let compared = (beside_as(vec![], provisional), "anna", None);
        let state =
            play(vec![(episode("attack"), "anna", None), (prepared(1), "anna", None), compared]).expect("plays");
        assert_eq!(
            state.is_provisional(BatchId::new('B', 1)),
            provisional,
            "whether it pays on the last known figures"
        );
        assert!(!state.is_provisional(BatchId::new('B', 2)));
    }
    let late = "compares batch B0001 with baselines at another time than it was prepared";
    for steps in [
        vec![(beside(vec![]), "malik", None)],
        vec![(beside(vec![]), "anna", None), (beside(vec![]), "anna", None)],
        vec![(Event::BatchCancelled { batch: BatchId::new('B', 1) }, "anna", None), (beside(vec![]), "anna", None)],
    ] {
        assert_eq!(with(steps).err().as_deref(), Some(late));
    }
    let none = with(vec![(beside(vec![3]), "anna", None)]);
    assert_eq!(none.err().as_deref(), Some("compares batch B0001 with a baseline that does not exist"));
    assert!(play(vec![(beside(vec![]), "anna", None)]).is_err());
}

#[test]
fn payments_are_put_off_with_their_batch_in_the_open_episode() {
    let put_off = |episode: &str, batch: Option<u32>, count: u64, dropped: u64, key: u8| {
        let put_off = PutOff {
            episode: episode.into(),
            batch: batch.map(|number| BatchId::new('B', number)),
            waiting: Sum { count, amount: Amount::from_minor_units(100, Currency::Dkk) },
            dropped,
            parts: SealedParts { key: KeyId([key; 8]), count: 1, root: Digest([0; 32]) },
        };
        Event::PaymentsPutOff(Box::new(put_off))
    };
    let with = |events: Vec<(Event, &'static str)>| {
        let mut steps: Vec<Step> = vec![(episode("attack"), "anna", None), (prepared(1), "anna", None)];
        steps.extend(events.into_iter().map(|(event, by)| (event, by, None)));
        play(steps).map(|state| state.put_off_in("attack").map(|(entry, _)| entry).collect::<Vec<_>>())
    };
    let sound = || put_off("attack", Some(1), 2, 0, 0);
    assert_eq!(with(vec![(sound(), "anna")]), Ok(vec![4]));
    let both = vec![(put_off("attack", None, 2, 0, 0), "malik"), (put_off("attack", None, 0, 1, 0), "anna")];
    assert_eq!(with(both), Ok(vec![5, 4]), "the last first");
    let late = "puts off payments at another time than batch B0001 was prepared";
    let elsewhere = "puts off payments of an episode that is not open, or seals them under another key";
    let table = [
        (vec![(sound(), "malik")], late),
        (vec![(sound(), "anna"), (sound(), "anna")], late),
        (vec![(prepared(2), "anna"), (sound(), "anna")], late),
        (
            vec![(put_off("attack", Some(2), 2, 0, 0), "anna")],
            "puts off payments at another time than batch B0002 was prepared",
        ),
        (vec![(put_off("other", Some(1), 2, 0, 0), "anna")], elsewhere),
        (vec![(put_off("attack", Some(1), 2, 0, 9), "anna")], elsewhere),
        (vec![(put_off("attack", Some(1), 0, 0, 0), "anna")], "puts off payments that cannot be"),
    ];
    for (steps, rule) in table {
        assert_eq!(with(steps).err().as_deref(), Some(rule));
    }
}

#[test]
fn rows_are_left_by_their_batch_and_settled_in_the_open_episode() {
    let id = |number| BatchId::new('B', number);
    let sum = |count| Sum { count, amount: Amount::from_minor_units(100, Currency::Dkk) };
    let batch = |number: u32| {
        let mut batch = batch(number);
        (batch.fates.rejected, batch.fates.held) = (sum(2), sum(1));
        Event::BatchPrepared(Box::new(batch))
    };
    let left = |batch: Option<u32>, rejected: u64, read_again: &[u32]| {
        let read_again = read_again.iter().map(|number| id(*number)).collect();
        Event::RowsLeft(Box::new(RowsLeft { batch: batch.map(id), rejected: sum(rejected), held: sum(0), read_again }))
    };
    let settled = |number, key: u8| {
        let reason = SealedParts { key: KeyId([key; 8]), count: 1, root: Digest([0; 32]) };
        Event::RowsSettled(RowsSettled { batch: id(number), reason })
    };
    let cancelled = |number| Event::BatchCancelled { batch: id(number) };
    let with = |events: Vec<(Event, &'static str)>| {
        let mut steps: Vec<Step> = vec![(episode("attack"), "anna", None), (batch(1), "anna", None)];
        steps.extend(events.into_iter().map(|(event, by)| (event, by, None)));
        let state = play(steps)?;
        Ok(state.open_rows_in("attack").map(|(batch, rows)| (batch.number(), rows.count())).collect::<Vec<_>>())
    };
    let read_on = || vec![(left(Some(1), 2, &[]), "anna"), (batch(2), "anna"), (left(Some(2), 1, &[1]), "anna")];
    let and = |more: Event| [read_on(), vec![(more, "malik")]].concat();
    let table = [
        (vec![], vec![(1, 3)]),
        (vec![(left(Some(1), 2, &[]), "anna")], vec![(1, 2)]),
        (vec![(left(Some(1), 0, &[]), "anna")], vec![]),
        (read_on(), vec![(2, 1)]),
        (and(cancelled(2)), vec![(1, 2)]),
        (and(settled(2, 0)), vec![]),
        (and(left(None, 0, &[2])), vec![]),
    ];
    for (steps, open) in table {
        assert_eq!(with(steps), Ok::<_, String>(open));
    }
    let otherwise = "leaves rows of batch B0001 otherwise than it was prepared";
    let table = [
        (vec![(left(Some(1), 2, &[]), "malik")], otherwise),
        (vec![(left(Some(1), 3, &[]), "anna")], otherwise),
        (vec![(left(Some(1), 2, &[]), "anna"), (left(Some(1), 2, &[]), "anna")], otherwise),
        (vec![(batch(2), "anna"), (left(Some(1), 2, &[]), "anna")], otherwise),
        (vec![(left(Some(1), 2, &[1]), "anna")], "reads rows of batch B0001 again, which has none in the open episode"),
        (vec![(left(None, 0, &[4]), "anna")], "reads rows of batch B0004 again, which has none in the open episode"),
        (vec![(settled(1, 9), "anna")], "settles rows of batch B0001, which has none in the open episode"),
        (and(settled(1, 0)), "settles rows of batch B0001, which has none in the open episode"),
    ];
    for (steps, rule) in table {
        assert_eq!(with(steps).err().as_deref(), Some(rule));
    }
}

trait ConcatSteps {
    fn concat_steps(self) -> Vec<Step>;
}

impl<const N: usize> ConcatSteps for [Vec<Step>; N] {
    fn concat_steps(self) -> Vec<Step> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn an_entry_is_believed_in_its_place_as_it_was_signed_and_nowhere_else() {
    let state = play(vec![]).expect("opens");
    let entry = Entry::record(LEDGER, Some(&state.head), 0, &episode("attack"), &signer("anna"), None);
    let refused = |change: &dyn Fn(&mut Entry)| {
        let mut changed = entry.clone();
        change(&mut changed);
        let mut state = state.clone();
        let rule = state.apply(&changed).expect_err("refused").0;
        assert_eq!(state.head, self::play(vec![]).expect("opens").head, "the state stays as it was");
        rule
    };
    assert_eq!(refused(&|entry| entry.seq = 3), "stands where entry 2 should");
    assert_eq!(refused(&|entry| entry.previous = Digest([0; 32])), "does not follow from the entry before it");
    assert_eq!(refused(&|entry| entry.at = 9), "was changed after it was recorded");
    assert_eq!(refused(&|entry| entry.signature[0] ^= 1), "is not signed by anna");
    // Somebody who recomputes the digest still has no key to sign it with.
    let recomputed = refused(&|entry| {
        entry.event = episode("another").to_bytes();
        entry.digest = entry.compute_digest(LEDGER);
    });
    assert_eq!(recomputed, "is not signed by anna");
    let renamed = refused(&|entry| {
        entry.actor = "malik".into();
        entry.digest = entry.compute_digest(LEDGER);
    });
    assert_eq!(renamed, "is not signed by malik");
}

#[test]
fn a_ledger_is_opened_by_two_of_its_operators() {
    let open = |operators: &[&str], actor: &str, second: Option<&str>| {
        let second = second.map(signer);
        LedgerState::open(&Entry::record(LEDGER, None, 0, &opened(operators), &signer(actor), second.as_ref()))
    };
    assert!(open(&["anna", "malik"], "anna", Some("malik")).is_ok());
    assert!(open(&["anna", "malik"], "anna", None).is_err());
    assert!(open(&["anna", "malik"], "anna", Some("anna")).is_err());
    assert!(open(&["anna", "malik"], "anna", Some("ivik")).is_err());
    assert!(open(&["anna", "anna"], "anna", Some("malik")).is_err());
}
