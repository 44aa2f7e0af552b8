//! What is asked at a terminal: passphrases, and the halves of the recovery code, each shown to one person and typed again by them.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::desk::{Desk, INIT};

const PATIENCE: Duration = Duration::from_secs(120);

/// A command at a terminal of its own, which is its controlling one: passphrases are asked for there.
struct Dialogue {
    child: Child,
    master: File,
    seen: Arc<Mutex<Vec<u8>>>,
    /// How much of it was expected already.
    read: usize,
}

impl Dialogue {
    /// `None`, and said, where there is no `setsid` to give the command a terminal with.
    fn begin(desk: &Desk, arguments: &[&str]) -> Option<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("opens");
        let name = ptsname(&master, Vec::new()).expect("has a name");
        let side = || File::options().read(true).write(true).open(name.to_str().expect("UTF-8")).expect("opens");
        let plain = desk.command(arguments);
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(plain.get_program()).args(plain.get_args());
        command.current_dir(plain.get_current_dir().expect("a folder"));
        for (key, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        command.env_remove("STOPGAP_PASSPHRASE_DIR").env("TERM", "xterm");
        let spawned = command.stdin(side()).stdout(side()).stderr(side()).spawn();
        drop(command);
        let Ok(child) = spawned else {
            println!("not tried: there is no setsid here");
            return None;
        };
        let master = File::from(master);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, shared) = (master.try_clone().expect("a second handle"), Arc::clone(&seen));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                shared.lock().expect("a lock").extend_from_slice(&bytes[..read]);
            }
        });
        Some(Self { child, master, seen, read: 0 })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().expect("a lock")).into_owned()
    }

    /// Waits until the terminal shows `what`, after what was expected before; gives what came up to it.
    fn expect(&mut self, what: &str) -> String {
        let began = Instant::now();
        loop {
            let text = self.text();
            if let Some(at) = text[self.read..].find(what) {
                let came = text[self.read..self.read + at].to_owned();
                self.read += at + what.len();
                return came;
            }
            assert!(began.elapsed() < PATIENCE, "`{what}` never came: {:?}", &text[self.read..]);
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn types(&mut self, line: &str) {
        // Whoever turns off the echo drops what was typed before.
        thread::sleep(Duration::from_millis(150));
        self.master.write_all(format!("{line}\n").as_bytes()).expect("types");
    }

    fn ends(mut self) -> (i32, String) {
        let code = self.child.wait().expect("ends").code().unwrap_or(-1);
        thread::sleep(Duration::from_millis(200));
        // Sentences are wrapped to the terminal's width.
        (code, self.text().split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn choose(&mut self, name: &str, passphrase: &str) {
        self.expect(&format!("New passphrase for {name}"));
        self.expect(":");
        self.types(passphrase);
        self.expect("The same again:");
        self.types(passphrase);
    }

    /// Keeps a half: reads it off the screen, mistypes its last group once, then types it. Gives its nine groups.
    fn keep_half(&mut self, number: u8) -> Vec<String> {
        self.expect(&format!("Half {number} of 2 of the recovery code is shown next"));
        self.expect("Press Enter.");
        self.types("");
        let shown = self.expect(&format!("Write it down, with its number {number}"));
        let groups: Vec<String> = shown
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.len() == 5 && *word == word.to_uppercase())
            .map(str::to_owned)
            .collect();
        assert_eq!(groups.len(), 9, "{shown:?}");
        self.types("");
        self.expect("\u{1b}[2J\u{1b}[3J");
        self.expect("type its last group:");
        groups
    }
}

#[test]
fn the_halves_are_shown_to_one_person_each_and_open_the_ledger_when_they_are_typed() {
    let desk = Desk::bare();
    let Some(mut dialogue) = Dialogue::begin(&desk, &INIT) else { return };
    // Too short, then two that are not the same, then right.
    dialogue.expect("New passphrase for anna");
    dialogue.expect(":");
    dialogue.types("short");
    dialogue.expect("Too short");
    dialogue.expect(":");
    dialogue.types("sne over Sisimiut");
    dialogue.expect("The same again:");
    dialogue.types("sne over Nuuk igen");
    dialogue.expect("The two were not the same");
    dialogue.choose("anna", "sne over Sisimiut");
    // Nobody takes the other's.
    dialogue.expect("New passphrase for malik");
    dialogue.expect(":");
    dialogue.types("sne over Sisimiut");
    dialogue.expect("That is the passphrase of anna");
    dialogue.choose("malik", "fjorden er frosset til");
    let one = dialogue.keep_half(1);
    dialogue.types(&one[0]);
    dialogue.expect("That is not its last group");
    let again = dialogue.keep_half(1);
    assert_eq!(again, one, "the same half");
    dialogue.types(&one[8].to_lowercase());
    let two = dialogue.keep_half(2);
    assert_ne!(one, two);
    dialogue.types(&two[8]);
    let (code, text) = dialogue.ends();
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("sne over"), "passphrases are not shown");
    assert!(!desk.workspace().join("out/recovery").exists(), "halves that were shown are written nowhere");
    for file in desk.files() {
        let bytes = std::fs::read(&file).expect("reads");
        let holds = |group: &String| bytes.windows(5).any(|window| window == group.as_bytes());
        assert!(!one.iter().chain(&two).any(holds), "{}", file.display());
    }

    // Both have forgotten. A group that is mistyped is named; several may be typed at once.
    let mut dialogue = Dialogue::begin(&desk, &["operator", "recover"]).expect("as before");
    dialogue.expect("Half 1 of the recovery code, group 1 of 9:");
    dialogue.types(&one[0]);
    dialogue.expect("group 2 of 9:");
    let mistyped = if one[1].starts_with('0') { one[1].replacen('0', "1", 1) } else { format!("0{}", &one[1][1..]) };
    dialogue.types(&mistyped);
    dialogue.expect("Group 2 is mistyped");
    dialogue.expect("group 2 of 9:");
    dialogue.types(&one[1..].join("-"));
    dialogue.expect("Half 2 of the recovery code, group 1 of 9:");
    dialogue.types(&two.join(" "));
    dialogue.choose("anna", "anna har en ny sætning");
    dialogue.choose("malik", "malik har også en ny");
    let three = dialogue.keep_half(1);
    assert_ne!(three, one, "a code that was typed is void");
    dialogue.types(&three[8]);
    let four = dialogue.keep_half(2);
    dialogue.types(&four[8]);
    let (code, text) = dialogue.ends();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("The code that was typed is void"), "{text}");

    // The old passphrase is counted as wrong, the next try waits a second, and the new one opens.
    let add = ["episode", "open", "attack", "--operator", "anna"];
    let mut dialogue = Dialogue::begin(&desk, &add).expect("as before");
    dialogue.expect("Passphrase of anna:");
    dialogue.types("sne over Sisimiut");
    let (code, text) = dialogue.ends();
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("That is not the passphrase of anna"), "{text}");
    let mut dialogue = Dialogue::begin(&desk, &add).expect("as before");
    dialogue.expect("Passphrase of anna:");
    dialogue.types("anna har en ny sætning");
    dialogue.expect("tried in 1 second");
    dialogue.expect("1 wrong passphrase was given for anna");
    let (code, text) = dialogue.ends();
    assert_eq!(code, 0, "{text}");
    // Halves of the code that is void open nothing.
    let mut dialogue = Dialogue::begin(&desk, &["operator", "recover"]).expect("as before");
    dialogue.expect("group 1 of 9:");
    dialogue.types(&one.join(" "));
    let (code, text) = dialogue.ends();
    assert_eq!(code, 3, "{text}");
}
