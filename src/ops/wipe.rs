//! Plain text is overwritten when it is done with, and no compiler may leave that out. Eight bytes at a time: commands wipe as much as they read.

use std::ops::{Deref, DerefMut};

use zerocopy::FromBytes;
use zeroize::Zeroize;

/// Overwrites all that the vector has ever held in the memory it has now, and empties it.
pub fn wipe(bytes: &mut Vec<u8>) {
    // What lies behind its end too.
    bytes.resize(bytes.capacity(), 0);
    overwrite(bytes);
    bytes.clear();
}

fn overwrite(bytes: &mut [u8]) {
    let unaligned = bytes.as_ptr().align_offset(align_of::<u64>()).min(bytes.len());
    let (start, rest) = bytes.split_at_mut(unaligned);
    start.zeroize();
    let words = rest.len() / size_of::<u64>();
    match <[u64]>::mut_from_prefix_with_elems(rest, words) {
        Ok((words, end)) => {
            words.zeroize();
            end.zeroize();
        }
        Err(error) => error.into_src().zeroize(),
    }
}

/// Bytes that are wiped when they are done with.
#[derive(Default)]
pub struct Wiped(pub Vec<u8>);

impl Deref for Wiped {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_overwritten_wherever_it_begins_and_ends() {
        for from in 0..9 {
            for to in (from..40).chain([500]) {
                let mut bytes = vec![7; 600];
                overwrite(&mut bytes[from..to]);
                let wiped: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == 0).collect();
                assert_eq!(wiped, (from..to).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_is_wiped_is_empty() {
        let mut bytes = vec![7; 100];
        wipe(&mut bytes);
        assert!(bytes.is_empty() && bytes.capacity() >= 100);
    }
}
