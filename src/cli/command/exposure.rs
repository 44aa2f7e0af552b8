//! `exposure`: who and what is in a file.

use std::path::PathBuf;

use clap::Args;

use super::{Answer, Arguments, json, open, read, who};
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::ops::World;
use crate::ops::copies::exposure::{self, Asked};
use crate::payment::Digest;
use crate::{phrase, say};

#[derive(Debug, Args)]
pub struct Exposure {
    /// The file, or the name of one that is not here any more
    #[arg(value_name = "FILE", required_unless_present = "sha256")]
    pub file: Option<PathBuf>,
    /// The SHA-256 of a file that is not here any more
    #[arg(long, value_name = "HEX", conflicts_with = "file")]
    pub sha256: Option<String>,
    /// Name the people as well
    #[arg(long)]
    pub list: bool,
    /// Write the people to a file, for letters; it is a copy like any other
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Who looks at that file as well before it is used
    #[arg(long, value_name = "NAME", requires = "out")]
    pub second: Option<String>,
}

pub fn exposure(arguments: &Arguments, given: &Exposure, world: &World) -> Result<Answer> {
    let asked = match (&given.file, &given.sha256) {
        (Some(path), _) => Asked::File(path),
        (None, Some(hex)) => Asked::Hash(read::<Digest>(hex, phrase!("SHA-256"), phrase!("64 hexadecimal digits"))?),
        (None, None) => return Err(Fault::input("arguments", say!("Name a file, or its hash with --sha256."))),
    };
    let mut workspace = open(arguments)?;
    let who = who(arguments)?;
    let listed = given.list || given.out.is_some();
    let found = exposure::exposure(&mut workspace, world, who.as_deref(), &asked, listed)?;
    let mut screen = screen::exposure(&found, given.list);
    if let (Some(out), Some(people)) = (&given.out, &found.list) {
        let second = given.second.as_deref();
        let id = exposure::write_list(&mut workspace, world, who.as_deref(), second, people, out)?;
        let id = id.to_string();
        screen.push_str(&format!(
            "\n{}\n",
            say!("The list for letters is {file} (copy {id}).", file = out.display(), id)
        ));
    }
    let needs_a_person = found.changed || found.list.is_some() && !found.not_examined.is_empty();
    Ok(Answer { screen, json: json::copies::exposure(&found, given.list), needs_a_person, list: None })
}
