//! People's answers from other processes: `dr run approve` posts, the holder of the lock collects.
//!
//! Only the holder writes the journal. Who answers from elsewhere leaves an object that is created once and never changed,
//! `inbox/<run>/<nnnn>.json`; the holder reads them in order, and journals each as it takes effect.

use crate::model::RunId;
use crate::port::{Answer, ErrorClass, ObjectStore, PortError, PortResult, PutError};

/// How often a number is tried for: so many people would have to answer at once.
const ATTEMPTS: u32 = 50;

/// Why an answer was not left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InboxError {
    /// Others were first, again and again.
    #[error("others answered first {times} times")]
    Contended {
        /// How often.
        times: u32,
    },
    /// The store failed. [`ErrorClass::Indeterminate`]: the answer may be there; to leave it again does no harm.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Leaves `answer` for the holder of `run`. Returns when it is durable.
///
/// # Errors
/// [`InboxError`].
pub async fn post(store: &dyn ObjectStore, run: &RunId, answer: &Answer) -> Result<(), InboxError> {
    let bytes = serde_json::to_vec(answer).expect("an answer is texts and a choice of four");
    let mut number = next_free(store, run).await?;
    for _ in 0..ATTEMPTS {
        let key = key(run, number);
        match store.create(&key, &bytes).await {
            Ok(_) => return Ok(()),
            Err(PutError::Store(error)) if error.class != ErrorClass::Indeterminate => {
                return Err(error.into());
            }
            // Taken, or in doubt: what stands there tells. The same answer of somebody else has the same effect.
            Err(_) => {}
        }
        match store.get(&key).await? {
            Some(there) if there.bytes == bytes => return Ok(()),
            Some(_) => number += 1,
            None => {}
        }
    }
    Err(InboxError::Contended { times: ATTEMPTS })
}

/// The answers from number `next` on, counted from 0, in order. The next number to ask for is `next` plus how many there are.
///
/// # Errors
/// When the store fails or an object is not an answer.
pub async fn read_from(store: &dyn ObjectStore, run: &RunId, next: u64) -> PortResult<Vec<Answer>> {
    let mut answers = Vec::new();
    for number in next.. {
        let key = key(run, number);
        let Some(object) = store.get(&key).await? else {
            break;
        };
        let answer = serde_json::from_slice(&object.bytes).map_err(|error| PortError {
            class: ErrorClass::Invalid,
            operation: "read-inbox".to_owned(),
            place: key,
            message: format!("this is not an answer: {error}"),
        })?;
        answers.push(answer);
    }
    Ok(answers)
}

fn folder(run: &RunId) -> String {
    format!("inbox/{run}/")
}

fn key(run: &RunId, number: u64) -> String {
    format!("{}{number:04}.json", folder(run))
}

async fn next_free(store: &dyn ObjectStore, run: &RunId) -> PortResult<u64> {
    let folder = folder(run);
    let keys = store.list(&folder).await?;
    let last = keys
        .iter()
        .filter_map(|key| {
            let name = key.strip_prefix(&folder)?.strip_suffix(".json")?;
            name.parse::<u64>().ok()
        })
        .max();
    Ok(last.map_or(0, |last| last + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::local::MemoryStore;
    use crate::adapter::local::fakes::{Fault, FaultyStore};
    use crate::port::Decision;
    use futures_util::future::join_all;

    fn answer(who: &str) -> Answer {
        Answer {
            step: "approve".parse().expect("a name"),
            code: "approval".to_owned(),
            decision: Decision::Yes,
            who: who.to_owned(),
            why: "the region is dark".to_owned(),
            plan_digest: "d".to_owned(),
        }
    }

    fn run() -> RunId {
        "failover-1".parse().expect("a name")
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime without I/O needs nothing")
            .block_on(work)
    }

    #[test]
    fn answers_come_out_in_order_and_only_once() {
        block_on(async {
            let store = MemoryStore::new();
            for who in ["ada", "bob", "eve"] {
                post(&store, &run(), &answer(who)).await.expect("posted");
            }
            let all = read_from(&store, &run(), 0).await.expect("read");
            assert_eq!(all, [answer("ada"), answer("bob"), answer("eve")]);
            let rest = read_from(&store, &run(), 2).await.expect("read");
            assert_eq!(rest, [answer("eve")]);
            assert_eq!(read_from(&store, &run(), 3).await, Ok(vec![]));
        });
    }

    #[test]
    fn people_who_answer_at_once_are_all_heard() {
        block_on(async {
            // It lets the others go on at each call: all of them find the same number free.
            let store = FaultyStore::default();
            let names: Vec<String> = (0..20).map(|i| format!("person-{i}")).collect();
            let run = run();
            let answers: Vec<Answer> = names.iter().map(|name| answer(name)).collect();
            let posted = join_all(answers.iter().map(|a| post(&store, &run, a))).await;
            assert!(posted.iter().all(Result::is_ok));
            let mut heard = read_from(&store, &run, 0).await.expect("read");
            heard.sort_by(|a, b| a.who.cmp(&b.who));
            let mut wanted = answers;
            wanted.sort_by(|a, b| a.who.cmp(&b.who));
            assert_eq!(heard, wanted);
        });
    }

    #[test]
    fn an_answer_that_was_left_without_a_confirmation_is_not_left_twice() {
        for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::SentTwice] {
            block_on(async {
                let store = FaultyStore::default();
                post(&store, &run(), &answer("ada")).await.expect("posted");
                // The listing works, the writing does not.
                store.next_calls([Fault::None, fault]);
                post(&store, &run(), &answer("bob")).await.expect("posted");
                let heard = read_from(&store, &run(), 0).await.expect("read");
                assert_eq!(heard, [answer("ada"), answer("bob")], "{fault:?}");
            });
        }
    }

    #[test]
    fn an_object_that_is_no_answer_is_named() {
        block_on(async {
            let store = MemoryStore::new();
            store
                .create("inbox/failover-1/0000.json", b"{}")
                .await
                .expect("created");
            let error = read_from(&store, &run(), 0).await.expect_err("no answer");
            assert_eq!(error.place, "inbox/failover-1/0000.json");
            assert_eq!(error.class, ErrorClass::Invalid);
        });
    }
}
