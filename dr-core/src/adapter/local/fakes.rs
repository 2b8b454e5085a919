//! What the tests of journal, lock, inbox and of this module stand on: a clock that is moved by hand, a store that loses answers, a scheduler
//! that decides who goes on.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use futures_util::future::poll_fn;
use jiff::{SignedDuration, Timestamp};

use super::MemoryStore;
use crate::model::Duration;
use crate::port::{
    Clock, ErrorClass, Etag, ObjectStore, PortError, PortResult, PutError, StoredObject,
};

/// Time that goes on only when a test says so. Clones share it; each may be off by its own skew.
#[derive(Clone, Default)]
pub(crate) struct ManualClock {
    since_epoch_ms: Arc<Mutex<u64>>,
    skew: Duration,
}

impl ManualClock {
    /// The same time, shown by a clock that is ahead.
    pub(crate) fn ahead_by(&self, skew: Duration) -> Self {
        Self {
            skew,
            ..self.clone()
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.since_epoch_ms.lock().unwrap() += by.as_millis();
    }

    /// What a clock without skew shows.
    pub(crate) fn true_time(&self) -> Timestamp {
        let ms = *self.since_epoch_ms.lock().unwrap();
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(i64::try_from(ms).unwrap())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.skew.after(self.true_time())
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let clock = self.clone();
        let until = duration.after(self.now());
        Box::pin(poll_fn(move |_| {
            if clock.now() >= until {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }))
    }
}

/// What becomes of one call to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It works.
    None,
    /// A write is applied, and its answer is lost.
    AnswerLost,
    /// A write is not applied, and its answer is lost.
    RequestLost,
    /// Refused for the moment; certainly not applied.
    Busy,
    /// A write is applied, and the client sends it again by itself, which finds the condition broken.
    SentTwice,
}

/// A store that gives way to others before and after each call, and has the faults that it is told, in order.
#[derive(Clone, Default)]
pub(crate) struct FaultyStore {
    objects: Arc<MemoryStore>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

impl FaultyStore {
    pub(crate) fn next_calls(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    pub(crate) fn faults_are_over(&self) {
        self.faults.lock().unwrap().clear();
    }

    fn fault(&self) -> Fault {
        self.faults
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Fault::None)
    }

    async fn write<F>(&self, work: impl Fn() -> F + Send) -> Result<Etag, PutError>
    where
        F: Future<Output = Result<Etag, PutError>> + Send,
    {
        give_way().await;
        let answer = match self.fault() {
            Fault::None => work().await,
            Fault::AnswerLost => {
                let _ = work().await;
                Err(error(ErrorClass::Indeterminate).into())
            }
            Fault::RequestLost => Err(error(ErrorClass::Indeterminate).into()),
            Fault::Busy => Err(error(ErrorClass::Throttled).into()),
            Fault::SentTwice => {
                let _ = work().await;
                Err(PutError::Lost)
            }
        };
        give_way().await;
        answer
    }

    fn read_fault(&self) -> PortResult<()> {
        match self.fault() {
            Fault::None | Fault::SentTwice => Ok(()),
            Fault::AnswerLost | Fault::RequestLost => Err(error(ErrorClass::Transient)),
            Fault::Busy => Err(error(ErrorClass::Throttled)),
        }
    }
}

fn error(class: ErrorClass) -> PortError {
    PortError {
        class,
        operation: "test".to_owned(),
        place: "store".to_owned(),
        message: "made to fail".to_owned(),
    }
}

/// Lets every other task go on first.
async fn give_way() {
    let mut gave = false;
    poll_fn(|cx| {
        if gave {
            return Poll::Ready(());
        }
        gave = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn get(&self, key: &str) -> PortResult<Option<StoredObject>> {
        give_way().await;
        self.read_fault()?;
        let answer = self.objects.get(key).await;
        give_way().await;
        answer
    }

    async fn list(&self, prefix: &str) -> PortResult<Vec<String>> {
        give_way().await;
        self.read_fault()?;
        self.objects.list(prefix).await
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Etag, PutError> {
        self.write(|| self.objects.create(key, bytes)).await
    }

    async fn replace(&self, key: &str, bytes: &[u8], was: &Etag) -> Result<Etag, PutError> {
        self.write(|| self.objects.replace(key, bytes, was)).await
    }
}

/// Drives `work` to its end; whenever it waits, 10 ms pass.
pub(crate) fn drive<T>(clock: &ManualClock, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(value) = work.as_mut().poll(&mut cx) {
            return value;
        }
        clock.advance(Duration::from_millis(10));
    }
    panic!("it waits for ever");
}

/// Polls once; `Some` when it is done.
pub(crate) fn poll_once<F: Future + ?Sized>(work: Pin<&mut F>) -> Option<F::Output> {
    match work.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
