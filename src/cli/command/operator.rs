//! `operator`: who may act here.

use clap::Subcommand;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

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
    let who = who(arguments)?;
    let who = who.as_deref();
    let done = match command {
        OperatorCommand::Add { name, second } => {
            ops::operators::add(&mut workspace, world, name, who, second)?;
            format!("{name} is enrolled. The next approval shows it.\n")
        }
        OperatorCommand::Retire { name, second } => {
            ops::operators::retire(&mut workspace, world, name, who, second)?;
            format!("{name} is no longer an operator. The next approval shows it.\n")
        }
        OperatorCommand::List => String::new(),
    };
    let operators = ops::operators::list(&workspace);
    Ok(Answer::done(done + &screen::operators(operators), json::operators(operators)))
}
