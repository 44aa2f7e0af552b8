//! Who is in the files of one command: each person once, with every file that they are in. However many there are, they lie in a spool.

use std::path::Path;

use super::people::{CopyPerson, PersonSeen};
use crate::fault::Result;
use crate::ops::spool::{Spool, damaged};

/// Takes what the files hold, in any order, and gives it back person by person.
pub struct Census {
    spool: Spool,
    record: Vec<u8>,
}

/// Between by what somebody is known and the rest of a record.
const END: u8 = 0;
/// Before a name and before a number. Records are sorted by their first eight bytes, so that these are short.
const MARKS: (&str, &str) = ("\u{1}", "\u{2}");

/// What the people may take in memory before they go to the disk. They come after what else a command holds.
const MEMORY_BYTES: usize = 8 * 1024 * 1024;

impl Census {
    /// `folder` is where the spool lies, if it does not fit into memory.
    pub fn new(folder: &Path) -> Result<Self> {
        Ok(Self { spool: Spool::with_memory(folder.into(), MEMORY_BYTES)?, record: Vec::new() })
    }

    /// Notes that the person is in these files, by their places among the command's files.
    pub fn see(&mut self, files: &[u16], person: PersonSeen) -> Result<()> {
        let record = &mut self.record;
        record.clear();
        person.known_by(MARKS, record);
        record.extend_from_slice(&[END, u8::from(person.organisation)]);
        record.extend_from_slice(&(files.len() as u16).to_be_bytes());
        files.iter().for_each(|file| record.extend_from_slice(&file.to_be_bytes()));
        record.extend_from_slice(&(person.number.len() as u16).to_be_bytes());
        record.extend_from_slice(person.number.as_bytes());
        record.extend_from_slice(person.name.as_bytes());
        self.spool.push(record)
    }

    /// Shows each person once, with the files that they are in, in the order of those.
    pub fn each(&mut self, visit: &mut dyn FnMut(&[u16], CopyPerson) -> Result<()>) -> Result<()> {
        self.spool.settle();
        let mut merge = self.spool.merge()?;
        let mut key: Vec<u8> = Vec::new();
        let mut at_hand: Option<CopyPerson> = None;
        let mut files: Vec<u16> = Vec::new();
        while let Some(record) = merge.next()? {
            let end = record.iter().position(|byte| *byte == END).ok_or_else(damaged)?;
            let (same, rest) = record.split_at(end);
            if at_hand.is_none() || same != key {
                if let Some(person) = at_hand.take() {
                    visit(&files, person)?;
                }
                key.clear();
                key.extend_from_slice(same);
                files.clear();
            }
            let (noted, person) = read(&rest[1..]).ok_or_else(damaged)?;
            let noted = || noted.chunks_exact(2).map(|file| u16::from_be_bytes([file[0], file[1]]));
            // By the name that the first of the files has.
            let goes_before = noted().next() < files.first().copied();
            for file in noted() {
                if let Err(at) = files.binary_search(&file) {
                    files.insert(at, file);
                }
            }
            if at_hand.is_none() || goes_before {
                at_hand = Some(person.into());
            }
        }
        at_hand.map_or(Ok(()), |person| visit(&files, person))
    }
}

/// What stands behind the key in a record: the files, two bytes each, and who is in them.
fn read(bytes: &[u8]) -> Option<(&[u8], PersonSeen<'_>)> {
    let (organisation, rest) = bytes.split_first()?;
    let (count, rest) = rest.split_first_chunk()?;
    let (files, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*count)) * 2)?;
    let (length, rest) = rest.split_first_chunk()?;
    let (number, name) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let text = |bytes| std::str::from_utf8(bytes).ok();
    Some((files, PersonSeen { number: text(number)?, organisation: *organisation == 1, name: text(name)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_comes_once_with_every_file_they_are_in() {
        let person =
            |number: &str, name: &str| CopyPerson { number: number.into(), organisation: false, name: name.into() };
        let folder = tempfile::tempdir().expect("a folder");
        let mut census = Census::new(folder.path()).expect("begins");
        census.see(&[0, 3], person("7012821128", "Pipaluk").seen()).expect("takes");
        census.see(&[1], person("", "Malik  Kreutzmann").seen()).expect("takes");
        census.see(&[1], person("7012821128", "Pipaluk B").seen()).expect("takes");
        census.see(&[0], person("", "malik kreutzmann").seen()).expect("takes");
        census.see(&[2], person("12345678", "").seen()).expect("takes");
        let mut found = Vec::new();
        census
            .each(&mut |files, person| {
                found.push((files.to_vec(), person.number, person.name));
                Ok(())
            })
            .expect("reads");
        let expected =
            [(vec![0, 1], "", "malik kreutzmann"), (vec![2], "12345678", ""), (vec![0, 1, 3], "7012821128", "Pipaluk")];
        assert_eq!(found, expected.map(|(files, number, name)| (files, number.to_owned(), name.to_owned())));
    }
}
