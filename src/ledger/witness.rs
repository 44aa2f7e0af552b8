//! The witness: a file beside the ledger with one line for each entry, its number and digest. It is written after the ledger and under the
//! ledger's lock, so it may be behind (a crash; it is then completed) but never ahead. A ledger behind its witness has lost something that
//! was already acknowledged, and must not pay.
//!
//! Lines carry no signature of their own: each names an entry that is signed.

use crate::fault::{Fault, Result};
use crate::payment::Digest;
use crate::say;

/// The line of one entry.
pub fn line(seq: u64, digest: &Digest) -> String {
    format!("{seq} {digest}\n")
}

/// What is missing from the witness so that it says what the ledger says.
#[derive(Debug, PartialEq, Eq)]
pub struct Completion {
    /// How many bytes of the witness stand; what follows is torn and is overwritten.
    pub keep: u64,
    /// What to write behind them.
    pub append: String,
}

/// Compares the witness with the ledger's entries, in order. Refuses where the two disagree or the witness knows more.
///
/// A torn last line (cut short, or zeros where a crash left a hole) is accepted only where it could have become the line that the ledger
/// itself would write there.
pub fn compare(witness: &[u8], entries: &[(u64, Digest)]) -> Result<Completion> {
    let mut expected = String::with_capacity(entries.len() * 72);
    for (seq, digest) in entries {
        expected.push_str(&line(*seq, digest));
    }
    let expected = expected.as_bytes();
    let agreed = witness.iter().zip(expected).take_while(|(theirs, ours)| theirs == ours).count();
    let rest = &witness[agreed..];
    let whole_lines = expected[..agreed].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let torn_in_place = rest.iter().all(|byte| *byte == 0) && witness.len() <= expected.len();
    if rest.is_empty() || torn_in_place {
        let append = String::from_utf8_lossy(&expected[whole_lines..]).into_owned();
        return Ok(Completion { keep: whole_lines as u64, append });
    }
    let entry = entries.iter().position(|(seq, digest)| {
        !witness.split(|byte| *byte == b'\n').any(|theirs| theirs == line(*seq, digest).trim_end().as_bytes())
    });
    let remedy = say!(
        "Do not release anything. Look for the newest copy of the whole folder; if there is none, the bank's reports tell what \
                  has left."
    );
    Err(match entry {
        Some(at) => Fault::failed(
            "ledger.witness_differs",
            say!("Entry {at} of the ledger is not the one that the witness file saw.", at = entries[at].0.to_string()),
        ),
        None => Fault::failed(
            "ledger.behind_witness",
            say!(
                "The ledger ends at entry {entries}, but the witness file has seen more: the ledger is an older copy.",
                entries = entries.len().to_string()
            ),
        ),
    }
    .remedy(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: u64) -> Vec<(u64, Digest)> {
        (1..=count).map(|seq| (seq, Digest([seq as u8; 32]))).collect()
    }

    fn file(count: u64) -> Vec<u8> {
        entries(count).iter().map(|(seq, digest)| line(*seq, digest)).collect::<String>().into_bytes()
    }

    #[test]
    fn a_witness_that_is_behind_is_completed() {
        for seen in 0..=3 {
            let completion = compare(&file(seen), &entries(3)).expect("behind is fine");
            assert_eq!(completion.keep, file(seen).len() as u64);
            assert_eq!([file(seen), completion.append.into_bytes()].concat(), file(3));
        }
    }

    #[test]
    fn a_torn_last_line_is_completed_wherever_it_was_torn() {
        let whole = file(3);
        for cut in 0..whole.len() {
            for zeros in [0, 1, 40] {
                let mut torn = whole[..cut].to_vec();
                torn.extend(std::iter::repeat_n(0, zeros.min(whole.len() - cut)));
                let completion = compare(&torn, &entries(3)).expect("torn is fine");
                let mut mended = torn[..completion.keep as usize].to_vec();
                mended.extend(completion.append.bytes());
                assert_eq!(mended, whole, "cut at {cut}, {zeros} zeros");
            }
        }
    }

    #[test]
    fn a_ledger_behind_its_witness_is_refused() {
        for behind in 0..3 {
            let fault = compare(&file(3), &entries(behind)).expect_err("an older ledger");
            assert_eq!(fault.code, "ledger.behind_witness");
        }
    }

    #[test]
    fn any_changed_byte_of_the_witness_is_noticed() {
        let whole = file(3);
        for at in 0..whole.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = whole.clone();
                changed[at] ^= flip;
                assert!(compare(&changed, &entries(3)).is_err(), "byte {at}");
            }
        }
        let mut other = entries(3);
        other[1].1.0[0] ^= 1;
        assert_eq!(compare(&whole, &other).expect_err("another history").code, "ledger.witness_differs");
    }
}
