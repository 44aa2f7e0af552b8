//! Which language this process speaks: chosen once, at its start, by the option, the environment, or nobody.

use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Danish,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::Danish];

    /// `en`, `da`: what `--lang` takes.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Danish => "da",
        }
    }

    /// That of a locale's name, such as `da_DK.UTF-8`; English for every language that is not spoken here.
    pub fn of_locale(name: &str) -> Self {
        let language = name.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("da") { Language::Danish } else { Language::English }
    }

    /// `option` is what `--lang` says, `variable` reads the environment: `STOPGAP_LANG`, else the first of `LC_ALL`, `LC_MESSAGES` and
    /// `LANG` that says anything.
    pub fn choose(option: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let said = |name: &&str| variable(name).filter(|value| !value.is_empty());
        let variables = ["STOPGAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"];
        let chosen = option.map(str::to_owned).or_else(|| variables.iter().find_map(said));
        chosen.map_or(Language::English, |name| Self::of_locale(&name))
    }
}

static DANISH: AtomicBool = AtomicBool::new(false);

/// The language in which messages are put into words from now on.
pub fn speak(language: Language) {
    DANISH.store(language == Language::Danish, Ordering::Relaxed);
}

pub fn language() -> Language {
    #[cfg(test)]
    if let Some(language) = OF_TEST.get() {
        return language;
    }
    if DANISH.load(Ordering::Relaxed) { Language::Danish } else { Language::English }
}

#[cfg(test)]
thread_local! {
    static OF_TEST: std::cell::Cell<Option<Language>> = const { std::cell::Cell::new(None) };
}

/// Does something in a language, and only on this thread: other tests go on in theirs.
#[cfg(test)]
pub fn in_language<T>(language: Language, what: impl FnOnce() -> T) -> T {
    let before = OF_TEST.replace(Some(language));
    let done = what();
    OF_TEST.set(before);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_wins_then_our_variable_then_the_locale() {
        use Language::{Danish, English};
        type Variables<'a> = &'a [(&'a str, &'a str)];
        let table: &[(Option<&str>, Variables, Language)] = &[
            (None, &[], English),
            (Some("da"), &[("STOPGAP_LANG", "en")], Danish),
            (Some("en"), &[("LANG", "da_DK.UTF-8")], English),
            (None, &[("STOPGAP_LANG", "da"), ("LC_ALL", "en_GB.UTF-8")], Danish),
            (None, &[("STOPGAP_LANG", ""), ("LC_ALL", "da_DK.UTF-8")], Danish),
            (None, &[("LC_ALL", "C"), ("LANG", "da_DK.UTF-8")], English),
            (None, &[("LC_MESSAGES", "da_DK"), ("LANG", "en_GB")], Danish),
            (None, &[("LANG", "da")], Danish),
            (None, &[("LANG", "de_DE.UTF-8")], English),
            (None, &[("LANG", "dav_KE")], English),
        ];
        for (option, variables, expected) in table {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(Language::choose(*option, variable), *expected, "{option:?} {variables:?}");
        }
    }
}
