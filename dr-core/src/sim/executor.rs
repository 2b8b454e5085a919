//! Polls futures in virtual time: when none can go on, the world moves to the next instant that one waits for.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::LocalBoxFuture;

use super::operator::Operator;
use super::simulation::{Shared, lock};
use super::time::SimTime;
use crate::model::Duration;

/// The virtual time that a run may take. A run that needs more does not come to rest.
pub(super) const BOUND: Duration = Duration::from_mins(7 * 24 * 60);

/// Why a future did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// Its operator's process crashed, as [`Operator::crash_at`] asked for.
    #[error("the operator's process crashed")]
    Crashed,
    /// It took more than seven days of virtual time.
    #[error("not done after seven days of virtual time")]
    TimeBound,
}

/// Those who wait for an instant, by instant and then in the order in which they began to wait.
#[derive(Default)]
pub(super) struct Timers {
    waiting: BTreeMap<(SimTime, u64), Waker>,
    begun: u64,
}

impl Timers {
    fn first(&self) -> Option<SimTime> {
        self.waiting.first_key_value().map(|((at, _), _)| *at)
    }
}

/// Ready once the world has come to an instant.
pub(super) struct Sleep {
    shared: Arc<Shared>,
    until: SimTime,
    /// Its place among those who wait, once it waits.
    number: Option<u64>,
    /// Who is woken then, once it waits.
    wakes: Option<Waker>,
}

impl Sleep {
    /// Waits until `until`.
    pub(super) fn until(shared: Arc<Shared>, until: SimTime) -> Self {
        Self {
            shared,
            until,
            number: None,
            wakes: None,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if lock(&self.shared.world).now >= self.until {
            return Poll::Ready(());
        }
        // It is asked each time that anything wakes its task; only the first time is there anything to do.
        if self.wakes.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        self.wakes = Some(cx.waker().clone());
        let shared = Arc::clone(&self.shared);
        let mut timers = lock(&shared.timers);
        let number = *self.number.get_or_insert_with(|| {
            timers.begun += 1;
            timers.begun
        });
        timers
            .waiting
            .insert((self.until, number), cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            lock(&self.shared.timers)
                .waiting
                .remove(&(self.until, number));
        }
    }
}

/// The tasks that can go on, in the order in which they were woken.
#[derive(Default)]
struct Ready(Mutex<VecDeque<usize>>);

/// Wakes one task.
struct TaskWaker {
    task: usize,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut ready = lock(&self.ready.0);
        if !ready.contains(&self.task) {
            ready.push_back(self.task);
        }
    }
}

/// A future with its operator, and what came of it.
struct Task<'f, T> {
    operator: Operator,
    future: Option<LocalBoxFuture<'f, T>>,
    waker: Waker,
    result: Option<Result<T, Stopped>>,
}

impl<T> Task<'_, T> {
    /// Ends it: its future is dropped where it stands, as a process that dies drops everything.
    fn end(&mut self, result: Result<T, Stopped>) {
        self.future = None;
        self.result = Some(result);
    }
}

/// Runs futures side by side until each has come to its end, or was stopped.
pub(super) fn run_all<T>(
    shared: &Arc<Shared>,
    futures: Vec<(Operator, LocalBoxFuture<'_, T>)>,
) -> Vec<Result<T, Stopped>> {
    let ready = Arc::new(Ready::default());
    let mut tasks: Vec<Task<'_, T>> = Vec::with_capacity(futures.len());
    for (index, (operator, future)) in futures.into_iter().enumerate() {
        let waker = Waker::from(Arc::new(TaskWaker {
            task: index,
            ready: Arc::clone(&ready),
        }));
        waker.wake_by_ref();
        tasks.push(Task {
            operator,
            future: Some(future),
            waker,
            result: None,
        });
    }
    let bound = lock(&shared.world).now.plus(BOUND);
    loop {
        poll_ready(&mut tasks, &ready);
        if tasks.iter().all(|task| task.result.is_some()) {
            break;
        }
        let next = lock(&shared.timers).first();
        let next = next.unwrap_or_else(|| panic!("{}", deadlock(shared, &tasks)));
        if next > bound {
            for task in tasks.iter_mut().filter(|task| task.result.is_none()) {
                task.end(Err(Stopped::TimeBound));
            }
            break;
        }
        shared.advance_to(next);
        let woken = lock(&shared.timers).waiting.pop_first();
        if let Some((_, waker)) = woken {
            waker.wake();
        }
    }
    tasks
        .into_iter()
        .map(|task| {
            task.result
                .expect("the loop ends when every task has ended")
        })
        .collect()
}

/// Polls every task that can go on, until none can.
fn poll_ready<T>(tasks: &mut [Task<'_, T>], ready: &Ready) {
    loop {
        let Some(index) = lock(&ready.0).pop_front() else {
            return;
        };
        let task = &mut tasks[index];
        let Some(future) = &mut task.future else {
            continue;
        };
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(&task.waker.clone()));
        if let Poll::Ready(value) = polled {
            task.end(Ok(value));
        }
        if !task.operator.has_crashed() {
            continue;
        }
        let dead = task.operator.clone();
        task.result = Some(Err(Stopped::Crashed));
        for task in tasks.iter_mut() {
            if task.operator.is_same_process(&dead) && task.future.is_some() {
                task.end(Err(Stopped::Crashed));
            }
        }
    }
}

/// Says who waits for what when nothing can ever happen: a defect of the code that was run.
fn deadlock<T>(shared: &Shared, tasks: &[Task<'_, T>]) -> String {
    let mut text = "nothing can ever happen again: no task waits for an instant of time".to_owned();
    let calls = lock(&shared.calls);
    for (index, task) in tasks.iter().enumerate() {
        if task.result.is_some() {
            continue;
        }
        let name = task.operator.name();
        let last = calls
            .iter()
            .rev()
            .find(|call| call.operator.as_ref() == name);
        let last = last.map_or_else(
            || "made no call".to_owned(),
            |call| {
                format!(
                    "last called {}:{} at {}",
                    call.service, call.call, call.place
                )
            },
        );
        text.push_str(&format!("; task {index} of {name} waits and {last}"));
    }
    text
}
