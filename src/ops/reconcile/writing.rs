//! The files of a reconciliation are written in a thread of their own, a stack of findings at a time, while the next ones are judged and sealed.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::files::{Cells, FindingsFile};
use crate::fault::{Fault, Result};
use crate::ops::copies::{Census, Outgoing, PersonSeen};
use crate::reconciliation::finding::Finding;
use crate::say;

/// How many findings go over at once, and how many stacks may wait.
const STACK: usize = 256;
const MOST_WAITING: usize = 4;

/// Runs `work`, which hands over one finding after the other, and writes them into the files meanwhile. Gives the files and who is in them.
pub(super) fn beside<T>(
    files: Vec<Box<dyn FindingsFile>>,
    census: Census,
    work: impl FnOnce(&mut dyn FnMut(Finding) -> Result<()>) -> Result<T>,
) -> Result<(Vec<Outgoing>, Census, T)> {
    let (send, receive) = sync_channel::<Vec<Finding>>(MOST_WAITING);
    thread::scope(|scope| {
        let writer = scope.spawn(move || write(files, census, &receive));
        let mut stack = Vec::with_capacity(STACK);
        // A writer that is gone has a fault to tell, which comes below.
        let hand_over = |stack: &mut Vec<Finding>| {
            send.send(std::mem::replace(stack, Vec::with_capacity(STACK))).map_err(|_| stopped())
        };
        let worked = work(&mut |finding| {
            stack.push(finding);
            if stack.len() < STACK { Ok(()) } else { hand_over(&mut stack) }
        })
        .and_then(|done| hand_over(&mut stack).map(|()| done));
        drop(send);
        match writer.join() {
            Ok(Err(fault)) if worked.as_ref().err().is_none_or(|worked| worked.code == STOPPED) => Err(fault),
            Ok(written) => {
                let (files, census) = written?;
                Ok((files, census, worked?))
            }
            Err(_) => Err(stopped()),
        }
    })
}

fn write(
    mut files: Vec<Box<dyn FindingsFile>>,
    mut census: Census,
    receive: &Receiver<Vec<Finding>>,
) -> Result<(Vec<Outgoing>, Census)> {
    let mut cells = Cells::default();
    let mut is_in: Vec<u16> = Vec::with_capacity(files.len());
    for finding in receive.iter().flatten() {
        cells.fill(&finding);
        is_in.clear();
        for (number, file) in (0u16..).zip(&mut files) {
            if file.finding(&finding, &cells)? && file.tells_people() {
                is_in.push(number);
            }
        }
        if let Some(person) = person_of(&finding) {
            census.see(&is_in, person)?;
        }
    }
    let files = files.into_iter().map(FindingsFile::finish).collect::<Result<Vec<_>>>()?;
    Ok((files, census))
}

/// Whom a finding names; nobody where it is a debit that nothing explains.
fn person_of(finding: &Finding) -> Option<PersonSeen<'_>> {
    match &finding.person {
        Some(person) => Some(PersonSeen::known(person, &finding.name)),
        None if finding.name.is_empty() => None,
        None => Some(PersonSeen { number: "", organisation: false, name: &finding.name }),
    }
}

const STOPPED: &str = "disk.failed";

fn stopped() -> Fault {
    Fault::failed(STOPPED, say!("The files of the reconciliation could not be written."))
        .remedy(say!("Run the same command again."))
}
