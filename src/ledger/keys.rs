//! The key files, as bytes: who opens what. Nothing here touches a disk or draws a random number.
//!
//! ```text
//! passphrase ─Argon2id→ operator's key file: signing key, workspace key
//!                       workspace key → duplicate key's file   (makes the tags; own lifetime)
//!                                     → episode key's file     (opens one episode's personal data; its end is the purge)
//!                                     → baseline key's file    (opens one baseline's rows; ends on its own)
//! ```
//!
//! None of them is ever in the ledger or its backup, and neither the duplicate key nor an episode's is derived from another: each can be
//! destroyed on its own.

use argon2::{Algorithm, Argon2, Params, Version};
use borsh::{BorshDeserialize, BorshSerialize};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::event::KeyId;
use super::idempotency::Pseudonym;
use super::seal::{self, SealBroken, Sealed, SecretKey};

/// What a guess at a passphrase costs. Kept in the key file, so that it can rise over the years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassphraseCost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl PassphraseCost {
    /// 64 MiB, three passes: about a sixth of a second on a small laptop, and three times the least that OWASP advises for Argon2id.
    pub const STANDARD: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
}

/// What an operator's passphrase opens.
#[derive(Clone, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop)]
pub struct OperatorSecrets {
    pub signing_seed: [u8; 32],
    pub workspace_key: [u8; 32],
}

/// An operator's key file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorKeyFile {
    pub operator: String,
    /// Ed25519, hexadecimal.
    pub public_key: String,
    pub cost: PassphraseCost,
    pub salt: String,
    pub nonce: String,
    pub sealed: String,
}

/// A key sealed under the workspace key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKeyFile {
    /// `duplicate`, `episode` or `baseline`.
    pub purpose: String,
    pub key_id: String,
    pub nonce: String,
    pub sealed: String,
    /// Beside a duplicate key: what [`Tagger::payer_check`](super::idempotency::Tagger::payer_check) was under it, hexadecimal. Earlier versions
    /// wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_check: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key file is damaged")]
    Damaged,
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    #[error("the key does not belong to this workspace, or its file is damaged")]
    WrongKey,
}

impl OperatorKeyFile {
    /// Seals `secrets` under `passphrase`.
    pub fn lock(
        operator: &str,
        public_key: [u8; 32],
        secrets: &OperatorSecrets,
        passphrase: &str,
        cost: PassphraseCost,
        salt: [u8; 16],
        nonce: [u8; 24],
    ) -> Result<Self, KeyError> {
        let key = stretch(passphrase, &salt, cost)?;
        let mut plain = borsh::to_vec(secrets).map_err(|_| KeyError::Damaged)?;
        let sealed = seal::seal(&key, nonce, &operator_place(operator, &public_key), &plain);
        plain.zeroize();
        Ok(Self {
            operator: operator.into(),
            public_key: HEXLOWER.encode(&public_key),
            cost,
            salt: HEXLOWER.encode(&salt),
            nonce: HEXLOWER.encode(&nonce),
            sealed: HEXLOWER.encode(&sealed.ciphertext),
        })
    }

    pub fn unlock(&self, passphrase: &str) -> Result<OperatorSecrets, KeyError> {
        let salt: [u8; 16] = bytes(&self.salt)?;
        let sealed = Sealed { nonce: bytes(&self.nonce)?, ciphertext: decode(&self.sealed)? };
        let key = stretch(passphrase, &salt, self.cost)?;
        let place = operator_place(&self.operator, &self.public_key()?);
        let mut plain = seal::open(&key, &place, &sealed).map_err(|SealBroken| KeyError::WrongPassphrase)?;
        let secrets = OperatorSecrets::try_from_slice(&plain).map_err(|_| KeyError::Damaged);
        plain.zeroize();
        secrets
    }

    pub fn public_key(&self) -> Result<[u8; 32], KeyError> {
        bytes(&self.public_key)
    }
}

impl WrappedKeyFile {
    pub fn wrap(purpose: &str, id: KeyId, key: &SecretKey, workspace_key: &SecretKey, nonce: [u8; 24]) -> Self {
        let sealed = seal::seal(workspace_key, nonce, &wrapped_place(purpose, id), key.as_bytes());
        Self {
            purpose: purpose.into(),
            key_id: id.to_string(),
            nonce: HEXLOWER.encode(&nonce),
            sealed: HEXLOWER.encode(&sealed.ciphertext),
            payer_check: None,
        }
    }

    /// The same file, which tells the payer as well.
    pub fn of_payer(self, check: Pseudonym) -> Self {
        Self { payer_check: Some(HEXLOWER.encode(&check)), ..self }
    }

    pub fn payer_check(&self) -> Result<Option<Pseudonym>, KeyError> {
        self.payer_check.as_deref().map(bytes).transpose()
    }

    /// Opens the key if the file is the one for `purpose` and `id`.
    pub fn unwrap_key(&self, purpose: &str, id: KeyId, workspace_key: &SecretKey) -> Result<SecretKey, KeyError> {
        let sealed = Sealed { nonce: bytes(&self.nonce)?, ciphertext: decode(&self.sealed)? };
        let mut plain =
            seal::open(workspace_key, &wrapped_place(purpose, id), &sealed).map_err(|_| KeyError::WrongKey)?;
        let key = plain.as_slice().try_into().map(SecretKey::new).map_err(|_| KeyError::Damaged);
        plain.zeroize();
        key
    }
}

fn stretch(passphrase: &str, salt: &[u8; 16], cost: PassphraseCost) -> Result<SecretKey, KeyError> {
    // A damaged or hostile key file must not make the program take all memory.
    const MOST_MEMORY_KIB: u32 = 1024 * 1024;
    if cost.memory_kib > MOST_MEMORY_KIB || cost.passes > 64 || cost.lanes > 16 {
        return Err(KeyError::Damaged);
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| KeyError::Damaged)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .map_err(|_| KeyError::Damaged)?;
    let secret = SecretKey::new(key);
    key.zeroize();
    Ok(secret)
}

fn operator_place(operator: &str, public_key: &[u8; 32]) -> Vec<u8> {
    [b"stopgap operator key 1 ", operator.as_bytes(), b" ", &public_key[..]].concat()
}

fn wrapped_place(purpose: &str, id: KeyId) -> Vec<u8> {
    format!("stopgap wrapped key 1 {purpose} {id}").into_bytes()
}

fn decode(hex: &str) -> Result<Vec<u8>, KeyError> {
    HEXLOWER.decode(hex.as_bytes()).map_err(|_| KeyError::Damaged)
}

fn bytes<const N: usize>(hex: &str) -> Result<[u8; N], KeyError> {
    decode(hex)?.try_into().map_err(|_| KeyError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least that Argon2 allows: these tests are about who opens what, not about what a guess costs.
    const QUICK: PassphraseCost = PassphraseCost { memory_kib: 8, passes: 1, lanes: 1 };

    fn secrets() -> OperatorSecrets {
        OperatorSecrets { signing_seed: [1; 32], workspace_key: [2; 32] }
    }

    fn key_file() -> OperatorKeyFile {
        OperatorKeyFile::lock("anna", [5; 32], &secrets(), "sne over Sisimiut", QUICK, [3; 16], [4; 24]).expect("locks")
    }

    #[test]
    fn a_passphrase_opens_its_own_key_file_only() {
        let opened = key_file().unlock("sne over Sisimiut").expect("opens");
        assert_eq!(opened.signing_seed, secrets().signing_seed);
        assert_eq!(opened.workspace_key, secrets().workspace_key);
        assert_eq!(key_file().unlock("sne over sisimiut").err(), Some(KeyError::WrongPassphrase));
        let renamed = OperatorKeyFile { operator: "malik".into(), ..key_file() };
        assert_eq!(renamed.unlock("sne over Sisimiut").err(), Some(KeyError::WrongPassphrase));
    }

    #[test]
    fn a_damaged_key_file_is_refused_without_taking_memory() {
        let greedy = PassphraseCost { memory_kib: u32::MAX, ..QUICK };
        let table = [
            OperatorKeyFile { cost: greedy, ..key_file() },
            OperatorKeyFile { salt: "zz".into(), ..key_file() },
            OperatorKeyFile { nonce: String::new(), ..key_file() },
        ];
        for file in table {
            assert_eq!(file.unlock("sne over Sisimiut").err(), Some(KeyError::Damaged));
        }
    }

    /// One step over what any key of ours asks for is refused before anything is hashed; what is still allowed is hashed.
    #[test]
    fn a_key_file_may_ask_for_so_much_work_and_no_more() {
        let (salt, greedy) =
            ([3; 16], [(1024 * 1024 + 1, 1, 1), (8, 65, 1), (8, 66, 1), (8 * 17, 1, 17), (8 * 18, 1, 18)]);
        for (memory_kib, passes, lanes) in greedy {
            let refused = stretch("sne", &salt, PassphraseCost { memory_kib, passes, lanes });
            assert_eq!(refused.err(), Some(KeyError::Damaged), "{memory_kib} {passes} {lanes}");
        }
        for (memory_kib, passes, lanes) in [(8, 64, 1), (8 * 16, 1, 16), (64, 3, 2)] {
            assert!(stretch("sne", &salt, PassphraseCost { memory_kib, passes, lanes }).is_ok(), "{passes} {lanes}");
        }
    }

    #[test]
    fn a_wrapped_key_opens_for_its_purpose_and_id() {
        let workspace_key = SecretKey::new([2; 32]);
        let key = SecretKey::new([9; 32]);
        let file = WrappedKeyFile::wrap("duplicate", KeyId([1; 8]), &key, &workspace_key, [4; 24]);
        let opened = file.unwrap_key("duplicate", KeyId([1; 8]), &workspace_key).expect("opens");
        assert_eq!(opened.as_bytes(), key.as_bytes());
        assert!(file.unwrap_key("episode", KeyId([1; 8]), &workspace_key).is_err());
        assert!(file.unwrap_key("duplicate", KeyId([2; 8]), &workspace_key).is_err());
        assert!(file.unwrap_key("duplicate", KeyId([1; 8]), &key).is_err());
        assert_eq!(file.payer_check(), Ok(None));
        let told = file.of_payer([7; 8]);
        assert_eq!(told.payer_check(), Ok(Some([7; 8])));
        assert!(told.unwrap_key("duplicate", KeyId([1; 8]), &workspace_key).is_ok());
        let cut = WrappedKeyFile { payer_check: Some("07".into()), ..told };
        assert_eq!(cut.payer_check(), Err(KeyError::Damaged));
    }
}
