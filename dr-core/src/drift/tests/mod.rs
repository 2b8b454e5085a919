//! The whole way, from a scan to a report.

mod ambiguous;
mod columns;
mod difference;
mod honest;
mod likeness;
mod other_columns;
mod pairing;
mod reading;
mod replica;
mod settled;
mod values;
mod words;
mod world;
