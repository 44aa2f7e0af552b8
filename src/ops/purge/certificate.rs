//! The certificate: what was destroyed, by whom, and that nothing of it is left; signed, so that somebody without any key of the ledger can
//! check it with the operators' public keys.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::Traces;
use crate::fault::{Fault, Result};
use crate::ledger::entry::is_signed_by;
use crate::ledger::state::PurgeState;
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
    let statement = statement(workspace, world, (entry, purge), traces);
    let certificate = Certificate {
        operator: who.signer.name.clone(),
        public_key: HEXLOWER.encode(&who.signer.public_key()),
        signature: HEXLOWER.encode(&who.signer.sign(&[DOMAIN, statement.as_bytes()].concat())),
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
    let day = |unix| DateTime::from_timestamp(unix, 0).map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string());
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
        day(purge.at).unwrap_or_default(),
        purge.by[0],
        purge.by[1],
        day(world.now.unix).unwrap_or_default(),
        recorded.episodes.join(", "),
        recorded.payments,
        recorded.chunks,
        recorded.parts,
        recorded.bytes,
        recorded.root,
        keys.join(", "),
    );
    for copy in &recorded.key_copies {
        text.push_str(&format!("Copy of the keys, ended by {}: {}.\n", copy.by, copy.place));
    }
    if recorded.key_copies.is_empty() {
        text.push_str("No other copy of the keys was known.\n");
    }
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
