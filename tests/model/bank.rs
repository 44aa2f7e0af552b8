//! The bank's word about one payment, as a bank writes it.

use crate::reference::Word;

/// The payer's account as its statements name it.
const ACCOUNT: &str = "GL8964710001234567";

/// A status report or a statement about one payment; `number` makes its entry one of its own.
pub fn report(message_id: &str, end_to_end_id: &str, amount: i64, word: Word, number: usize) -> String {
    let amount = format!("{}.{:02}", amount / 100, amount % 100);
    match word {
        Word::Booked | Word::AfterAll | Word::TooLate => {
            statement(number, &entry("DBIT", &amount, number, end_to_end_id, ""))
        }
        Word::Returned => {
            let why = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
            statement(number, &entry("CRDT", &amount, number, end_to_end_id, why))
        }
        Word::Rejected => status(message_id, end_to_end_id, "AC04"),
        Word::Duplicate => status(message_id, end_to_end_id, "AM05"),
    }
}

fn status(message_id: &str, end_to_end_id: &str, reason: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>\
         <OrgnlMsgId>{message_id}</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId><TxInfAndSts>\
         <OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>\
         </TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

fn statement(number: usize, entry: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>S{number}</Id><Acct><Id>\
         <IBAN>{ACCOUNT}</IBAN></Id></Acct>{entry}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn entry(mark: &str, amount: &str, number: usize, end_to_end_id: &str, more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt>\
         <AcctSvcrRef>R{number}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>{more}</TxDtls>\
         </NtryDtls></Ntry>"
    )
}
