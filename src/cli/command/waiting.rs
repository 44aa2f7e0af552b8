//! `waiting`: who can be paid and is not yet.

use super::{Answer, Arguments, json, open, who};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

pub fn waiting(arguments: &Arguments, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let waiting = ops::waiting::waiting(&mut workspace, world, who(arguments)?.as_deref())?;
    Ok(Answer {
        screen: screen::waiting(&waiting),
        json: json::waiting(&waiting),
        needs_a_person: !waiting.people.is_empty(),
        list: None,
    })
}
