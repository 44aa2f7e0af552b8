//! `backup` and `restore`: what there is now, and the two things that must be kept.

use std::path::Path;

use super::mask::visible;
use super::paragraph::sentence;
use crate::ops::backup::BackedUp;
use crate::ops::restore::Restored;
use crate::say;
use crate::words::{Message, ungrouped};

pub fn backed_up(backup: &BackedUp) -> String {
    let receipt = &backup.receipt;
    let mut screen = sentence(say!(
        "Backed up, restored in a scratch folder, and compared: {entries:entry|entries}, {batches:batch|batches}.",
        entries = receipt.entries,
        batches = receipt.batches.len()
    ));
    screen.push_str(&format!("\n{}\n", say!("Backup:  {place}", place = visible(&backup.place.to_string_lossy()))));
    screen.push_str(&format!("{}\n", say!("Receipt: {code}", code = receipt.code.to_string())));
    if let Some(keys) = &backup.keys {
        screen.push_str(&format!("{}\n", say!("Keys:    {place}", place = visible(&keys.to_string_lossy()))));
    }
    screen.push('\n');
    let mut tell = |said: Message| screen.push_str(&sentence(said));
    tell(say!(
        "Keep two things, in two places: this backup, and a copy of the folder `keys`. Without either nothing comes back. Write the receipt's code \
         down: with it `restore` can tell that a backup is not an older one."
    ));
    if !backup.keys_without_copy.is_empty() {
        tell(say!(
            "No copy is known of {keys}. Make one on another disk: `stopgap backup DEST --keys OTHER-DISK`.",
            keys = visible(&backup.keys_without_copy.join(", "))
        ));
    }
    if !backup.recorded {
        tell(say!("Nobody signed, so the ledger does not know of this backup. It is as good as any other."));
    }
    if backup.inside_workspace {
        tell(say!("It lies in the workspace itself and would be lost with it: copy it to another disk."));
    }
    screen
}

pub fn restored(restored: &Restored, workspace: &Path) -> String {
    let place = workspace.display().to_string();
    let mut screen = sentence(say!(
        "Restored {entries:entry|entries} into {place}, verified. The backup is of {made_at}.",
        entries = restored.entries,
        place = visible(&place),
        made_at = visible(&restored.receipt.made_at.replace('T', " "))
    ));
    screen.push_str(&format!("{}\n\n", say!("Head: {head}", head = restored.head.grouped())));
    let mut tell = |said: Message| screen.push_str(&sentence(said));
    if let Some(entry) = restored.accepted_by_entry {
        tell(say!(
            "It is older than what was known of this ledger. Two people took it into use, by entry {entry}. What was paid after the backup is not in \
             it: read the bank's reports before you pay anybody.",
            entry = ungrouped(entry)
        ));
    }
    if !restored.compared && restored.accepted_by_entry.is_none() {
        tell(say!(
            "This copy ends with entry {entry}. What was prepared, approved or released after it is not in it, and could be paid a second time: \
             read the bank's reports with `stopgap outcome` before you pay anybody.",
            entry = ungrouped(restored.entries)
        ));
    }
    if restored.receipt_due {
        tell(say!(
            "This machine has not seen this ledger before: before it releases anything it asks for the newest receipt code (shown after the \
             last release)."
        ));
    }
    if let Some(fault) = &restored.read_only {
        tell(say!("It can be looked at, and nobody can be paid from it. {why}", why = fault.message.clone()));
        if let Some(remedy) = &fault.remedy {
            tell(remedy.clone());
        }
    }
    if !restored.keys {
        tell(say!(
            "The keys are not in a backup. Put the copy of the folder `keys` into {place} before anybody works there.",
            place = visible(&workspace.join("keys").to_string_lossy())
        ));
    } else if !restored.missing_keys.is_none() {
        let operators =
            restored.missing_keys.operators.iter().map(|name| say!("the key file of {name}", name).to_string());
        let missing: Vec<String> = operators.chain(restored.missing_keys.keys.iter().cloned()).collect();
        tell(say!(
            "The copy of the keys does not hold {keys}. What they open stays shut until they are found.",
            keys = visible(&missing.join(", "))
        ));
    }
    tell(say!(
        "Bank files are not in a backup: `stopgap release` makes those of a released batch again, byte for byte."
    ));
    screen
}
