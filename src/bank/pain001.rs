//! The credit transfer initiation, ISO 20022 pain.001.
