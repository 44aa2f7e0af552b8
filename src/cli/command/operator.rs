//! `operator`: who may act here.

use clap::Subcommand;
use serde_json::json;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::{self, World};
use crate::say;

#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Enrol another operator; two who are enrolled vouch
    Add {
        name: String,
        /// The second of the two who vouch
        #[arg(long, value_name = "NAME")]
        second: String,
    },
    /// Show all operators
    List,
    /// Make a recovery code in two halves for two people; an earlier one is void
    Recovery {
        /// The second of the two who make it
        #[arg(long, value_name = "NAME")]
        second: String,
    },
    /// With both halves of the recovery code, take over when the passphrases are forgotten: --operator names who works here from now on,
    /// else the same people choose new passphrases
    Recover,
    /// Change your passphrase: the old one is asked for, then the new one
    Passphrase {
        /// Whose; else the one who acts
        name: Option<String>,
    },
    /// End an operator's part; two who remain sign
    Retire {
        name: String,
        /// The second of the two who sign
        #[arg(long, value_name = "NAME")]
        second: String,
    },
}

pub fn operator(arguments: &Arguments, command: &OperatorCommand, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    ops::recovery::finish_interrupted(&mut workspace, world)?;
    if matches!(command, OperatorCommand::Recover) {
        let recovered = ops::recovery::recover(&mut workspace, world, &arguments.operator)?;
        return Ok(Answer::done(screen::recovered(&recovered), json::recovered(&recovered)));
    }
    let who = who(arguments)?;
    let who = who.as_deref();
    let done = match command {
        OperatorCommand::Add { name, second } => {
            ops::operators::add(&mut workspace, world, name, who, second)?;
            screen::sentence(say!("{name} is enrolled. The next approval shows it.", name))
        }
        OperatorCommand::Retire { name, second } => {
            ops::operators::retire(&mut workspace, world, name, who, second)?;
            screen::sentence(say!("{name} is no longer an operator. The next approval shows it.", name))
        }
        OperatorCommand::Recovery { second } => {
            let made = ops::recovery::make_anew(&mut workspace, world, who, second)?;
            return Ok(Answer::done(screen::recovery_code(&made), json::recovery_code(&made)));
        }
        OperatorCommand::Recover | OperatorCommand::List => String::new(),
        OperatorCommand::Passphrase { name } => {
            let name = name.as_deref().or(who).ok_or_else(|| {
                Fault::input("operator.missing", say!("Nobody said whose passphrase is to be changed."))
                    .remedy(say!("Add --operator NAME."))
            })?;
            let changed = ops::operators::change_passphrase(&mut workspace, world, name)?;
            let screen = if changed {
                screen::sentence(say!(
                    "The passphrase of {name} is changed. Copies of the folder `keys` that were made before still open with the old one: make new ones \
                     and destroy those.",
                    name
                ))
            } else {
                screen::sentence(say!("The passphrase of {name} had been changed to the new one before.", name))
            };
            return Ok(Answer::done(screen, json!({ "operator": name, "changed": changed })));
        }
    };
    let operators = ops::operators::list(&workspace);
    let recovery = screen::recovery_standing(&workspace.state);
    Ok(Answer::done(done + &screen::operators(&operators) + &recovery, json::operators(&operators)))
}
