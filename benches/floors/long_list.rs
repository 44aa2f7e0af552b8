//! A list as long as wanted, of made-up people.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// So many different people there are at most; beyond that each has several schemes, up to five.
const PEOPLE: u64 = 3_000_000;
const SCHEMES: [&str; 5] = ["Offentlig hjælp", "Arbejdsmarkedsydelse", "Barsel", "Alderspension", "Førtidspension"];

/// Writes `rows` obligations, scattered as lists of different offices are, some 103 bytes each.
pub fn write(path: &Path, rows: u64, line_end: &str) {
    let mut list = BufWriter::with_capacity(1 << 20, File::create(path).expect("makes"));
    write!(list, "person_id;name;account;amount;scheme;period;text{line_end}").expect("writes");
    let mut state = 2022u64;
    for number in 0..rows {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let person = cpr(number % PEOPLE);
        let scheme = SCHEMES[((number + number / PEOPLE) % 5) as usize];
        let (kroner, øre, account) = (1_000 + (state >> 33) % 18_000, (state >> 20) % 100, number % 10_000_000 + 1);
        write!(
            list,
            "{person};Person Nummer {number};6471-{account:010};{kroner},{øre:02};{scheme};2022-04;Udbetaling april 2022{line_end}"
        )
        .expect("writes");
    }
    list.flush().expect("writes");
}

/// A number of a day + 60 that is in no register, and has the right check digit where one can be had.
pub fn cpr(number: u64) -> String {
    const WEIGHTS: [u64; 9] = [4, 3, 2, 7, 6, 5, 4, 3, 2];
    let mut serial = number / 33_600 * 11;
    loop {
        let (day, month, year) = (number % 28 + 61, number / 28 % 12 + 1, number / 336 % 100);
        let nine = format!("{day:02}{month:02}{year:02}{:03}", serial % 1000);
        let digits = nine.bytes().map(|digit| u64::from(digit - b'0'));
        let rest = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum::<u64>() % 11;
        match (11 - rest) % 11 {
            10 => serial += 1,
            check => return format!("{nine}{check}"),
        }
    }
}
