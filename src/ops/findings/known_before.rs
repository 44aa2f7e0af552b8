//! What a later run needs of each finding of before, read without making texts of what it does not need: there may be millions.

use std::io::{self, Read};

use borsh::BorshDeserialize;

use super::FOUND;
use crate::ledger::remedies::{FindingKey, FindingMoney};

/// The beginning of a record as [`Record`](super::Record) is kept, with its money.
pub(super) struct RecordHead {
    pub key: FindingKey,
    pub number: u32,
    /// Kind, remedy and money; `None` for what was gone before.
    pub verdict: Option<(u8, u8, FindingMoney)>,
}

impl BorshDeserialize for RecordHead {
    fn deserialize_reader<R: Read>(from: &mut R) -> io::Result<Self> {
        let which = u8::deserialize_reader(from)?;
        let (key, number) = BorshDeserialize::deserialize_reader(from)?;
        if which != FOUND {
            return if which == FOUND + 1 { Ok(Self { key, number, verdict: None }) } else { Err(damaged()) };
        }
        let (kind, remedy) = BorshDeserialize::deserialize_reader(from)?;
        // Whose it is: register, kind, number.
        if bool::deserialize_reader(from)? {
            leave_out(from, 2)?;
            texts(from, 1)?;
        }
        // Name and benefit; the days, from and to.
        texts(from, 2)?;
        if bool::deserialize_reader(from)? {
            leave_out(from, 4 + 4)?;
        }
        // Parts.
        let count = u32::deserialize_reader(from)?;
        texts(from, count)?;
        let money = BorshDeserialize::deserialize_reader(from)?;
        // The bank's word, batches, payments.
        leave_out(from, 1)?;
        many(from, 1 + 4)?;
        many(from, 8 + 8 + 1)?;
        // Upstream's references and days, how they matched, and the note.
        let count = u32::deserialize_reader(from)?;
        texts(from, count)?;
        many(from, 4)?;
        texts(from, 2)?;
        Ok(Self { key, number, verdict: Some((kind, remedy, money)) })
    }
}

fn texts<R: Read>(from: &mut R, count: u32) -> io::Result<()> {
    (0..count).try_for_each(|_| many(from, 1))
}

/// So many as is said before them, of so many bytes each.
fn many<R: Read>(from: &mut R, bytes: u64) -> io::Result<()> {
    let count = u32::deserialize_reader(from)?;
    leave_out(from, u64::from(count) * bytes)
}

fn leave_out<R: Read>(from: &mut R, mut bytes: u64) -> io::Result<()> {
    let mut unread = [0; 64];
    while bytes > 0 {
        let now = bytes.min(unread.len() as u64);
        from.read_exact(&mut unread[..now as usize])?;
        bytes -= now;
    }
    Ok(())
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
