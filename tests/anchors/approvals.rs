//! Ways around the second person: by words on the command line, by key files moved about, and by rows written into the ledger by somebody
//! who holds one operator's key.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use stopgap::approval::approval_message;
use stopgap::fault::Result;
use stopgap::ledger::Event;
use stopgap::ledger::entry::{Entry, Signer};
use stopgap::ledger::event::{Enrolment, LedgerId};
use stopgap::ledger::keys::OperatorKeyFile;
use stopgap::ledger::state::BatchPhase;
use stopgap::ops::world::Passphrases;
use stopgap::ops::{self, Workspace, World};
use stopgap::payment::{BatchId, Digest};
use zeroize::Zeroizing;

use crate::office::{Files, Office, approve, code, files, prepare, put_back, release, world};

/// Makes an entry that the ledger would have to believe.
type Forgery<'a> = Box<dyn Fn(&Workspace) -> Entry + 'a>;

/// A prepared batch of anna's, and what an attacker knows: anna's passphrase and everything on the disk.
struct Attack {
    office: Office,
    at_rest: Files,
    batch: BatchId,
    digest: Digest,
    tried: usize,
}

/// Whoever is asked, only anna's passphrase is known.
pub struct OnlyAnna;

impl Passphrases for OnlyAnna {
    fn ask(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        let known = if operator == "anna" { "of no consequence" } else { "a guess at somebody else's" };
        Ok(Some(Zeroizing::new(known.into())))
    }

    fn choose(&self, _: &str) -> Result<Option<Zeroizing<String>>> {
        Ok(Some(Zeroizing::new("of no consequence".into())))
    }

    fn is_at_hand(&self, _: &str) -> bool {
        true
    }

    fn who(&self, _: &[&str]) -> Result<Option<String>> {
        Ok(None)
    }

    fn wait(&self, _: std::time::Duration) {}
}

pub fn alone() -> World<'static> {
    World { passphrases: &OnlyAnna, ..world() }
}

impl Attack {
    fn new() -> Self {
        let office = Office::new();
        let mut workspace = office.open().expect("opens");
        let batch = prepare(&mut workspace, &office.list([1, 2])).expect("prepares").expect("a batch");
        let digest = workspace.state.batches[&batch].digest;
        let at_rest = files(&office.workspace());
        Self { office, at_rest, batch, digest, tried: 0 }
    }

    /// anna's signing key, as whoever has her passphrase has it.
    fn anna(&self) -> Signer {
        let file = fs::read(self.office.workspace().join("keys/operator-anna.json")).expect("reads");
        let file: OperatorKeyFile = serde_json::from_slice(&file).expect("a key file");
        let secrets = file.unlock("of no consequence").map_err(drop).expect("opens");
        Signer::new("anna".into(), &secrets.signing_seed)
    }

    /// Lets `attack` do its worst to the workspace at rest; then anna tries to release. The batch must not leave.
    fn try_it(&mut self, what: &str, attack: impl FnOnce(&Self, &Path)) {
        self.tried += 1;
        let folder = self.office.workspace();
        put_back(&folder, &self.at_rest);
        attack(self, &folder);
        let released = self.office.open().and_then(|mut workspace| {
            let _ = ops::approve::approve(&mut workspace, &alone(), Some("anna"), self.batch, &self.digest);
            ops::release::release(&mut workspace, &alone(), Some("anna"), self.batch).map(drop)
        });
        assert_ne!(code(released), "done", "{what}");
        let left = files(&folder.join("out")).into_keys().any(|path| path.extension().is_some_and(|end| end == "xml"));
        assert!(!left, "{what}: a bank file lies there");
    }

    /// Appends an entry to the ledger by hand, with its digest as it should be.
    fn append(&self, folder: &Path, make: impl FnOnce(&Workspace) -> Entry) {
        let workspace = Workspace::open(folder).expect("opens");
        insert(&folder.join("ledger.db"), &make(&workspace));
    }
}

/// The same entry a second time is refused by the table itself.
pub fn insert(ledger: &Path, entry: &Entry) {
    let connection = Connection::open(ledger).expect("opens");
    let _ = connection.execute(
        "INSERT INTO entry (seq, previous, at, actor, second, event, digest, signature, second_signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        rusqlite::params![
            entry.seq as i64,
            entry.previous.0,
            entry.at,
            entry.actor,
            entry.second,
            entry.event,
            entry.digest.0,
            entry.signature,
            entry.second_signature
        ],
    );
}

fn by(name: &str, anna: &Signer, entry: Entry, ledger: LedgerId) -> Entry {
    let mut entry = Entry { actor: name.into(), ..entry };
    entry.digest = entry.compute_digest(ledger);
    entry.signature = anna.sign(&entry.digest.0);
    entry
}

#[test]
fn nobody_gets_around_the_second_person() {
    let mut attack = Attack::new();
    let (batch, digest) = (attack.batch, attack.digest);

    // By words alone.
    let names = [
        "anna",
        "Anna",
        "ANNA",
        "anna ",
        " anna",
        "malik",
        "Malik",
        "sara",
        "",
        ".",
        "../anna",
        "anna\0",
        "operator-anna",
    ];
    for name in names {
        attack.try_it(&format!("approves as {name:?}"), |attack, _| {
            let mut workspace = attack.office.open().expect("opens");
            let approved = ops::approve::approve(&mut workspace, &alone(), Some(name), batch, &digest);
            assert_ne!(code(approved), "done", "{name:?}");
        });
    }
    attack.try_it("nobody in particular", |attack, _| {
        let mut workspace = attack.office.open().expect("opens");
        assert_ne!(code(ops::approve::approve(&mut workspace, &alone(), None, batch, &digest)), "done");
    });
    for wrong in [Digest([0; 32]), Digest([0xff; 32]), Digest(std::array::from_fn(|at| digest.0[31 - at]))] {
        attack.try_it("malik approves what he was not shown", |attack, _| {
            let mut workspace = attack.office.open().expect("opens");
            let approved = ops::approve::approve(&mut workspace, &world(), Some("malik"), batch, &wrong);
            assert_eq!(code(approved), "control.digest");
        });
    }
    for (name, second) in [("mallory", "anna"), ("mallory", "malik"), ("mallory", "mallory"), ("anna2", "Anna")] {
        attack.try_it("enrols a second self", |attack, _| {
            let mut workspace = attack.office.open().expect("opens");
            let added = ops::operators::add(&mut workspace, &alone(), name, Some("anna"), second);
            assert_ne!(code(added), "done");
        });
    }
    attack.try_it("retires the second person alone", |attack, _| {
        let mut workspace = attack.office.open().expect("opens");
        assert_ne!(code(ops::operators::retire(&mut workspace, &alone(), "malik", Some("anna"), "anna")), "done");
    });

    // By moving key files about.
    let swaps: [(&str, &str); 3] = [("anna", "malik"), ("malik", "anna"), ("anna", "sara")];
    for (from, to) in swaps {
        attack.try_it("puts a key file in another's place", |attack, folder| {
            let key = |name: &str| folder.join(format!("keys/operator-{name}.json"));
            fs::copy(key(from), key(to)).expect("copies");
            let mut workspace = attack.office.open().expect("opens");
            assert_ne!(code(ops::approve::approve(&mut workspace, &alone(), Some(to), batch, &digest)), "done");
        });
    }
    for field in ["operator", "public_key"] {
        attack.try_it("her key file under his name, edited to say so", |attack, folder| {
            let key = |name: &str| folder.join(format!("keys/operator-{name}.json"));
            let read = |name: &str| -> serde_json::Value {
                serde_json::from_slice(&fs::read(key(name)).expect("reads")).expect("a key file")
            };
            let (mut hers, his) = (read("anna"), read("malik"));
            hers["operator"] = his["operator"].clone();
            hers[field] = his[field].clone();
            fs::write(key("malik"), hers.to_string()).expect("writes");
            let mut workspace = attack.office.open().expect("opens");
            assert_ne!(code(ops::approve::approve(&mut workspace, &alone(), Some("malik"), batch, &digest)), "done");
        });
    }

    // By rows in the ledger, with anna's key.
    let anna = attack.anna();
    let approval = |by: &Signer, ledger: LedgerId, batch: BatchId, digest: Digest| Event::BatchApproved {
        batch,
        digest,
        signature: by.sign(&approval_message(ledger, batch, &digest)),
    };
    let records: Vec<(&str, Forgery)> = vec![
        (
            "an approval of her own",
            Box::new(|w| {
                let event = approval(&anna, w.state.ledger, batch, digest);
                Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, None)
            }),
        ),
        (
            "an approval of her own under his name",
            Box::new(|w| {
                let event = approval(&anna, w.state.ledger, batch, digest);
                by(
                    "malik",
                    &anna,
                    Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, None),
                    w.state.ledger,
                )
            }),
        ),
        (
            "her approval, his name beside",
            Box::new(|w| {
                let event = approval(&anna, w.state.ledger, batch, digest);
                let mut entry = Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, None);
                entry.second = Some("malik".into());
                entry.digest = entry.compute_digest(w.state.ledger);
                entry.signature = anna.sign(&entry.digest.0);
                entry.second_signature = Some(anna.sign(&entry.digest.0));
                entry
            }),
        ),
        (
            "an approval without a signature",
            Box::new(|w| {
                let event = Event::BatchApproved { batch, digest, signature: [0; 64] };
                by(
                    "malik",
                    &anna,
                    Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, None),
                    w.state.ledger,
                )
            }),
        ),
        (
            "an approval of another ledger",
            Box::new(|w| {
                let event = approval(&anna, LedgerId([9; 16]), batch, digest);
                Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, None)
            }),
        ),
        (
            "an approval of another batch",
            Box::new(|w| {
                let event = approval(&anna, w.state.ledger, BatchId::new('B', 2), digest);
                Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, None)
            }),
        ),
        (
            "a release without an approval",
            Box::new(|w| {
                Entry::record(
                    w.state.ledger,
                    Some(&w.state.head),
                    0,
                    &Event::ReleaseBegun { batch, digest },
                    &anna,
                    None,
                )
            }),
        ),
        (
            "a finished release",
            Box::new(|w| {
                Entry::record(w.state.ledger, Some(&w.state.head), 0, &Event::ReleaseCompleted { batch }, &anna, None)
            }),
        ),
        (
            "an operator of her own making, vouched for by herself",
            Box::new(|w| {
                let mallory = Signer::new("mallory".into(), &[7; 32]);
                let event =
                    Event::OperatorEnrolled(Enrolment { name: "mallory".into(), public_key: mallory.public_key() });
                Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, Some(&mallory))
            }),
        ),
        (
            "an operator under her own key",
            Box::new(|w| {
                let event =
                    Event::OperatorEnrolled(Enrolment { name: "mallory".into(), public_key: anna.public_key() });
                Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, Some(&anna))
            }),
        ),
        (
            "his key replaced by hers",
            Box::new(|w| {
                let event = Event::OperatorEnrolled(Enrolment { name: "malik".into(), public_key: anna.public_key() });
                Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, Some(&anna))
            }),
        ),
        (
            "an approval by somebody unknown",
            Box::new(|w| {
                let mallory = Signer::new("mallory".into(), &[7; 32]);
                let event = approval(&mallory, w.state.ledger, batch, digest);
                Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &mallory, None)
            }),
        ),
        (
            "an approval by a key that signs everything",
            Box::new(|w| {
                let event = Event::BatchApproved { batch, digest, signature: [1; 64] };
                let mut entry = Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, &anna, None);
                entry.actor = "malik".into();
                entry.digest = entry.compute_digest(w.state.ledger);
                entry.signature = [1; 64];
                entry
            }),
        ),
        (
            "an adoption by herself twice",
            Box::new(|w| {
                let adoption = stopgap::ledger::lineage::Adoption {
                    epoch: 1,
                    place: Digest([0; 32]),
                    reason: String::new(),
                    overruled: None,
                    older: true,
                };
                Entry::record(
                    w.state.ledger,
                    Some(&w.state.head),
                    0,
                    &Event::LedgerAdopted(Box::new(adoption)),
                    &anna,
                    Some(&anna),
                )
            }),
        ),
    ];
    for (what, make) in &records {
        attack.try_it(what, |attack, folder| attack.append(folder, make));
    }

    // By rows edited in the ledger.
    let edits = [
        "UPDATE entry SET actor = 'malik' WHERE seq = (SELECT max(seq) FROM entry)",
        "UPDATE entry SET second = 'malik' WHERE seq = (SELECT max(seq) FROM entry)",
        "UPDATE entry SET signature = zeroblob(64) WHERE seq = 1",
        "UPDATE entry SET event = x'06' WHERE seq = (SELECT max(seq) FROM entry)",
        "DELETE FROM entry WHERE seq = 1",
    ];
    for edit in edits {
        attack.try_it(edit, |_, folder| {
            let connection = Connection::open(folder.join("ledger.db")).expect("opens");
            let script = format!("DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_deleted; {edit};");
            connection.execute_batch(&script).expect("edits");
        });
    }

    // An approval that was given is good for its batch, on its ledger, and once.
    put_back(&attack.office.workspace(), &attack.at_rest);
    let mut workspace = attack.office.open().expect("opens");
    approve(&mut workspace, batch).expect("malik approves");
    let given = last_entry(&attack.office.workspace());
    let mut replays = 0;
    for make in [
        |given: &Entry, w: &Workspace, anna: &Signer| {
            by(
                "malik",
                anna,
                Entry { seq: w.state.head.0 + 1, previous: w.state.head.1, ..given.clone() },
                w.state.ledger,
            )
        },
        |given: &Entry, w: &Workspace, _: &Signer| Entry {
            seq: w.state.head.0 + 1,
            previous: w.state.head.1,
            ..given.clone()
        },
        |given: &Entry, w: &Workspace, anna: &Signer| {
            let event = Event::from_bytes(&given.event).expect("an event");
            Entry::record(w.state.ledger, Some(&w.state.head), 0, &event, anna, None)
        },
    ] {
        // Cancelled and prepared again, with more in it: the approval of the first is shown for the second.
        let mut workspace = attack.office.open().expect("opens");
        let current = *workspace.state.batches.keys().last().expect("a batch");
        ops::cancel::cancel(&mut workspace, &world(), Some("anna"), current).expect("cancels");
        let again = prepare(&mut workspace, &attack.office.list([1, 2, 3])).expect("prepares").expect("a batch");
        let at_rest = files(&attack.office.workspace());
        attack.append(&attack.office.workspace(), |workspace| make(&given, workspace, &anna));
        let released = attack.office.open().and_then(|mut workspace| release(&mut workspace, again).map(drop));
        assert_ne!(code(released), "done");
        replays += 1;
        put_back(&attack.office.workspace(), &at_rest);
        let workspace = attack.office.open().expect("opens");
        assert_eq!(workspace.state.batches[&again].phase, BatchPhase::Prepared);
    }
    let tried = attack.tried + replays;
    println!("{tried} ways around the second person, none of them through");
    assert!(tried >= 40, "{tried}");
}

fn last_entry(folder: &Path) -> Entry {
    let mut workspace = Workspace::open(folder).expect("opens");
    let mut last = None;
    let mut snapshot = workspace.read().expect("reads");
    snapshot
        .entries_after(0, &mut |entry| {
            last = Some(entry);
            Ok(())
        })
        .expect("reads");
    last.expect("an entry")
}
