//! Programs that are wrong on purpose. A harness that never finds anything proves nothing: each of these is a change to the sources by which
//! somebody could be paid twice or forgotten, and names the test that must then fail.
//!
//! ```sh
//! cargo test --test known_bad -- --ignored        # builds each in a copy below target/, some two minutes each
//! STOPGAP_KNOWN_BAD=wal cargo test --test known_bad -- --ignored
//! ```
//!
//! An ordinary run only sees that every change still fits the sources.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A change, as a file of `variants` has it: what it is, how it is caught, and what is put in whose place.
struct Variant {
    name: String,
    what: String,
    caught_by: Vec<String>,
    edits: Vec<Edit>,
}

struct Edit {
    file: PathBuf,
    from: String,
    to: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn variants() -> Vec<Variant> {
    let folder = fs::read_dir(root().join("tests/known_bad/variants")).expect("a folder");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Variant {
    let text = fs::read_to_string(path).expect("reads");
    let mut parts = text.split("\n--- ");
    let head: Vec<&str> = parts.next().expect("a head").lines().collect();
    let caught_by = head[1].strip_prefix("caught by: ").expect("how it is caught");
    let edits = parts.map(|part| {
        let (file, change) = part.split_once("\n<<<<\n").expect("a file and a change");
        let (from, rest) = change.split_once("\n====\n").expect("what stands there");
        let (to, _) = rest.split_once("\n>>>>").expect("what takes its place");
        Edit { file: file.into(), from: from.into(), to: to.into() }
    });
    Variant {
        name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
        what: head[0].to_owned(),
        caught_by: caught_by.split(' ').map(str::to_owned).collect(),
        edits: edits.collect(),
    }
}

impl Edit {
    fn apply(&self, tree: &Path) -> String {
        let text = fs::read_to_string(tree.join(&self.file)).expect("reads");
        assert_eq!(text.matches(&self.from).count(), 1, "in {} stands once:\n{}", self.file.display(), self.from);
        text.replacen(&self.from, &self.to, 1)
    }
}

#[test]
fn every_change_fits_the_sources() {
    let all = variants();
    assert!(all.len() >= 10, "{}", all.len());
    for variant in all {
        assert!(!variant.edits.is_empty(), "{}", variant.name);
        variant.edits.iter().for_each(|edit| drop(edit.apply(root())));
    }
}

#[test]
#[ignore = "builds the program anew for each: cargo test --test known_bad -- --ignored"]
fn each_is_caught() {
    let place = root().join("target/known-bad");
    let tree = place.join("tree");
    let _ = fs::remove_dir_all(&tree);
    copy_tree(root(), &tree);
    let only = std::env::var("STOPGAP_KNOWN_BAD").unwrap_or_default();
    let mut missed = Vec::new();
    for variant in variants().iter().filter(|variant| variant.name.contains(&only)) {
        for edit in &variant.edits {
            let text = edit.apply(&tree);
            fs::write(tree.join(&edit.file), text).expect("writes");
        }
        let tested = Command::new(env!("CARGO"))
            .args(["test", "--locked"])
            .args(&variant.caught_by)
            .current_dir(&tree)
            .env("CARGO_TARGET_DIR", place.join("target"))
            .output()
            .expect("runs");
        let said = String::from_utf8_lossy(&tested.stdout).into_owned() + &String::from_utf8_lossy(&tested.stderr);
        let caught = !tested.status.success() && said.contains("test result: FAILED");
        let verdict = if caught { "caught" } else { "MISSED" };
        let _ = writeln!(
            std::io::stderr(),
            "{verdict}: {} ({}), by {}",
            variant.what,
            variant.name,
            variant.caught_by.join(" ")
        );
        if !caught {
            missed.push(format!("{}\n{}", variant.name, &said[said.len().saturating_sub(3_000)..]));
        }
        for edit in &variant.edits {
            fs::copy(root().join(&edit.file), tree.join(&edit.file)).expect("puts back");
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// The sources without what was built of them.
fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("makes");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (name, from) = (entry.file_name(), entry.path());
        if [".git", "target"].contains(&name.to_string_lossy().as_ref()) {
            continue;
        }
        let to = to.join(name);
        if from.is_dir() {
            copy_tree(&from, &to);
        } else {
            fs::copy(from, to).expect("copies");
        }
    }
}
