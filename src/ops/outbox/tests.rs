//! Nothing appears that was not approved, and nothing that lies there is replaced.

use super::*;
use crate::batch::Sum;
use crate::payment::{Amount, Digest};

const BANK_FILE: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bank_file/small.pain.001.001.03.xml"));
const FORMAT: FileFormat = FileFormat::Pain001V03;
const NAME: &str = "B0001.xml";

/// The bank file as a plan has it.
fn planned() -> PlannedFile {
    let found = count_back(FORMAT, BANK_FILE).expect("a bank file");
    PlannedFile {
        name: NAME.into(),
        message_id: found.message_id.expect("pain.001 has one"),
        segments: Vec::new(),
        sum: Sum { count: found.transactions, amount: found.amount },
        sha256: found.sha256,
    }
}

fn draft(folder: &Path, bytes: &[u8]) {
    let mut draft = Draft::create(folder, &planned()).expect("a draft");
    draft.write_all(bytes).expect("writes");
    draft.flush().expect("writes");
    draft.finish(&Lasting::Each).expect("lasts");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("a file").file_name().display().to_string()).collect();
    names.sort();
    names
}

fn code<T>(refused: Result<T>) -> Option<&'static str> {
    refused.err().map(|fault| fault.code)
}

/// A draft has a name that nobody uploads; what an interruption left under it is replaced; published, the file has its name and nothing else is left.
#[test]
fn a_file_appears_whole_and_its_draft_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (there, files) = (folder.path(), [planned()]);
    std::fs::write(draft_path(there, &files[0]), "half of").expect("an interruption");
    draft(there, BANK_FILE);
    assert_eq!(names(there), [".B0001.xml.draft"]);
    read_back_drafts(there, &files, FORMAT).expect("is what was written");
    publish(there, &files).expect("appears");
    assert_eq!(names(there), [NAME]);
    assert_eq!(std::fs::read(there.join(NAME)).expect("reads"), BANK_FILE);
}

/// Whatever of a draft is not as it was planned keeps every file from appearing.
#[test]
fn a_draft_that_is_not_what_was_planned_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let there = folder.path();
    draft(there, BANK_FILE);
    let plan = planned();
    let one_more = plan.sum.amount.checked_add(Amount::from_minor_units(1, plan.sum.amount.currency())).expect("adds");
    let others = [
        PlannedFile { sha256: Digest([0; 32]), ..plan.clone() },
        PlannedFile { message_id: "B0002".into(), ..plan.clone() },
        PlannedFile { sum: Sum { count: plan.sum.count + 1, ..plan.sum }, ..plan.clone() },
        PlannedFile { sum: Sum { amount: one_more, ..plan.sum }, ..plan.clone() },
    ];
    for other in others {
        assert_eq!(code(read_back_drafts(there, &[other], FORMAT)), Some("release.read_back"));
    }
    assert_eq!(
        code(read_back_drafts(there, std::slice::from_ref(&plan), FileFormat::Pain001V09)),
        Some("release.read_back")
    );
    // It announces three payments and holds four: a hash that agrees with it changes nothing.
    let announced = String::from_utf8_lossy(BANK_FILE).replacen("<NbOfTxs>3<", "<NbOfTxs>4<", 1);
    draft(there, announced.as_bytes());
    let same_hash = PlannedFile { sha256: count_back(FORMAT, announced.as_bytes()).expect("reads").sha256, ..plan };
    assert_eq!(code(read_back_drafts(there, &[same_hash], FORMAT)), Some("release.read_back"));
}

/// A file that lies there is never replaced: the approved one was published before an interruption, any other one is refused and stays.
#[test]
fn what_lies_there_is_never_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let (there, files) = (folder.path(), [planned()]);
    let path = there.join(NAME);
    draft(there, BANK_FILE);
    publish(there, &files).expect("appears");
    draft(there, BANK_FILE);
    publish(there, &files).expect("lay there already");
    assert_eq!(names(there), [NAME], "the second draft is gone");
    std::fs::write(&path, "another's").expect("writes");
    draft(there, BANK_FILE);
    assert_eq!(code(publish(there, &files)), Some("release.file_differs"));
    assert_eq!(std::fs::read(&path).expect("reads"), b"another's");
}

/// Where a name cannot be given, it is not taken for one that is given already.
#[test]
fn a_draft_that_is_missing_is_no_published_file() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(code(publish(folder.path(), &[planned()])), Some("disk.failed"));
}

#[test]
fn only_the_approved_bytes_in_a_file_of_their_own_count_as_lying_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let (there, file) = (folder.path(), planned());
    let path = there.join(NAME);
    assert_eq!(is_as_planned(there, &file).ok(), Some(false), "nothing lies there");
    std::fs::write(&path, BANK_FILE).expect("writes");
    assert_eq!(is_as_planned(there, &file).ok(), Some(true));
    std::fs::write(&path, &BANK_FILE[1..]).expect("writes");
    assert_eq!(code(is_as_planned(there, &file)), Some("release.file_differs"));
    std::fs::rename(&path, there.join("elsewhere")).expect("moves");
    std::fs::write(there.join("elsewhere"), BANK_FILE).expect("writes");
    std::os::unix::fs::symlink(there.join("elsewhere"), &path).expect("links");
    assert_eq!(code(is_as_planned(there, &file)), Some("release.file_differs"), "a link to the right bytes");
    std::fs::remove_file(&path).expect("removes");
    std::fs::create_dir(&path).expect("makes");
    assert_eq!(code(is_as_planned(there, &file)), Some("release.file_differs"), "a folder");
    // Where the disk does not say, nothing is taken to be missing.
    assert_eq!(code(is_as_planned(&there.join("elsewhere"), &file)), Some("disk.failed"));
}

#[test]
fn bank_files_go_into_the_workspace_itself_and_never_through_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let (workspace, elsewhere) = (folder.path().join("workspace"), folder.path().join("elsewhere"));
    std::fs::create_dir_all(&workspace).expect("makes");
    std::fs::create_dir_all(&elsewhere).expect("makes");
    create(&workspace, Path::new("out/B0001")).expect("makes");
    create(&workspace, Path::new("out/B0001")).expect("is there already");
    assert!(workspace.join("out/B0001").is_dir());
    std::os::unix::fs::symlink(&elsewhere, workspace.join("out/B0002")).expect("links");
    assert_eq!(code(create(&workspace, Path::new("out/B0002"))), Some("release.linked_folder"));
    assert_eq!(code(create(&workspace, Path::new("out/B0002/more"))), Some("release.linked_folder"));
}

/// An interruption after the files had their names may leave a draft: it goes when the names are made to last.
#[test]
fn what_is_left_of_the_drafts_goes_with_making_the_names_last() {
    let folder = tempfile::tempdir().expect("a folder");
    let (there, files) = (folder.path(), [planned()]);
    draft(there, BANK_FILE);
    publish(there, &files).expect("appears");
    draft(there, &BANK_FILE[..100]);
    make_last(there, &files).expect("lasts");
    assert_eq!(names(there), [NAME]);
}
