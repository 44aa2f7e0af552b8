//! Copies, moves and adoptions, receipts and the second witness.

use std::fs;

use stopgap::ops::anchors::{Outside, Whereabouts};
use stopgap::ops::{self, Workspace};

use crate::fixture::new_workspace;
use crate::office::{Office, adopt, approve, code, copy, files, pay, prepare, put_back, release, said, world};

#[test]
fn a_copy_can_be_looked_at_and_not_written_to() {
    let office = Office::new();
    let mut ledger = office.open().expect("opens");
    pay(&mut ledger, &office.list([1])).map(drop).expect("pays");
    let batch = prepare(&mut ledger, &office.list([2])).expect("prepares").expect("a batch");
    copy(&office.workspace(), &office.path("copy"));
    let before = files(&office.path("copy"));
    let mut copied = office.open_at("copy").expect("opens");
    let notices = copied.standing().notices().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert!(notices.contains("copy") && notices.contains("workspace"), "{notices}");
    ops::verify::verify(&mut copied).expect("is in order");
    ops::batches::show(&mut copied, &world(), Some("malik"), batch).map(drop).expect("shows");
    assert_eq!(code(prepare(&mut copied, &office.list([3]))), "ledger.copy");
    assert_eq!(code(approve(&mut copied, batch)), "ledger.copy");
    assert_eq!(code(release(&mut copied, batch)), "ledger.copy");
    assert_eq!(code(ops::cancel::cancel(&mut copied, &world(), Some("anna"), batch)), "ledger.copy");
    assert_eq!(files(&office.path("copy")), before, "looking changed nothing");
    assert_eq!(code(approve(&mut ledger, batch)), "done", "the original goes on");
}

#[test]
fn two_people_adopt_a_copy_and_the_original_ends() {
    let office = Office::new();
    pay(&mut office.open().expect("opens"), &office.list([1])).map(drop).expect("pays");
    copy(&office.workspace(), &office.path("copy"));
    let mut copied = office.open_at("copy").expect("opens");
    let head = copied.state.head;
    let adopted = adopt(&mut copied, false).expect("two people say so");
    assert_eq!((adopted.epoch, adopted.fork, adopted.older), (1, head, false));
    assert_eq!(adopted.before.as_deref(), Some(office.workspace().as_path()));
    pay(&mut copied, &office.list([2])).map(drop).expect("pays from here on");
    let mut original = office.open().expect("opens");
    assert_eq!(code(prepare(&mut original, &office.list([3]))), "ledger.copy");
    assert_eq!(code(adopt(&mut original, false)), "ledger.older_than_anchor", "it has missed something");
    assert_eq!(code(adopt(&mut office.open_at("copy").expect("opens"), false)), "ledger.not_a_copy");
    assert_eq!(code(adopt(&mut office.open_at("copy").expect("opens"), true)), "ledger.not_a_copy");
}

#[test]
fn an_adoption_takes_two() {
    let office = Office::new();
    copy(&office.workspace(), &office.path("copy"));
    let mut copied = office.open_at("copy").expect("opens");
    let request = |second| ops::adopt::Request { second, reason: "", older: true };
    let alone = ops::adopt::adopt(&mut copied, &world(), Some("anna"), &request("anna"));
    assert_eq!(code(alone), "control.same_person");
    let nobody = ops::adopt::adopt(&mut copied, &world(), Some("anna"), &request("sara"));
    assert_eq!(code(nobody), "control.unknown_operator");
}

#[test]
fn a_folder_that_was_moved_goes_on_by_itself() {
    let office = Office::new();
    pay(&mut office.open().expect("opens"), &office.list([1])).map(drop).expect("pays");
    for (from, to) in [("workspace", "moved"), ("moved", "stick"), ("stick", "workspace")] {
        fs::rename(office.path(from), office.path(to)).expect("moves");
        let mut workspace = office.open_at(to).expect("opens");
        assert!(matches!(workspace.standing().whereabouts, Whereabouts::Moved { .. }));
        assert!(workspace.standing().notices()[0].contains(from), "{:?}", workspace.standing().notices());
        workspace.refresh(&world()).expect("is known here");
        assert_eq!(office.open_at(to).expect("opens").standing().whereabouts, Whereabouts::AtHome);
    }
    // Another ledger in the old place is none of this one's business.
    fs::rename(office.workspace(), office.path("moved")).expect("moves");
    ops::init::init(&world(), &office.workspace(), &new_workspace()).expect("makes");
    office.open().expect("opens").refresh(&world()).expect("is known");
    prepare(&mut office.open_at("moved").expect("opens"), &office.list([5])).expect("prepares");
    // The same folder by another name is the same folder.
    std::os::unix::fs::symlink(office.path("moved"), office.path("link")).expect("links");
    prepare(&mut office.open_at("link").expect("opens"), &office.list([6])).expect("prepares");
}

#[test]
fn a_ledger_from_another_machine_is_taken_for_a_copy() {
    let office = Office::new();
    let first = pay(&mut office.open().expect("opens"), &office.list([1])).expect("pays");
    let second = pay(&mut office.open().expect("opens"), &office.list([2])).expect("pays");
    fs::rename(office.workspace(), office.path("stick")).expect("moves");
    let laptop = office.on("laptop");
    let mut workspace = laptop.open("stick").expect("opens");
    assert_eq!(code(prepare(&mut workspace, &office.list([3]))), "ledger.copy");
    assert_eq!(code(adopt(&mut workspace, false)), "receipt.missing");
    workspace.offer_receipt("nonsense".into());
    assert_eq!(code(adopt(&mut workspace, false)), "receipt.malformed");
    workspace.offer_receipt(first.receipt.expect("a code").to_string());
    assert_eq!(code(adopt(&mut workspace, false)), "receipt.too_old");
    workspace.offer_receipt(second.receipt.expect("a code").to_string());
    let adopted = adopt(&mut workspace, false).expect("adopts");
    assert!(!adopted.older);
    let paid = pay(&mut workspace, &office.list([3])).expect("pays");
    assert_eq!(paid.adopted_older, None);
    // Back on the first machine it is another machine's again.
    fs::rename(office.path("stick"), office.workspace()).expect("moves");
    let mut back = office.open().expect("opens");
    assert_eq!(code(prepare(&mut back, &office.list([4]))), "ledger.copy");
    adopt(&mut back, false).map(drop).expect("the first machine has seen nothing that it lacks");
    pay(&mut back, &office.list([4])).map(drop).expect("pays");
}

#[test]
fn a_machine_that_does_not_know_the_ledger_asks_for_the_receipt() {
    let office = Office::new();
    let mut workspace = office.open().expect("opens");
    let first = pay(&mut workspace, &office.list([1])).expect("pays");
    let batch = prepare(&mut workspace, &office.list([2])).expect("prepares").expect("a batch");
    approve(&mut workspace, batch).expect("approves");
    fs::remove_dir_all(office.path("anchors")).expect("the home folder is new");
    let mut workspace = office.open().expect("opens");
    assert!(workspace.standing().needs_receipt.is_some());
    prepare(&mut workspace, &office.list([3])).expect("prepares");
    assert_eq!(code(release(&mut workspace, batch)), "receipt.missing");
    let mut workspace = office.open().expect("opens");
    workspace.offer_receipt(first.receipt.expect("a code").to_string());
    release(&mut workspace, batch).map(drop).expect("releases");
    assert!(office.open().expect("opens").standing().needs_receipt.is_none(), "from here on it is known");
}

#[test]
fn a_receipt_of_a_later_ledger_refuses() {
    let office = Office::new();
    pay(&mut office.open().expect("opens"), &office.list([1])).map(drop).expect("pays");
    let old = files(&office.workspace());
    let later = pay(&mut office.open().expect("opens"), &office.list([2])).expect("pays").receipt.expect("a code");
    put_back(&office.workspace(), &old);
    fs::remove_dir_all(office.path("anchors")).expect("the whole machine was put back");
    let mut workspace = office.open().expect("opens");
    let batch = prepare(&mut workspace, &office.list([3])).expect("prepares").expect("a batch");
    approve(&mut workspace, batch).expect("approves");
    workspace.offer_receipt(later.to_string());
    let refused = code(release(&mut workspace, batch));
    assert!(["ledger.older_than_receipt", "ledger.differs_from_receipt"].contains(&refused), "{refused}");
    let adopted = adopt(&mut workspace, true).expect("two people say so");
    assert!(adopted.older);
    let mut workspace = office.open().expect("opens");
    let released = release(&mut workspace, batch).expect("releases");
    assert_eq!(released.adopted_older, Some(adopted.entry), "and it is marked");
}

#[test]
fn two_people_may_go_on_with_an_older_ledger() {
    let office = Office::new();
    let mut workspace = office.open().expect("opens");
    pay(&mut workspace, &office.list([1])).map(drop).expect("pays");
    let old = files(&office.workspace());
    pay(&mut workspace, &office.list([2])).map(drop).expect("pays");
    // That it left; that all of it lay there, the anchors learn from the next command.
    let seen = workspace.chain().iter().rev().nth(1).copied();
    drop(workspace);
    put_back(&office.workspace(), &old);
    let mut workspace = office.open().expect("opens");
    assert!(
        workspace
            .standing()
            .notices()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
            .contains("older copy")
    );
    assert_eq!(code(ops::verify::verify(&mut workspace)), "ledger.older_than_anchor");
    assert_eq!(code(prepare(&mut workspace, &office.list([3]))), "ledger.older_than_anchor");
    assert_eq!(code(adopt(&mut workspace, false)), "ledger.older_than_anchor");
    let adopted = adopt(&mut workspace, true).expect("two people say so");
    assert_eq!(workspace.state.lineage.adoptions[0].adoption.overruled, seen);
    let mut workspace = office.open().expect("opens");
    let released = pay(&mut workspace, &office.list([3])).expect("pays");
    assert_eq!(released.adopted_older, Some(adopted.entry));
    ops::verify::verify(&mut office.open().expect("opens")).map(drop).expect("is in order");
}

#[test]
fn a_ledger_file_alone_put_back_can_be_adopted_and_the_witness_is_kept() {
    let office = Office::new();
    let old = fs::read(office.workspace().join("ledger.db")).expect("reads");
    pay(&mut office.open().expect("opens"), &office.list([1])).map(drop).expect("pays");
    fs::write(office.workspace().join("ledger.db"), old).expect("writes");
    assert_eq!(code(office.open()), "ledger.behind_witness");
    let mut workspace = Workspace::open_for_adoption(&office.workspace(), office.outside()).expect("opens");
    assert_eq!(code(adopt(&mut workspace, false)), "ledger.behind_witness");
    adopt(&mut workspace, true).map(drop).expect("two people say so");
    assert!(office.workspace().join("witness.before-epoch-1").is_file(), "what it saw is kept");
    prepare(&mut office.open().expect("opens"), &office.list([2])).expect("prepares");
}

#[test]
fn a_second_witness_is_kept_and_may_be_away() {
    let office = Office::new();
    let settings = office.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    let stick = office.path("stick");
    fs::write(&settings, format!("{text}\n[witness]\nsecond = {stick:?}\n")).expect("writes");
    let (prepared, told) = said(|world| {
        let mut workspace = office.open().expect("opens");
        workspace.refresh(world).and_then(|()| workspace.refresh(world))
    });
    prepared.expect("goes on");
    assert_eq!(told.matches("second witness").count(), 1, "{told}");
    assert!(told.contains("stick"), "{told}");
    fs::create_dir(&stick).expect("the stick is back");
    let (done, told) = said(|world| office.open().expect("opens").refresh(world));
    assert_eq!((code(done), told.as_str()), ("done", ""));
    let old = files(&office.workspace());
    let lines = |name: &str| fs::read_to_string(office.path(name)).expect("reads").lines().count();
    pay(&mut office.open().expect("opens"), &office.list([1])).map(drop).expect("pays");
    let witness = fs::read_dir(&stick).expect("a stick").next().expect("a file").expect("a file").path();
    assert_eq!(fs::read(&witness).expect("reads"), fs::read(office.workspace().join("witness.log")).expect("reads"));
    assert!(lines("workspace/witness.log") > 1);
    // The folder and the home folder are put back; the stick was in a pocket.
    put_back(&office.workspace(), &old);
    fs::remove_dir_all(office.path("anchors")).expect("removes");
    let mut workspace = office.open().expect("opens");
    assert_eq!(code(prepare(&mut workspace, &office.list([2]))), "ledger.older_than_anchor");
    adopt(&mut workspace, true).map(drop).expect("two people say so");
    prepare(&mut office.open().expect("opens"), &office.list([2])).expect("prepares");
    assert_eq!(fs::read_dir(&stick).expect("a stick").count(), 2, "what the stick saw is kept");
}

#[test]
fn operators_key_folders_hold_an_anchor_too() {
    let office = Office::new();
    let stick = office.path("stick");
    fs::create_dir(&stick).expect("makes");
    let key = office.workspace().join("keys/operator-anna.json");
    fs::rename(&key, stick.join("operator-anna.json")).expect("moves");
    let outside = || Outside::on_machine(vec![], "desk").with_operator_keys(Some(stick.clone()));
    let open = || Workspace::open_with(&office.workspace(), outside());
    let old = files(&office.workspace());
    pay(&mut open().expect("opens"), &office.list([1])).map(drop).expect("her key is on the stick");
    put_back(&office.workspace(), &old);
    assert_eq!(code(prepare(&mut open().expect("opens"), &office.list([2]))), "ledger.older_than_anchor");
}

#[test]
fn where_nothing_can_be_noted_outside_it_is_said_and_people_are_paid() {
    let office = Office::bare();
    ops::init::init(&world(), &office.workspace(), &new_workspace()).expect("makes");
    fs::write(office.path("file"), "").expect("writes");
    for (stores, expected) in [(vec![], "no home folder"), (vec![office.path("file/store")], "could not be noted")] {
        let _ = fs::remove_file(office.workspace().join("place"));
        let mut workspace =
            Workspace::open_with(&office.workspace(), Outside::on_machine(stores, "desk")).expect("opens");
        let (done, told) = said(|world| workspace.refresh(world).and_then(|()| workspace.refresh(world)));
        done.expect("goes on");
        assert_eq!(told.matches(expected).count(), 1, "{told}");
    }
    let open = || Workspace::open_with(&office.workspace(), Outside::on_machine(vec![], "desk")).expect("opens");
    for number in 1..=3 {
        pay(&mut open(), &office.list([number])).map(drop).expect("pays without a word about receipts");
    }
}

#[test]
fn an_anchor_that_is_damaged_stops_until_two_people_say_so() {
    let office = Office::new();
    prepare(&mut office.open().expect("opens"), &office.list([1])).expect("prepares");
    let [anchor] = files(&office.path("anchors")).into_keys().collect::<Vec<_>>().try_into().expect("one anchor");
    let anchor = office.path("anchors").join(anchor);
    let mut bytes = fs::read(&anchor).expect("reads");
    bytes[60] ^= 1;
    fs::write(&anchor, bytes).expect("writes");
    let mut workspace = office.open().expect("opens");
    assert_eq!(code(prepare(&mut workspace, &office.list([2]))), "anchor.damaged");
    adopt(&mut workspace, true).map(drop).expect("two people say so");
    prepare(&mut office.open().expect("opens"), &office.list([2])).expect("prepares");
}

#[test]
fn a_drill_leaves_nothing_outside() {
    let office = Office::bare();
    let drill =
        stopgap::ops::init::NewWorkspace { environment: stopgap::ledger::event::Environment::Drill, ..new_workspace() };
    ops::init::init(&world(), &office.workspace(), &drill).expect("makes");
    pay(&mut office.open().expect("opens"), &office.list([1])).map(drop).expect("pays");
    assert!(!office.path("anchors").exists() && !office.workspace().join("place").exists());
}

/// The bank answers a message of a batch that this ledger never had.
fn answer(message_id: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}\
         </OrgnlMsgId><GrpSts>ACCP</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

#[test]
fn a_bank_that_knows_more_stops_releases_until_two_people_say_so() {
    let office = Office::new();
    let mut workspace = office.open().expect("opens");
    let paid = pay(&mut workspace, &office.list([1])).expect("pays");
    let batch = prepare(&mut workspace, &office.list([2])).expect("prepares").expect("a batch");
    approve(&mut workspace, batch).expect("approves");
    let report = office.path("report.xml");
    let read = |workspace: &mut Workspace, id: &str| {
        fs::write(&report, answer(id)).expect("writes");
        let request = ops::outcome::Request { files: std::slice::from_ref(&report), own_account: false };
        ops::outcome::outcome(workspace, &world(), Some("anna"), request).expect("reads")
    };
    // Not made as ours are, another desk's, and one that this ledger has: none of them means anything.
    for id in [
        "B0009",
        "B0009-1-SHORT",
        "SALARY-0009-ABCDEFGHIJKLMNOP",
        "K0009-1-ABCDEFGHIJKLMNOP",
        "B0002-1-ABCDEFGHIJKLMNOP",
    ] {
        read(&mut workspace, id);
        assert_eq!(workspace.state.lineage.bank_is_ahead, None, "{id}");
    }
    let told = read(&mut workspace, "B0009-1-ABCDEFGHIJKLMNOP");
    assert!(told.warnings.iter().any(|warning| warning.code == "ledger.bank_is_ahead"), "{:?}", told.warnings);
    assert_eq!(code(release(&mut workspace, batch)), "ledger.bank_is_ahead");
    assert_eq!(code(release(&mut office.open().expect("opens"), batch)), "ledger.bank_is_ahead");
    assert_eq!(code(adopt(&mut workspace, false)), "ledger.bank_is_ahead");
    fs::remove_file(office.workspace().join(&paid.files[0].0)).expect("removes");
    release(&mut workspace, paid.batch).map(drop).expect("what has left can be made again");
    adopt(&mut workspace, true).map(drop).expect("two people say so");
    assert!(release(&mut workspace, batch).expect("releases").adopted_older.is_some());
    read(&mut workspace, "B0009-1-ABCDEFGHIJKLMNOP");
    let next = prepare(&mut workspace, &office.list([3])).expect("prepares").expect("a batch");
    assert_eq!(next.to_string(), "B0010", "no number that the bank knows is used again");
    ops::verify::verify(&mut office.open().expect("opens")).map(drop).expect("is in order");
}
