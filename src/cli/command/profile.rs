//! `profile`: what the bank's door takes.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Answer, Arguments, json, open};
use crate::bank::door::{self, Door};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Show all built-in profiles
    List,
    /// Show one profile whole, or the workspace's own
    Show { name: Option<String> },
    /// Write a file of one øre through the workspace's own profile, and list what to ask the bank before an outage
    Check {
        /// Another account of the payer's own, where the bank refuses a payment from an account to itself
        #[arg(long, value_name = "ACCOUNT")]
        to: Option<String>,
    },
}

pub fn profile(arguments: &Arguments, command: &ProfileCommand, world: &World) -> Result<Answer> {
    match command {
        ProfileCommand::List => {
            let doors = door::all_built_in();
            Ok(Answer::done(screen::profile_list(doors), doors.iter().map(door_json).collect()))
        }
        ProfileCommand::Show { name } => {
            let workspace = if name.is_none() { Some(open(arguments)?) } else { None };
            let door = ops::profile::show(workspace.as_ref(), name.as_deref())?;
            Ok(Answer::done(screen::profile_shown(&door), door_json(&door)))
        }
        ProfileCommand::Check { to } => {
            let checked = ops::profile::check(&mut open(arguments)?, world, to.as_deref())?;
            let mut json = door_json(&checked.door);
            json["file"] = json!(json::path(&checked.file));
            json["amount"] = json!(checked.amount.to_string());
            json["payer_name"] = json!(checked.payer_name.text.as_str());
            Ok(Answer {
                screen: screen::profile_checked(&checked),
                json,
                needs_a_person: !checked.door.verified,
                list: None,
            })
        }
    }
}

fn door_json(door: &Door) -> Value {
    let profile = &door.profile;
    json!({
        "name": profile.name,
        "title": door.title,
        "verified": door.verified,
        "source": door.source,
        "message": profile.message.as_str(),
        "extension": profile.extension,
        "characters": door.characters.as_str(),
        "name_length": door.name_length,
        "text_length": door.text_length,
        "max_payments": profile.max_payments,
        "largest_payment": door.largest_payment.map(|most| most.to_string()),
        "largest_file": door.largest_file.map(|most| most.to_string()),
        "domestic_accounts": door.domestic_accounts,
        "slips": door.slips.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "pay_by_person_number": profile.pay_by_person_number,
        "batch_booking": profile.batch_booking,
        "service_level": profile.service_level.as_ref().map(|level| level.as_str()),
        "cut_off": door.cut_off,
        "ask": door.ask,
    })
}
