//! pain.002: what the bank says of the payments it was asked for.
//!
//! A status may stand on the message, on a payment information block or on a payment; what has none of its own inherits. What is not named
//! is neither accepted nor rejected. A reason that speaks of a duplicate on any level makes the rejections below it ones about duplicates,
//! whether or not a status stands beside it: the bank then refuses a second upload and says nothing against the first. Only where that level
//! says that not all of it is rejected does a rejection below it that gives another reason stand on its own.

use std::io::Read;

use super::Emit;
use super::duplicate::{says_outright, speaks_of_a_duplicate};
use super::item::{Duplicate, Item, LevelStatus, PaymentStatus, Status, Verdict};
use super::reason::{finds_another_fault, says_why};
use super::xml::{Token, XmlReader, malformed};
use crate::fault::Result;
use crate::phrase;
use crate::say;
use crate::words::Phrase;

const GROUP: &str = "CstmrPmtStsRpt/OrgnlGrpInfAndSts";
const BLOCK: &str = "CstmrPmtStsRpt/OrgnlPmtInfAndSts";
const PAYMENT: &str = "CstmrPmtStsRpt/OrgnlPmtInfAndSts/TxInfAndSts";

pub fn read<R: Read>(xml: &mut XmlReader<R>, each: Emit) -> Result<()> {
    let mut group = LevelStatus::default();
    let mut block = LevelStatus::default();
    let mut payment = PaymentStatus::default();
    let mut block_told = true;
    let mut group_told = false;
    let mut blocks = false;
    loop {
        match xml.next()? {
            Token::Eof => break,
            Token::Open => match xml.path() {
                GROUP if group_told || blocks => return Err(malformed(OUT_OF_ORDER)),
                BLOCK => {
                    blocks = true;
                    block = LevelStatus { message_id: group.message_id.clone(), ..LevelStatus::default() };
                    block_told = false;
                }
                PAYMENT => {
                    tell_block(&mut block_told, &mut block, &group, each)?;
                    payment.message_id.clone_from(&group.message_id);
                    payment.payment_information_id.clone_from(&block.payment_information_id);
                    payment.reference.clear();
                    payment.status.clear();
                }
                // What the payment was, as the bank repeats it, and who sent it: known here already.
                path if path.ends_with("/OrgnlTxRef") || path.ends_with("/GrpHdr") => xml.skip()?,
                _ => {}
            },
            Token::Close => {
                let (path, text) = (xml.path(), xml.text());
                if path == GROUP {
                    if group.message_id.is_empty() {
                        return Err(malformed(say!("it does not say which message it answers")));
                    }
                    group.status.conclude(&Status::default());
                    group_told = true;
                    each(Item::Message(&group))?;
                } else if path == BLOCK {
                    tell_block(&mut block_told, &mut block, &group, each)?;
                } else if path == PAYMENT {
                    payment.status.conclude(&block.status);
                    each(Item::Payment(&payment))?;
                } else if let Some(level) = path.strip_suffix("/StsRsnInf") {
                    match level {
                        PAYMENT => payment.status.end_reason(),
                        BLOCK => block.status.end_reason(),
                        GROUP => group.status.end_reason(),
                        _ => {}
                    }
                } else if text.is_empty() {
                } else if let Some(field) = below(path, PAYMENT) {
                    match field {
                        "OrgnlEndToEndId" | "OrgnlInstrId" => payment.reference.add(text),
                        "TxSts" => payment.status.code.push_str(text),
                        _ => payment.status.take_reason(field, text),
                    }
                } else if let Some(field) = below(path, BLOCK) {
                    match field {
                        // The payments above it were told under what stood before them.
                        field if block_told && (field == "PmtInfSts" || field.starts_with("StsRsnInf/")) => {
                            return Err(malformed(OUT_OF_ORDER));
                        }
                        "OrgnlPmtInfId" => block.payment_information_id.push_str(text),
                        "PmtInfSts" => block.status.code.push_str(text),
                        _ => block.status.take_reason(field, text),
                    }
                } else if let Some(field) = below(path, GROUP) {
                    match field {
                        "OrgnlMsgId" => group.message_id.push_str(text),
                        "GrpSts" => group.status.code.push_str(text),
                        _ => group.status.take_reason(field, text),
                    }
                }
            }
        }
    }
    if group_told { Ok(()) } else { Err(malformed(say!("it does not say which message it answers"))) }
}

const OUT_OF_ORDER: Phrase = phrase!("what it says of a whole stands twice, or behind its parts");

fn below<'a>(path: &'a str, parent: &str) -> Option<&'a str> {
    path.strip_prefix(parent)?.strip_prefix('/')
}

/// Hands on what a block says of itself before the first of its payments.
fn tell_block(told: &mut bool, block: &mut LevelStatus, group: &LevelStatus, each: Emit) -> Result<()> {
    if std::mem::replace(told, true) {
        return Ok(());
    }
    block.status.conclude(&group.status);
    each(Item::Block(block))
}

impl Status {
    fn clear(&mut self) {
        self.code.clear();
        self.reason.clear();
        self.reason_at_hand.clear();
        self.words.clear();
        self.duplicate = Duplicate::No;
        self.verdict = Verdict::Open;
    }

    fn take_reason(&mut self, field: &str, text: &str) {
        let is_about_a_duplicate = match field {
            "StsRsnInf/Rsn/Cd" | "StsRsnInf/Rsn/Prtry" => {
                if self.reason.is_empty() {
                    self.reason.push_str(text);
                }
                self.reason_at_hand.push_str(text);
                speaks_of_a_duplicate(text)
            }
            // What the bank has to say may be cut into several of them, in the middle of a sentence.
            "StsRsnInf/AddtlInf" if self.words.len() < MOST_WORDS => {
                if !self.words.is_empty() {
                    self.words.push(' ');
                }
                self.words.push_str(text);
                false
            }
            "StsRsnInf/AddtlInf" => speaks_of_a_duplicate(text),
            _ => false,
        };
        if is_about_a_duplicate {
            self.duplicate = Duplicate::Whole;
        }
    }

    /// Judges the words of one reason beside its own code.
    fn end_reason(&mut self) {
        let is_in_words = if finds_another_fault(&self.reason_at_hand) { says_outright } else { speaks_of_a_duplicate };
        if is_in_words(&self.words) {
            self.duplicate = Duplicate::Whole;
        }
        self.reason_at_hand.clear();
        self.words.clear();
    }

    /// Works out the verdict, with what stands on the level above.
    fn conclude(&mut self, above: &Status) {
        if self.duplicate == Duplicate::Whole && self.stands_in_part() {
            self.duplicate = Duplicate::InPart;
        }
        let from_above = match above.duplicate {
            Duplicate::InPart if says_why(&self.reason) => Duplicate::No,
            duplicate => duplicate,
        };
        let is_own = self.duplicate != Duplicate::No;
        self.duplicate = self.duplicate.max(from_above);
        if self.code.is_empty() {
            self.code.push_str(&above.code);
        }
        self.verdict = verdict_of(&self.code);
        let both_rejected = self.verdict == Verdict::Rejected && verdict_of(&above.code) == Verdict::Rejected;
        let is_carried_out = matches!(self.verdict, Verdict::Accepted | Verdict::Settled);
        let is_duplicate_by_above = from_above != Duplicate::No && !is_carried_out;
        // What is told of a duplicate is why the bank takes it for one.
        let inherits = self.reason.is_empty() && (both_rejected || is_duplicate_by_above);
        if (inherits || is_duplicate_by_above && !is_own) && !above.reason.is_empty() {
            self.reason.clone_from(&above.reason);
        }
        if self.verdict == Verdict::Rejected && self.duplicate != Duplicate::No {
            self.verdict = Verdict::Duplicate;
            self.duplicate = Duplicate::Whole;
        }
    }

    /// Whether the level says of itself that not all below it is rejected.
    fn stands_in_part(&self) -> bool {
        matches!(self.code.as_str(), "PART" | "PATC")
            || matches!(verdict_of(&self.code), Verdict::Accepted | Verdict::Settled)
    }
}

/// So many letters of a level's own words are put together, at least.
const MOST_WORDS: usize = 2000;

/// ISO 20022's payment status codes. What is not listed (received, pending, in part, a code of tomorrow) leaves everything open.
fn verdict_of(code: &str) -> Verdict {
    match code {
        "RJCT" | "CANC" => Verdict::Rejected,
        "ACSC" | "ACCC" => Verdict::Settled,
        "ACTC" | "ACCP" | "ACSP" | "ACWC" | "ACWP" | "ACFC" => Verdict::Accepted,
        _ => Verdict::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Currency, EndToEndId, Tag};

    fn id(number: u8) -> EndToEndId {
        EndToEndId { tag: Tag { series: [number; 8], obligation: [number; 8] }, attempt: 1 }
    }

    fn message(version: &str, inner: &str) -> String {
        format!(
            r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr>{inner}</CstmrPmtStsRpt></Document>"#
        )
    }

    fn reason(code: &str) -> String {
        if code.is_empty() { String::new() } else { format!("<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>") }
    }

    fn tagged(name: &str, text: &str) -> String {
        if text.is_empty() { String::new() } else { format!("<{name}>{text}</{name}>") }
    }

    /// Status and reason of message, block and payment; empty where there is none.
    type Levels = [(&'static str, &'static str); 3];

    fn report(version: &str, levels: Levels) -> String {
        let [(group, why_group), (block, why_block), (payment, why_payment)] = levels;
        let inner = format!(
            "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId>{}{}</OrgnlGrpInfAndSts>\
             <OrgnlPmtInfAndSts><OrgnlPmtInfId>P1</OrgnlPmtInfId>{}{}<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId>{}{}\
             <OrgnlTxRef><Amt><InstdAmt Ccy=\"DKK\">1</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts></OrgnlPmtInfAndSts>",
            tagged("GrpSts", group),
            reason(why_group),
            tagged("PmtInfSts", block),
            reason(why_block),
            id(1),
            tagged("TxSts", payment),
            reason(why_payment),
        );
        message(version, &inner)
    }

    fn told(text: &str) -> Vec<(String, Verdict, String)> {
        let mut told = Vec::new();
        super::super::read(text.as_bytes(), Currency::Dkk, &mut |item| {
            let (level, status) = match item {
                Item::Message(level) => (format!("message {}", level.message_id), &level.status),
                Item::Block(level) => (format!("block {}", level.payment_information_id), &level.status),
                Item::Payment(payment) => {
                    let whole: Vec<_> = payment.reference.whole.iter().map(EndToEndId::to_string).collect();
                    (whole.join(" "), &payment.status)
                }
                other => panic!("{other:?}"),
            };
            told.push((level, status.verdict, status.reason.clone()));
            Ok(())
        })
        .expect("reads");
        told
    }

    #[test]
    fn a_payment_has_its_own_status_or_the_one_above() {
        use Verdict::{Accepted, Duplicate, Open, Rejected, Settled};
        let table: [(Levels, Verdict, &str); 43] = [
            ([("RJCT", "FF01"), ("", ""), ("", "")], Rejected, "FF01"),
            ([("PART", ""), ("RJCT", "AC04"), ("", "")], Rejected, "AC04"),
            ([("PART", ""), ("PART", ""), ("RJCT", "AC04")], Rejected, "AC04"),
            ([("", ""), ("", ""), ("CANC", "")], Rejected, ""),
            ([("ACCP", ""), ("", ""), ("", "")], Accepted, ""),
            ([("ACCP", ""), ("", ""), ("RJCT", "AM04")], Rejected, "AM04"),
            ([("RJCT", ""), ("ACSP", ""), ("", "")], Accepted, ""),
            ([("ACTC", ""), ("PDNG", ""), ("", "")], Open, ""),
            ([("", ""), ("", ""), ("ACSC", "")], Settled, ""),
            ([("", ""), ("", ""), ("RCVD", "")], Open, ""),
            ([("", ""), ("", ""), ("", "")], Open, ""),
            ([("", ""), ("", ""), ("ZZZZ", "")], Open, ""),
            ([("RJCT", "DU01"), ("", ""), ("", "")], Duplicate, "DU01"),
            ([("RJCT", "DU01"), ("", ""), ("RJCT", "AC04")], Duplicate, "DU01"),
            ([("RJCT", ""), ("RJCT", "DU02"), ("RJCT", "")], Duplicate, "DU02"),
            ([("PART", ""), ("", ""), ("RJCT", "AM05")], Duplicate, "AM05"),
            ([("PART", ""), ("", ""), ("RJCT", "DUPL")], Duplicate, "DUPL"),
            ([("", ""), ("", ""), ("ACSP", "DU04")], Accepted, "DU04"),
            // A duplicate above without a status beside it.
            ([("", "DU01"), ("RJCT", ""), ("", "")], Duplicate, "DU01"),
            ([("", "DU01"), ("", ""), ("RJCT", "")], Duplicate, "DU01"),
            ([("", "DU01"), ("", ""), ("RJCT", "AC04")], Duplicate, "DU01"),
            ([("", "DU01"), ("PART", ""), ("RJCT", "")], Duplicate, "DU01"),
            ([("RJCT", "DU01"), ("PART", ""), ("RJCT", "AC04")], Duplicate, "DU01"),
            ([("", "DUPL"), ("ACCP", ""), ("RJCT", "MS03")], Duplicate, "MS03"),
            ([("", "AM05"), ("", "AC04"), ("CANC", "")], Duplicate, "AM05"),
            ([("", ""), ("", "DU02"), ("RJCT", "")], Duplicate, "DU02"),
            ([("RJCT", ""), ("", "DU02"), ("RJCT", "")], Duplicate, "DU02"),
            ([("", "DU01"), ("", ""), ("ACSP", "")], Accepted, ""),
            ([("", "DU01"), ("", ""), ("", "")], Open, "DU01"),
            // A duplicate above that is rejected in part.
            ([("PART", "DU04"), ("", ""), ("RJCT", "")], Duplicate, "DU04"),
            ([("PART", "DU04"), ("PART", ""), ("RJCT", "")], Duplicate, "DU04"),
            ([("PART", "DU04"), ("RJCT", ""), ("", "")], Duplicate, "DU04"),
            ([("PART", "DU04"), ("RJCT", ""), ("RJCT", "AC04")], Duplicate, "DU04"),
            ([("PART", "DU04"), ("", ""), ("RJCT", "NARR")], Duplicate, "DU04"),
            ([("", ""), ("PART", "DU03"), ("RJCT", "")], Duplicate, "DU03"),
            ([("PART", "DU01"), ("", ""), ("RJCT", "AC04")], Rejected, "AC04"),
            ([("PART", "DU01"), ("RJCT", "AC04"), ("", "")], Rejected, "AC04"),
            ([("PART", "DU04"), ("", ""), ("RJCT", "MS02")], Duplicate, "DU04"),
            ([("PART", "DU04"), ("", ""), ("RJCT", "RF01")], Duplicate, "RF01"),
            ([("PDNG", "DU01"), ("RJCT", "FF01"), ("", "")], Duplicate, "DU01"),
            ([("PART", "DU04"), ("", ""), ("RJCT", "AC13")], Rejected, "AC13"),
            ([("RJCT", "RF01"), ("", ""), ("", "")], Duplicate, "RF01"),
            ([("RJCT", "NARR"), ("", ""), ("RJCT", "AC04")], Rejected, "AC04"),
        ];
        for version in ["03", "10"] {
            for (levels, verdict, why) in table {
                let told = told(&report(version, levels));
                assert_eq!(told.last(), Some(&(id(1).to_string(), verdict, why.into())), "{levels:?}");
                assert_eq!(told.len(), 3);
            }
        }
    }

    #[test]
    fn the_banks_own_words_can_make_it_a_duplicate() {
        let inner = "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><GrpSts>RJCT</GrpSts>\
                     <StsRsnInf><Rsn><Cd>NARR</Cd></Rsn><AddtlInf>Duplicate file</AddtlInf></StsRsnInf></OrgnlGrpInfAndSts>";
        assert_eq!(told(&message("03", inner)), [("message M1".into(), Verdict::Duplicate, "NARR".into())]);
        // Beside a fault of another kind, only what stands for nothing else: an account, too, is closed already.
        for (code, words, verdict) in [
            ("MD07", "Modtager er allerede registreret død", Verdict::Rejected),
            ("TM01", "The file was not received before</AddtlInf><AddtlInf>the cut-off time", Verdict::Rejected),
            ("NARR", "The file was not received before</AddtlInf><AddtlInf>the cut-off time", Verdict::Rejected),
            ("AC04", "Duplicate payment", Verdict::Duplicate),
            ("AG01", "Betalingen er allerede udført", Verdict::Duplicate),
            ("DT05", "File already received and processed", Verdict::Duplicate),
            ("FF01", "Filen er allerede modtaget", Verdict::Duplicate),
            ("NARR", "See DU01", Verdict::Duplicate),
        ] {
            let told = told(&message("03", &inner.replace("NARR", code).replace("Duplicate file", words)));
            assert_eq!(told, [("message M1".into(), verdict, code.into())], "{words}");
        }
        let second = "Rsn><Cd>AM18</Cd></Rsn></StsRsnInf><StsRsnInf><Rsn><Cd>NARR</Cd></Rsn><AddtlInf>Filen er allerede modtaget<";
        let second = inner.replace("Rsn><Cd>NARR</Cd></Rsn><AddtlInf>Duplicate file<", second);
        assert_eq!(told(&message("03", &second)), [("message M1".into(), Verdict::Duplicate, "AM18".into())]);
        let in_two = inner.replace("Duplicate file", "Filen er allerede</AddtlInf><AddtlInf>mottatt");
        assert_eq!(told(&message("10", &in_two)), [("message M1".into(), Verdict::Duplicate, "NARR".into())]);
    }

    #[test]
    fn a_report_that_answers_no_message_is_refused() {
        for inner in ["", "<OrgnlGrpInfAndSts><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>"] {
            let read = super::super::read(message("03", inner).as_bytes(), Currency::Dkk, &mut |_| Ok(()));
            assert_eq!(read.expect_err("refused").code, "report.malformed");
        }
    }

    /// What stands behind its parts cannot be believed of them any more.
    #[test]
    fn a_report_whose_levels_are_out_of_order_is_refused() {
        let group = "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>";
        let payment = format!("<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId></TxInfAndSts>", id(1));
        let block =
            |inner: &str| format!("<OrgnlPmtInfAndSts><OrgnlPmtInfId>P1</OrgnlPmtInfId>{inner}</OrgnlPmtInfAndSts>");
        let read = |inner: &str| {
            super::super::read(message("03", inner).as_bytes(), Currency::Dkk, &mut |_| Ok(()))
                .map(drop)
                .map_err(|fault| fault.code)
        };
        assert_eq!(read(&[group, &block(&payment)].concat()), Ok(()));
        for inner in [
            [&block(&payment), group].concat(),
            [group, group].concat(),
            [group, &block(&[&payment, "<PmtInfSts>RJCT</PmtInfSts>"].concat())].concat(),
            [group, &block(&[&payment, "<StsRsnInf><Rsn><Cd>DU02</Cd></Rsn></StsRsnInf>"].concat())].concat(),
        ] {
            assert_eq!(read(&inner), Err("report.malformed"), "{inner}");
        }
    }

    #[test]
    fn payments_of_several_blocks_keep_to_their_own() {
        let block = |number: u8, status: &str| {
            format!(
                "<OrgnlPmtInfAndSts><OrgnlPmtInfId>P{number}</OrgnlPmtInfId>{}<TxInfAndSts><OrgnlInstrId>X</OrgnlInstrId>\
                 <OrgnlEndToEndId>{}</OrgnlEndToEndId></TxInfAndSts></OrgnlPmtInfAndSts>",
                tagged("PmtInfSts", status),
                id(number)
            )
        };
        let inner = format!(
            "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId></OrgnlGrpInfAndSts>{}{}",
            block(1, "RJCT"),
            block(2, "")
        );
        let verdicts: Vec<_> =
            told(&message("10", &inner)).into_iter().map(|(level, verdict, _)| (level, verdict)).collect();
        let expected = [
            ("message M1".to_owned(), Verdict::Open),
            ("block P1".into(), Verdict::Rejected),
            (id(1).to_string(), Verdict::Rejected),
            ("block P2".into(), Verdict::Open),
            (id(2).to_string(), Verdict::Open),
        ];
        assert_eq!(verdicts, expected);
    }
}
