//! What the bank reports back: the status of our payments (pain.002), its answers to recalls (camt.029), and movements on the account (camt.052, camt.053, camt.054, MT940).
//!
//! A report is known by what is in it, never by its name, and read once from beginning to end in constant memory. Each kind of report comes
//! down to the same [`Item`]s. They are handed out while the file is read, so whoever takes them must keep nothing until [`read`] has
//! returned without a fault: only then was the file whole.

pub mod account;
mod camt;
mod camt029;
mod duplicate;
mod export;
pub mod item;
mod markup;
mod mt940;
mod pain002;
mod paths;
pub mod reason;
pub(crate) mod xml;

use std::io::Read;

use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;

pub use item::Item;

use self::item::NoReport;
use self::xml::{Token, XmlReader};
use crate::fault::{Fault, Result};
use crate::payment::Currency;
use crate::say;

/// Takes the items of a report as they come.
type Emit<'a> = &'a mut dyn FnMut(Item) -> Result<()>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Pain002,
    Camt052,
    #[default]
    Camt053,
    Camt054,
    Mt940,
    /// A statement that a net bank exported as text.
    Export,
    /// The answer to a recall.
    Camt029,
}

/// The kinds of XML report: name, kind, versions that are read.
const MESSAGES: [(&str, Kind, &[&str]); 5] = [
    ("pain.002", Kind::Pain002, &["pain.002.001.03", "pain.002.001.10"]),
    ("camt.029", Kind::Camt029, &["camt.029.001.03", "camt.029.001.06", "camt.029.001.09"]),
    ("camt.052", Kind::Camt052, &["camt.052.001.02", "camt.052.001.04", "camt.052.001.06", "camt.052.001.08"]),
    ("camt.053", Kind::Camt053, &["camt.053.001.02", "camt.053.001.04", "camt.053.001.06", "camt.053.001.08"]),
    ("camt.054", Kind::Camt054, &["camt.054.001.02", "camt.054.001.04", "camt.054.001.06", "camt.054.001.08"]),
];

/// What a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub kind: Kind,
    /// With its version, such as `camt.053.001.02`; `MT940` has none.
    pub name: &'static str,
}

/// How much of a file is looked at to see what it is.
const GLANCE: usize = 1024;

/// Reads a report and hands out its items. Amounts in other currencies than `currency` are passed over.
///
/// # Errors
/// `report.…`, where the file is none of these kinds, of another version, not whole, or not to be trusted; and whatever `each` returns.
pub fn read(input: impl Read, currency: Currency, each: Emit) -> Result<Format> {
    let (glance, text) = decoded(input)?;
    if is_xml(&glance) {
        return read_xml(skip_blank(&glance, text)?, currency, each);
    }
    let glance = &glance[..];
    if mt940::is_likely(glance) {
        mt940::read(text, currency, each)?;
        return Ok(Format { kind: Kind::Mt940, name: "MT940" });
    }
    if let Some(layout) = export::Layout::of(glance) {
        export::read(layout, text, currency, each)?;
        return Ok(Format { kind: Kind::Export, name: layout.name });
    }
    Err(unrecognised())
}

/// The file as UTF-8, whatever it is written in, with a look at its beginning.
pub(crate) fn decoded(mut input: impl Read) -> Result<(Vec<u8>, impl Read)> {
    let start = look(&mut input)?;
    // UTF-8 is passed on as it is, so that bytes that are none are noticed.
    let encoding = encoding_of(&start).filter(|encoding| *encoding != encoding_rs::UTF_8);
    let whole = std::io::Cursor::new(start).chain(input);
    // A mark at the file's start wins over what the file says of itself.
    let mut text = DecodeReaderBytesBuilder::new()
        .encoding(encoding)
        .bom_override(true)
        .strip_bom(true)
        .utf8_passthru(true)
        .build(whole);
    let glance = look(&mut text)?;
    let text = std::io::Cursor::new(glance.clone()).chain(text);
    Ok((glance, text))
}

fn look(input: &mut impl Read) -> Result<Vec<u8>> {
    let mut start = Vec::with_capacity(GLANCE);
    input.take(GLANCE as u64).read_to_end(&mut start).map_err(xml::malformed)?;
    Ok(start)
}

pub(crate) fn is_xml(glance: &[u8]) -> bool {
    glance.trim_ascii_start().starts_with(b"<")
}

/// Blank space may not stand before an XML declaration, but files that passed through a mailbox have it.
pub(crate) fn skip_blank<R: Read>(glance: &[u8], mut text: R) -> Result<R> {
    let mut blank = vec![0; glance.len() - glance.trim_ascii_start().len()];
    text.read_exact(&mut blank).map_err(xml::malformed)?;
    Ok(text)
}

fn read_xml(text: impl Read, currency: Currency, each: Emit) -> Result<Format> {
    let mut xml = XmlReader::open(text)?;
    let message = xml.message().to_owned();
    let Some((_, kind, versions)) = MESSAGES.iter().find(|(name, ..)| message.starts_with(name)) else {
        let id = id_of(&mut xml);
        each(Item::NoReport(&NoReport { message, id }))?;
        return Err(unrecognised());
    };
    let Some(name) = versions.iter().find(|version| **version == message) else {
        let told: String = message.chars().take(24).flat_map(char::escape_debug).collect();
        return Err(Fault::input(
            "report.version",
            say!("The report is a {told}, a version that is not read here.", told = told.to_string()),
        )
        .remedy(say!("Ask the bank for {versions}.", versions = versions.join(", "))));
    };
    match kind {
        Kind::Pain002 => pain002::read(&mut xml, each)?,
        Kind::Camt029 => camt029::read(&mut xml, each)?,
        Kind::Camt052 => camt::read(&mut xml, ("BkToCstmrAcctRpt/Rpt", *kind), currency, each)?,
        Kind::Camt053 => camt::read(&mut xml, ("BkToCstmrStmt/Stmt", *kind), currency, each)?,
        _ => camt::read(&mut xml, ("BkToCstmrDbtCdtNtfctn/Ntfctn", *kind), currency, each)?,
    }
    Ok(Format { kind: *kind, name })
}

/// By which a message of another kind calls itself; empty where it does not come to that.
fn id_of(xml: &mut XmlReader<impl Read>) -> String {
    while let Ok(Token::Open | Token::Close) = xml.next() {
        let below = xml.path().split_once('/').map(|(_, below)| below);
        if matches!(below, Some("GrpHdr/MsgId" | "Assgnmt/Id")) && !xml.text().is_empty() {
            return xml.text().to_owned();
        }
    }
    String::new()
}

/// Whether the beginning of a file that is no XML is that of a report.
pub(crate) fn is_report_in_text(glance: &[u8]) -> bool {
    mt940::is_likely(glance) || export::Layout::of(glance).is_some()
}

fn unrecognised() -> Fault {
    Fault::input("report.unrecognised", say!("The file is no report that is read here."))
        .remedy(say!("Reports are pain.002, camt.029, camt.052, camt.053, camt.054 or MT940 files, or the statement exports of the Danish net banks."))
}

/// The encoding that an XML declaration names.
fn encoding_of(start: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(start);
    let declaration = head.trim_start_matches('\u{feff}').trim_start().strip_prefix("<?xml");
    if let Some(declaration) = declaration.and_then(|rest| rest.split("?>").next()) {
        let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        // A file that says UTF-16 and begins with a readable declaration is not in UTF-16.
        return Encoding::for_label(value[1..].split(quote).next()?.as_bytes()).filter(|e| e.is_ascii_compatible());
    }
    None
}

#[cfg(test)]
mod tests;
