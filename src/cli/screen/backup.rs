//! `backup` and `restore`: what there is now, and the two things that must be kept.

use std::path::Path;

use super::mask::visible;
use super::paragraph::sentence;
use crate::ops::backup::BackedUp;
use crate::ops::restore::Restored;

pub fn backed_up(backup: &BackedUp) -> String {
    let receipt = &backup.receipt;
    let batches = receipt.batches.len();
    let mut screen = format!(
        "Backed up, restored in a scratch folder, and compared: {} entries, {batches} batches.\n\nBackup:  {}\nReceipt: {}\n",
        receipt.entries,
        visible(&backup.place.to_string_lossy()),
        receipt.code
    );
    if let Some(keys) = &backup.keys {
        screen.push_str(&format!("Keys:    {}\n", visible(&keys.to_string_lossy())));
    }
    screen.push('\n');
    let mut say = |text: &str| screen.push_str(&sentence(text));
    say(
        "Keep two things, in two places: this backup, and a copy of the folder `keys`. Without either nothing comes back. Write the \
         receipt's code down: with it `restore` can tell that a backup is not an older one.",
    );
    if !backup.keys_without_copy.is_empty() {
        say(&format!(
            "No copy is known of {}. Make one on another disk: `stopgap backup DEST --keys OTHER-DISK`.",
            visible(&backup.keys_without_copy.join(", "))
        ));
    }
    if !backup.recorded {
        say("Nobody signed, so the ledger does not know of this backup. It is as good as any other.");
    }
    if backup.inside_workspace {
        say("It lies in the workspace itself and would be lost with it: copy it to another disk.");
    }
    screen
}

pub fn restored(restored: &Restored, workspace: &Path) -> String {
    let place = workspace.display().to_string();
    let mut screen = format!(
        "Restored {} entries into {}, verified. The backup is of {}.\nHead: {}\n\n",
        restored.entries,
        visible(&place),
        visible(&restored.receipt.made_at.replace('T', " ")),
        restored.head.grouped()
    );
    let mut say = |text: &str| screen.push_str(&sentence(text));
    if let Some(entry) = restored.accepted_by_entry {
        say(&format!(
            "It is older than what was known of this ledger. Two people took it into use, by entry {entry}. What was paid after the backup is \
             not in it: read the bank's reports before you pay anybody."
        ));
    }
    if !restored.keys {
        say(&format!(
            "The keys are not in a backup. Put the copy of the folder `keys` into {} before anybody works there.",
            visible(&workspace.join("keys").to_string_lossy())
        ));
    } else if !restored.missing_keys.is_none() {
        let operators = restored.missing_keys.operators.iter().map(|name| format!("the key file of {name}"));
        let missing: Vec<String> = operators.chain(restored.missing_keys.keys.iter().cloned()).collect();
        say(&format!(
            "The copy of the keys does not hold {}. What they open stays shut until they are found.",
            visible(&missing.join(", "))
        ));
    }
    say("Bank files are not in a backup: `stopgap release` makes those of a released batch again, byte for byte.");
    screen
}
