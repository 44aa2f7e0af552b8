//! What was checked, counted and summed, under one digest.
