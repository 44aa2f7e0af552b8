//! `merge`: what another desk has claimed and paid becomes known here.

use std::path::Path;

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

pub fn merge(arguments: &Arguments, other: &Path, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let merged = ops::merge::merge(&mut workspace, world, who(arguments)?.as_deref(), other)?;
    Ok(Answer {
        screen: screen::merged(&merged, &arguments.workspace),
        json: json::merged(&merged, &arguments.workspace),
        needs_a_person: merged.needs_a_person(),
        list: None,
    })
}
