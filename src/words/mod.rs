//! What people are told, in their language. A message is kept as it was said, its pattern and its arguments, and put into words only where
//! somebody reads it: on a screen, in `rows.csv`, in the `message` of a JSON document.
//!
//! The English stands in the code, beside the rule that it speaks of, in [`say!`](crate::say). Its Danish stands in `danish.txt`, below the
//! same English: whoever changes the one is made by a test to look at the other. Codes are the same in every language.

mod catalogue;
pub mod explained;
mod figures;
mod language;
mod message;
mod shell;
mod system;

pub use figures::{amount, amount_in, count, day, day_in, day_with_weekday, short_day, ungrouped};
#[cfg(test)]
pub use language::in_language;
pub use language::{Language, language, speak};
pub use message::{Argument, Message, Phrase, holds_exactly};
pub use shell::shell_word;

/// A [`Message`](crate::words::Message): English with `{name}` where an argument goes, and the arguments, `name = value`, or `name` alone
/// where the variable is called so. `{rows:row|rows}` is a count with its noun.
///
/// A name without an argument, or an argument without its name, does not compile.
#[macro_export]
macro_rules! say {
    ($english:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        const _: () = assert!(
            $crate::words::holds_exactly($english, &[$(stringify!($name)),*]),
            "the names in the pattern are not those of the arguments"
        );
        $crate::words::Message::new(
            $english,
            vec![$((stringify!($name), $crate::words::Argument::from($crate::say!(@ $name $(= $value)?)))),*],
        )
    }};
    (@ $name:ident = $value:expr) => { $value };
    (@ $name:ident) => { $name };
}

/// A [`Phrase`](crate::words::Phrase): words without arguments, for a constant.
#[macro_export]
macro_rules! phrase {
    ($english:literal) => {
        $crate::words::Phrase::new($english)
    };
}
