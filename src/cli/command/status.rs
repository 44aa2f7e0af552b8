//! `status`: where everything stands, and what comes next.

use super::prepare::from_here;
use super::{Answer, Arguments, json, open};
use crate::cli::screen;
use crate::fault::Result;
use crate::ops::status::Next;
use crate::ops::{self, World};

pub fn status(arguments: &Arguments, world: &World) -> Result<Answer> {
    let mut workspace = open(arguments)?;
    let mut status = ops::status::status(&mut workspace, world.now.today())?;
    let json = json::status(&status);
    // On the screen it is to be typed, from the current folder.
    for next in &mut status.next {
        if let Next::DealWithRows { file: Some(file), .. } = next {
            *file = from_here(&arguments.workspace, file);
        }
    }
    Ok(Answer { screen: screen::status(&status, world.now), json, needs_a_person: !status.next.is_empty(), list: None })
}
