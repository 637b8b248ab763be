//! Tests of the module that are too long for the files they test.

mod layout;
mod links;
mod matching;
mod order;
mod policies;
