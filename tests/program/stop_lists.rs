//! The stop list, in the contract's layout and in upstream's own.

use std::fs;

use calamine::{Data, Reader};

use crate::desk::{Desk, PAY_ON};

fn released() -> Desk {
    let desk = Desk::new();
    desk.write(
        "list.csv",
        "cpr;navn;konto;beløb;ydelse;periode\n\
         7012821128;Søren Berthelsen;6471-0000100001;1100,50;=Førtidspension;2022-03..2022-04\n\
         6112903338;Malik Kreutzmann;6471-0000100002;200,00;Pension;2022-04\n",
    );
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    desk
}

fn set(desk: &Desk, table: &str) {
    let path = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&path).expect("reads");
    let text = text.split("\n[stoplist]").next().unwrap_or_default().to_owned();
    fs::write(&path, format!("{text}\n[stoplist]\n{table}")).expect("writes");
}

fn stoplist(desk: &Desk, out: &str) -> crate::desk::Ran {
    desk.json(&["stoplist", "--out", out, "--operator", "anna"])
}

const OWN: &str = "columns = [[\"CPR-nr.\", \"person_id\"], [\"Modtager\", \"name\"], [\"Ydelse\", \"scheme\"], [\"Fra\", \"period_from\"], \
                   [\"Til\", \"period_to\"], [\"Beløb\", \"amount\"], [\"Status\", \"status\"], [\"Løbenr\", \"upstream_ref\"]]\n\
                   delimiter = \";\"\ndecimal = \",\"\nencoding = \"windows-1252\"\nstopped = \"stoppet\"\n";

#[test]
fn upstreams_own_layout_is_written_to_the_letter_and_holds_no_formula() {
    let desk = released();
    desk.write("run.csv", "cpr;ydelse;periode;beløb;status;reference\n6112903338;Pension;2022-04;200,00;planned;K-7\n");
    desk.json(&["reconcile", "--upstream", "run.csv", "--out", "found", "--operator", "anna"]).exits(1);
    set(&desk, OWN);
    let list = stoplist(&desk, "stop.csv").exits(0).json();
    assert_eq!((&list["payments"], &list["amount"]), (&2.into(), &"1300.50".into()));
    let bytes = fs::read(desk.path("stop.csv")).expect("reads");
    let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned();
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.remove(0), "CPR-nr.;Modtager;Ydelse;Fra;Til;Beløb;Status;Løbenr");
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "6112903338;Malik Kreutzmann;Pension;2022-04-01;2022-04-30;200,00;stoppet;K-7",
            "7012821128;Søren Berthelsen;'=Førtidspension;2022-03-01;2022-04-30;1100,50;stoppet;",
        ]
    );

    // The same as a workbook, where the ending asks for one: an amount is a number, a benefit is a text.
    stoplist(&desk, "stop.xlsx").exits(0);
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(desk.path("stop.xlsx")).expect("a workbook");
    let sheet = workbook.worksheet_range_at(0).expect("a sheet").expect("reads");
    let row = sheet.rows().find(|row| row[0] == Data::String("7012821128".into())).expect("the first");
    assert_eq!((&row[2], &row[5]), (&Data::String("=Førtidspension".into()), &Data::Float(1100.5)));
}

#[test]
fn a_layout_that_cannot_be_is_refused_before_anything_is_written() {
    let desk = released();
    for (table, code) in [
        ("columns = [[\"Adresse\", \"address\"]]\n", "settings.value"),
        ("delimiter = \"#\"\n", "settings.value"),
        ("encoding = \"ebcdic\"\n", "settings.value"),
        ("colums = []\n", "settings.malformed"),
    ] {
        set(&desk, table);
        assert_eq!(stoplist(&desk, "stop.csv").exits(2).error_code(), code, "{table}");
        assert!(!desk.path("stop.csv").exists());
    }
}

#[test]
fn a_layout_is_asked_for_by_name() {
    let desk = released();
    let layouts =
        "delimiter = \";\"\n\n[stoplist.layouts.kaqa]\ncolumns = [[\"Cpr\", \"person_id\"]]\ndelimiter = \"|\"\n";
    set(&desk, layouts);
    let heading = |name: Option<&str>| {
        let mut command = vec!["stoplist", "--out", "stop.csv", "--operator", "anna"];
        command.extend(name.iter().flat_map(|name| ["--layout", name]));
        desk.json(&command).exits(0);
        fs::read_to_string(desk.path("stop.csv")).expect("reads").lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(heading(None), "person_id;scheme;period;part;amount;currency;status;reference");
    assert_eq!(heading(Some("kaqa")), "Cpr");
    assert_eq!(heading(Some("contract")), "person_id,scheme,period,part,amount,currency,status,reference");
    let unknown = desk.json(&["stoplist", "--layout", "kaka", "--out", "new.csv", "--operator", "anna"]).exits(2);
    assert_eq!(unknown.error_code(), "stoplist.layout");
    assert!(!desk.path("new.csv").exists());
    for wrong in
        ["[stoplist.layouts.contract]\n", "[stoplist.layouts.a.layouts.b]\n", "[stoplist.layouts.a]\ndecimal = \"x\"\n"]
    {
        set(&desk, &format!("\n{wrong}"));
        assert_eq!(stoplist(&desk, "new.csv").exits(2).error_code(), "settings.value", "{wrong}");
    }
}
