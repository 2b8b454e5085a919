//! `dr`.
fn main() {}
