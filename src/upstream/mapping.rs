//! What a posting file or a bank file does not say of itself, and the settings say for it: which benefit, and which days.

use chrono::{Datelike, Months, NaiveDate};

use crate::payment::{Period, Scheme};

/// How many months before or after the day of payment the period lies that it pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodRule {
    MonthBefore,
    SameMonth,
    MonthAfter,
}

impl PeriodRule {
    pub const ALL: [(&'static str, PeriodRule); 3] = [
        ("month-before", PeriodRule::MonthBefore),
        ("same-month", PeriodRule::SameMonth),
        ("month-after", PeriodRule::MonthAfter),
    ];

    /// The whole month that a payment on this day is for.
    pub fn period(self, day: NaiveDate) -> Option<Period> {
        let first = day.with_day(1)?;
        let first = match self {
            PeriodRule::MonthBefore => first.checked_sub_months(Months::new(1))?,
            PeriodRule::SameMonth => first,
            PeriodRule::MonthAfter => first.checked_add_months(Months::new(1))?,
        };
        Period::new(first, first.checked_add_months(Months::new(1))?.pred_opt()?).ok()
    }
}

/// One format's part of the settings. Empty, it leaves benefit and period unknown.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Where no mark tells.
    scheme: Option<Scheme>,
    /// Marks, folded, with the benefit that each stands for; the longest first.
    schemes: Vec<(String, Scheme)>,
    period: Option<PeriodRule>,
}

impl Mapping {
    pub fn new(
        scheme: Option<Scheme>,
        schemes: impl IntoIterator<Item = (String, Scheme)>,
        period: Option<PeriodRule>,
    ) -> Self {
        let mut schemes: Vec<(String, Scheme)> = schemes
            .into_iter()
            .map(|(mark, scheme)| (fold(&mark), scheme))
            .filter(|(mark, _)| !mark.is_empty())
            .collect();
        schemes.sort_by(|(a, _), (b, _)| b.chars().count().cmp(&a.chars().count()).then_with(|| a.cmp(b)));
        Self { scheme, schemes, period }
    }

    /// The benefit of a row with these marks: accounts and codes, which must be equal to one of the settings', and texts, which must begin
    /// with it. The longest that fits counts.
    pub fn scheme(&self, codes: &[&str], texts: &[&str]) -> Option<Scheme> {
        if self.schemes.is_empty() {
            return self.scheme.clone();
        }
        let codes: Vec<String> = codes.iter().map(|code| fold(code)).filter(|code| !code.is_empty()).collect();
        let texts: Vec<String> = texts.iter().map(|text| fold(text)).collect();
        let fits = |mark: &String| {
            codes.iter().any(|code| code == mark || same_number(code, mark))
                || texts.iter().any(|text| text.starts_with(mark))
        };
        let told = self.schemes.iter().find(|(mark, _)| fits(mark)).map(|(_, scheme)| scheme);
        told.or(self.scheme.as_ref()).cloned()
    }

    pub fn period(&self, paid_on: Option<NaiveDate>) -> Option<Period> {
        self.period?.period(paid_on?)
    }
}

/// As schemes are compared: without regard to case and spacing.
fn fold(text: &str) -> String {
    Scheme::new(text).map(|text| text.folded()).unwrap_or_default()
}

/// Account numbers are padded with zeros to different widths.
fn same_number(one: &str, other: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(one) && digits(other) && one.trim_start_matches('0') == other.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(name: &str) -> Scheme {
        Scheme::new(name).expect("a name")
    }

    #[test]
    fn the_longest_mark_that_fits_names_the_benefit() {
        let pairs = [("Pension", "Alderspension"), ("Pension før", "Førtidspension"), ("4510", "Barsel")];
        let schemes = pairs.map(|(mark, name)| (mark.to_owned(), scheme(name)));
        let mapping = Mapping::new(Some(scheme("Andet")), schemes, None);
        let table: [(&[&str], &[&str], &str); 6] = [
            (&[], &["PENSION 2022-04"], "Alderspension"),
            (&[], &["pension  før tid"], "Førtidspension"),
            (&["000000000004510"], &["noget"], "Barsel"),
            (&["45100"], &["en pension"], "Andet"),
            (&[], &[], "Andet"),
            (&["4510"], &["Pension før"], "Førtidspension"),
        ];
        for (codes, texts, expected) in table {
            assert_eq!(
                mapping.scheme(codes, texts).as_ref().map(Scheme::as_str),
                Some(expected),
                "{codes:?} {texts:?}"
            );
        }
        assert_eq!(Mapping::default().scheme(&["4510"], &["Pension"]), None);
    }

    #[test]
    fn the_period_is_told_from_the_day_or_not_at_all() {
        let day: NaiveDate = "2022-03-31".parse().expect("a day");
        let expected = ["2022-02", "2022-03", "2022-04"];
        for ((_, rule), expected) in PeriodRule::ALL.into_iter().zip(expected) {
            let mapping = Mapping::new(None, [], Some(rule));
            assert_eq!(mapping.period(Some(day)).map(|period| period.to_string()).as_deref(), Some(expected));
            assert_eq!(mapping.period(None), None);
        }
        assert_eq!(Mapping::default().period(Some(day)), None);
    }
}
