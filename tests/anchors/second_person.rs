//! Every other deed that takes two: by words, with every second that one person alone could name; and by entries written into the ledger by
//! hand, for every kind of event that is void without a second signature.

use std::fs;

use stopgap::fault::Result;
use stopgap::ledger::Event;
use stopgap::ledger::copies::CopyId;
use stopgap::ledger::desks::LostLedger;
use stopgap::ledger::entry::{Entry, Signer};
use stopgap::ledger::event::{
    EndedDuplicateKey, Enrolment, KeyId, LedgerId, LeftOpen, RecordedDecision, RecordedPurge, SealedParts,
};
use stopgap::ledger::keys::OperatorKeyFile;
use stopgap::ledger::lineage::Adoption;
use stopgap::ledger::recovery::RecordedRecovery;
use stopgap::ledger::remedies::{Basis, Decision, FindingKey, FindingMoney, Verdict};
use stopgap::ledger::state::BatchPhase;
use stopgap::ledger::worksheets::{SheetDecision, SheetVerdict};
use stopgap::ops::{self, Workspace};
use stopgap::payment::{BatchId, Digest};

use crate::approvals::{alone, insert};
use crate::office::{Office, code, files, pay, prepare, put_back, world};

/// Whom anna could name as the second person while nobody helps her.
const SECONDS: [&str; 7] = ["anna", "Anna", " anna", "malik", "sara", "", "../anna"];

/// A deed that takes two, with the second person that is named.
type Deed<'a> = (&'a str, Box<dyn Fn(&mut Workspace, &str) -> Result<()> + 'a>);

/// Nobody waits to be recorded: whatever is refused leaves the ledger as it was.
fn refused(office: &Office, place: &str, deeds: &[Deed]) -> usize {
    let mut tried = 0;
    let at_rest = files(&office.path(place));
    for (what, deed) in deeds {
        for second in SECONDS {
            put_back(&office.path(place), &at_rest);
            let mut workspace = office.open_at(place).expect("opens");
            let head = workspace.state.head;
            let ended = code(deed(&mut workspace, second));
            let by_control = ended.starts_with("control.") || ended == "passphrase.wrong" || ended == "operator.name";
            assert!(by_control, "{what}, with {second:?}: {ended}");
            assert_eq!(office.open_at(place).expect("opens").state.head, head, "{what}, with {second:?}");
            tried += 1;
        }
    }
    tried
}

fn keep_nothing(office: &Office, place: &str) {
    let settings = office.path(place).join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("years = 5", "years = 0\nduplicate_years = 0")).expect("writes");
}

#[test]
fn nothing_that_takes_two_is_done_by_one_who_names_a_second() {
    let office = Office::new();
    let mut workspace = office.open().expect("opens");
    pay(&mut workspace, &office.list([1, 2])).map(drop).expect("pays");
    let batch = prepare(&mut workspace, &office.list([3])).expect("prepares").expect("a batch");
    drop(workspace);
    let anna = Some("anna");
    let new = office.path("new");
    let deeds: Vec<Deed> = vec![
        ("enrols", Box::new(|w, second| ops::operators::add(w, &alone(), "mallory", anna, second))),
        ("retires", Box::new(|w, second| ops::operators::retire(w, &alone(), "malik", anna, second))),
        ("makes a recovery code", Box::new(|w, second| ops::recovery::make_anew(w, &alone(), anna, second).map(drop))),
        (
            "makes a desk",
            Box::new(|w, second| {
                let second = Some(second);
                let request = ops::desks::Request { folder: &new, letter: None, name: None, second, enrol: &[] };
                ops::desks::add(w, &alone(), anna, &request).map(drop)
            }),
        ),
        (
            "sends a stop list past the gate",
            Box::new(|w, second| {
                let out = office.path("stop.csv");
                let request = ops::stoplist::Request { out: &out, layout: None, second: Some(second) };
                ops::stoplist::stoplist(w, &alone(), anna, request).map(drop)
            }),
        ),
        (
            "reviews a copy",
            Box::new(|w, second| {
                let copies = ["out/B0001/rows.csv".to_owned()];
                ops::copies::register::review(w, &alone(), anna, second, &copies).map(drop)
            }),
        ),
        ("accepts a place", Box::new(|w, second| ops::adopt::accept_place(w, &alone(), anna, second).map(drop))),
        (
            "approves her own, then sends it as work sheets",
            Box::new(|w, second| {
                let digest = w.state.batches[&batch].digest;
                ops::approve::approve(w, &alone(), Some(second), batch, &digest).map(drop)?;
                let request = ops::worksheets::release::Request { clerks: None, danish: false };
                ops::worksheets::release::release(w, &alone(), anna, batch, &request).map(drop)
            }),
        ),
    ];
    let mut tried = refused(&office, "workspace", &deeds);
    assert!(!office.path("new").exists() && !office.path("stop.csv").exists());

    // Without naming anybody, where the second is not an argument: sheets of a batch that nobody approved, and a recovery without the halves.
    let mut workspace = office.open().expect("opens");
    let request = ops::worksheets::release::Request { clerks: None, danish: false };
    let released = ops::worksheets::release::release(&mut workspace, &alone(), anna, batch, &request);
    assert_eq!(code(released), "batch.not_approved");
    let names = ["anna".to_owned(), "mallory".to_owned()];
    for names in [&names[..], &[]] {
        let recovered = ops::recovery::recover(&mut workspace, &alone(), names);
        assert!(code(recovered).starts_with("recovery_code."));
    }
    assert_eq!(workspace.state.batches[&batch].phase, BatchPhase::Prepared);
    tried += 3;
    drop(workspace);

    // A copy, which waits for two people to adopt it.
    put_back(&office.path("copy"), &files(&office.workspace()));
    let deeds: Vec<Deed> =
        vec![("adopts", Box::new(|w, second| ops::adopt::adopt(w, &alone(), anna, &adoption(second)).map(drop)))];
    tried += refused(&office, "copy", &deeds);
    fs::remove_dir_all(office.path("copy")).expect("removes");

    // What is over, and may be destroyed by two.
    let mut workspace = office.open().expect("opens");
    ops::cancel::cancel(&mut workspace, &world(), anna, batch).expect("cancels");
    let name = workspace.state.episodes[0].name.clone();
    drop(workspace);
    let deeds: Vec<Deed> = vec![(
        "closes over what is open",
        Box::new(|w, second| {
            let closing = ops::episodes::Closing { second: Some(second), reason: Some("late") };
            ops::episodes::close(w, &alone(), anna, &name, &closing)
        }),
    )];
    tried += refused(&office, "workspace", &deeds);
    let mut workspace = office.open().expect("opens");
    let copies: Vec<String> = workspace.state.copies.open().map(|copy| copy.id.to_string()).collect();
    let named = ops::copies::register::Which::Named(&copies);
    ops::copies::register::end(&mut workspace, &world(), anna, named, None).expect("ends");
    let closing = ops::episodes::Closing { second: Some("malik"), reason: Some("the bank said nothing") };
    ops::episodes::close(&mut workspace, &world(), anna, &name, &closing).expect("closes");
    drop(workspace);
    keep_nothing(&office, "workspace");
    let deeds: Vec<Deed> =
        vec![("purges", Box::new(|w, second| ops::purge::purge(w, &alone(), anna, &ended_long_ago(second)).map(drop)))];
    tried += refused(&office, "workspace", &deeds);
    let mut workspace = office.open().expect("opens");
    ops::purge::purge(&mut workspace, &world(), anna, &ended_long_ago("malik")).map(drop).expect("purges");
    drop(workspace);
    let deeds: Vec<Deed> = vec![(
        "ends the duplicate key",
        Box::new(|w, second| ops::purge::duplicate_key::end(w, &alone(), anna, &ended_long_ago(second)).map(drop)),
    )];
    tried += refused(&office, "workspace", &deeds);
    let mut workspace = office.open().expect("opens");
    ops::purge::duplicate_key::end(&mut workspace, &world(), anna, &ended_long_ago("malik")).map(drop).expect("ends");
    println!("{tried} deeds with a second person who was not there, none of them done");
    assert!(tried >= 80, "{tried}");
}

fn adoption(second: &str) -> ops::adopt::Request<'_> {
    ops::adopt::Request { second, reason: "mine", older: true }
}

fn ended_long_ago(second: &str) -> ops::purge::Request<'_> {
    ops::purge::Request { before: "2199-01-01".parse().expect("a day"), second, key_copies: &[] }
}

fn parts() -> SealedParts {
    SealedParts { key: KeyId([6; 8]), count: 0, root: Digest([7; 32]) }
}

/// One event of each kind that takes two; what they say comes after who signed.
fn events_that_take_two(state: &stopgap::ledger::LedgerState) -> Vec<Event> {
    let money = FindingMoney { fallback: 9, upstream_paid: 9, upstream_planned: 0, owed: 9, overpaid: 9, underpaid: 0 };
    let decision = |decision| {
        Event::RemedyDecided(Box::new(RecordedDecision {
            finding: FindingKey([1; 8]),
            basis: Basis::Upstream,
            verdict: Verdict { kind: 1, uncertain: false, money },
            decision,
            amount: 9,
            details: parts(),
        }))
    };
    let episode = state.episodes[0].name.clone();
    let left_open = vec![LeftOpen { matter: "copies".into(), count: 1, amount: 0 }];
    vec![
        Event::OperatorEnrolled(Enrolment { name: "mallory".into(), public_key: [5; 32] }),
        Event::OperatorRetired { name: "malik".into() },
        Event::SheetRowsDecided(Box::new(SheetDecision {
            batch: BatchId::new('B', 1),
            sheet: 1,
            rows: Vec::new(),
            verdict: SheetVerdict::NotTyped,
            reason: parts(),
        })),
        decision(Decision::Recover),
        decision(Decision::TopUp),
        decision(Decision::PayAgain),
        decision(Decision::None),
        Event::EpisodeClosedOpen { name: episode.clone(), left_open, reason: parts() },
        Event::CopiesReviewed { copies: vec![CopyId(1)] },
        Event::EpisodesPurged(Box::new(RecordedPurge {
            episodes: vec![episode],
            keys: vec![state.episodes[0].key],
            entries: Vec::new(),
            payments: 0,
            chunks: 0,
            parts: 0,
            bytes: 0,
            root: Digest([0; 32]),
            key_copies: Vec::new(),
        })),
        Event::DuplicateKeyEnded(Box::new(EndedDuplicateKey {
            key: state.duplicate_key,
            claims: 0,
            evidence: 0,
            baseline_keys: Vec::new(),
            entries: Vec::new(),
            parts: 0,
            bytes: 0,
            root: Digest([0; 32]),
            key_copies: Vec::new(),
        })),
        Event::LedgerAdopted(Box::new(Adoption {
            epoch: 1,
            place: Digest([0; 32]),
            reason: String::new(),
            overruled: None,
            older: true,
        })),
        Event::PlaceAccepted { place: Digest([1; 32]), kind: "a network share".into() },
        Event::RecoveryCodeMade { code: KeyId([6; 8]), public_key: [5; 32] },
        Event::LedgerRebuilt(Box::new(LostLedger {
            ledger: LedgerId([2; 16]),
            letter: b'C',
            letters: vec![b'B'],
            claims: 0,
            claims_root: Digest([2; 32]),
            amount: 0,
            files: 0,
            gaps: 0,
        })),
        Event::DeskAdded { ledger: LedgerId([2; 16]), letter: b'K', name: "Maniitsoq".into() },
        Event::DeskOpened { of: LedgerId([2; 16]), letter: b'K', name: "Maniitsoq".into() },
        Event::OperatorsRecovered(Box::new(RecordedRecovery {
            code: KeyId([6; 8]),
            operators: vec![Enrolment { name: "anna".into(), public_key: [5; 32] }],
            signature: [9; 64],
        })),
    ]
}

/// How somebody with anna's key alone could sign: by herself, twice, with a key of her own making, and under his name.
fn forgeries(entry: &Entry, ledger: LedgerId, anna: &Signer) -> Vec<(&'static str, Entry)> {
    let mallory = Signer::new("mallory".into(), &[7; 32]);
    let signed = |actor: &str, second: Option<&str>, with: Option<&Signer>| {
        let mut entry = Entry { actor: actor.into(), second: second.map(str::to_owned), ..entry.clone() };
        entry.digest = entry.compute_digest(ledger);
        entry.signature = anna.sign(&entry.digest.0);
        entry.second_signature = with.map(|signer| signer.sign(&entry.digest.0));
        entry
    };
    vec![
        ("alone", signed("anna", None, None)),
        ("twice", signed("anna", Some("anna"), Some(anna))),
        ("with a friend nobody knows", signed("anna", Some("mallory"), Some(&mallory))),
        ("with his name under her own signature", signed("anna", Some("malik"), Some(anna))),
        ("with his name and no signature", signed("anna", Some("malik"), None)),
        ("as he, seconded by herself", signed("malik", Some("anna"), Some(anna))),
    ]
}

#[test]
fn no_entry_that_takes_two_is_believed_with_one_persons_key() {
    let office = Office::new();
    let mut workspace = office.open().expect("opens");
    prepare(&mut workspace, &office.list([1])).expect("prepares");
    let state = workspace.state.clone();
    drop(workspace);
    let file = fs::read(office.workspace().join("keys/operator-anna.json")).expect("reads");
    let file: OperatorKeyFile = serde_json::from_slice(&file).expect("a key file");
    let secrets = file.unlock("of no consequence").map_err(drop).expect("opens");
    let anna = Signer::new("anna".into(), &secrets.signing_seed);
    let at_rest = files(&office.workspace());
    let mut tried = 0;
    for event in events_that_take_two(&state) {
        assert!(event.takes_two(), "{event:?}");
        let entry = Entry::record(state.ledger, Some(&state.head), 0, &event, &anna, None);
        for (how, forged) in forgeries(&entry, state.ledger, &anna) {
            put_back(&office.workspace(), &at_rest);
            insert(&office.workspace().join("ledger.db"), &forged);
            let fault = office.open().err().unwrap_or_else(|| panic!("{how}: {event:?}"));
            assert_eq!(fault.code, "ledger.damaged", "{how}: {event:?}");
            tried += 1;
        }
    }
    println!("{tried} entries with one person's key, none of them believed");
    assert!(tried >= 100, "{tried}");
}
