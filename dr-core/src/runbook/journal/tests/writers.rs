//! Who appends, who is fenced, and what a lost answer was.

use proptest::prelude::*;

use super::*;
use crate::adapter::local::FileLog;
use crate::adapter::local::fakes::{Fault, poll_once};
use crate::port::{ErrorClass, ObjectStore};

/// An object log whose store can be told to fail.
fn faulty() -> (FaultyStore, Arc<dyn LogStore>) {
    let store = FaultyStore::default();
    let logs = Arc::new(ObjectLog::new(Arc::new(store.clone())));
    (store, logs)
}

fn waiting<T>(work: impl Future<Output = T>) -> T {
    drive(&ManualClock::default(), work)
}

/// Runs a test on an object log and on a file log.
fn on_every_store(test: impl AsyncFn(Arc<dyn LogStore>)) {
    waiting(test(faulty().1));
    let directory = tempfile::tempdir().unwrap();
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(test(Arc::new(FileLog::new(directory.path()))));
}

async fn reopened(logs: &Arc<dyn LogStore>) -> (Journal, ReadJournal) {
    Journal::open(Arc::clone(logs), &run()).await.unwrap()
}

#[test]
fn a_journal_that_is_opened_again_goes_on_where_it_ended() {
    on_every_store(async |logs| {
        let journal = begun(&logs, 3).await;
        let (mut again, found) = reopened(&logs).await;
        assert_eq!(found.records.len(), 3);
        assert_eq!((again.head(), again.len()), (journal.head(), journal.len()));
        let record = again.append(Epoch(2), at(9), event(9)).await.unwrap();
        assert_eq!(record.seq, 4);
        let (_, found) = reopened(&logs).await;
        assert_eq!(found.records[3], record);
        assert_eq!(&found.head, again.head());
    });
}

#[test]
fn a_run_has_one_journal() {
    on_every_store(async |logs| {
        begun(&logs, 1).await;
        let second = Header {
            by: "bob".to_owned(),
            ..header(2)
        };
        let refused = Journal::create(Arc::clone(&logs), second)
            .await
            .unwrap_err();
        assert_eq!(refused, AppendError::Exists { run: run() });
        assert_eq!(logs.runs().await.unwrap(), [run()]);
    });
}

#[test]
fn a_run_that_is_not_there_is_not_found() {
    on_every_store(async |logs| {
        let missing = Journal::open(Arc::clone(&logs), &run()).await.unwrap_err();
        assert_eq!(missing, JournalError::NotFound { run: run() });
        assert!(logs.runs().await.unwrap().is_empty());
    });
}

#[test]
fn an_append_of_a_holder_that_was_taken_over_is_fenced() {
    on_every_store(async |logs| {
        let mut old = begun(&logs, 2).await;
        let (mut new, _) = reopened(&logs).await;
        new.append(Epoch(2), at(5), held("taken over"))
            .await
            .unwrap();
        let fenced = old.append(Epoch(1), at(6), event(1)).await.unwrap_err();
        assert_eq!(fenced, AppendError::Fenced { by: Epoch(2) });
        // However often it tries.
        let fenced = old.append(Epoch(1), at(7), event(2)).await.unwrap_err();
        assert_eq!(fenced, AppendError::Fenced { by: Epoch(2) });
        assert_eq!(reopened(&logs).await.1.records.len(), 3);
    });
}

#[test]
fn a_stale_holder_that_opens_the_journal_again_is_fenced_too() {
    on_every_store(async |logs| {
        let mut new = begun(&logs, 0).await;
        new.append(Epoch(2), at(5), held("taken over"))
            .await
            .unwrap();
        let (mut old, _) = reopened(&logs).await;
        let fenced = old.append(Epoch(1), at(6), event(1)).await.unwrap_err();
        assert_eq!(fenced, AppendError::Fenced { by: Epoch(2) });
    });
}

#[test]
fn a_new_holder_learns_of_the_last_append_of_the_old_one() {
    on_every_store(async |logs| {
        let mut old = begun(&logs, 1).await;
        let (mut new, _) = reopened(&logs).await;
        old.append(Epoch(1), at(3), event(3)).await.unwrap();
        let taken = new.append(Epoch(2), at(4), held("mine")).await.unwrap_err();
        assert_eq!(
            taken,
            AppendError::Taken {
                seq: 2,
                ours: Epoch(2),
                theirs: Epoch(1)
            }
        );
        let (mut new, found) = reopened(&logs).await;
        assert_eq!(found.records[1].event, event(3));
        new.append(Epoch(2), at(5), held("mine")).await.unwrap();
    });
}

#[test]
fn of_two_writers_of_one_epoch_each_number_goes_to_one() {
    on_every_store(async |logs| {
        let mut a = begun(&logs, 1).await;
        let (mut b, _) = reopened(&logs).await;
        a.append(Epoch(1), at(3), held("a")).await.unwrap();
        let taken = b.append(Epoch(1), at(3), held("b")).await.unwrap_err();
        assert!(matches!(taken, AppendError::Taken { seq: 2, .. }));
    });
}

#[test]
fn an_append_whose_answer_was_lost_is_found_by_reading_back() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::SentTwice] {
        let (store, logs) = faulty();
        waiting(async {
            let mut journal = begun(&logs, 1).await;
            store.next_calls([fault]);
            let record = journal.append(Epoch(1), at(4), event(4)).await.unwrap();
            let (_, found) = reopened(&logs).await;
            assert_eq!(found.records[1..], [record], "{fault:?}");
            assert_eq!(&found.head, journal.head());
            journal.append(Epoch(1), at(5), event(5)).await.unwrap();
        });
    }
}

#[test]
fn a_header_whose_answer_was_lost_is_found_by_reading_back() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::SentTwice] {
        let (store, logs) = faulty();
        store.next_calls([fault]);
        waiting(async {
            let journal = begun(&logs, 2).await;
            assert_eq!(reopened(&logs).await.1.head, *journal.head(), "{fault:?}");
        });
    }
}

#[test]
fn an_append_that_stays_in_doubt_is_settled_by_appending_the_same_event_again() {
    for first in [Fault::AnswerLost, Fault::RequestLost] {
        let (store, logs) = faulty();
        waiting(async {
            let mut journal = begun(&logs, 1).await;
            // Written or not, and the read that would tell fails too.
            store.next_calls([first, Fault::Busy]);
            let doubt = journal.append(Epoch(1), at(4), event(4)).await.unwrap_err();
            assert!(
                matches!(&doubt, AppendError::Store(e) if e.class == ErrorClass::Indeterminate),
                "{doubt}"
            );
            let other = journal.append(Epoch(1), at(5), event(5)).await.unwrap_err();
            assert_eq!(other, AppendError::Unsettled { seq: 2 });
            let record = journal.append(Epoch(1), at(6), event(4)).await.unwrap();
            assert_eq!((record.seq, record.at), (2, at(4)));
            journal.append(Epoch(1), at(7), event(5)).await.unwrap();
            assert_eq!(reopened(&logs).await.1.records.len(), 3, "{first:?}");
        });
    }
}

#[test]
fn an_append_that_was_certainly_not_applied_leaves_the_number_free() {
    let (store, logs) = faulty();
    waiting(async {
        let mut journal = begun(&logs, 1).await;
        store.next_calls([Fault::Busy]);
        let busy = journal.append(Epoch(1), at(4), event(4)).await.unwrap_err();
        assert!(matches!(busy, AppendError::Store(e) if e.class == ErrorClass::Throttled));
        let record = journal.append(Epoch(1), at(5), event(5)).await.unwrap();
        assert_eq!((record.seq, record.event), (2, event(5)));
    });
}

#[test]
fn an_append_that_was_dropped_half_way_is_in_doubt() {
    let (_, logs) = faulty();
    let mut journal = waiting(begun(&logs, 1));
    {
        let mut dropped = Box::pin(journal.append(Epoch(1), at(4), event(4)));
        assert!(poll_once(dropped.as_mut()).is_none());
        assert!(poll_once(dropped.as_mut()).is_none());
    }
    waiting(async {
        let other = journal.append(Epoch(1), at(5), event(5)).await.unwrap_err();
        assert_eq!(other, AppendError::Unsettled { seq: 2 });
        journal.append(Epoch(1), at(6), event(4)).await.unwrap();
        assert_eq!(reopened(&logs).await.1.records.len(), 2);
    });
}

#[test]
fn a_journal_that_lost_lines_behind_the_writers_back_takes_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let logs = FileLog::new(directory.path());
    let path = logs.path(&run());
    let logs: Arc<dyn LogStore> = Arc::new(logs);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut journal = begun(&logs, 2).await;
        let bytes = std::fs::read(&path).unwrap();
        let shorter = bytes[..bytes.len() - 1]
            .iter()
            .rposition(|b| *b == b'\n')
            .unwrap()
            + 1;
        std::fs::write(&path, &bytes[..shorter]).unwrap();
        let refused = journal.append(Epoch(1), at(4), event(4)).await.unwrap_err();
        assert!(matches!(
            refused,
            AppendError::Unreadable(JournalError::Damaged { line: 3, .. })
        ));
    });
}

#[test]
fn a_journal_whose_last_line_was_exchanged_takes_no_more() {
    let (store, logs) = faulty();
    waiting(async {
        let mut journal = begun(&logs, 2).await;
        let key = "runs/failover-1/journal/00000002.json";
        let was = store.get(key).await.unwrap().unwrap();
        let (mut record, _): (Record, _) = line::decode(&was.bytes).unwrap();
        record.event = held("nothing of the sort happened");
        let forged = line::encode(&record).unwrap().bytes;
        store.replace(key, &forged, &was.etag).await.unwrap();
        assert!(
            reopened(&logs).await.1.records.len() == 2,
            "it is sound in itself"
        );
        // An append whose answer is lost looks at what stands there.
        store.next_calls([Fault::RequestLost]);
        let refused = journal.append(Epoch(1), at(4), event(4)).await.unwrap_err();
        assert!(matches!(
            refused,
            AppendError::Unreadable(JournalError::Damaged { line: 3, .. })
        ));
    });
}

proptest! {
    /// Two holders append in any order, with any faults: what each was told is durable is there, in its order; the lower
    /// epoch writes nothing after the higher one's first record.
    #[test]
    fn what_a_writer_was_told_is_durable_is_in_the_journal(
        turns in prop::collection::vec(any::<bool>(), 1..20),
        faults in prop::collection::vec(
            prop::sample::select(vec![
                Fault::None, Fault::None, Fault::None,
                Fault::AnswerLost, Fault::RequestLost, Fault::Busy, Fault::SentTwice,
            ]),
            0..60,
        ),
    ) {
        let (store, logs) = faulty();
        waiting(async {
            let mut old = begun(&logs, 1).await;
            let (mut new, _) = reopened(&logs).await;
            let mut acknowledged = Vec::new();
            store.next_calls(faults);
            for (i, is_new) in turns.iter().enumerate() {
                let (journal, epoch) = if *is_new { (&mut new, 2) } else { (&mut old, 1) };
                let event = held(&format!("{epoch}-{i}"));
                if let Ok(record) = journal.append(Epoch(epoch), at(0), event).await {
                    acknowledged.push(record);
                }
            }
            store.faults_are_over();
            let (_, found) = reopened(&logs).await;
            let mut rest = found.records.iter();
            for record in &acknowledged {
                assert!(rest.any(|there| there == record), "{record:?} was lost");
            }
        });
    }
}

#[test]
fn a_journal_of_another_run_is_refused() {
    on_every_store(async |logs| {
        begun(&logs, 2).await;
        let whole = logs.read(&run()).await.unwrap().unwrap();
        let other: RunId = "failover-2".parse().unwrap();
        for (seq, line) in (0..).zip(whole.split_inclusive(|byte| *byte == b'\n')) {
            let line = line.strip_suffix(b"\n").unwrap();
            logs.append(&other, seq, line).await.unwrap();
        }
        let refused = Journal::open(Arc::clone(&logs), &other).await.unwrap_err();
        assert!(
            matches!(refused, JournalError::Damaged { line: 1, .. }),
            "{refused}"
        );
    });
}

#[test]
fn what_was_read_before_is_used_only_while_the_journal_is_still_so() {
    on_every_store(async |logs| {
        let mut journal = begun(&logs, 2).await;
        let bytes = logs.read(&run()).await.unwrap().unwrap();
        let seen = || Seen {
            journal: read(&bytes).unwrap(),
            bytes: bytes.clone(),
        };
        let (_, same) = Journal::open_again(Arc::clone(&logs), &run(), Some(seen()))
            .await
            .unwrap();
        assert_eq!(same.records.len(), 2);
        journal.append(Epoch(1), at(3), event(3)).await.unwrap();
        let (_, newer) = Journal::open_again(Arc::clone(&logs), &run(), Some(seen()))
            .await
            .unwrap();
        assert_eq!(newer.records.len(), 3);
    });
}

#[test]
fn a_journal_knows_how_many_events_it_has() {
    on_every_store(async |logs| {
        let mut journal = begun(&logs, 0).await;
        assert!(journal.is_empty());
        for number in 1..=3 {
            journal
                .append(Epoch(1), at(number), event(number))
                .await
                .unwrap();
            assert_eq!((journal.len(), journal.is_empty()), (number as u64, false));
        }
    });
}
