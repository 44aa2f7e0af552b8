//! The days on which banks move money.
