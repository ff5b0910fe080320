//! Shared words.
