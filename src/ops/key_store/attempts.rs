//! Wrong passphrases are counted for each operator, in a file beside the keys, and each one makes the next try wait longer. Whoever gives the
//! right one is told of them. A right one after a right one reads and writes nothing more than it must.

use std::fs::File;
use std::time::Duration;

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::KeyStore;
use crate::fault::Result;
use crate::ledger::keys::KeyError;
use crate::ops::durable;
use crate::ops::world::World;
use crate::say;

/// No wait is longer: an honest person who mistypes must still get in while people wait for their money.
const LONGEST_SECONDS: u32 = 30;

/// How often an operator's passphrase was given wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongPassphrases {
    /// Since the last right one.
    pub in_a_row: u32,
    pub ever: u32,
    /// Seconds since 1970, as the machine's clock had it.
    pub last_at: i64,
}

impl WrongPassphrases {
    /// How long the next try waits: 1 second after the first, then twice as long each time, to 30.
    pub fn wait(&self) -> Duration {
        let seconds = match self.in_a_row {
            0 => 0,
            tries => 1_u32.checked_shl(tries - 1).unwrap_or(LONGEST_SECONDS).clamp(1, LONGEST_SECONDS),
        };
        Duration::from_secs(seconds.into())
    }
}

impl KeyStore {
    /// How often the operator's passphrase was given wrong.
    pub fn wrong_passphrases(&self, name: &str) -> WrongPassphrases {
        // What cannot be read counts nothing: whoever may write here could delete it too, and nobody is to be locked out by a bad disk.
        let bytes = std::fs::read(self.folder.join(file_name(name))).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Runs one try at a passphrase: after the wait that earlier wrong ones have earned, one at a time for all commands, and counted where it
    /// is wrong. Nothing depends on how the passphrase is wrong.
    pub(super) fn attempt<T>(
        &self,
        world: &World,
        name: &str,
        open: impl FnOnce() -> std::result::Result<T, KeyError>,
    ) -> Result<std::result::Result<T, KeyError>> {
        let mut one_at_a_time = None;
        if self.wrong_passphrases(name).in_a_row > 0 {
            one_at_a_time = self.one_at_a_time();
            let wait = self.wrong_passphrases(name).wait();
            if !wait.is_zero() {
                let line = say!(
                    "The last passphrase that was given for {name} was wrong: this one is tried in {seconds:second|seconds}.",
                    name = name.to_owned(),
                    seconds = wait.as_secs()
                );
                world.say(line);
                world.passphrases.wait(wait);
            }
        }
        let opened = open();
        match &opened {
            Err(KeyError::WrongPassphrase) => {
                let _held = one_at_a_time.or_else(|| self.one_at_a_time());
                let known = self.wrong_passphrases(name);
                let (in_a_row, ever) = (known.in_a_row.saturating_add(1), known.ever.saturating_add(1));
                self.count(world, name, WrongPassphrases { in_a_row, ever, last_at: world.now.unix });
            }
            Ok(_) => {
                let known = self.wrong_passphrases(name);
                if known.in_a_row > 0 {
                    tell(world, name, &known);
                    self.count(world, name, WrongPassphrases { in_a_row: 0, ..known });
                }
            }
            Err(_) => {}
        }
        Ok(opened)
    }

    fn count(&self, world: &World, name: &str, wrong: WrongPassphrases) {
        let written =
            serde_json::to_vec(&wrong).map(|bytes| durable::write(&self.folder.join(file_name(name)), &bytes));
        if !matches!(written, Ok(Ok(()))) {
            world.say(say!("Wrong passphrases cannot be counted: the folder of the keys cannot be written to."));
        }
    }

    /// Held until it is dropped; `None` where the file system has no such locks.
    fn one_at_a_time(&self) -> Option<File> {
        let folder = File::open(&self.folder).ok()?;
        rustix::fs::flock(&folder, rustix::fs::FlockOperation::LockExclusive).ok()?;
        Some(folder)
    }
}

fn tell(world: &World, name: &str, wrong: &WrongPassphrases) {
    let at = DateTime::from_timestamp(wrong.last_at, 0).map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string());
    let line = say!(
        "Before this, {count:wrong passphrase was|wrong passphrases were} given for {name}, the last on {at}. If that was not you, somebody else \
         tried: tell the other operators, and choose a new one with `stopgap operator passphrase`.",
        count = wrong.in_a_row,
        name = name.to_owned(),
        at = at.unwrap_or_default()
    );
    world.say(line);
}

/// No key file, so that no copy of the keys takes it along.
fn file_name(name: &str) -> String {
    format!("operator-{name}.wrong")
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use zeroize::Zeroizing;

    use super::*;
    use crate::ops::world::{Now, Passphrases};

    /// Waits for nobody, and remembers for how long it was to.
    #[derive(Default)]
    struct Watch(RefCell<Vec<u64>>);

    impl Passphrases for Watch {
        fn ask(&self, _: &str) -> Result<Option<Zeroizing<String>>> {
            Ok(None)
        }
        fn choose(&self, _: &str) -> Result<Option<Zeroizing<String>>> {
            Ok(None)
        }
        fn is_at_hand(&self, _: &str) -> bool {
            false
        }
        fn who(&self, _: &[&str]) -> Result<Option<String>> {
            Ok(None)
        }
        fn wait(&self, how_long: Duration) {
            self.0.borrow_mut().push(how_long.as_secs());
        }
    }

    #[test]
    fn each_wrong_passphrase_makes_the_next_try_wait_longer_and_a_right_one_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let (watch, said) = (Watch::default(), RefCell::new(Vec::new()));
        let say = |line: &str| said.borrow_mut().push(line.to_owned());
        let now = Now { unix: 1_780_000_000, ..Now::from_system_clock() };
        let world = World { now, passphrases: &watch, say: &say };
        let keys = KeyStore::at(folder.path());
        let right = || keys.attempt(&world, "anna", || Ok(())).expect("tries");
        assert_eq!(right(), Ok(()));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "a right one writes nothing");
        for _ in 0..40 {
            let wrong = keys.attempt::<()>(&world, "anna", || Err(KeyError::WrongPassphrase)).expect("tries");
            assert_eq!(wrong, Err(KeyError::WrongPassphrase));
        }
        assert_eq!(watch.0.borrow()[..7], [1, 2, 4, 8, 16, 30, 30]);
        assert!(watch.0.borrow().iter().all(|seconds| *seconds <= 30));
        assert_eq!(keys.wrong_passphrases("malik"), WrongPassphrases::default(), "another one's are another's");
        said.borrow_mut().clear();
        assert_eq!(right(), Ok(()));
        assert!(said.borrow().iter().any(|line| line.contains("40 wrong passphrases")), "{said:?}");
        assert_eq!(keys.wrong_passphrases("anna"), WrongPassphrases { in_a_row: 0, ever: 40, last_at: 1_780_000_000 });
        said.borrow_mut().clear();
        watch.0.borrow_mut().clear();
        assert_eq!(right(), Ok(()));
        assert!(said.borrow().is_empty() && watch.0.borrow().is_empty());
    }

    #[test]
    fn a_damaged_count_locks_nobody_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = KeyStore::at(folder.path());
        std::fs::write(folder.path().join(file_name("anna")), "{\"in_a_row\":").expect("writes");
        assert_eq!(keys.wrong_passphrases("anna").wait(), Duration::ZERO);
    }
}
