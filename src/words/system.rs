//! What the operating system says when a file cannot be had: its own words in English, and Danish for those that people meet.

use std::io::{self, ErrorKind};

use super::Message;
use crate::say;

impl From<&io::Error> for Message {
    fn from(error: &io::Error) -> Self {
        let Some(number) = error.raw_os_error() else { return Message::verbatim(error.to_string()) };
        match error.kind() {
            ErrorKind::NotFound => say!("No such file or directory (os error {number})", number),
            ErrorKind::PermissionDenied if number == EPERM => {
                say!("Operation not permitted (os error {number})", number)
            }
            ErrorKind::PermissionDenied => say!("Permission denied (os error {number})", number),
            ErrorKind::AlreadyExists => say!("File exists (os error {number})", number),
            ErrorKind::IsADirectory => say!("Is a directory (os error {number})", number),
            ErrorKind::NotADirectory => say!("Not a directory (os error {number})", number),
            ErrorKind::StorageFull => say!("No space left on device (os error {number})", number),
            ErrorKind::QuotaExceeded => say!("Disk quota exceeded (os error {number})", number),
            ErrorKind::ReadOnlyFilesystem => say!("Read-only file system (os error {number})", number),
            ErrorKind::ResourceBusy => say!("Device or resource busy (os error {number})", number),
            ErrorKind::TooManyLinks => say!("Too many links (os error {number})", number),
            _ if number == EIO => say!("Input/output error (os error {number})", number),
            _ => Message::verbatim(error.to_string()),
        }
    }
}

const EPERM: i32 = 1;
/// A disk that does not answer.
const EIO: i32 = 5;

impl From<io::Error> for Message {
    fn from(error: io::Error) -> Self {
        (&error).into()
    }
}

impl From<csv::Error> for Message {
    fn from(error: csv::Error) -> Self {
        match error.kind() {
            csv::ErrorKind::Io(error) => error.into(),
            _ => Message::verbatim(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::*;

    #[test]
    fn the_english_is_the_systems_own() {
        for number in [1, 2, 5, 13, 16, 17, 20, 21, 22, 28, 30, 31, 122] {
            let error = io::Error::from_raw_os_error(number);
            assert_eq!(Message::from(&error).in_language(Language::English), error.to_string());
        }
        let missing = Message::from(io::Error::from_raw_os_error(2)).in_language(Language::Danish);
        assert_eq!(missing, "Filen eller mappen findes ikke (systemfejl 2)");
    }
}
