//! Mistakes that were found in other libraries by running them, or that the formats invite, each with the message or
//! setting that shows it.

mod algorithm;
mod bodies;
mod boundaries;
mod freshness;
mod headers;
mod keys;
mod lists;
mod redwood;
mod review;
mod secrets;
mod sns;
mod tokens;
mod urls;
