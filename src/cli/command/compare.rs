//! `compare`: where two copies of a ledger part.

use std::path::Path;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

pub fn compare(arguments: &Arguments, other: &Path, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let compared = ops::compare::compare(&mut workspace, world, who(arguments)?.as_deref(), other)?;
    Ok(Answer {
        screen: screen::compared(&compared, &arguments.workspace, other),
        json: json::compared::compared(&compared),
        needs_a_person: !compared.released_in_both.is_empty(),
        list: None,
    })
}
