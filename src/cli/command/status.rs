//! `status`: where everything stands, and what comes next.

use super::{Answer, Arguments, json, open};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::{self, World};

pub fn status(arguments: &Arguments, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let status = ops::status::status(&mut workspace, world.now.today())?;
    Ok(Answer {
        screen: screen::status(&status, world.now),
        json: json::status(&status),
        needs_a_person: !status.next.is_empty(),
        list: None,
    })
}
