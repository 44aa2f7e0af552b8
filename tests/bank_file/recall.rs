//! camt.055: its bytes never change unnoticed, and its structure is that of the published rules.

use stopgap::bank::camt055::{CancellationRequest, OriginalBlock, VERSION, recount};
use stopgap::batch::Sum;
use stopgap::payment::{Account, Amount, Country, EndToEndId, Payer};

use crate::camt055::faults;
use crate::made_up::{domestic, end_to_end_id, first_day, iban, kroner};

fn payer(account: Account, named: bool) -> Payer {
    Payer {
        name: "Qeqqata Kommunia & Søn".into(),
        payer_id: named.then(|| "12345678".into()),
        country: Country::Gl,
        account,
        bic: named.then(|| "GRENGLGX".into()),
    }
}

/// Ten payments in three blocks of two messages.
fn request(payer: &Payer) -> CancellationRequest<'_> {
    let at = first_day().and_hms_opt(22, 5, 9).expect("a time");
    let payments = |numbers: std::ops::Range<u64>| -> Vec<(EndToEndId, Amount)> {
        numbers.map(|number| (end_to_end_id(number), kroner(100_050 + number as i64))).collect()
    };
    let block = |message_id, payment_information_id, later, numbers| OriginalBlock {
        message_id,
        message_name: "pain.001.001.09",
        created_at: at,
        payment_information_id,
        pay_on: first_day() + chrono::Days::new(later),
        payments: payments(numbers),
    };
    let blocks = vec![
        block("B0001-1-AAAAAAAAAAAAAAAA", "B0001-1-1-BBBBBBBBBBBBBBBB", 0, 0..4),
        block("B0001-1-AAAAAAAAAAAAAAAA", "B0001-1-2-CCCCCCCCCCCCCCCC", 1, 4..9),
        block("B0002-1-DDDDDDDDDDDDDDDD", "B0002-1-1-EEEEEEEEEEEEEEEE", 1, 9..10),
    ];
    let amount = blocks.iter().flat_map(|block| &block.payments).map(|(_, amount)| amount.minor_units()).sum();
    let sum = Sum { count: 10, amount: kroner(amount) };
    CancellationRequest { message_id: "RC0001-FFFFFFFFFFFFFFFF", created_at: at, payer, reason: "DUPL", blocks, sum }
}

fn written(request: &CancellationRequest) -> String {
    String::from_utf8(request.write(Vec::new()).expect("written")).expect("UTF-8")
}

#[test]
fn the_bytes_stay_what_they_are() {
    let payer = payer(domestic(Country::Gl, "6471", "0001234567"), true);
    let written = written(&request(&payer));
    if std::env::var_os("STOPGAP_REWRITE_GOLDEN").is_some() {
        let path = format!("{}/tests/bank_file/small.{VERSION}.xml", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, &written).expect("written");
        return;
    }
    assert_eq!(written, include_str!("small.camt.055.001.08.xml"));
}

#[test]
fn the_structure_is_that_of_the_published_rules() {
    let accounts = [domestic(Country::Gl, "6471", "0001234567"), iban("GL8964710001000206")];
    for (account, named) in accounts.into_iter().flat_map(|account| [(account.clone(), true), (account, false)]) {
        let payer = payer(account, named);
        let request = request(&payer);
        let written = written(&request);
        assert_eq!(faults(&written), Vec::<String>::new(), "{written}");
        let found = recount(written.as_bytes()).expect("reads");
        assert_eq!((found.payments.len(), found.amount), (10, request.sum.amount.minor_units()));
        assert_eq!(found.announced, (10, found.amount));
        assert_eq!(found.message_id, request.message_id);
    }
}

/// The walk over the rules finds what it is there to find.
#[test]
fn what_breaks_the_rules_is_found() {
    let payer = payer(domestic(Country::Gl, "6471", "0001234567"), true);
    let written = written(&request(&payer));
    for (from, to) in [
        ("<CtrlData><NbOfTxs>10</NbOfTxs>", "<CtrlData><NbOfTxs>9</NbOfTxs>"),
        ("<CxlRsnInf><Rsn><Cd>DUPL</Cd></Rsn></CxlRsnInf>", "<CxlRsnInf><Rsn><Cd>DUPLI</Cd></Rsn></CxlRsnInf>"),
        ("<OrgnlPmtInfId>B0002-1-1-EEEEEEEEEEEEEEEE</OrgnlPmtInfId>", ""),
        ("<Assgne>", "<Assgne><Pty><Nm>Bank</Nm></Pty>"),
        ("<CxlId>RC0001-FFFFFFFFFFFFFFFF-1-1</CxlId>", "<CxlId>RC0001-FFFFFFFFFFFFFFFF-1-2</CxlId>"),
        ("camt.055.001.08", "camt.055.001.05"),
        ("<PmtMtd>TRF</PmtMtd><DbtrAcct>", "<DbtrAcct>"),
    ] {
        let broken = written.replacen(from, to, 1);
        assert_ne!(broken, written, "{from}");
        let is_found = !faults(&broken).is_empty();
        assert_eq!(is_found, !from.starts_with("<PmtMtd>"), "{from}: what may be left out is no fault");
    }
    let moved = written.replacen("<Case>", "<CtrlData/><Case>", 1);
    assert!(!faults(&moved).is_empty());
}

#[test]
fn a_request_that_does_not_add_up_is_never_written() {
    let payer = payer(domestic(Country::Gl, "6471", "0001234567"), true);
    let mut wrong = request(&payer);
    wrong.sum.count = 9;
    assert!(wrong.write(Vec::new()).is_err());
    let mut empty = request(&payer);
    (empty.blocks, empty.sum) = (Vec::new(), Sum { count: 0, amount: kroner(0) });
    assert!(empty.write(Vec::new()).is_err());
    let mut long = request(&payer);
    long.message_id = "RC0001-FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";
    assert!(long.write(Vec::new()).is_err());
}
