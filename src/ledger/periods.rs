//! The periods that an episode is about.
//!
//! At first an episode had one or none: a mark of 0 or 1, as borsh writes an option. The mark 2 came later and says that several follow, so
//! that what was recorded before reads as it was.

use std::fmt;
use std::io::{self, Read, Write};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::payment::Period;

/// In order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Periods(Vec<Period>);

impl Periods {
    pub fn iter(&self) -> impl Iterator<Item = Period> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Period> for Periods {
    fn from_iter<I: IntoIterator<Item = Period>>(periods: I) -> Self {
        let mut periods: Vec<Period> = periods.into_iter().collect();
        periods.sort_unstable();
        periods.dedup();
        Self(periods)
    }
}

impl fmt::Display for Periods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, period) in self.0.iter().enumerate() {
            let parted = if at == 0 { "" } else { ", " };
            write!(f, "{parted}{period}")?;
        }
        Ok(())
    }
}

impl BorshSerialize for Periods {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        match self.0.as_slice() {
            [] => 0_u8.serialize(writer),
            [one] => (1_u8, one).serialize(writer),
            _ => (2_u8, &self.0).serialize(writer),
        }
    }
}

impl BorshDeserialize for Periods {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let periods = match u8::deserialize_reader(reader)? {
            0 => Vec::new(),
            1 => vec![Period::deserialize_reader(reader)?],
            2 => Vec::deserialize_reader(reader)?,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        let in_order = periods.windows(2).all(|pair| pair[0] < pair[1]);
        if in_order { Ok(Self(periods)) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(texts: &[&str]) -> Periods {
        texts.iter().map(|text| text.parse::<Period>().expect("a period")).collect()
    }

    #[test]
    fn one_or_none_is_written_as_it_always_was_and_several_read_back() {
        for (texts, before) in [(&[][..], None), (&["2022-04"], "2022-04".parse::<Period>().ok())] {
            assert_eq!(borsh::to_vec(&periods(texts)).expect("memory"), borsh::to_vec(&before).expect("memory"));
        }
        for texts in [&[][..], &["2022-04"], &["2022-04", "2022-W13", "2023"]] {
            let bytes = borsh::to_vec(&periods(texts)).expect("memory");
            assert_eq!(borsh::from_slice::<Periods>(&bytes).expect("reads"), periods(texts));
        }
    }

    #[test]
    fn they_stand_in_order_and_once() {
        let some = periods(&["2022-05", "2022-04", "2022-04-01..2022-04-30"]);
        assert_eq!(some.to_string(), "2022-04, 2022-05");
        assert_eq!((periods(&[]).to_string(), some.iter().count()), (String::new(), 2));
        let period = |text: &str| text.parse::<Period>().expect("a period");
        for damaged in [
            borsh::to_vec(&(2_u8, vec![period("2022-05"), period("2022-04")])),
            borsh::to_vec(&(2_u8, vec![period("2022-05"), period("2022-05")])),
            borsh::to_vec(&3_u8),
        ] {
            assert!(
                borsh::from_slice::<Periods>(&damaged.expect("memory")).is_err(),
                "out of order, twice, or no mark"
            );
        }
    }
}
