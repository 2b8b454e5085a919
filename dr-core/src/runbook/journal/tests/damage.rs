//! Journals that were cut, bent, mixed up or written by somebody else.

use proptest::prelude::*;

use super::*;

fn line_ends(bytes: &[u8]) -> Vec<usize> {
    (1..=bytes.len())
        .filter(|i| bytes[i - 1] == b'\n')
        .collect()
}

#[test]
fn a_journal_cut_at_any_byte_reads_as_a_prefix_or_was_never_begun() {
    let bytes = written(4);
    let whole = read(&bytes).unwrap();
    let ends = line_ends(&bytes);
    for cut in 0..bytes.len() {
        let found = read(&bytes[..cut]);
        if cut < ends[0] {
            assert_eq!(found.unwrap_err(), JournalError::NoHeader, "cut at {cut}");
            continue;
        }
        let found = found.unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        let lines = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(found.records, whole.records[..lines - 1], "cut at {cut}");
        assert_eq!(found.sound_bytes, ends[lines - 1] as u64, "cut at {cut}");
        assert_eq!(found.torn, cut != ends[lines - 1], "cut at {cut}");
    }
}

#[test]
fn every_flip_of_a_single_bit_is_noticed() {
    let bytes = written(3);
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut bent = bytes.clone();
            bent[place] ^= 1 << bit;
            let found = read(&bent);
            assert!(found.is_err(), "bit {bit} of byte {place}: {found:?}");
        }
    }
}

#[test]
fn only_a_sound_line_that_closes_a_run_tells_of_its_end() {
    let log: Arc<dyn LogStore> = Arc::new(ObjectLog::new(Arc::new(FaultyStore::default())));
    let last = || drive(&ManualClock::default(), log.last_line(&run())).unwrap();
    assert_eq!(last(), None);
    drive(&ManualClock::default(), async {
        let mut journal = begun(&log, 3).await;
        let told = log.last_line(&run()).await.unwrap().unwrap();
        assert_eq!(ending(&told), None, "it is held");
        let closed = Event::Closed {
            status: RunStatus::Unwound,
            missing: Vec::new(),
        };
        journal.append(Epoch(1), at(9), closed).await.unwrap();
    });
    let mut line = last().unwrap();
    assert_eq!(ending(&line), Some(RunStatus::Unwound));
    line[20] ^= 1;
    assert_eq!(ending(&line), None);
}

#[test]
fn damage_names_its_line() {
    let bytes = written(3);
    let ends = line_ends(&bytes);
    for (i, end) in ends.iter().enumerate() {
        let mut bent = bytes.clone();
        bent[end - 40] ^= 1;
        match read(&bent).unwrap_err() {
            JournalError::Damaged { line, .. } => assert_eq!(line, i as u64 + 1),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_sound_line_with_another_byte_behind_it_is_damage_and_named() {
    for records in 1..=4 {
        let mut bent = written(records);
        *bent.last_mut().expect("it has bytes") = b' ';
        match read(&bent).unwrap_err() {
            JournalError::Damaged { line, why } => {
                assert_eq!(line, records as u64 + 1);
                assert!(why.contains("line feed"), "{why}");
            }
            other => panic!("{other}"),
        }
    }
}

/// The lines of a journal in another order, some left out.
fn arranged(bytes: &[u8], order: &[usize]) -> Result<ReadJournal, JournalError> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    let parts: Vec<&[u8]> = order.iter().map(|i| lines[*i]).collect();
    read(&parts.concat())
}

#[test]
fn a_line_that_is_missing_doubled_or_out_of_place_is_damage() {
    let bytes = written(4);
    assert!(arranged(&bytes, &[0, 1, 2, 3, 4]).is_ok());
    for order in [
        &[0, 2, 3, 4][..],
        &[0, 1, 3, 4],
        &[0, 1, 1, 2, 3, 4],
        &[0, 2, 1, 3, 4],
        &[1, 2, 3, 4],
        &[0, 0, 1, 2, 3, 4],
    ] {
        let found = arranged(&bytes, order);
        assert!(
            matches!(found, Err(JournalError::Damaged { .. })),
            "{order:?}: {found:?}"
        );
    }
}

#[test]
fn a_line_of_another_journal_does_not_follow() {
    let mine = written(2);
    let other = drive(&ManualClock::default(), async {
        let logs: Arc<dyn LogStore> = Arc::new(ObjectLog::new(Arc::new(FaultyStore::default())));
        let mut journal = begun(&logs, 1).await;
        journal
            .append(Epoch(1), at(9), held("other"))
            .await
            .unwrap();
        journal
            .append(Epoch(1), at(9), held("other"))
            .await
            .unwrap();
        logs.read(&run()).await.unwrap().unwrap()
    });
    let last = *line_ends(&other).iter().rev().nth(1).unwrap();
    let mixed = [&mine[..], &other[last..]].concat();
    assert_eq!(
        read(&mixed).unwrap_err(),
        JournalError::Damaged {
            line: 4,
            why: "it does not follow from the line before".to_owned()
        }
    );
}

#[test]
fn an_epoch_that_falls_is_damage() {
    let mut bytes = line::encode(&header(2)).unwrap().bytes;
    let record = Record {
        seq: 1,
        epoch: Epoch(1),
        at: at(1),
        event: held("stale"),
        prev: Digest::of(&bytes),
    };
    bytes.push(b'\n');
    bytes.extend(line::encode(&record).unwrap().bytes);
    bytes.push(b'\n');
    assert_eq!(
        read(&bytes).unwrap_err(),
        JournalError::Damaged {
            line: 2,
            why: "epoch 1 comes after epoch 2".to_owned()
        }
    );
}

#[test]
fn a_newer_format_is_refused_whatever_else_it_looks_like() {
    assert_eq!(
        read(b"{\"format\":2,\"anything\":[]}\n").unwrap_err(),
        JournalError::NewerFormat { found: 2, known: 1 }
    );
}

#[test]
fn what_is_no_journal_is_an_error() {
    assert_eq!(read(b"").unwrap_err(), JournalError::NoHeader);
    assert_eq!(read(b"no line feed").unwrap_err(), JournalError::NoHeader);
    for bytes in [
        &b"\n"[..],
        b"{}\n",
        b"[]\n",
        b"\xff\xfe\n",
        b"{\"format\":1}\n",
    ] {
        assert!(matches!(
            read(bytes),
            Err(JournalError::Damaged { line: 1, .. })
        ));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    /// Overwriting some bytes is noticed, or leaves a prefix that says it was torn.
    #[test]
    fn no_overwritten_stretch_passes_for_the_truth(
        place in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let bytes = written(3);
        let whole = read(&bytes).unwrap();
        let mut bent = bytes.clone();
        let start = place.index(bent.len());
        for (there, new) in bent[start..].iter_mut().zip(&with) {
            *there = *new;
        }
        if let Ok(found) = read(&bent) {
            prop_assert!(found == whole || (found.torn && whole.records.starts_with(&found.records)));
        }
    }
}
