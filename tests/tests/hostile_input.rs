//! Damaged scans, estates and Terraform states are refused or judged, and never make the program panic. `cargo hostile` does the same for hours.

use dr_tests::hostile::{Fate, Files, Sound};

/// How many of the first seeds are judged rather than refused.
fn judged(seeds: u64, of: impl Fn(u64) -> Fate) -> u64 {
    let fates = (0..seeds).map(of);
    u64::try_from(fates.filter(|fate| *fate == Fate::Judged).count()).expect("it is a count")
}

#[test]
fn a_damaged_scan_is_refused_or_judged_the_same_way_twice() {
    let sound = Sound::new();
    let judged = judged(600, |seed| sound.scan(seed));
    assert!((200..600).contains(&judged), "{judged} of 600 were judged");
}

#[test]
fn a_damaged_estate_is_refused_or_read() {
    let sound = Sound::new();
    let read = judged(2_000, |seed| sound.estate(seed));
    assert!((100..2_000).contains(&read), "{read} of 2000 were read");
}

#[test]
fn a_damaged_file_is_refused_or_read_and_written_as_what_was_read() {
    let files = Files::new();
    let read = judged(20_000, |seed| files.read(seed).1);
    assert!((1_000..20_000).contains(&read), "{read} of 20000 were read");
}
