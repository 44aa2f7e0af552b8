//! The two small files: what was seen of a ledger, kept outside it, and the ledger folder's own note of where it lies. Lines of text that a
//! person can read, and a checksum over them.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest as _, Sha256};

use super::place::Place;
use crate::fault::Result;
use crate::ledger::event::LedgerId;
use crate::ops::durable::{self, disk_fault};
use crate::payment::Digest;

/// The name of the folder's own note.
pub const PLACE_NOTE: &str = "place";

/// The last head of a ledger that was seen, in which epoch, and where it lay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub ledger: LedgerId,
    pub epoch: u32,
    pub head: (u64, Digest),
    pub place: Place,
}

/// Where the folder lay when it was last written to, and whether anything outside it knew it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceNote {
    pub ledger: LedgerId,
    pub place: Place,
    pub known: Known,
}

/// What outside the folder knew the ledger when it was last written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Outside,
    /// There is no place outside it.
    Nowhere,
    /// It came to a machine that had never seen it, with so many entries, and its newest receipt code was not shown there yet.
    ReceiptDue(u64),
}

impl Known {
    const RECEIPT_DUE: &str = "anchored after the receipt for ";

    fn line(self) -> String {
        match self {
            Self::Outside => "anchored yes".into(),
            Self::Nowhere => "anchored no".into(),
            Self::ReceiptDue(entries) => format!("{}{entries}", Self::RECEIPT_DUE),
        }
    }

    /// What a line says; that it is written so is seen by writing it again.
    fn of_line(line: &str) -> Option<Self> {
        match line.strip_prefix(Self::RECEIPT_DUE) {
            Some(entries) => entries.parse().ok().map(Self::ReceiptDue),
            None => [Self::Outside, Self::Nowhere].into_iter().find(|known| known.line() == line),
        }
    }
}

impl Anchor {
    pub fn to_bytes(&self) -> Vec<u8> {
        let [ledger, machine, folder] = place_lines(self.ledger, &self.place);
        let head = format!("head {} {}", self.head.0, self.head.1);
        checked(&["stopgap anchor 1", &ledger, &format!("epoch {}", self.epoch), &head, &machine, &folder])
    }

    /// `None` where any byte is not as it was written.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let lines = unchecked(bytes)?;
        let [title, ledger, epoch, head, machine, folder] = lines.as_slice() else { return None };
        let (seq, digest) = head.strip_prefix("head ")?.split_once(' ')?;
        let read = Self {
            ledger: read_ledger(ledger)?,
            epoch: epoch.strip_prefix("epoch ")?.parse().ok()?,
            head: (seq.parse().ok()?, digest.parse().ok()?),
            place: read_place(machine, folder)?,
        };
        (*title == "stopgap anchor 1" && read.to_bytes() == bytes).then_some(read)
    }
}

impl PlaceNote {
    pub fn to_bytes(&self) -> Vec<u8> {
        let [ledger, machine, folder] = place_lines(self.ledger, &self.place);
        checked(&["stopgap place 1", &ledger, &self.known.line(), &machine, &folder])
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let lines = unchecked(bytes)?;
        let [title, ledger, known, machine, folder] = lines.as_slice() else { return None };
        let known = Known::of_line(known)?;
        let read = Self { ledger: read_ledger(ledger)?, place: read_place(machine, folder)?, known };
        (*title == "stopgap place 1" && read.to_bytes() == bytes).then_some(read)
    }

    /// The folder's own note; one that is missing or damaged says nothing.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(PLACE_NOTE);
        match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => read.map(|bytes| Self::from_bytes(&bytes)).map_err(|error| disk_fault("read", &path, &error)),
        }
    }

    pub fn write(&self, folder: &Path) -> Result<()> {
        durable::write(&folder.join(PLACE_NOTE), &self.to_bytes())
    }
}

fn place_lines(ledger: LedgerId, place: &Place) -> [String; 3] {
    let machine = place.machine.map_or("-".into(), |machine| machine.to_string());
    [
        format!("ledger {}", HEXLOWER.encode(&ledger.0)),
        format!("machine {machine}"),
        format!("folder {}", escaped(&place.folder)),
    ]
}

fn read_ledger(line: &str) -> Option<LedgerId> {
    let bytes = HEXLOWER_PERMISSIVE.decode(line.strip_prefix("ledger ")?.as_bytes()).ok()?;
    bytes.try_into().ok().map(LedgerId)
}

fn read_place(machine: &str, folder: &str) -> Option<Place> {
    let machine = match machine.strip_prefix("machine ")? {
        "-" => None,
        digest => Some(digest.parse().ok()?),
    };
    Some(Place { machine, folder: unescaped(folder.strip_prefix("folder ")?)? })
}

/// A path on one line, whatever is in it: what is no plain text stands as `%` and two digits.
fn escaped(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let plain = std::str::from_utf8(bytes).is_ok();
    let mut line = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_control() || *byte == b'%' || !plain && !byte.is_ascii() {
            line.extend(format!("%{byte:02X}").bytes());
        } else {
            line.push(*byte);
        }
    }
    String::from_utf8_lossy(&line).into_owned()
}

fn unescaped(text: &str) -> Option<PathBuf> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        match byte {
            b'%' => {
                let digits = std::str::from_utf8(after.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    Some(OsString::from_vec(bytes).into())
}

fn checked(lines: &[&str]) -> Vec<u8> {
    let text = format!("{}\n", lines.join("\n"));
    let check = Digest(Sha256::digest(&text).into());
    format!("{text}check {check}\n").into_bytes()
}

/// The lines above the checksum. That it holds is seen by writing what was read again.
fn unchecked(bytes: &[u8]) -> Option<Vec<&str>> {
    let mut lines: Vec<&str> = std::str::from_utf8(bytes).ok()?.lines().collect();
    lines.pop()?.strip_prefix("check ")?;
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &[u8]) -> Place {
        Place { machine: Some(Digest([5; 32])), folder: OsString::from_vec(folder.to_vec()).into() }
    }

    fn anchor(folder: &[u8]) -> Anchor {
        Anchor { ledger: LedgerId([1; 16]), epoch: 2, head: (12, Digest([9; 32])), place: place(folder) }
    }

    #[test]
    fn what_is_written_reads_back_whatever_the_folder_is_called() {
        for folder in [&b"/home/anna/fallback"[..], b"/a b/100%/\xc3\xb8", b"/new\nline", b"/latin\xf8/%41", b"/"] {
            assert_eq!(Anchor::from_bytes(&anchor(folder).to_bytes()), Some(anchor(folder)));
            for known in [Known::Outside, Known::Nowhere, Known::ReceiptDue(0), Known::ReceiptDue(17)] {
                let note = PlaceNote { ledger: LedgerId([1; 16]), place: place(folder), known };
                assert_eq!(PlaceNote::from_bytes(&note.to_bytes()), Some(note));
            }
        }
        let nowhere = Anchor { place: Place { machine: None, folder: "/x".into() }, ..anchor(b"/") };
        assert_eq!(Anchor::from_bytes(&nowhere.to_bytes()), Some(nowhere));
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let bytes = anchor(b"/home/anna/fallback").to_bytes();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert_eq!(Anchor::from_bytes(&changed), None, "byte {at}, bit {bit}");
            }
            assert_eq!(Anchor::from_bytes(&bytes[..at]), None);
        }
    }
}
