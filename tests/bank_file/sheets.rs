//! Work sheets: their bytes are promised by the entry that releases them, so they never change without the maker's version.

use sha2::{Digest, Sha256};
use stopgap::batch::Sum;
use stopgap::payment::BatchId;
use stopgap::worksheet::{Labels, Line, MAKER_VERSION, Sheet, page, workbook};

use crate::made_up;

/// Ten payments, with other payees, texts and a reference among them.
fn sheet() -> Sheet {
    let mut sum = Sum { count: 0, amount: made_up::kroner(0) };
    let lines = (1..=10u32).map(|row| {
        let payment = made_up::payment(row.into());
        sum.add(payment.amount).expect("adds up");
        Line { row, end_to_end_id: made_up::end_to_end_id(row.into()), payment, running: sum.amount }
    });
    let lines: Vec<Line> = lines.collect();
    Sheet {
        maker: MAKER_VERSION,
        code: "B0001-S1-7KQ4".into(),
        batch: BatchId::new('B', 1),
        number: 1,
        of: 2,
        clerk: "Nivi".into(),
        payer: "Qeqqata Kommunia".into(),
        from: "6471  0001 234 567".into(),
        drill: false,
        sum,
        lines,
    }
}

/// Where these change on purpose, [`MAKER_VERSION`] goes up with them: a sheet of an older maker is then made as
/// it was, or refused, and never made as another one.
#[test]
fn the_bytes_of_each_sheet_stay_what_they_are_under_one_version() {
    let sheet = sheet();
    let mark = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)[..8]);
    let made = [false, true].map(|danish| {
        let labels = Labels::of(danish);
        let page = page::render(&sheet, labels).expect("a page");
        let workbook = workbook::render(&sheet, labels).expect("a workbook");
        assert_eq!(workbook, workbook::render(&sheet, labels).expect("a workbook"), "the same again");
        [mark(&page), mark(&workbook)]
    });
    let expected = [["03f2ba013a387f16", "8b498fec4308773d"], ["7e1b5ea98fd4e58c", "fc2b79e91e1b4b31"]];
    assert_eq!((MAKER_VERSION, made), (4, expected.map(|pair| pair.map(str::to_owned))));
}
