//! The recovery code, and the ends of keys: what each entry must be signed with, and what may not follow it.

use super::*;
use crate::ledger::event::EndedDuplicateKey;
use crate::ledger::recovery::{RecordedRecovery, RecoveryCode, recovery_message};

fn code(number: u8) -> RecoveryCode {
    RecoveryCode::new([number; 16])
}

fn made(code: &RecoveryCode) -> Event {
    Event::RecoveryCodeMade { code: code.id(), public_key: code.signer().public_key() }
}

/// The state in which malik prepared something and a code was made.
fn with_code() -> LedgerState {
    play(vec![(made(&code(1)), "anna", Some("malik"))]).expect("a code")
}

/// Somebody with a name, and a key of their own that is not the one of before.
fn newcomer(name: &str) -> (Enrolment, Signer) {
    let mut seed = [200; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    let signer = Signer::new(name.into(), &seed);
    (Enrolment { name: name.into(), public_key: signer.public_key() }, signer)
}

fn recovered(state: &LedgerState, by: &RecoveryCode, operators: Vec<Enrolment>) -> Event {
    let signature = by.signer().sign(&recovery_message(state.ledger, &state.head, &operators));
    Event::OperatorsRecovered(Box::new(RecordedRecovery { code: by.id(), operators, signature }))
}

fn record(state: &mut LedgerState, event: &Event, by: &Signer, second: Option<&Signer>) -> Result<(), String> {
    let entry = Entry::record(LEDGER, Some(&state.head), 0, event, by, second);
    state.apply(&entry).map_err(|RuleBroken(rule)| rule.to_string())
}

#[test]
fn a_recovery_code_is_made_by_two_and_the_last_one_counts() {
    let alone = play(vec![(made(&code(1)), "anna", None)]).expect_err("takes two");
    assert!(alone.contains("takes two"), "{alone}");
    let twice = play(vec![(made(&code(1)), "anna", Some("malik")), (made(&code(2)), "sara", Some("anna"))]);
    assert_eq!(twice.expect("two codes").recovery.map(|recovery| recovery.code), Some(code(2).id()));
}

#[test]
fn the_code_puts_others_in_the_place_of_all_and_is_void_then() {
    let mut state = with_code();
    let [(anna, anna_signs), (ivik, ivik_signs)] = [newcomer("anna"), newcomer("ivik")];
    let event = recovered(&state, &code(1), vec![anna, ivik]);
    assert_eq!(record(&mut state, &event, &anna_signs, Some(&ivik_signs)), Ok(()));
    let names: Vec<&str> = state.active_operators().map(|operator| operator.name.as_str()).collect();
    assert_eq!((names, state.recovery), (vec!["anna", "ivik"], None));
    let before = state.operators.iter().find(|operator| operator.name == "malik").expect("stays known");
    assert!(state.was_recovered_from(before));
    assert!(state.active_operators().all(|operator| !state.was_recovered_from(operator)), "not from who took over");
    let left = play(vec![(Event::OperatorRetired { name: "sara".into() }, "anna", Some("malik"))]).expect("she left");
    assert!(
        left.operators.iter().all(|operator| !left.was_recovered_from(operator)),
        "who left by two was not replaced"
    );
    // The old keys sign nothing any more, and the code opens nothing a second time.
    let adds = Event::OperatorEnrolled(enrolment("nivi"));
    assert!(record(&mut state, &adds, &signer("anna"), Some(&signer("malik"))).is_err());
    let again = recovered(&state, &code(1), vec![newcomer("nivi-anna").0, newcomer("ole").0]);
    let refused = record(&mut state, &again, &anna_signs, Some(&ivik_signs)).expect_err("is void");
    assert!(refused.contains("does not have"), "{refused}");
}

#[test]
fn whoever_takes_over_has_the_code_and_is_two_people_of_their_own() {
    let [anna, ivik, sara] = ["anna", "ivik", "sara"].map(newcomer);
    let names = |people: &[&(Enrolment, Signer)]| people.iter().map(|(enrolment, _)| enrolment.clone()).collect();
    let retired = play(vec![
        (Event::OperatorRetired { name: "sara".into() }, "anna", Some("malik")),
        (made(&code(1)), "anna", Some("malik")),
    ]);
    let no_code = play(vec![]).expect("opens");
    let as_signed = |change: fn(&mut RecordedRecovery)| {
        let Event::OperatorsRecovered(mut recovery) = recovered(&with_code(), &code(1), names(&[&anna, &ivik])) else {
            panic!("another event");
        };
        change(&mut recovery);
        Event::OperatorsRecovered(recovery)
    };
    let known_key = Enrolment { name: "ole".into(), public_key: signer("malik").public_key() };
    let same_key = Enrolment { name: "ole".into(), public_key: anna.0.public_key };
    let table: Vec<(LedgerState, Event, &Signer, Option<&Signer>, &str)> = vec![
        (
            no_code.clone(),
            recovered(&no_code, &code(1), names(&[&anna, &ivik])),
            &anna.1,
            Some(&ivik.1),
            "does not have",
        ),
        (
            with_code(),
            recovered(&with_code(), &code(2), names(&[&anna, &ivik])),
            &anna.1,
            Some(&ivik.1),
            "does not have",
        ),
        (
            with_code(),
            as_signed(|one| one.signature[0] ^= 1),
            &anna.1,
            Some(&ivik.1),
            "not signed with the recovery code",
        ),
        (
            with_code(),
            as_signed(|one| one.operators[0].name = "nivi".into()),
            &anna.1,
            Some(&ivik.1),
            "not signed with the",
        ),
        // What was signed for an earlier head is void at a later one.
        (
            play(vec![(made(&code(1)), "anna", Some("malik")), (Event::BackupBegun, "anna", None)]).expect("goes on"),
            recovered(&with_code(), &code(1), names(&[&anna, &ivik])),
            &anna.1,
            Some(&ivik.1),
            "not signed with the recovery code",
        ),
        (with_code(), recovered(&with_code(), &code(1), names(&[&anna])), &anna.1, None, "fewer than two"),
        (with_code(), recovered(&with_code(), &code(1), names(&[&anna, &anna])), &anna.1, Some(&anna.1), "again"),
        (
            with_code(),
            recovered(&with_code(), &code(1), vec![anna.0.clone(), known_key]),
            &anna.1,
            Some(&ivik.1),
            "another operator's key",
        ),
        (
            with_code(),
            recovered(&with_code(), &code(1), vec![anna.0.clone(), same_key]),
            &anna.1,
            Some(&ivik.1),
            "another operator's key",
        ),
        (
            retired.clone().expect("goes on"),
            recovered(&retired.expect("goes on"), &code(1), names(&[&anna, &sara])),
            &anna.1,
            Some(&sara.1),
            "enrols sara again",
        ),
        // The code alone is nobody: two of the new ones sign, and none of the old.
        (with_code(), recovered(&with_code(), &code(1), names(&[&anna, &ivik])), &anna.1, None, "takes two"),
        (
            with_code(),
            recovered(&with_code(), &code(1), names(&[&anna, &ivik])),
            &anna.1,
            Some(&anna.1),
            "signed twice",
        ),
    ];
    for (mut state, event, by, second, rule) in table {
        let before = state.clone();
        let refused = record(&mut state, &event, by, second).expect_err(rule);
        assert!(refused.contains(rule), "{refused} is not {rule}");
        assert_eq!(state, before, "{rule}: it stays as it was");
    }
    let mut state = with_code();
    let event = recovered(&state, &code(1), names(&[&anna, &ivik]));
    let old = [signer("anna"), signer("malik")];
    assert!(record(&mut state, &event, &old[0], Some(&old[1])).is_err());
}

fn ended_with(change: impl FnOnce(&mut EndedDuplicateKey)) -> Event {
    let mut ended = EndedDuplicateKey {
        key: KeyId([0; 8]),
        claims: 1,
        evidence: 0,
        baseline_keys: Vec::new(),
        entries: Vec::new(),
        parts: 0,
        bytes: 0,
        root: Digest([0; 32]),
        key_copies: Vec::new(),
    };
    change(&mut ended);
    Event::DuplicateKeyEnded(Box::new(ended))
}

/// Opened, closed, purged, and the purge seen through: entries 2 to 5.
fn until_purged() -> Vec<Step> {
    let closed = (Event::EpisodeClosed { name: "attack".into() }, "anna", None);
    let completed = (Event::PurgeCompleted { purge: 4 }, "anna", None);
    [vec![(episode("attack"), "anna", None), closed], vec![purged("attack", |_| {}), completed]].concat_steps()
}

#[test]
fn the_duplicate_key_ends_after_everything_else_and_nothing_about_people_follows_it() {
    let ended = || (ended_with(|_| {}), "anna", Some("malik"));
    let table: Vec<(Vec<Step>, &str)> = vec![
        (vec![(episode("attack"), "anna", None), ended()], "while episode attack is not purged"),
        ([until_purged(), vec![(ended_with(|_| {}), "anna", None)]].concat_steps(), "takes two"),
        ([until_purged()[..3].to_vec(), vec![ended()]].concat_steps(), "before purge 4 was seen through"),
        (
            [until_purged(), vec![(ended_with(|end| end.key = KeyId([9; 8])), "anna", Some("malik"))]].concat_steps(),
            "ends another duplicate key",
        ),
        (
            [until_purged(), vec![(ended_with(|end| end.entries = vec![2]), "anna", Some("malik"))]].concat_steps(),
            "empties other entries",
        ),
        (
            [until_purged(), vec![(ended_with(|end| end.baseline_keys = vec![KeyId([1; 8])]), "anna", Some("malik"))]]
                .concat_steps(),
            "ends other keys than those of the baselines",
        ),
        ([until_purged(), vec![ended(), ended()]].concat_steps(), "comes after the end of the duplicate key (entry 6)"),
        ([until_purged(), vec![ended(), (episode("again"), "anna", None)]].concat_steps(), "comes after the end"),
        ([until_purged(), vec![ended(), (prepared(1), "anna", None)]].concat_steps(), "comes after the end"),
        ([until_purged(), vec![ended(), (bank_is_ahead(), "anna", None)]].concat_steps(), "comes after the end"),
        (
            [until_purged(), vec![ended(), (Event::PurgeCompleted { purge: 5 }, "anna", None)]].concat_steps(),
            "completes purge 5, which does not exist",
        ),
    ];
    for (steps, rule) in table {
        let refused = play(steps).expect_err(rule);
        assert!(refused.contains(rule), "{refused} is not {rule}");
    }
    let enrols = (Event::OperatorEnrolled(enrolment("ivik")), "anna", Some("malik"));
    let completed = (Event::PurgeCompleted { purge: 6 }, "anna", None);
    let after = [until_purged(), vec![ended(), completed, enrols, (Event::BackupBegun, "sara", None)]].concat_steps();
    let state = play(after).expect("who may act, and backups, go on");
    assert_eq!(state.duplicate_end.as_ref().map(|end| (end.entry, end.completed)), Some((6, true)));
    assert!(state.keys_without_copy().is_empty(), "there is no key left to copy");
}
