//! HMAC-SHA256 of short fields, which is worked out very often: a list has five such digests to each row.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::seal::SecretKey;

/// The digest, under one key, of the fields that were added so far, each behind its length: no two rows of fields give the same bytes.
///
/// HMAC hashes its key before each message; here that is done once for a key, and so is whatever all messages of one kind begin with.
#[derive(Clone)]
pub struct KeyedHash(Hmac<Sha256>);

impl KeyedHash {
    pub fn new(key: &SecretKey) -> Self {
        Self(KeyInit::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length"))
    }

    /// With further fields; what was begun stays to be begun with again.
    pub fn with(&self, fields: &[&str]) -> Self {
        let mut longer = Gathered::behind(self);
        longer.add_fields(fields);
        Self(longer.hashed())
    }

    pub fn digest(&self, fields: &[&str]) -> [u8; 32] {
        let mut whole = Gathered::behind(self);
        whole.add_fields(fields);
        whole.hashed().finalize().into_bytes().into()
    }
}

/// Fields, which are short and many, on their way into a digest as one piece.
struct Gathered {
    mac: Hmac<Sha256>,
    bytes: [u8; 256],
    length: usize,
}

impl Gathered {
    fn behind(begun: &KeyedHash) -> Self {
        Self { mac: begun.0.clone(), bytes: [0; 256], length: 0 }
    }

    fn add_fields(&mut self, fields: &[&str]) {
        for field in fields {
            self.add(&(field.len() as u64).to_le_bytes());
            self.add(field.as_bytes());
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.length..self.length + bytes.len()) {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
            return;
        }
        self.mac.update(&self.bytes[..self.length]);
        self.mac.update(bytes);
        self.length = 0;
    }

    fn hashed(mut self) -> Hmac<Sha256> {
        self.mac.update(&self.bytes[..self.length]);
        self.mac
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;

    use super::*;

    proptest::proptest! {
        /// Whatever the fields, and however many of them all messages begin with.
        #[test]
        fn what_was_begun_makes_no_difference(key: [u8; 32], fields in vec(".{0,80}", 0..6), begins in 0usize..6) {
            let mut at_once = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("a key");
            for field in &fields {
                at_once.update(&(field.len() as u64).to_le_bytes());
                at_once.update(field.as_bytes());
            }
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let (first, rest) = fields.split_at(begins.min(fields.len()));
            let begun = KeyedHash::new(&SecretKey::new(key)).with(first);
            proptest::prop_assert_eq!(begun.digest(rest), <[u8; 32]>::from(at_once.finalize().into_bytes()));
        }
    }
}
