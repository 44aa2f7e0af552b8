//! What is approved, by whom, and under which names and ids it leaves.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::time::Duration;

use stopgap::fault::Result;
use stopgap::ops::world::Passphrases;
use stopgap::ops::{self, Workspace, World};
use stopgap::payment::{BatchId, Digest};
use zeroize::Zeroizing;

use super::fixture::KNOWN;
use super::{at, prepare, workspace};

const NOW: &str = "2026-11-20T12:00:00";

const FOUR: &str = "cpr;navn;konto;beløb;ydelse;periode;dato
7012821128;Pipaluk Berthelsen;6471-0000100001;1,00;Alderspension;2022-04;2026-12-01
6112903338;Malik Kreutzmann;6471-0000100002;2,00;Alderspension;2022-04;2026-12-01
6506751118;Aviaaja Møller;6471-0000100003;4,00;Alderspension;2022-04;2026-12-02
6112501007;Ivik Lund;6471-0000100004;8,00;Alderspension;2022-04;2026-12-02
";

fn prepared(workspace: &mut Workspace, list: &Path) -> (BatchId, Digest) {
    fs::write(list, FOUR).expect("writes");
    prepare(workspace, &at(NOW), list, None).expect("prepares").batch.expect("a batch")
}

fn approve(workspace: &mut Workspace, world: &World, who: &str, batch: &(BatchId, Digest)) -> Result<bool> {
    ops::approve::approve(workspace, world, Some(who), batch.0, &batch.1).map(|approved| approved.approver_is_newer)
}

/// Files, runs of payments within them, and their ids are counted from one; each file holds as many payments as the bank takes.
#[test]
fn files_and_their_ids_are_counted_from_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.csv");
    let workspace = workspace(&folder.path().join("workspace"));
    let settings = workspace.folder().join("stopgap.toml");
    let kept = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, kept.replace("max_payments = 1000", "max_payments = 3")).expect("writes");
    let mut workspace = Workspace::open(workspace.folder()).expect("opens");
    fs::write(&list, FOUR).expect("writes");
    let dry = ops::prepare::Request { lists: vec![list.clone()], ..Default::default() };
    let told = ops::prepare::prepare(&mut workspace, &at(NOW), Some("anna"), &dry, true).expect("is told before");
    let batch = prepared(&mut workspace, &list);
    approve(&mut workspace, &at(NOW), "malik", &batch).expect("approves");
    let released = ops::release::release(&mut workspace, &at(NOW), Some("anna"), batch.0).expect("releases");
    let files: Vec<_> = released.files.iter().map(|(_, file)| file).collect();
    assert_eq!(
        files.iter().map(|file| file.sum).collect::<Vec<_>>(),
        told.files.iter().map(|part| part.sum).collect::<Vec<_>>()
    );
    assert_eq!(told.files.iter().map(|part| (part.sum.count, part.first.row)).collect::<Vec<_>>(), [(3, 2), (1, 5)]);
    let begins = |id: &str| id.rsplit_once('-').expect("ends in a mark").0.to_owned();
    assert_eq!(files.iter().map(|file| begins(&file.message_id)).collect::<Vec<_>>(), ["B0001-1", "B0001-2"]);
    let runs =
        files.iter().flat_map(|file| &file.segments).map(|run| (begins(&run.payment_information_id), run.sum.count));
    let expected = [("B0001-1-1", 2), ("B0001-1-2", 1), ("B0001-2-1", 1)];
    assert_eq!(runs.collect::<Vec<_>>(), expected.map(|(id, count)| (id.to_owned(), count)));
}

/// One approval is enough and stands; another operator's after it finds nothing to approve, and nobody's comes after the release.
#[test]
fn an_approval_stands_and_is_given_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workspace = workspace(&folder.path().join("workspace"));
    let batch = prepared(&mut workspace, &folder.path().join("list.csv"));
    ops::operators::add(&mut workspace, &at(NOW), "sara", Some("anna"), "malik").expect("joins");
    let refused =
        |workspace: &mut Workspace, who| approve(workspace, &at(NOW), who, &batch).err().map(|fault| fault.code);
    assert_eq!(refused(&mut workspace, "anna"), Some("control.same_person"));
    assert_eq!(approve(&mut workspace, &at(NOW), "malik", &batch).ok(), Some(false), "was here before the batch");
    let head = workspace.state.head;
    assert_eq!(approve(&mut workspace, &at(NOW), "malik", &batch).ok(), Some(false), "the same once more");
    assert_eq!(refused(&mut workspace, "sara"), Some("batch.not_prepared"));
    assert_eq!(workspace.state.head, head, "nothing more is recorded");
    ops::release::release(&mut workspace, &at(NOW), Some("anna"), batch.0).map(drop).expect("releases");
    assert_eq!(refused(&mut workspace, "malik"), Some("batch.not_prepared"), "it has left");
}

/// An approver who joined after the list was prepared is told of: whoever prepared it may have let them in.
#[test]
fn an_approver_who_is_newer_than_the_batch_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workspace = workspace(&folder.path().join("workspace"));
    let batch = prepared(&mut workspace, &folder.path().join("list.csv"));
    ops::operators::add(&mut workspace, &at(NOW), "sara", Some("anna"), "malik").expect("joins");
    assert_eq!(approve(&mut workspace, &at(NOW), "sara", &batch).ok(), Some(true));
}

/// While one person's passphrase is asked for, somebody approves at another keyboard.
struct Meanwhile<'a> {
    workspace: RefCell<Workspace>,
    who: &'a str,
    batch: (BatchId, Digest),
}

impl Passphrases for Meanwhile<'_> {
    fn ask(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        approve(&mut self.workspace.borrow_mut(), &at(NOW), self.who, &self.batch)?;
        KNOWN.ask(operator)
    }

    fn choose(&self, operator: &str) -> Result<Option<Zeroizing<String>>> {
        KNOWN.choose(operator)
    }

    fn is_at_hand(&self, _: &str) -> bool {
        true
    }

    fn who(&self, _: &[&str]) -> Result<Option<String>> {
        Ok(None)
    }

    fn wait(&self, _: Duration) {}
}

#[test]
fn of_two_approvals_at_once_one_is_recorded_and_the_same_persons_is_no_fault() {
    for (faster, refused) in [("malik", None), ("sara", Some("batch.not_prepared"))] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut workspace = workspace(&folder.path().join("workspace"));
        ops::operators::add(&mut workspace, &at(NOW), "sara", Some("anna"), "malik").expect("joins");
        let batch = prepared(&mut workspace, &folder.path().join("list.csv"));
        let other = RefCell::new(Workspace::open(workspace.folder()).expect("opens"));
        let meanwhile = Meanwhile { workspace: other, who: faster, batch };
        let world = World { passphrases: &meanwhile, ..at(NOW) };
        assert_eq!(approve(&mut workspace, &world, "malik", &batch).err().map(|fault| fault.code), refused);
        workspace.refresh(&at(NOW)).expect("reads");
        let approved = &ops::batches::find(&workspace.state, batch.0).expect("there").approved_by;
        assert_eq!(approved.iter().map(String::as_str).collect::<Vec<_>>(), [faster]);
    }
}

/// Run again, a release finds its files or makes them again, and says which; what left on work sheets never leaves as a file as well.
#[test]
fn a_release_run_again_says_what_it_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workspace = workspace(&folder.path().join("workspace"));
    let batch = prepared(&mut workspace, &folder.path().join("list.csv"));
    approve(&mut workspace, &at(NOW), "malik", &batch).expect("approves");
    let mut again = || {
        let released = ops::release::release(&mut workspace, &at(NOW), Some("anna"), batch.0).expect("releases");
        (released.nothing_new, released.released_before, workspace.folder().join(&released.files[0].0))
    };
    let (_, _, path) = again();
    assert_eq!(again(), (true, true, path.clone()), "it lies there");
    let bytes = fs::read(&path).expect("reads");
    fs::remove_file(&path).expect("removes");
    assert_eq!(again(), (false, true, path.clone()), "it is made again");
    assert_eq!(fs::read(&path).expect("reads"), bytes);
    let next =
        "cpr;navn;konto;beløb;ydelse;periode\n7012821128;Pipaluk Berthelsen;6471-0000100001;1,00;Hjælp;2022-05\n";
    let list = folder.path().join("next.csv");
    fs::write(&list, next).expect("writes");
    let batch = prepare(&mut workspace, &at(NOW), &list, None).expect("prepares").batch.expect("a batch");
    approve(&mut workspace, &at(NOW), "malik", &batch).expect("approves");
    ops::worksheets::release::release(&mut workspace, &at(NOW), Some("anna"), batch.0, &Default::default())
        .map(drop)
        .expect("leaves on sheets");
    let refused = ops::release::release(&mut workspace, &at(NOW), Some("anna"), batch.0).err();
    assert_eq!(refused.map(|fault| fault.code), Some("release.other_door"));
}
