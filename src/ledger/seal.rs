//! Sealing: personal fields are encrypted before the ledger's store sees them.
//!
//! XChaCha20-Poly1305 with a random 192-bit nonce, never a counter: a restored copy of the ledger cannot use a nonce again.

use chacha20poly1305::aead::{Aead, AeadInOut, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A 256-bit key that vanishes from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Sealed bytes with the nonce that opens them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub nonce: [u8; 24],
    pub ciphertext: Vec<u8>,
}

/// The key is not the one that sealed this, or the sealed bytes or their place were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed data does not open: another key, or changed since")]
pub struct SealBroken;

/// Seals `plaintext` to its `place`: it opens only under the same key and place.
pub fn seal(key: &SecretKey, nonce: [u8; 24], place: &[u8], plaintext: &[u8]) -> Sealed {
    let cipher = XChaCha20Poly1305::new((&key.0).into());
    let ciphertext = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad: place })
        .expect("sealing fails only beyond 256 GiB");
    Sealed { nonce, ciphertext }
}

pub fn open(key: &SecretKey, place: &[u8], sealed: &Sealed) -> Result<Vec<u8>, SealBroken> {
    let mut plain = sealed.ciphertext.clone();
    open_in_place(key, sealed.nonce, place, &mut plain)?;
    Ok(plain)
}

/// As [`open`], of a ciphertext that what was opened takes the place of.
pub fn open_in_place(key: &SecretKey, nonce: [u8; 24], place: &[u8], bytes: &mut Vec<u8>) -> Result<(), SealBroken> {
    let cipher = XChaCha20Poly1305::new((&key.0).into());
    cipher.decrypt_in_place(&XNonce::from(nonce), place, bytes).map_err(|_| SealBroken)
}

/// As [`open`], into a buffer that is used again for the next: what was in it is overwritten, or wiped where it has to grow.
pub fn open_into(
    key: &SecretKey,
    place: &[u8],
    sealed: &Sealed,
    plain: &mut Zeroizing<Vec<u8>>,
) -> Result<(), SealBroken> {
    if plain.capacity() < sealed.ciphertext.len() {
        plain.zeroize();
        plain.reserve_exact(sealed.ciphertext.len());
    }
    plain.clear();
    plain.extend_from_slice(&sealed.ciphertext);
    let cipher = XChaCha20Poly1305::new((&key.0).into());
    let opened = cipher.decrypt_in_place(&XNonce::from(sealed.nonce), place, &mut **plain);
    opened.map_err(|_| SealBroken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_key_in_its_place_and_nowhere_else() {
        let key = SecretKey::new([1; 32]);
        let sealed = seal(&key, [2; 24], b"B0001 chunk 0", b"Pipaluk");
        assert!(!sealed.ciphertext.windows(7).any(|window| window == b"Pipaluk"));
        assert_eq!(open(&key, b"B0001 chunk 0", &sealed).as_deref(), Ok(&b"Pipaluk"[..]));
        assert_eq!(open(&key, b"B0001 chunk 1", &sealed), Err(SealBroken));
        assert_eq!(open(&SecretKey::new([3; 32]), b"B0001 chunk 0", &sealed), Err(SealBroken));
        for at in 0..sealed.ciphertext.len() {
            let mut changed = sealed.clone();
            changed.ciphertext[at] ^= 1;
            assert_eq!(open(&key, b"B0001 chunk 0", &changed), Err(SealBroken));
        }
    }

    #[test]
    fn one_buffer_opens_one_after_the_other_whatever_their_lengths() {
        let key = SecretKey::new([1; 32]);
        let mut plain = Zeroizing::new(Vec::new());
        for (number, text) in (0u8..).zip(["Pipaluk", "", "Malik Kreutzmann", "Aviaaja"]) {
            let sealed = seal(&key, [number; 24], &[number], text.as_bytes());
            assert_eq!(open_into(&key, &[number], &sealed, &mut plain), Ok(()));
            assert_eq!(plain.as_slice(), text.as_bytes());
            assert_eq!(open_into(&key, b"elsewhere", &sealed, &mut plain), Err(SealBroken));
        }
    }
}
