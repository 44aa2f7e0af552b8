//! camt.029: the bank's answer to a recall (camt.055).
//!
//! The answer may stand on the whole case, on a message, on one of its blocks or on a payment; what has none of its own has that of the level
//! above. Nothing that is not said is taken for said: an answer that names some payments says nothing of the others.

use std::io::Read;

use super::Emit;
use super::item::{Item, RecallAnswer, RecallScope};
use super::xml::{Token, XmlReader, malformed};
use crate::fault::Result;
use crate::say;

const ROOT: &str = "RsltnOfInvstgtn";
const DETAILS: &str = "RsltnOfInvstgtn/CxlDtls";
const GROUP: &str = "RsltnOfInvstgtn/CxlDtls/OrgnlGrpInfAndSts";
const BLOCK: &str = "RsltnOfInvstgtn/CxlDtls/OrgnlPmtInfAndSts";
/// Where a payment's answer may stand. Banks that pass on what the payee's bank answered put it directly below the details.
const PAYMENTS: [&str; 2] =
    ["RsltnOfInvstgtn/CxlDtls/OrgnlPmtInfAndSts/TxInfAndSts", "RsltnOfInvstgtn/CxlDtls/TxInfAndSts"];

pub fn read<R: Read>(xml: &mut XmlReader<R>, each: Emit) -> Result<()> {
    let mut case = RecallAnswer::default();
    let mut group = RecallAnswer::default();
    let mut block = RecallAnswer::default();
    let mut payment = RecallAnswer::default();
    let mut told = false;
    loop {
        match xml.next()? {
            Token::Eof => break,
            Token::Open => match xml.path() {
                DETAILS => group = case.below(RecallScope::Message),
                BLOCK => block = group.below(RecallScope::Block),
                path if PAYMENTS.contains(&path) => {
                    let above = if path == PAYMENTS[0] { &block } else { &group };
                    payment = above.below(RecallScope::Payment);
                }
                // What the payment was, and who takes part: known here already.
                path if ["/OrgnlTxRef", "/Assgnr", "/Assgne", "/Cretr", "/Orgtr"]
                    .iter()
                    .any(|end| path.ends_with(end)) =>
                {
                    xml.skip()?;
                }
                _ => {}
            },
            Token::Close => {
                let (path, text) = (xml.path(), xml.text());
                match path {
                    "RsltnOfInvstgtn/Sts" => {
                        told = true;
                        case.scope = RecallScope::Case;
                        each(Item::RecallAnswer(&case))?;
                    }
                    GROUP if group.tells() => each(Item::RecallAnswer(&group))?,
                    BLOCK if block.tells() => each(Item::RecallAnswer(&block))?,
                    path if PAYMENTS.contains(&path) => each(Item::RecallAnswer(&payment))?,
                    _ if text.is_empty() => {}
                    path => {
                        if let Some(field) = PAYMENTS.iter().find_map(|at| below(path, at)) {
                            payment.take(field, text);
                        } else if let Some(field) = below(path, BLOCK) {
                            block.take(field, text);
                        } else if let Some(field) = below(path, GROUP) {
                            group.take(field, text);
                        } else if let Some(field) = below(path, ROOT) {
                            case.take(field, text);
                        }
                    }
                }
            }
        }
    }
    if told { Ok(()) } else { Err(malformed(say!("it does not say what became of the case"))) }
}

fn below<'a>(path: &'a str, parent: &str) -> Option<&'a str> {
    path.strip_prefix(parent)?.strip_prefix('/')
}

impl RecallAnswer {
    /// An answer on the level below, before it says anything of its own.
    fn below(&self, scope: RecallScope) -> Self {
        Self { scope, own: String::new(), reason: String::new(), reference: Default::default(), ..self.clone() }
    }

    /// Whether it says anything itself.
    fn tells(&self) -> bool {
        !self.own.is_empty()
    }

    fn take(&mut self, field: &str, text: &str) {
        match field {
            "Assgnmt/CreDtTm" => self.answered_on = text.get(..10).and_then(|day| day.parse().ok()),
            "RslvdCase/Id" | "OrgnlPmtInfCxlId" | "OrgnlGrpCxlId" => self.ids.push(text.to_owned()),
            // Of ours or, where the bank answers the request itself, the request's.
            "OrgnlMsgId" | "OrgnlGrpInf/OrgnlMsgId" => {
                self.message_id = text.to_owned();
                self.ids.push(text.to_owned());
            }
            "OrgnlPmtInfId" => self.payment_information_id = text.to_owned(),
            "OrgnlEndToEndId" | "OrgnlInstrId" => self.reference.add(text),
            "Sts/Conf" | "GrpCxlSts" | "PmtInfCxlSts" | "TxCxlSts" => {
                self.own = text.to_owned();
                self.statuses.push(text.to_owned());
            }
            "CxlStsRsnInf/Rsn/Cd" | "CxlStsRsnInf/Rsn/Prtry" if self.reason.is_empty() => self.reason = text.to_owned(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::report::item::RecallVerdict;
    use crate::payment::{Currency, EndToEndId, Tag};

    fn id(number: u8) -> EndToEndId {
        EndToEndId { tag: Tag { series: [number; 8], obligation: [number; 8] }, attempt: 1 }
    }

    fn message(version: &str, inner: &str) -> String {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.029.001.{version}\"><RsltnOfInvstgtn><Assgnmt><Id>A1</Id><Assgnr><Agt>\
             <FinInstnId><BICFI>GRENGLGX</BICFI></FinInstnId></Agt></Assgnr><CreDtTm>2022-04-06T10:00:00</CreDtTm></Assgnmt>{inner}\
             </RsltnOfInvstgtn></Document>"
        )
    }

    fn tagged(name: &str, text: &str) -> String {
        if text.is_empty() { String::new() } else { format!("<{name}>{text}</{name}>") }
    }

    fn told(text: &str) -> Vec<RecallAnswer> {
        let mut told = Vec::new();
        let read = super::super::read(text.as_bytes(), Currency::Dkk, &mut |item| {
            match item {
                Item::RecallAnswer(answer) => told.push(answer.clone()),
                other => panic!("{other:?}"),
            }
            Ok(())
        });
        read.expect("reads");
        told
    }

    /// The answer of case, message, block and payment, and what it comes to for the payment.
    #[test]
    fn a_payment_has_its_own_answer_or_the_one_above_and_in_doubt_none() {
        use RecallVerdict::{Accepted, Open, Pending, Refused};
        let table: [([&str; 4], RecallVerdict); 17] = [
            (["CNCL", "", "", ""], Accepted),
            (["RJCR", "", "", ""], Refused),
            (["PDCR", "", "", ""], Pending),
            (["CNCL", "", "", "ACCR"], Accepted),
            (["PECR", "", "", "ACCR"], Accepted),
            (["PECR", "", "", "RJCR"], Refused),
            (["PECR", "PACR", "PACR", "RJCR"], Refused),
            (["PECR", "PACR", "ACCR", ""], Accepted),
            (["INFO", "ACCR", "", ""], Accepted),
            (["PDCR", "", "", "PDCR"], Pending),
            (["CNCL", "", "", "RJCR"], Refused),
            // One level accepts what another refuses or has not decided: nothing is certain.
            (["RJCR", "", "", "ACCR"], Open),
            (["PDCR", "", "", "ACCR"], Open),
            (["CNCL", "RJCR", "", "ACCR"], Open),
            (["PECR", "", "", ""], Open),
            (["CWFW", "", "", ""], Open),
            (["ZZZZ", "", "", ""], Open),
        ];
        for version in ["03", "06", "09"] {
            for ([case, group, block, payment], expected) in table {
                let inner = format!(
                    "<RslvdCase><Id>RC0001-A</Id><Cretr><Pty><Nm>X</Nm></Pty></Cretr></RslvdCase><Sts><Conf>{case}</Conf></Sts><CxlDtls>\
                     <OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId>{}</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>P1\
                     </OrgnlPmtInfId>{}<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId>{}<CxlStsRsnInf><Rsn><Cd>LEGL</Cd></Rsn>\
                     </CxlStsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CxlDtls>",
                    tagged("GrpCxlSts", group),
                    tagged("PmtInfCxlSts", block),
                    id(1),
                    tagged("TxCxlSts", payment),
                );
                let told = told(&message(version, &inner));
                let last = told.iter().find(|answer| answer.scope == RecallScope::Payment).expect("a payment");
                assert_eq!(last.verdict(), expected, "{case} {group} {block} {payment}");
                assert_eq!((last.reference.whole.as_slice(), last.reason.as_str()), (&[id(1)][..], "LEGL"));
                assert_eq!(last.ids, ["RC0001-A", "M1"]);
                assert_eq!(last.answered_on, "2022-04-06".parse().ok());
                assert_eq!(told[0].scope, RecallScope::Case);
            }
        }
    }

    #[test]
    fn payments_directly_below_the_details_are_read_too() {
        let inner = format!(
            "<Sts><Conf>RJCR</Conf></Sts><CxlDtls><TxInfAndSts><OrgnlGrpInf><OrgnlMsgId>M1</OrgnlMsgId></OrgnlGrpInf><OrgnlEndToEndId>{}\
             </OrgnlEndToEndId><TxCxlSts>RJCR</TxCxlSts></TxInfAndSts></CxlDtls>",
            id(2)
        );
        let told = told(&message("09", &inner));
        assert_eq!((told.len(), told[1].verdict()), (2, RecallVerdict::Refused));
        assert_eq!(told[1].reference.whole, [id(2)]);
    }

    #[test]
    fn an_answer_that_says_nothing_of_its_case_is_refused() {
        let read = super::super::read(message("09", "").as_bytes(), Currency::Dkk, &mut |_| Ok(()));
        assert_eq!(read.expect_err("refused").code, "report.malformed");
    }
}
