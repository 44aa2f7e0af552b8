//! `outcome`: what the bank's reports say.

use std::path::PathBuf;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

pub fn outcome(arguments: &Arguments, files: &[PathBuf], world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let report = ops::outcome::outcome(&mut workspace, world, who(arguments)?.as_deref(), files)?;
    Ok(Answer {
        screen: screen::outcome(&report),
        json: json::outcome(&report),
        needs_a_person: report.needs_a_person(),
    })
}
