//! Programs that are wrong on purpose. A harness that never finds anything proves nothing: each of these is a change to the sources by which
//! somebody could be paid twice or forgotten, and names the test that must then fail.
//!
//! ```sh
//! cargo test --test known_bad -- --ignored        # builds each in a copy below target/, half a minute each
//! STOPGAP_KNOWN_BAD=wal cargo test --test known_bad -- --ignored
//! ```
//!
//! What was seen is kept below target/ until a source changes, so that a run that was ended goes on where it was. An ordinary run only sees that
//! every change still fits the sources.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use sha2::{Digest, Sha256};

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
    let mut sources = Sha256::new();
    mirror(root(), &tree, &mut sources);
    let only = std::env::var("STOPGAP_KNOWN_BAD").unwrap_or_default();
    let begun = Instant::now();
    let mut missed = Vec::new();
    for variant in variants().iter().filter(|variant| variant.name.contains(&only)) {
        let seen = place.join("seen").join(&variant.name);
        let mark = mark(sources.clone(), variant);
        let kept = fs::read_to_string(&seen).ok().and_then(|kept| kept.strip_prefix(&mark).map(str::to_owned));
        let verdict = kept.unwrap_or_else(|| {
            let verdict = variant.verdict(&tree, &place.join("target"));
            fs::create_dir_all(place.join("seen")).expect("makes");
            fs::write(&seen, format!("{mark}{verdict}")).expect("writes");
            verdict
        });
        let first = verdict.lines().next().unwrap_or_default();
        let _ = writeln!(
            std::io::stderr(),
            "{first}: {} ({}), by {}",
            variant.what,
            variant.name,
            variant.caught_by.join(" ")
        );
        if !first.starts_with("caught") {
            missed.push(format!("{}\n{}", variant.name, &verdict[verdict.len().saturating_sub(3_000)..]));
        }
    }
    let _ = writeln!(std::io::stderr(), "known bad: {:.1} minutes", begun.elapsed().as_secs_f32() / 60.0);
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

impl Variant {
    /// Builds the variant and runs its test: one line, `caught` or `MISSED` with the seconds, and below it what the test said.
    fn verdict(&self, tree: &Path, target: &Path) -> String {
        let begun = Instant::now();
        for edit in &self.edits {
            let text = edit.apply(tree);
            fs::write(tree.join(&edit.file), text).expect("writes");
        }
        let mut cargo = Command::new(env!("CARGO"));
        let (environment, arguments): (Vec<_>, Vec<_>) = self.caught_by.iter().partition(|word| word.contains('='));
        cargo.args(["test", "--locked"]).args(arguments).current_dir(tree).env("CARGO_TARGET_DIR", target);
        cargo.envs(environment.iter().filter_map(|word| word.split_once('=')));
        // Most of the time is the compiler's.
        for (name, value) in
            [("DEV_OPT_LEVEL", "0"), ("DEV_DEBUG", "0"), ("TEST_DEBUG", "0"), ("DEV_INCREMENTAL", "true")]
        {
            cargo.env(format!("CARGO_PROFILE_{name}"), value);
        }
        let tested = cargo.output().expect("runs");
        for edit in &self.edits {
            fs::copy(root().join(&edit.file), tree.join(&edit.file)).expect("puts back");
        }
        let said = String::from_utf8_lossy(&tested.stdout).into_owned() + &String::from_utf8_lossy(&tested.stderr);
        let is_caught = !tested.status.success() && said.contains("test result: FAILED");
        format!("{} in {:.0} s\n{said}", if is_caught { "caught" } else { "MISSED" }, begun.elapsed().as_secs_f32())
    }
}

/// A line by which a verdict is known to be about these sources and this change.
fn mark(mut sources: Sha256, variant: &Variant) -> String {
    sources.update(variant.caught_by.join(" "));
    for edit in &variant.edits {
        sources.update(format!("{}\n{}\n{}", edit.file.display(), edit.from, edit.to));
    }
    data_encoding::HEXLOWER.encode(&sources.finalize()) + "\n"
}

/// The sources without what was built of them. A file that is there already keeps its time, so that no more is built than must be.
fn mirror(from: &Path, to: &Path, sources: &mut Sha256) {
    fs::create_dir_all(to).expect("makes");
    let mut names: Vec<_> = fs::read_dir(from).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    names.retain(|name| ![".git", "target", "known_bad"].contains(&name.to_string_lossy().as_ref()));
    names.sort();
    for entry in fs::read_dir(to).expect("a folder").flatten() {
        let gone = entry.path();
        if !names.contains(&entry.file_name()) {
            let _ = fs::remove_file(&gone).or_else(|_| fs::remove_dir_all(&gone));
        }
    }
    for name in names {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            mirror(&from, &to, sources);
            continue;
        }
        let content = fs::read(&from).expect("reads");
        if [Some("rs"), Some("toml"), Some("lock")].contains(&from.extension().and_then(|it| it.to_str())) {
            sources.update(&content);
        }
        if fs::read(&to).ok().as_ref() != Some(&content) {
            fs::write(&to, content).expect("writes");
        }
    }
}
