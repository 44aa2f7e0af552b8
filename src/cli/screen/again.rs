//! `prepare` or `check` once more, as it is typed: with all that was asked for. A command that left out who is dead would have them paid.

use std::path::Path;

use super::mask::visible;
use super::paragraph::WIDTH;
use crate::ops::prepare::Request;
use crate::words::shell_word;

/// The same lists or baselines, with every option, and this file of decisions.
pub(super) fn same(asked: &Request, dry_run: bool, decisions: Option<&str>) -> String {
    let mut words = begun(dry_run);
    words.extend(asked.lists.iter().map(|list| path(list)));
    if asked.from_baseline {
        words.push("--from-baseline".into());
    }
    if let Some(changes) = &asked.changes {
        words.push(format!("--changes {}", path(changes)));
    }
    words.extend(asked.sheet.iter().map(|sheet| option("--sheet", sheet)));
    words.extend(asked.maps.iter().map(|map| option("--map", map)));
    words.extend(for_all_lists(asked));
    let kept = asked.decisions.as_ref().map(|file| file.to_string_lossy().into_owned());
    words.extend(decisions.map(str::to_owned).or(kept).map(|file| option("--decisions", &file)));
    broken(&words)
}

/// A list that this command made, with the options that are meant for whatever list is paid.
pub(super) fn made(asked: &Request, dry_run: bool, list: &Path) -> String {
    let mut words = begun(dry_run);
    words.push(path(list));
    words.extend(for_all_lists(asked));
    broken(&words)
}

fn begun(dry_run: bool) -> Vec<String> {
    vec!["stopgap".into(), if dry_run { "check" } else { "prepare" }.into()]
}

fn for_all_lists(asked: &Request) -> Vec<String> {
    let scheme = asked.scheme.iter().map(|scheme| option("--scheme", scheme.as_str()));
    let period = asked.period.iter().map(|period| option("--period", &period.to_string()));
    let pay_on = asked.pay_on.iter().map(|day| option("--pay-on", &day.to_string()));
    let only = asked.only.iter().map(|list| format!("--only {}", path(list)));
    let schemes = asked.only_schemes.iter().map(|scheme| option("--only-scheme", scheme.as_str()));
    let most = asked.max_total.iter().map(|most| option("--max-total", &most.to_string()));
    scheme.chain(period).chain(pay_on).chain(only).chain(schemes).chain(most).collect()
}

fn option(name: &str, value: &str) -> String {
    format!("{name} {}", shell_word(&visible(value)))
}

fn path(path: &Path) -> String {
    let name = path.to_string_lossy();
    // What begins with a hyphen would be taken for an option.
    let name = if name.starts_with('-') { format!("./{name}").into() } else { name };
    shell_word(&visible(&name)).into_owned()
}

/// Over several lines where one is too short: the backslashes let them be copied as one command. An option stays with its value.
fn broken(words: &[String]) -> String {
    let mut text = String::new();
    let mut at = INDENT.len();
    for word in words {
        let wide = word.chars().count();
        match text.is_empty() {
            true => text.push_str(INDENT),
            // A space before it, and a space and a backslash behind it.
            false if at + 1 + wide + 2 > WIDTH => {
                text += &format!(" \\\n{INDENT}  ");
                at = INDENT.len() + 2;
            }
            false => {
                text.push(' ');
                at += 1;
            }
        }
        text += word;
        at += wide;
    }
    text.push('\n');
    text
}

const INDENT: &str = "      ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;
    use crate::payment::Scheme;

    fn asked() -> Request {
        Request {
            from_baseline: true,
            changes: Some("what changed.csv".into()),
            scheme: Scheme::new("Offentlig hjælp"),
            period: Some("2026-12".parse().expect("a period")),
            pay_on: Some(made_up::day("2026-12-01")),
            decisions: Some("first.csv".into()),
            sheet: Some("Ark 1".into()),
            maps: vec!["Udbetales til=name".into(), "Note=ignore".into()],
            only: Some("urgent.csv".into()),
            only_schemes: vec![Scheme::new("Barsel").expect("a name")],
            max_total: Some(made_up::dkk(50_000_000)),
            lists: Vec::new(),
        }
    }

    #[test]
    fn everything_that_was_asked_for_is_asked_for_again() {
        let text = same(&asked(), false, Some("decisions.csv"));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(
            text.replace(" \\\n       ", ""),
            "      stopgap prepare --from-baseline --changes \"what changed.csv\" --sheet \"Ark 1\" --map \"Udbetales til=name\" --map \
             Note=ignore --scheme \"Offentlig hjælp\" --period 2026-12 --pay-on 2026-12-01 --only urgent.csv --only-scheme Barsel \
             --max-total 500000.00 --decisions decisions.csv\n"
        );
        assert!(same(&asked(), true, None).ends_with("--decisions first.csv\n"), "those that were given stay");
    }

    #[test]
    fn a_list_that_was_made_needs_no_headings_of_the_first_ones() {
        let text = made(&asked(), true, Path::new("out/the check/rows.csv")).replace(" \\\n       ", "");
        assert_eq!(
            text,
            "      stopgap check \"out/the check/rows.csv\" --scheme \"Offentlig hjælp\" --period 2026-12 --pay-on 2026-12-01 \
             --only urgent.csv --only-scheme Barsel --max-total 500000.00\n"
        );
        let plain = Request { lists: vec!["-a.csv".into(), "b c.csv".into()], ..Request::default() };
        assert_eq!(same(&plain, false, None), "      stopgap prepare ./-a.csv \"b c.csv\"\n");
    }
}
