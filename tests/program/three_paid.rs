//! Three people of one batch and what upstream says of them, for what follows a reconciliation.

use std::collections::BTreeMap;

use crate::desk::{Desk, PAY_ON};

const LIST: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Pension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;200,00;Pension;2022-04
6506751118;Aviaaja Møller;6471-0000100003;300,00;Pension;2022-04
";

pub const HEADINGS: &str = "person_id;scheme;period;amount;status;paid_on;reference\n";

/// Three are sent; by `run.csv` upstream paid the first as well, stopped the second, and is about to pay the third. With the end-to-end ids by
/// amount.
pub fn three_paid() -> (Desk, BTreeMap<String, String>) {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    desk.run(&["episode", "open", "attack", "--operator", "anna"]).exits(0);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let ids = desk.release_by_amount("B0001");
    desk.write(
        "run.csv",
        format!(
            "{HEADINGS}7012821128;Pension;2022-04;5234,50;paid;2022-04-29;r1\n\
             6112903338;Pension;2022-04;200,00;stopped;;r2\n\
             6506751118;Pension;2022-04;300,00;planned;;r3\n"
        ),
    );
    (desk, ids)
}
