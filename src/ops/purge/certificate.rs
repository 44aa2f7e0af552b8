//! The certificate: what was destroyed, by whom, and that nothing of it is left; signed, so that somebody without any key of the ledger can
//! check it with the operators' public keys.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::Traces;
use crate::fault::{Fault, Result};
use crate::ledger::entry::Signer;
use crate::ledger::entry::is_signed_by;
use crate::ledger::event::KeyCopyEnded;
use crate::ledger::state::{DuplicateEnd, PurgeState};
use crate::ops::durable;
use crate::ops::{Unlocked, Workspace, World};
use crate::say;

const DOMAIN: &[u8] = b"stopgap purge certificate 1\n";

/// The signed file. `statement` is the exact text that is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub statement: String,
    pub operator: String,
    /// Ed25519, hexadecimal.
    pub public_key: String,
    /// Over the line `stopgap purge certificate 1` and the statement.
    pub signature: String,
}

impl Certificate {
    /// Whether the statement was signed with the key that the certificate names.
    pub fn is_signed(&self) -> bool {
        let key = HEXLOWER.decode(self.public_key.as_bytes()).ok().and_then(|key| key.try_into().ok());
        let signature = HEXLOWER.decode(self.signature.as_bytes()).ok().and_then(|signature| signature.try_into().ok());
        let message = [DOMAIN, self.statement.as_bytes()].concat();
        key.zip(signature).is_some_and(|(key, signature)| is_signed_by(&key, &message, &signature))
    }
}

pub(super) fn write(
    workspace: &Workspace,
    who: &Unlocked,
    world: &World,
    (entry, purge): (u64, &PurgeState),
    traces: &Traces,
) -> Result<[PathBuf; 2]> {
    sign(workspace, &who.signer, entry, statement(workspace, world, (entry, purge), traces))
}

/// As [`write`], of the second stage.
pub(super) fn of_duplicate_key(
    workspace: &Workspace,
    signer: &Signer,
    world: &World,
    end: &DuplicateEnd,
    traces: &Traces,
) -> Result<[PathBuf; 2]> {
    sign(workspace, signer, end.entry, statement_of_end(workspace, world, end, traces))
}

fn sign(workspace: &Workspace, signer: &Signer, entry: u64, statement: String) -> Result<[PathBuf; 2]> {
    let certificate = Certificate {
        operator: signer.name.clone(),
        public_key: HEXLOWER.encode(&signer.public_key()),
        signature: HEXLOWER.encode(&signer.sign(&[DOMAIN, statement.as_bytes()].concat())),
        statement,
    };
    let json = serde_json::to_vec_pretty(&certificate).map_err(|error| {
        Fault::failed(
            "purge.certificate",
            say!("The certificate cannot be written: {error}.", error = error.to_string()),
        )
    })?;
    let folder = Path::new("out").join("certificates");
    durable::create_folder(&workspace.folder().join(&folder))?;
    let paths = [folder.join(format!("purge-{entry}.json")), folder.join(format!("purge-{entry}.txt"))];
    durable::write(&workspace.folder().join(&paths[0]), &json)?;
    let for_people = format!(
        "{}\nSigned by {} with the key {}:\n{}\n",
        certificate.statement, certificate.operator, certificate.public_key, certificate.signature
    );
    durable::write(&workspace.folder().join(&paths[1]), for_people.as_bytes())?;
    Ok(paths)
}

fn statement(workspace: &Workspace, world: &World, (entry, purge): (u64, &PurgeState), traces: &Traces) -> String {
    let state = &workspace.state;
    let recorded = &purge.recorded;
    let keys: Vec<String> = recorded.keys.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "CERTIFICATE OF DESTRUCTION\n\n\
         Payer: {}\nLedger: {}\nEntry: {entry}, recorded {} by {} and {}\nWritten: {}\n\n\
         What was known of the people of these episodes was destroyed: {}.\n\
         Payments: {}. Sealed runs of batches: {}, of entries: {}. Bytes: {}.\n\
         SHA-256 over the digests of what is gone: {}\n\
         Keys that are overwritten and removed: {}.\n",
        state.payer.name,
        HEXLOWER.encode(&state.ledger.0),
        moment(purge.at),
        purge.by[0],
        purge.by[1],
        moment(world.now.unix),
        recorded.episodes.join(", "),
        recorded.payments,
        recorded.chunks,
        recorded.parts,
        recorded.bytes,
        recorded.root,
        keys.join(", "),
    );
    push_copies(&mut text, &recorded.key_copies);
    if state.recovery.is_some() {
        text.push_str("The recovery code opens none of these keys: only the workspace key is sealed to it, which opens what is left in `keys`.\n");
    }
    text.push_str(&format!(
        "\nAfter it, {} files ({} bytes) of the workspace were read whole, the ledger's freed pages included, and searched for {}: \
         {} found. Older copies of the ledger hold what was sealed under these keys, and nothing opens it any more, unless a copy of a key \
         is left that nobody named.\n\
         The chain of entries, the sums, the digests and the recognition of double payments stay.\n",
        traces.files,
        traces.bytes,
        match traces.ciphertexts {
            0 => "the keys (the purge was interrupted, so what it destroyed was not known any more)".to_owned(),
            sealed => format!(
                "{sealed} sealed runs (of which {} were there before), for the numbers, names and accounts of {} people, and for the keys",
                traces.found_before, traces.people
            ),
        },
        traces.found,
    ));
    text
}

fn statement_of_end(workspace: &Workspace, world: &World, end: &DuplicateEnd, traces: &Traces) -> String {
    let (state, ended) = (&workspace.state, &end.recorded);
    let keys: Vec<String> = std::iter::once(&ended.key).chain(&ended.baseline_keys).map(ToString::to_string).collect();
    let mut text = format!(
        "CERTIFICATE OF DESTRUCTION: THE DUPLICATE KEY\n\n\
         Payer: {}\nLedger: {}\nEntry: {}, recorded {} by {} and {}\nWritten: {}\n\n\
         The key by which people were recognised without being named was destroyed, with everything that was made under it.\n\
         Claims: {}. Pieces of evidence: {}. Sealed runs of baselines and of other entries: {}. Bytes: {}.\n\
         SHA-256 over the digests of the sealed runs that are gone: {}\n\
         Keys that are overwritten and removed: {}.\n",
        state.payer.name,
        HEXLOWER.encode(&state.ledger.0),
        end.entry,
        moment(end.at),
        end.by[0],
        end.by[1],
        moment(world.now.unix),
        ended.claims,
        ended.evidence,
        ended.parts,
        ended.bytes,
        ended.root,
        keys.join(", "),
    );
    push_copies(&mut text, &ended.key_copies);
    let searched = match traces.ciphertexts {
        0 => "the keys (this was interrupted, so what was destroyed was not known any more)".to_owned(),
        tags => format!(
            "{tags} tags and sealed runs (the ledger file held them {} times before), and for the keys",
            traces.found_before
        ),
    };
    text.push_str(&format!(
        "\nAfter it, {} files ({} bytes) of the workspace were read whole, the ledger's freed pages included, and searched for {searched}: {} \
         found. Older copies of the ledger hold the tags: without the key they say nothing about anybody, except to whoever has the bank's \
         statements, which show them as references, or a copy of the key that nobody named.\n\
         From now on this ledger cannot recognise who was paid from it, and pays nobody. The chain of entries, the sums and the digests stay.\n",
        traces.files, traces.bytes, traces.found,
    ));
    text
}

fn moment(unix: i64) -> String {
    DateTime::from_timestamp(unix, 0).map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

fn push_copies(text: &mut String, copies: &[KeyCopyEnded]) {
    for copy in copies {
        text.push_str(&format!("Copy of the keys, ended by {}: {}.\n", copy.by, copy.place));
    }
    if copies.is_empty() {
        text.push_str("No other copy of the keys was known.\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::entry::Signer;

    #[test]
    fn a_certificate_holds_for_its_own_text_and_key_alone() {
        let anna = Signer::new("anna".into(), &[1; 32]);
        let statement = "CERTIFICATE\n".to_owned();
        let certificate = Certificate {
            operator: "anna".into(),
            public_key: HEXLOWER.encode(&anna.public_key()),
            signature: HEXLOWER.encode(&anna.sign(&[DOMAIN, statement.as_bytes()].concat())),
            statement,
        };
        assert!(certificate.is_signed());
        let other = HEXLOWER.encode(&Signer::new("malik".into(), &[2; 32]).public_key());
        for changed in [
            Certificate { statement: "CERTIFICATE.\n".into(), ..certificate.clone() },
            Certificate { public_key: other, ..certificate.clone() },
            Certificate { signature: "00".repeat(64), ..certificate.clone() },
            Certificate { signature: "x".into(), ..certificate.clone() },
        ] {
            assert!(!changed.is_signed());
        }
    }
}
