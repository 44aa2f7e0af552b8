//! The plan of what leaves: exact bytes, file names, hashes. Touches nothing.
