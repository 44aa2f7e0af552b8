//! pain.002: what the bank says of the payments it was asked for.
//!
//! A status may stand on the message, on a payment information block or on a payment; what has none of its own inherits. What is not named
//! is neither accepted nor rejected. A reason that speaks of a duplicate on any level makes the rejections below it ones about duplicates,
//! whether or not a status stands beside it: the bank then refuses a second upload and says nothing against the first. Only where that level
//! says that not all of it is rejected does a rejection below it that gives another reason stand on its own.

use std::io::Read;

use super::Emit;
use super::duplicate::speaks_of_a_duplicate;
use super::item::{Duplicate, Item, LevelStatus, PaymentStatus, Status, Verdict};
use super::reason::is_about_a_duplicate;
use super::xml::{Token, XmlReader, malformed};
use crate::fault::Result;
use crate::say;

const GROUP: &str = "CstmrPmtStsRpt/OrgnlGrpInfAndSts";
const BLOCK: &str = "CstmrPmtStsRpt/OrgnlPmtInfAndSts";
const PAYMENT: &str = "CstmrPmtStsRpt/OrgnlPmtInfAndSts/TxInfAndSts";

pub fn read<R: Read>(xml: &mut XmlReader<R>, each: Emit) -> Result<()> {
    let mut group = LevelStatus::default();
    let mut block = LevelStatus::default();
    let mut payment = PaymentStatus::default();
    let mut block_told = true;
    let mut group_told = false;
    loop {
        match xml.next()? {
            Token::Eof => break,
            Token::Open => match xml.path() {
                BLOCK => {
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
                } else if text.is_empty() {
                } else if let Some(field) = below(path, PAYMENT) {
                    match field {
                        "OrgnlEndToEndId" | "OrgnlInstrId" => payment.reference.add(text),
                        "TxSts" => payment.status.code.push_str(text),
                        _ => payment.status.take_reason(field, text),
                    }
                } else if let Some(field) = below(path, BLOCK) {
                    match field {
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
                is_about_a_duplicate(text)
            }
            // What the bank has to say may be cut into several of them, in the middle of a sentence.
            "StsRsnInf/AddtlInf" if self.words.len() < MOST_WORDS => {
                if !self.words.is_empty() {
                    self.words.push(' ');
                }
                self.words.push_str(text);
                speaks_of_a_duplicate(&self.words)
            }
            "StsRsnInf/AddtlInf" => speaks_of_a_duplicate(text),
            _ => false,
        };
        if is_about_a_duplicate {
            self.duplicate = Duplicate::Whole;
        }
    }

    /// Works out the verdict, with what stands on the level above.
    fn conclude(&mut self, above: &Status) {
        if self.duplicate == Duplicate::Whole && self.stands_in_part() {
            self.duplicate = Duplicate::InPart;
        }
        let from_above = match above.duplicate {
            Duplicate::InPart if self.says_why() => Duplicate::No,
            duplicate => duplicate,
        };
        self.duplicate = self.duplicate.max(from_above);
        if self.code.is_empty() {
            self.code.push_str(&above.code);
        }
        self.verdict = verdict_of(&self.code);
        let both_rejected = self.verdict == Verdict::Rejected && verdict_of(&above.code) == Verdict::Rejected;
        let is_carried_out = matches!(self.verdict, Verdict::Accepted | Verdict::Settled);
        if self.reason.is_empty() && (both_rejected || from_above != Duplicate::No && !is_carried_out) {
            self.reason.push_str(&above.reason);
        }
        if self.verdict == Verdict::Rejected && self.duplicate != Duplicate::No {
            self.verdict = Verdict::Duplicate;
            self.duplicate = Duplicate::Whole;
        }
    }

    /// Whether the level itself gives a reason, and not only the bank's refusal to name one.
    fn says_why(&self) -> bool {
        !matches!(self.reason.as_str(), "" | "MS03" | "NARR")
    }

    /// Whether the level says of itself that not all below it is rejected.
    fn stands_in_part(&self) -> bool {
        !self.code.is_empty() && verdict_of(&self.code) != Verdict::Rejected
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
        let table: [(Levels, Verdict, &str); 37] = [
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
            ([("RJCT", "DU01"), ("", ""), ("RJCT", "AC04")], Duplicate, "AC04"),
            ([("RJCT", ""), ("RJCT", "DU02"), ("RJCT", "")], Duplicate, "DU02"),
            ([("PART", ""), ("", ""), ("RJCT", "AM05")], Duplicate, "AM05"),
            ([("PART", ""), ("", ""), ("RJCT", "DUPL")], Duplicate, "DUPL"),
            ([("", ""), ("", ""), ("ACSP", "DU04")], Accepted, "DU04"),
            // A duplicate above without a status beside it.
            ([("", "DU01"), ("RJCT", ""), ("", "")], Duplicate, "DU01"),
            ([("", "DU01"), ("", ""), ("RJCT", "")], Duplicate, "DU01"),
            ([("", "DU01"), ("", ""), ("RJCT", "AC04")], Duplicate, "AC04"),
            ([("", "DU01"), ("PART", ""), ("RJCT", "")], Duplicate, "DU01"),
            ([("RJCT", "DU01"), ("PART", ""), ("RJCT", "AC04")], Duplicate, "AC04"),
            ([("", "DUPL"), ("ACCP", ""), ("RJCT", "MS03")], Duplicate, "MS03"),
            ([("", "AM05"), ("", "AC04"), ("CANC", "")], Duplicate, "AC04"),
            ([("", ""), ("", "DU02"), ("RJCT", "")], Duplicate, "DU02"),
            ([("RJCT", ""), ("", "DU02"), ("RJCT", "")], Duplicate, "DU02"),
            ([("", "DU01"), ("", ""), ("ACSP", "")], Accepted, ""),
            ([("", "DU01"), ("", ""), ("", "")], Open, "DU01"),
            // A duplicate above that is rejected in part.
            ([("PART", "DU04"), ("", ""), ("RJCT", "")], Duplicate, "DU04"),
            ([("PART", "DU04"), ("PART", ""), ("RJCT", "")], Duplicate, "DU04"),
            ([("PART", "DU04"), ("RJCT", ""), ("", "")], Duplicate, "DU04"),
            ([("PART", "DU04"), ("RJCT", ""), ("RJCT", "AC04")], Duplicate, "AC04"),
            ([("PART", "DU04"), ("", ""), ("RJCT", "NARR")], Duplicate, "NARR"),
            ([("", ""), ("PART", "DU03"), ("RJCT", "")], Duplicate, "DU03"),
            ([("PART", "DU01"), ("", ""), ("RJCT", "AC04")], Rejected, "AC04"),
            ([("PART", "DU01"), ("RJCT", "AC04"), ("", "")], Rejected, "AC04"),
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
