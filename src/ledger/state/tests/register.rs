//! What is kept beside the money: copies that were made and ended, copies of keys, what a portal said, and purges that need all of it in order.

use super::*;
use crate::batch::Sum;
use crate::ledger::copies::{CopyEnd, CopyId, DeclaredCopies, DeclaredCopy, Field, PeopleCount, PeopleLie, Purpose};
use crate::ledger::event::RecordedUpload;

fn copy(place: u8, replaces: Option<u32>) -> DeclaredCopy {
    DeclaredCopy {
        purpose: Purpose::Findings,
        batch: None,
        fields: vec![Field::Name],
        rows: 1,
        people: PeopleCount { persons: 1, with_person_id: 1 },
        people_lie: PeopleLie::InParts,
        place: [place; 8],
        name: [place; 8],
        content: None,
        end_by: "2026-12-31".parse().expect("a day"),
        replaces: replaces.map(CopyId),
    }
}

fn declared(copies: Vec<DeclaredCopy>) -> Step {
    let declared = DeclaredCopies { copies, episodes: vec!["attack".into()], parts: parts() };
    (Event::CopiesDeclared(Box::new(declared)), "anna", None)
}

fn ended(copies: &[u32]) -> Step {
    let copies = copies.iter().map(|id| (CopyId(*id), CopyEnd::Destroyed)).collect();
    (Event::CopiesEnded { copies, reason: parts() }, "anna", None)
}

fn reviewed(copies: &[u32], second: Option<&'static str>) -> Step {
    (Event::CopiesReviewed { copies: copies.iter().map(|id| CopyId(*id)).collect() }, "anna", second)
}

fn keys_copied(key: u8) -> Step {
    (Event::KeysCopied { keys: vec![KeyId([key; 8])], operators: Vec::new() }, "anna", None)
}

fn uploaded(message_id: Option<&str>) -> Step {
    let upload = RecordedUpload {
        batch: BatchId::new('B', 1),
        message_id: message_id.map(str::to_owned),
        receipt: "R 17".into(),
        said: Sum { count: 1, amount: Amount::from_minor_units(100, Currency::Dkk) },
    };
    (Event::UploadRecorded(Box::new(upload)), "anna", None)
}

fn closed() -> Vec<Step> {
    vec![(episode("attack"), "anna", None), (Event::EpisodeClosed { name: "attack".into() }, "anna", None)]
}

fn releasing() -> Vec<Step> {
    let approved = (approved("malik", digest()), "malik", None);
    [until_prepared(), vec![approved, (begun(digest()), "anna", None)]].concat_steps()
}

#[test]
fn each_rule_of_the_register_is_refused_for_its_own_reason() {
    let two = || vec![declared(vec![copy(1, None), copy(2, None)])];
    let table: Vec<(Vec<Step>, &str)> = vec![
        ([two(), vec![ended(&[3])]].concat_steps(), "ends copy C0003, which does not exist"),
        ([two(), vec![ended(&[1]), ended(&[1])]].concat_steps(), "ends copy C0001 again"),
        ([two(), vec![ended(&[2, 2])]].concat_steps(), "ends copy C0002 again"),
        ([two(), vec![declared(vec![copy(1, Some(9))])]].concat_steps(), "ends copy C0009, which does not exist"),
        ([two(), vec![ended(&[1]), declared(vec![copy(1, Some(1))])]].concat_steps(), "ends copy C0001 again"),
        ([two(), vec![reviewed(&[1], None)]].concat_steps(), "takes two"),
        ([two(), vec![reviewed(&[3], Some("malik"))]].concat_steps(), "reviews copy C0003, which is not open"),
        (
            [two(), vec![ended(&[2]), reviewed(&[1, 2], Some("malik"))]].concat_steps(),
            "reviews copy C0002, which is not open",
        ),
        (vec![keys_copied(9)], "which is not this ledger's"),
        (
            [until_prepared(), vec![uploaded(None)]].concat_steps(),
            "records the upload of batch B0001, which is prepared",
        ),
        (
            [releasing(), vec![uploaded(Some("another"))]].concat_steps(),
            "records the upload of a file that batch B0001 has not",
        ),
        ([closed(), vec![purged("flood", |_| {})]].concat_steps(), "purges episode flood, which does not exist"),
        (vec![(episode("attack"), "anna", None), purged("attack", |_| {})], "purges episode attack, which is open"),
        (
            [closed(), vec![purged("attack", |_| {}), purged("attack", |_| {})]].concat_steps(),
            "purges episode attack again",
        ),
        (
            [closed(), vec![purged("attack", |purge| purge.keys = vec![KeyId([9; 8])])]].concat_steps(),
            "ends another key than that of attack",
        ),
        ([closed(), vec![purged("attack", |purge| purge.keys.clear())]].concat_steps(), "purges no episode, or not"),
        (
            [
                closed(),
                vec![purged("attack", |purge| {
                    purge.episodes.clear();
                    purge.keys.clear();
                })],
            ]
            .concat_steps(),
            "purges no episode, or not",
        ),
        (
            [closed(), vec![purged("attack", |purge| purge.entries = vec![2])]].concat_steps(),
            "empties entry 2, which says nothing about people",
        ),
        (
            [closed(), two(), vec![purged("attack", |_| {})]].concat_steps(),
            "purges episode attack while copy C0001 is open",
        ),
        (
            [closed(), two(), vec![ended(&[1]), purged("attack", |_| {})]].concat_steps(),
            "purges episode attack while copy C0002 is open",
        ),
    ];
    for (steps, rule) in table {
        let refused = play(steps).expect_err(rule);
        assert!(refused.contains(rule), "{refused} is not {rule}");
    }
}

#[test]
fn a_copy_is_open_until_it_ends_and_the_next_takes_its_place() {
    let steps = vec![
        declared(vec![copy(1, None), copy(2, None)]),
        reviewed(&[2], Some("malik")),
        declared(vec![copy(1, Some(1))]),
    ];
    let state = play(steps.clone()).expect("every rule is kept");
    let open: Vec<u32> = state.copies.open().map(|copy| copy.id.0).collect();
    assert_eq!((open, state.copies.next()), (vec![2, 3], CopyId(4)));
    assert_eq!(state.copies.open_at(&[1; 8]).map(|copy| copy.id), Some(CopyId(3)));
    assert_eq!(state.copies.open_at(&[9; 8]), None);
    let of = |state: &LedgerState, id: u32| state.copies.get(CopyId(id)).expect("a copy").clone();
    assert_eq!(of(&state, 1).end, Some((CopyEnd::Replaced, 4)));
    assert_eq!(of(&state, 2).reviewed_by, Some(["anna".to_owned(), "malik".to_owned()]));
    assert_eq!(of(&state, 3).reviewed_by, None);
    let state = play([steps, vec![ended(&[2, 3])]].concat_steps()).expect("every rule is kept");
    assert_eq!(state.copies.open().count(), 0);
    assert_eq!((of(&state, 2).is_open(), of(&state, 3).end), (false, Some((CopyEnd::Destroyed, 5))));
}

/// Two people look at what goes to somebody outside; what is printed in the office, and what stays there, they need not.
#[test]
fn what_leaves_the_office_is_known_by_its_purpose() {
    use Purpose::{Backup, Baseline, ControlSheet, RecoveryHalf, Rows, Worksheet};
    let stays = [Rows, ControlSheet, Baseline, Backup, Worksheet, RecoveryHalf];
    for purpose in Purpose::ALL {
        assert_eq!(purpose.leaves_the_office(), !stays.contains(&purpose), "{purpose:?}");
        assert!(purpose.default_days() >= 7, "{purpose:?} would be gone before anybody used it");
        assert!(purpose.default_days() <= 365, "{purpose:?}");
    }
}

#[test]
fn what_a_portal_said_and_which_keys_have_a_copy_is_known() {
    let state = play([releasing(), vec![uploaded(None)]].concat_steps()).expect("every rule is kept");
    assert_eq!(state.batches[&BatchId::new('B', 1)].uploads.len(), 1);
    assert_eq!(play(Vec::new()).expect("opens").keys_without_copy(), [KeyId([0; 8])]);
    assert_eq!(play(vec![keys_copied(0)]).expect("copies").keys_without_copy(), []);
}

#[test]
fn a_purge_is_known_by_its_episode_and_key() {
    let before = play(closed()).expect("every rule is kept");
    let after = play([closed(), vec![purged("attack", |_| {})]].concat_steps()).expect("every rule is kept");
    assert_eq!([&before, &after].map(|state| state.is_purged(KeyId([0; 8]))), [false, true]);
    assert!(!after.is_purged(KeyId([1; 8])));
    assert!(after.parts_not_purged().is_empty());
    let kept = play(vec![declared(vec![copy(1, None)])]).expect("every rule is kept");
    assert_eq!(kept.parts_not_purged(), [2], "the entry that says who is in the copy");
    assert!(!kept.is_entry_purged(2));
}

/// What an entry says about people is gone with the purge that empties it, and so is what a batch of the episode says; nothing else is.
#[test]
fn a_purge_ends_what_its_entries_and_batches_say_about_people() {
    let close = (Event::EpisodeClosed { name: "attack".into() }, "anna", None);
    let cancelled = (Event::BatchCancelled { batch: BatchId::new('B', 1) }, "anna", None);
    // Entries 2 to 7: the episode, its batch, its end, a copy, its end, the episode's.
    let before = [until_prepared(), vec![cancelled, declared(vec![copy(1, None)]), ended(&[1]), close]].concat_steps();
    let purge = purged("attack", |purge| purge.entries = vec![5]);
    let [before, after] =
        [before.clone(), [before, vec![purge]].concat_steps()].map(|steps| play(steps).expect("every rule is kept"));
    let of = |state: &LedgerState| {
        let batch = &state.batches[&BatchId::new('B', 1)];
        (state.is_batch_purged(batch), [5, 6].map(|entry| state.is_entry_purged(entry)), state.parts_not_purged())
    };
    assert_eq!(of(&before), (false, [false, false], vec![5, 6]));
    assert_eq!(of(&after), (true, [true, false], vec![6]));
}
