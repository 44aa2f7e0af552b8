//! The ZIP package around a spreadsheet, opened with suspicion: 1.4 kB can claim, and 262 kB unpack to, more than the machine has.
//!
//! The sizes in the package's own directory are summed before a byte is unpacked. Each part is unpacked as a stream that counts on: one
//! that grows beyond its announced size, or whose check sum is wrong, ends in an error and not in a payment.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::fault::Fault;
use crate::say;
use crate::words::Message;

use super::refused;

/// The largest workbook that is read, packed.
pub(super) const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// The most that all parts of a workbook may unpack to.
const MAX_UNPACKED_BYTES: u64 = 256 * 1024 * 1024;
/// The most parts in a workbook. One with a picture in each of a thousand sheets has fewer.
const MAX_PARTS: usize = 10_000;

/// A ZIP package whose directory has been read and found credible.
#[derive(Clone)]
pub(super) struct Package {
    bytes: Arc<[u8]>,
    parts: Arc<[Part]>,
}

/// One part as the directory announces it.
struct Part {
    /// With `/` between folders and none in front.
    name: String,
    start: u64,
    packed: u64,
    unpacked: u64,
    crc32: u32,
    packing: Option<Packing>,
}

#[derive(Clone, Copy)]
enum Packing {
    Stored,
    Deflated,
}

impl Package {
    pub(super) fn open(bytes: Arc<[u8]>, list: &str) -> Result<Self, Fault> {
        let announced = announced_parts(&bytes).ok_or_else(|| cut_off(list))?;
        if announced > MAX_PARTS {
            return Err(too_large(list, say!("it has more than {limit} parts", limit = MAX_PARTS)));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).map_err(|_| cut_off(list))?;
        let mut parts = Vec::with_capacity(archive.len());
        let mut unpacked = 0u64;
        for index in 0..archive.len() {
            let part = archive.by_index_raw(index).map_err(|_| cut_off(list))?;
            let start = part.data_start().ok_or_else(|| cut_off(list))?;
            unpacked = unpacked.saturating_add(part.size());
            parts.push(Part {
                name: normalised(&String::from_utf8_lossy(part.name_raw())),
                start,
                packed: part.compressed_size(),
                unpacked: part.size(),
                crc32: part.crc32(),
                packing: match part.compression() {
                    _ if part.encrypted() => None,
                    CompressionMethod::Stored => Some(Packing::Stored),
                    CompressionMethod::Deflated => Some(Packing::Deflated),
                    _ => None,
                },
            });
        }
        if unpacked > MAX_UNPACKED_BYTES {
            let mib = |bytes: u64| bytes.div_ceil(1024 * 1024);
            let (is, limit) = (mib(unpacked), mib(MAX_UNPACKED_BYTES));
            return Err(too_large(
                list,
                say!("unpacked it would be {is} MiB, and at most {limit} MiB are read", is, limit),
            ));
        }
        Ok(Self { bytes, parts: parts.into() })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.part(name).is_some()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.name.as_str())
    }

    /// A part as a stream of its own. Programs disagree about capitals in names, so these do not count.
    ///
    /// `None` where there is no such part, or none that can be unpacked.
    pub(super) fn read(&self, name: &str) -> Option<PartReader> {
        let part = self.part(name)?;
        let mut packed = Cursor::new(self.bytes.clone());
        packed.set_position(part.start);
        let packed = packed.take(part.packed);
        let source = match part.packing? {
            Packing::Stored => Source::Stored(packed),
            Packing::Deflated => Source::Deflated(Box::new(DeflateDecoder::new(packed))),
        };
        Some(PartReader { source, crc: Crc::new(), left: part.unpacked, crc32: part.crc32 })
    }

    fn part(&self, name: &str) -> Option<&Part> {
        let name = normalised(name);
        self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(&name))
    }
}

fn normalised(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_owned()
}

/// How many parts the package says it has: the number at its end, which is looked at before anything is made room for.
fn announced_parts(bytes: &[u8]) -> Option<usize> {
    const END: &[u8] = b"PK\x05\x06";
    const LONGEST_END: usize = 22 + 65_535;
    let tail = bytes.get(bytes.len().saturating_sub(LONGEST_END)..)?;
    let at = tail.windows(END.len()).rposition(|window| window == END)?;
    match tail.get(at + 10..at + 12)? {
        [low, high] => Some(usize::from(u16::from_le_bytes([*low, *high]))),
        _ => None,
    }
}

fn cut_off(list: &str) -> Fault {
    refused("list.not_text", list, say!("this looks like a workbook, but is cut off or damaged."))
        .remedy(say!("Copy it again from its source, or open it in a spreadsheet program and save it again."))
}

fn too_large(list: &str, why: Message) -> Fault {
    refused("list.too_large", list, say!("this workbook is too large to be a list: {why}.", why))
        .remedy(say!("Save the sheet alone, or save it as CSV (UTF-8)."))
}

/// One part of a package, unpacked on the way. Its end is an error where it is not the announced end.
pub(super) struct PartReader {
    source: Source,
    crc: Crc,
    /// How much of the announced size is still to come.
    left: u64,
    crc32: u32,
}

type Packed = io::Take<Cursor<Arc<[u8]>>>;

enum Source {
    Stored(Packed),
    Deflated(Box<DeflateDecoder<Packed>>),
}

impl Read for PartReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.source {
            Source::Stored(packed) => packed.read(buffer),
            Source::Deflated(packed) => packed.read(buffer),
        }?;
        let damaged = || io::Error::other("a part of the package is damaged");
        self.left = self.left.checked_sub(read as u64).ok_or_else(damaged)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        let sound = read > 0 || (self.left == 0 && self.crc.sum() == self.crc32);
        if sound { Ok(read) } else { Err(damaged()) }
    }
}
