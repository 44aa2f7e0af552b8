//! The line of a Danish payment slip, `+71<123456789012347+81234567<`: who is paid by it, and under which payment id.
//!
//! Sources: the printers' pages and Business Central's rules that [`SlipKind`] names. The payment id ends with a check digit by modulus 10. No public
//! source gives the creditor number one (Business Central checks its eight digits alone; Dantryk says that the first is an 8, which is
//! not held against a number), nor the giro account, which has seven or eight digits and is filled with zeros.

use super::payment_reference::is_modulus_10;
use super::{Code, Problem};
use crate::bank::door::{Door, all_built_in};
use crate::payment::{PaymentReference, ReferenceKind, SlipKind, SlipPayee};
use crate::recipient_list::Column::PaymentReference as COLUMN;
use crate::say;
use crate::words::Message;

/// A slip that was read, and may be paid where the door carries its kind.
pub(super) struct Slip {
    pub payee: SlipPayee,
    pub id: Option<PaymentReference>,
}

/// `None`: the text is no slip's line.
pub(super) fn read(written: &str) -> Option<Result<Slip, Problem>> {
    if !written.contains('<') {
        return None;
    }
    let bare: String = written.chars().filter(|c| !c.is_whitespace()).collect();
    let line = bare.strip_prefix(['+', '>']).unwrap_or(&bare);
    let (kind, rest) = line.split_once('<')?;
    let (id, number) = rest.split_once('+')?;
    let number = number.trim_end_matches('<');
    let all_digits = [kind, id, number].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !all_digits || kind.len() != 2 {
        return None;
    }
    Some(judge(kind, id, number).map_err(|(code, message)| Problem::new(code, COLUMN, message)))
}

fn judge(kind: &str, id: &str, number: &str) -> Result<Slip, (Code, Message)> {
    let Some(kind) = SlipKind::of(kind) else {
        return Err(match kind {
            "15" | "41" => (
                Code::ReferenceNotCarried,
                say!("No bank file here carries a payment slip of the kind {kind}. Pay it in the portal.", kind),
            ),
            _ => (
                Code::ReferenceMalformed,
                say!(
                    "{kind} is no kind of payment slip: there are 01, 04, 71, 73 and 75. Compare it with the invoice.",
                    kind
                ),
            ),
        });
    };
    let digits = kind.id_length().unwrap_or(0);
    if id.len() != digits {
        let message = match kind.id_length() {
            Some(_) => say!(
                "The payment id of a slip of the kind {kind} has {digits} digits, and this one {found}. Compare it with the invoice.",
                kind = kind.as_str(),
                digits,
                found = id.len()
            ),
            None => say!(
                "A payment slip of the kind {kind} has no payment id, and this one has digits there. Compare it with the invoice.",
                kind = kind.as_str()
            ),
        };
        return Err((Code::ReferenceMalformed, message));
    }
    let lengths = if kind.is_giro() { 7..=8 } else { 8..=8 };
    if !lengths.contains(&number.len()) || is_zero(number) {
        let message = match kind.is_giro() {
            true => say!(
                "A payment slip of the kind {kind} ends with a giro account of seven or eight digits. Compare it with the invoice.",
                kind = kind.as_str()
            ),
            false => say!(
                "A payment slip of the kind {kind} ends with a creditor number of eight digits. Compare it with the invoice.",
                kind = kind.as_str()
            ),
        };
        return Err((Code::ReferenceMalformed, message));
    }
    if digits > 0 && (!is_modulus_10(id) || is_zero(id)) {
        let message = say!(
            "The check digit of the payment id (FIK {kind}) is wrong: at least one digit is. Compare it with the invoice.",
            kind = kind.as_str()
        );
        return Err((Code::ReferenceChecksum, message));
    }
    let id = (digits > 0).then(|| PaymentReference::new_checked(ReferenceKind::Fik, id));
    Ok(Slip { payee: SlipPayee::new_checked(kind, format!("{number:0>8}")), id })
}

/// Passes every sum of digits, and names nobody.
fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|digit| digit == b'0')
}

/// Why a sound slip cannot be paid through this door, and through which it can.
pub(super) fn not_carried(kind: SlipKind, door: &Door) -> Problem {
    let carry: Vec<&str> = all_built_in()
        .iter()
        .filter(|other| other.slips.contains(&kind))
        .map(|other| other.profile.name.as_str())
        .collect();
    let message = say!(
        "The file of the profile \"{profile}\" has no place for a payment slip of the kind {kind}. These profiles' files have: {carry}. Or pay it in the portal.",
        profile = &door.profile.name,
        kind = kind.as_str(),
        carry = carry.join(", ")
    );
    Problem::new(Code::ReferenceNotCarried, COLUMN, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_names_its_payee_and_its_payment_id() {
        // 1234567897 is the textbook number of modulus 10; zeros before it change nothing.
        let table = [
            ("+71<000001234567897+81234567<", SlipKind::K71, "81234567", Some("000001234567897")),
            (" +71< 000001234567897 +81234567< ", SlipKind::K71, "81234567", Some("000001234567897")),
            (">71<000001234567897+81234567", SlipKind::K71, "81234567", Some("000001234567897")),
            ("71<000001234567897+81234567<", SlipKind::K71, "81234567", Some("000001234567897")),
            ("+75<0000001234567897+81234567<", SlipKind::K75, "81234567", Some("0000001234567897")),
            ("+04<0000001234567897+1234567<", SlipKind::K04, "01234567", Some("0000001234567897")),
            ("+73<+81234567<", SlipKind::K73, "81234567", None),
            ("+01<+12345678<", SlipKind::K01, "12345678", None),
        ];
        for (written, kind, number, id) in table {
            let slip =
                read(written).expect("a slip").unwrap_or_else(|problem| panic!("{written}: {}", problem.message));
            assert_eq!((slip.payee.kind, slip.payee.number()), (kind, number), "{written}");
            assert_eq!(slip.id.as_ref().map(PaymentReference::as_str), id, "{written}");
        }
    }

    #[test]
    fn what_is_mistyped_is_no_slip_and_what_is_none_is_left_to_the_other_rules() {
        use Code::{ReferenceChecksum, ReferenceMalformed, ReferenceNotCarried};
        let table = [
            ("+71<000001234567898+81234567<", ReferenceChecksum),
            ("+71<000000000000000+81234567<", ReferenceChecksum),
            ("+75<0000001234567898+81234567<", ReferenceChecksum),
            ("+04<0000001234567898+1234567<", ReferenceChecksum),
            ("+71<00001234567897+81234567<", ReferenceMalformed),
            ("+71<0000001234567897+81234567<", ReferenceMalformed),
            ("+75<000001234567897+81234567<", ReferenceMalformed),
            ("+73<000001234567897+81234567<", ReferenceMalformed),
            ("+71<000001234567897+8123456<", ReferenceMalformed),
            ("+73<+812345678<", ReferenceMalformed),
            ("+73<+00000000<", ReferenceMalformed),
            ("+01<+123456<", ReferenceMalformed),
            ("+99<+81234567<", ReferenceMalformed),
            ("+15<0000001234567897+1234567<", ReferenceNotCarried),
            ("+41<+1234567<", ReferenceNotCarried),
        ];
        for (written, code) in table {
            let problem = read(written).expect("a slip's line").err().unwrap_or_else(|| panic!("{written} is sound"));
            assert_eq!((problem.code, problem.column), (code, Some(COLUMN)), "{written}");
        }
        for written in ["", "1234567897", "+71", "+7<+81234567<", "+7x<+81234567<", "+71<12", "<+", "RF18539007547034"]
        {
            assert!(read(written).is_none(), "{written}");
        }
    }

    #[test]
    fn every_changed_digit_of_a_payment_id_is_noticed() {
        let id = "000001234567897";
        for at in 0..id.len() {
            let mut bytes = id.as_bytes().to_vec();
            bytes[at] = (bytes[at] - b'0' + 1) % 10 + b'0';
            let line = format!("+71<{}+81234567<", String::from_utf8(bytes).expect("digits"));
            assert_eq!(read(&line).expect("a slip").err().map(|p| p.code), Some(Code::ReferenceChecksum), "{line}");
        }
    }
}
