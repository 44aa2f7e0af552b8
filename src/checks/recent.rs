//! What was read last in a column that says the same in most rows.

use super::Judged;

/// The sound readings of the last few different texts of a column: most lists have a handful of benefits, one period and one text.
#[derive(Debug)]
pub(super) struct Recent<T> {
    readings: Vec<(String, T)>,
    /// Which of them is given up for the next.
    oldest: usize,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { readings: Vec::new(), oldest: 0 }
    }
}

impl<T: Clone> Recent<T> {
    const MOST: usize = 4;

    /// As `read` judges the text. That must depend on nothing but the text, for as long as this is kept.
    pub(super) fn read(&mut self, written: &str, read: impl FnOnce(&str) -> Judged<T>) -> Judged<T> {
        if let Some((_, value)) = self.readings.iter().find(|(known, _)| known == written) {
            return Judged::sound(value.clone());
        }
        let judged = read(written);
        if let Judged { value: Some(value), problems } = &judged
            && problems.is_empty()
        {
            self.remember(written, value.clone());
        }
        judged
    }

    fn remember(&mut self, written: &str, value: T) {
        if self.readings.len() < Self::MOST {
            return self.readings.push((written.to_owned(), value));
        }
        if let Some((known, known_value)) = self.readings.get_mut(self.oldest) {
            written.clone_into(known);
            *known_value = value;
        }
        self.oldest = (self.oldest + 1) % Self::MOST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Code;
    use crate::recipient_list::Column;
    use crate::say;

    #[test]
    fn a_text_is_read_once_while_it_is_recent_and_what_there_is_to_say_of_one_is_said_each_time() {
        let (mut recent, mut readings) = (Recent::default(), 0);
        let mut read = |written: &str| {
            let judged = recent.read(written, |written| {
                readings += 1;
                let judged = Judged::sound(written.len());
                let message = say!("It is long.");
                if written.len() > 3 { judged.noting(Code::TextShortened, Column::Text, message) } else { judged }
            });
            (judged.value, judged.problems.len(), readings)
        };
        assert_eq!(read("a"), (Some(1), 0, 1));
        assert_eq!(read("bb"), (Some(2), 0, 2));
        assert_eq!(read("a"), (Some(1), 0, 2));
        assert_eq!(read("long"), (Some(4), 1, 3));
        assert_eq!(read("long"), (Some(4), 1, 4));
        for (text, readings) in [("c", 5), ("d", 6), ("e", 7), ("bb", 7), ("a", 8), ("bb", 9), ("e", 9)] {
            assert_eq!(read(text), (Some(text.len()), 0, readings), "{text}");
        }
    }
}
