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
use crate::words::{Message, ungrouped};

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
    let signed = say!(
        "Signed by {operator} with the key {key}:",
        operator = &certificate.operator,
        key = &certificate.public_key
    );
    let for_people = format!("{}\n{signed}\n{}\n", certificate.statement, certificate.signature);
    durable::write(&workspace.folder().join(&paths[1]), for_people.as_bytes())?;
    Ok(paths)
}

fn statement(workspace: &Workspace, world: &World, (entry, purge): (u64, &PurgeState), traces: &Traces) -> String {
    let state = &workspace.state;
    let recorded = &purge.recorded;
    let keys: Vec<String> = recorded.keys.iter().map(ToString::to_string).collect();
    let [first, second] = &purge.by;
    let mut text = say!("CERTIFICATE OF DESTRUCTION").to_string();
    text.push_str(&head(workspace, world, entry, purge.at, [first, second]));
    text.push_str(&line(say!(
        "What was known of the people of these episodes was destroyed: {episodes}.",
        episodes = recorded.episodes.join(", ")
    )));
    text.push_str(&line(say!(
        "Payments: {payments}. Sealed runs of batches: {chunks}, of entries: {parts}. Bytes: {bytes}.",
        payments = recorded.payments,
        chunks = recorded.chunks,
        parts = recorded.parts,
        bytes = recorded.bytes
    )));
    text.push_str(&line(say!("SHA-256 over the digests of what is gone: {root}", root = recorded.root.to_string())));
    text.push_str(&line(say!("Keys that are overwritten and removed: {keys}.", keys = keys.join(", "))));
    push_copies(&mut text, &recorded.key_copies);
    if state.recovery.is_some() {
        text.push_str(&line(say!(
            "The recovery code opens none of these keys: only the workspace key is sealed to it, which opens what is left in `keys`."
        )));
    }
    let searched = match traces.ciphertexts {
        0 if traces.is_remembered() => say!(
            "the keys and the numbers of {people:person|people} (the purge was interrupted, so what else it destroyed was not known any \
             more)",
            people = traces.people
        ),
        0 => say!("the keys (the purge was interrupted, so what it destroyed was not known any more)"),
        sealed => say!(
            "{sealed:sealed run|sealed runs} (of which {before} were there before), for the numbers, names and accounts of \
             {people:person|people}, and for the keys",
            sealed,
            before = traces.found_before,
            people = traces.people
        ),
    };
    text.push('\n');
    text.push_str(&line(looked_through(traces, searched).and(say!(
        "Older copies of the ledger hold what was sealed under these keys, and nothing opens it any more, unless a copy of a key is left that \
         nobody named."
    ))));
    text.push_str(&line(say!(
        "The chain of entries, the sums, the digests and the recognition of double payments stay."
    )));
    text
}

fn statement_of_end(workspace: &Workspace, world: &World, end: &DuplicateEnd, traces: &Traces) -> String {
    let ended = &end.recorded;
    let keys: Vec<String> = std::iter::once(&ended.key).chain(&ended.baseline_keys).map(ToString::to_string).collect();
    let [first, second] = &end.by;
    let mut text = say!("CERTIFICATE OF DESTRUCTION: THE DUPLICATE KEY").to_string();
    text.push_str(&head(workspace, world, end.entry, end.at, [first, second]));
    text.push_str(&line(say!(
        "The key by which people were recognised without being named was destroyed, with everything that was made under it."
    )));
    text.push_str(&line(say!(
        "Claims: {claims}. Pieces of evidence: {evidence}. Sealed runs of baselines and of other entries: {parts}. Bytes: {bytes}.",
        claims = ended.claims,
        evidence = ended.evidence,
        parts = ended.parts,
        bytes = ended.bytes
    )));
    text.push_str(&line(say!(
        "SHA-256 over the digests of the sealed runs that are gone: {root}",
        root = ended.root.to_string()
    )));
    text.push_str(&line(say!("Keys that are overwritten and removed: {keys}.", keys = keys.join(", "))));
    push_copies(&mut text, &ended.key_copies);
    let searched = match traces.ciphertexts {
        0 => say!("the keys (this was interrupted, so what was destroyed was not known any more)"),
        tags => say!(
            "{tags} tags and sealed runs (the ledger file held them {before:time|times} before), and for the keys",
            tags,
            before = traces.found_before
        ),
    };
    text.push('\n');
    text.push_str(&line(looked_through(traces, searched).and(say!(
        "Older copies of the ledger hold the tags: without the key they say nothing about anybody, except to whoever has the bank's statements, \
         which show them as references, or a copy of the key that nobody named."
    ))));
    text.push_str(&line(say!(
        "From now on this ledger cannot recognise who was paid from it, and pays nobody. The chain of entries, the sums and the digests stay."
    )));
    text
}

/// Below the title: whose ledger it is, and which entry it speaks of.
fn head(workspace: &Workspace, world: &World, entry: u64, at: i64, [first, second]: [&String; 2]) -> String {
    let state = &workspace.state;
    let said = [
        say!("Payer: {payer}", payer = &state.payer.name),
        say!("Ledger: {ledger}", ledger = HEXLOWER.encode(&state.ledger.0)),
        say!(
            "Entry: {entry}, recorded {at} by {first} and {second}",
            entry = ungrouped(entry),
            at = moment(at),
            first,
            second
        ),
        say!("Written: {at}", at = moment(world.now.unix)),
    ];
    format!("\n\n{}\n", said.map(line).concat())
}

fn looked_through(traces: &Traces, searched: Message) -> Message {
    say!(
        "After it, {files:file|files} ({bytes:byte|bytes}) of the workspace were read whole, the ledger's freed pages included, and searched \
         for {searched}: {found} found.",
        files = traces.files,
        bytes = traces.bytes,
        searched,
        found = traces.found
    )
}

fn line(said: Message) -> String {
    format!("{said}\n")
}

fn moment(unix: i64) -> String {
    DateTime::from_timestamp(unix, 0).map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

fn push_copies(text: &mut String, copies: &[KeyCopyEnded]) {
    for copy in copies {
        text.push_str(&line(say!("Copy of the keys, ended by {by}: {place}.", by = &copy.by, place = &copy.place)));
    }
    if copies.is_empty() {
        text.push_str(&line(say!("No other copy of the keys was known.")));
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
