//! What the made-up bank reports: a pain.002, a statement and a notification. They hold references and amounts and nobody's name or number.

use std::io::{self, Write};

use super::afterwards::{Afterwards, SumBooked};
use super::benefit::BENEFITS;
use super::story::{Bank, REPORTING, Reporting};

/// A debit of the bank's own, which no payment explains.
const FEE: i64 = 35_000;
/// What lies on the account before, in øre: a thousand million kroner.
const OPENING: i64 = 100_000_000_000;

/// The bank answers payment by payment, without naming the message.
pub(super) fn status_report(afterwards: &Afterwards, out: &mut impl Write) -> io::Result<()> {
    let created = afterwards.day;
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\">\n<CstmrPmtStsRpt>\n\
         <GrpHdr><MsgId>DRILL-STATUS-{created}</MsgId><CreDtTm>{created}T07:30:00</CreDtTm></GrpHdr>\n\
         <OrgnlGrpInfAndSts><OrgnlMsgId>NOTPROVIDED</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>\
         <GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>\n\
         <OrgnlPmtInfAndSts><OrgnlPmtInfId>NOTPROVIDED</OrgnlPmtInfId>\n"
    )?;
    afterwards.each(&mut |recipient| {
        let status = match (recipient.paid, recipient.story.bank, REPORTING[recipient.list]) {
            (true, Bank::Rejected, _) => "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>",
            (true, _, Reporting::Accepted) => "<TxSts>ACSP</TxSts>",
            _ => return Ok(()),
        };
        let id = afterwards.end_to_end_id(&recipient)?;
        writeln!(out, "<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId>{status}</TxInfAndSts>")
    })?;
    out.write_all(b"</OrgnlPmtInfAndSts>\n</CstmrPmtStsRpt>\n</Document>\n")
}

/// Every list that is booked singly is one entry that tells each payment; then the sums, what was debited twice, what came back, and a fee.
pub(super) fn statement(afterwards: &Afterwards, out: &mut impl Write) -> io::Result<()> {
    let day = afterwards.day;
    let totals = totals(afterwards)?;
    let closing = OPENING - totals.singly.iter().sum::<i64>() - totals.sums - totals.doubled - FEE + totals.returned;
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n<BkToCstmrStmt>\n\
         <GrpHdr><MsgId>DRILL-STATEMENT-{day}</MsgId><CreDtTm>{day}T23:00:00</CreDtTm></GrpHdr>\n\
         <Stmt><Id>DRILL-{day}</Id><ElctrncSeqNb>61</ElctrncSeqNb><CreDtTm>{day}T23:00:00</CreDtTm>\
         <Acct><Id><Othr><Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy></Acct>\n"
    )?;
    balance(out, "OPBD", OPENING, day)?;
    balance(out, "CLBD", closing, day)?;
    for (list, sum) in totals.singly.iter().enumerate().filter(|(_, sum)| **sum > 0) {
        entry(out, Entry { ore: *sum, direction: "DBIT", reference: format!("D{}", list + 1), day }, &mut |out| {
            out.write_all(b"<NtryDtls>\n")?;
            afterwards.each(&mut |recipient| {
                if recipient.list == list && recipient.paid && recipient.story.bank != Bank::Rejected {
                    let id = afterwards.end_to_end_id(&recipient)?;
                    transaction(out, &id.to_string(), recipient.ore, "")?;
                }
                Ok(())
            })?;
            out.write_all(b"</NtryDtls>")
        })?;
    }
    for (number, sum) in afterwards.sums.iter().enumerate() {
        let SumBooked { payment_information_id, payments, ore } = sum;
        entry(out, Entry { ore: *ore, direction: "DBIT", reference: format!("S{}", number + 1), day }, &mut |out| {
            write!(
                out,
                "<NtryDtls><Btch><PmtInfId>{payment_information_id}</PmtInfId><NbOfTxs>{payments}</NbOfTxs></Btch></NtryDtls>"
            )
        })?;
    }
    let mut number = 0;
    afterwards.each(&mut |recipient| {
        let (direction, mark, why) = match (recipient.paid, recipient.story.bank) {
            (true, Bank::Doubled) => ("DBIT", 'X', ""),
            (true, Bank::Returned) => ("CRDT", 'R', CLOSED),
            _ => return Ok(()),
        };
        number += 1;
        let id = afterwards.end_to_end_id(&recipient)?.to_string();
        entry(out, Entry { ore: recipient.ore, direction, reference: format!("{mark}{number}"), day }, &mut |out| {
            out.write_all(b"<NtryDtls>")?;
            transaction(out, &id, recipient.ore, why)?;
            out.write_all(b"</NtryDtls>")
        })
    })?;
    entry(out, Entry { ore: FEE, direction: "DBIT", reference: "G1".into(), day }, &mut |_| Ok(()))?;
    out.write_all(b"</Stmt>\n</BkToCstmrStmt>\n</Document>\n")
}

/// What came back, told once more by another kind of report.
pub(super) fn notification(afterwards: &Afterwards, out: &mut impl Write) -> io::Result<()> {
    let day = afterwards.day;
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\">\n<BkToCstmrDbtCdtNtfctn>\n\
         <GrpHdr><MsgId>DRILL-NOTICE-{day}</MsgId><CreDtTm>{day}T12:00:00</CreDtTm></GrpHdr>\n\
         <Ntfctn><Id>DRILL-N-{day}</Id><CreDtTm>{day}T12:00:00</CreDtTm>\
         <Acct><Id><Othr><Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy></Acct>\n"
    )?;
    let mut number = 0;
    afterwards.each(&mut |recipient| {
        if !recipient.paid || recipient.story.bank != Bank::Returned {
            return Ok(());
        }
        number += 1;
        let id = afterwards.end_to_end_id(&recipient)?.to_string();
        let head = Entry { ore: recipient.ore, direction: "CRDT", reference: format!("N{number}"), day };
        entry(out, head, &mut |out| {
            out.write_all(b"<NtryDtls>")?;
            transaction(out, &id, recipient.ore, CLOSED)?;
            out.write_all(b"</NtryDtls>")
        })
    })?;
    out.write_all(b"</Ntfctn>\n</BkToCstmrDbtCdtNtfctn>\n</Document>\n")
}

const CLOSED: &str = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";

/// In øre.
#[derive(Default)]
struct Totals {
    singly: [i64; 5],
    sums: i64,
    doubled: i64,
    returned: i64,
}

fn totals(afterwards: &Afterwards) -> io::Result<Totals> {
    let mut totals = Totals { sums: afterwards.sums.iter().map(|sum| sum.ore).sum(), ..Totals::default() };
    debug_assert_eq!(BENEFITS.len(), totals.singly.len());
    afterwards.each(&mut |recipient| {
        if !recipient.paid {
            return Ok(());
        }
        let bank = recipient.story.bank;
        if REPORTING[recipient.list] == Reporting::Singly && bank != Bank::Rejected {
            totals.singly[recipient.list] += recipient.ore;
        }
        match bank {
            Bank::Doubled => totals.doubled += recipient.ore,
            Bank::Returned => totals.returned += recipient.ore,
            Bank::Carried | Bank::Rejected => {}
        }
        Ok(())
    })?;
    Ok(totals)
}

struct Entry {
    ore: i64,
    direction: &'static str,
    reference: String,
    day: chrono::NaiveDate,
}

fn entry<W: Write>(out: &mut W, entry: Entry, details: &mut dyn FnMut(&mut W) -> io::Result<()>) -> io::Result<()> {
    let Entry { ore, direction, reference, day } = entry;
    write!(
        out,
        "<Ntry><Amt Ccy=\"DKK\">{}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>\
         <ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>\
         <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>",
        kroner(ore)
    )?;
    details(out)?;
    out.write_all(b"</Ntry>\n")
}

fn transaction(out: &mut impl Write, id: &str, ore: i64, returned: &str) -> io::Result<()> {
    writeln!(
        out,
        "<TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy=\"DKK\">{}</Amt></TxAmt></AmtDtls>{returned}</TxDtls>",
        kroner(ore)
    )
}

fn balance(out: &mut impl Write, code: &str, ore: i64, day: chrono::NaiveDate) -> io::Result<()> {
    writeln!(
        out,
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"DKK\">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>",
        kroner(ore)
    )
}

/// `5234.50`
fn kroner(ore: i64) -> String {
    format!("{}.{:02}", ore / 100, ore % 100)
}
