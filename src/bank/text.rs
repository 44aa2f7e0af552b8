//! The characters that a bank file may hold.
