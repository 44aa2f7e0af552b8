//! The least reading of a bank file that a judge needs: is it whole, does it hold what it announces, and who is in it. It shares nothing
//! with the program's own reading.

use quick_xml::Reader;
use quick_xml::events::Event;

#[derive(Debug, Default)]
pub struct BankFile {
    pub message_id: String,
    pub payments: Vec<Payment>,
}

#[derive(Debug, Default)]
pub struct Payment {
    pub end_to_end_id: String,
    pub account: String,
    /// Hundredths.
    pub amount: i64,
}

/// A count and a sum in hundredths, as announced.
#[derive(Debug, Default, PartialEq)]
struct Announced {
    transactions: usize,
    sum: i64,
}

/// Reads the file, or says why it is not whole.
pub fn read(bytes: &[u8]) -> Result<BankFile, String> {
    let mut file = BankFile::default();
    let (mut whole, mut blocks) = (Announced::default(), Vec::<Announced>::new());
    let mut path: Vec<String> = Vec::new();
    let mut closed = false;
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => {
                let name = tag.local_name().as_ref().to_owned();
                match name.as_str() {
                    "PmtInf" => blocks.push(Announced::default()),
                    "CdtTrfTxInf" => file.payments.push(Payment::default()),
                    _ => {}
                }
                path.push(name);
            }
            Event::End(_) => {
                path.pop();
                closed = path.is_empty();
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                let place: Vec<&str> = path.iter().map(String::as_str).collect();
                let announced = if place.contains(&"PmtInf") { blocks.last_mut() } else { Some(&mut whole) };
                match (place.as_slice(), file.payments.last_mut(), announced) {
                    ([.., "GrpHdr", "MsgId"], ..) => file.message_id = text.into_owned(),
                    ([.., "EndToEndId"], Some(payment), _) => payment.end_to_end_id = text.into_owned(),
                    ([.., "InstdAmt"], Some(payment), _) => payment.amount = hundredths(&text)?,
                    ([.., "CdtrAcct", "Id", "IBAN"] | [.., "CdtrAcct", "Id", "Othr", "Id"], Some(payment), _) => {
                        payment.account = text.into_owned();
                    }
                    ([.., "GrpHdr" | "PmtInf", "NbOfTxs"], _, Some(announced)) => {
                        announced.transactions = text.parse().map_err(|_| format!("announces {text} payments"))?;
                    }
                    ([.., "GrpHdr" | "PmtInf", "CtrlSum"], _, Some(announced)) => announced.sum = hundredths(&text)?,
                    _ => {}
                }
            }
            Event::Eof if closed => break,
            Event::Eof => return Err("ends before it is complete".into()),
            _ => {}
        }
    }
    let found =
        Announced { transactions: file.payments.len(), sum: file.payments.iter().map(|payment| payment.amount).sum() };
    let together = Announced {
        transactions: blocks.iter().map(|b| b.transactions).sum(),
        sum: blocks.iter().map(|b| b.sum).sum(),
    };
    if found != whole || found != together {
        return Err(format!("holds {found:?}, announces {whole:?} and in its blocks {together:?}"));
    }
    Ok(file)
}

fn hundredths(text: &str) -> Result<i64, String> {
    let digits =
        text.split_once('.').filter(|(_, cents)| cents.len() == 2).map(|(whole, cents)| format!("{whole}{cents}"));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| format!("holds the amount {text}"))
}
