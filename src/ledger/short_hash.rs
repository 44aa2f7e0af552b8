//! SHA-256, and HMAC-SHA256, of what is short and hashed very often: a list has five keyed digests to each row.
//!
//! HMAC hashes its key before each message and again behind it; here both are done once for a key, and so is whatever all messages of one
//! kind begin with. What is left of a message lies in the hash itself until a block is full, and goes through the block function of `sha2`.
//! The digests are those of `sha2` and `hmac`, which a test holds them to.

use std::slice;

use sha2::block_api::compress256;
use zerocopy::transmute;

use super::seal::SecretKey;

const BLOCK_BYTES: usize = 64;
const DIGEST_BYTES: usize = 32;
/// A block's last eight bytes are the length of the whole message.
const LENGTH_AT: usize = BLOCK_BYTES - 8;
/// A one bit behind a message's last byte.
const END: u8 = 0x80;
/// What stands behind the inner digest in HMAC's last block: the end of a message of a block for the key and a digest.
const BEHIND_INNER: [u8; DIGEST_BYTES] = {
    let [high, low] = ((BLOCK_BYTES + DIGEST_BYTES) as u16 * 8).to_be_bytes();
    let mut behind = [0; DIGEST_BYTES];
    behind[0] = END;
    behind[DIGEST_BYTES - 2] = high;
    behind[DIGEST_BYTES - 1] = low;
    behind
};

/// What SHA-256 begins with (FIPS 180-4, 5.3.3).
const BEGINNING: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// SHA-256 of what was added so far.
#[derive(Clone)]
pub struct ShortHash {
    state: [u32; 8],
    /// What has come of a block that is not full.
    block: [u8; BLOCK_BYTES],
    filled: usize,
    length: u64,
}

impl ShortHash {
    pub fn new() -> Self {
        Self { state: BEGINNING, block: [0; BLOCK_BYTES], filled: 0, length: 0 }
    }

    #[inline]
    pub fn add(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        while let Some((fills, rest)) = bytes.split_at_checked(BLOCK_BYTES - self.filled) {
            self.block[self.filled..].copy_from_slice(fills);
            compress256(&mut self.state, slice::from_ref(&self.block));
            (bytes, self.filled) = (rest, 0);
        }
        self.block[self.filled..self.filled + bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    /// As [`add`](Self::add): a number mostly has room where it is put.
    #[inline]
    fn add_number(&mut self, number: u64) {
        let bytes = number.to_le_bytes();
        match self.block[self.filled..].first_chunk_mut() {
            Some(room) if self.filled < LENGTH_AT => {
                *room = bytes;
                self.filled += bytes.len();
                self.length += bytes.len() as u64;
            }
            _ => self.add(&bytes),
        }
    }

    /// Behind the message stand one bit and, at the end of a block, its length in bits.
    pub fn finish(mut self) -> [u8; DIGEST_BYTES] {
        self.block[self.filled] = END;
        self.block[self.filled + 1..].fill(0);
        if self.filled >= LENGTH_AT {
            compress256(&mut self.state, slice::from_ref(&self.block));
            self.block.fill(0);
        }
        if let Some(length) = self.block.last_chunk_mut() {
            *length = (self.length * 8).to_be_bytes();
        }
        compress256(&mut self.state, slice::from_ref(&self.block));
        bytes_of(self.state)
    }
}

fn bytes_of(state: [u32; 8]) -> [u8; DIGEST_BYTES] {
    transmute!(state.map(u32::to_be))
}

impl Default for ShortHash {
    fn default() -> Self {
        Self::new()
    }
}

/// HMAC-SHA256 under one key of the fields that were added so far, each behind its length: no two rows of fields give the same bytes.
#[derive(Clone)]
pub struct KeyedHash {
    inner: ShortHash,
    /// Behind the key's other block, to which nothing but the digest of the first is added.
    outer: [u32; 8],
}

impl KeyedHash {
    pub fn new(key: &SecretKey) -> Self {
        Self { inner: padded(key, 0x36), outer: padded(key, 0x5c).state }
    }

    /// With further fields; what was begun stays to be begun with again.
    pub fn with(&self, fields: &[&str]) -> Self {
        let mut longer = self.clone();
        add_fields(&mut longer.inner, fields);
        longer
    }

    pub fn digest(&self, fields: &[&str]) -> [u8; 32] {
        let mut inner = self.inner.clone();
        add_fields(&mut inner, fields);
        let block = transmute!([inner.finish(), BEHIND_INNER]);
        let mut outer = self.outer;
        compress256(&mut outer, slice::from_ref(&block));
        bytes_of(outer)
    }
}

fn add_fields(hash: &mut ShortHash, fields: &[&str]) {
    for field in fields {
        hash.add_number(field.len() as u64);
        hash.add(field.as_bytes());
    }
}

/// The block that HMAC hashes of a key, which is shorter than a block.
fn padded(key: &SecretKey, pad: u8) -> ShortHash {
    let mut block = [pad; BLOCK_BYTES];
    block.iter_mut().zip(key.as_bytes()).for_each(|(byte, of_key)| *byte ^= of_key);
    let mut hash = ShortHash::new();
    hash.add(&block);
    zeroize::Zeroize::zeroize(&mut block);
    hash
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::collection::vec;
    use sha2::{Digest as _, Sha256};

    use super::*;

    proptest::proptest! {
        /// Whatever the message and wherever it is cut.
        #[test]
        fn a_short_hash_is_sha256(pieces in vec(vec(proptest::num::u8::ANY, 0..150), 0..5)) {
            let (mut ours, mut theirs) = (ShortHash::new(), Sha256::new());
            for piece in &pieces {
                ours.add(piece);
                theirs.update(piece);
            }
            proptest::prop_assert_eq!(ours.finish(), <[u8; 32]>::from(theirs.finalize()));
        }

        /// Whatever the fields, and however many of them all messages begin with.
        #[test]
        fn a_keyed_hash_is_hmac(key: [u8; 32], fields in vec(".{0,80}", 0..6), begins in 0usize..6) {
            let mut theirs = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("a key");
            for field in &fields {
                theirs.update(&(field.len() as u64).to_le_bytes());
                theirs.update(field.as_bytes());
            }
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let (first, rest) = fields.split_at(begins.min(fields.len()));
            let begun = KeyedHash::new(&SecretKey::new(key)).with(first);
            proptest::prop_assert_eq!(begun.digest(rest), <[u8; 32]>::from(theirs.finalize().into_bytes()));
        }
    }

    /// Around the end of a block, where the length may need one of its own.
    #[test]
    fn every_length_ends_as_it_must() {
        for length in 0..200 {
            let message = vec![b'x'; length];
            let mut ours = ShortHash::new();
            ours.add(&message);
            assert_eq!(ours.finish(), <[u8; 32]>::from(Sha256::digest(&message)), "{length}");
        }
    }
}
