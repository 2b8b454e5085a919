//! AWS's distance and its limits, in front of a story's server, for measurements.
//!
//! Each call is answered after a fixed latency, out of the token bucket of its service and region, and is refused as AWS
//! refuses where that is empty. Answers to reads are recorded the first time and replayed after, so that what is
//! measured is the client and not a server that thinks for longer than AWS does.

mod call;
mod limits;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, response};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use self::call::{Asked, forward};
use self::limits::{Bucket, bucket_of, limit, refusal};

pub use self::limits::Limit;

/// How calls are answered from now on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms {
    /// How long each call takes at least.
    pub latency: Duration,
    /// Whether a call costs a token of its bucket.
    pub limited: bool,
    /// Whether another tenant of the account takes three quarters of every bucket: that much of its capacity at once, and of its
    /// refill ever after.
    pub shared: bool,
}

/// A call that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Seconds since the terms were set.
    pub at_s: f64,
    /// The bucket that it drew from: `us-east-2/ec2`; `us-east-2/ssm:GetParameters`, `global/route53`.
    pub bucket: String,
    /// Its name, or method and path where it has none.
    pub operation: String,
    /// Whether it only reads.
    pub reads: bool,
    /// `terraform`, or `dr`.
    pub agent: &'static str,
    /// Whether it was refused for want of a token.
    pub refused: bool,
    /// Whether it was answered from the records.
    pub replayed: bool,
}

/// What came of the other tenant's calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tenant {
    /// Tokens that it got.
    pub served: u64,
    /// Times that there was none for it.
    pub refused: u64,
}

/// What happened under the terms.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Every call, in the order of their coming.
    pub calls: Vec<Seen>,
    /// The other tenant at each bucket that somebody called.
    pub tenants: BTreeMap<String, Tenant>,
}

impl Told {
    /// The largest share of a bucket that the calls there took: the least `f` for which they would have been served by a bucket of
    /// `f` of its capacity and `f` of its refill. Of the buckets, the one of which most was taken.
    pub fn largest_share(&self) -> Option<(String, f64)> {
        let mut of_bucket: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for call in &self.calls {
            of_bucket.entry(&call.bucket).or_default().push(call.at_s);
        }
        let shares = of_bucket.into_iter().map(|(bucket, times)| {
            let name = bucket.split_once('/').map_or(bucket, |(_, name)| name);
            (bucket.to_owned(), share(limit(name), &times))
        });
        shares.max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// Over every span between two calls: how many came in it, of how many the bucket could serve in it.
fn share(limit: Limit, times: &[f64]) -> f64 {
    let spans = (0..times.len()).flat_map(|from| (from..times.len()).map(move |to| (from, to)));
    spans
        .map(|(from, to)| {
            let most = limit.burst + limit.per_second * (times[to] - times[from]);
            (to - from + 1) as f64 / most
        })
        .fold(0.0, f64::max)
}

/// A recorded answer.
#[derive(Clone)]
struct Answer {
    parts: response::Parts,
    body: Bytes,
}

impl Answer {
    fn response(self) -> Response {
        Response::from_parts(self.parts, Body::from(self.body))
    }
}

struct Now {
    terms: Terms,
    since: Instant,
    buckets: BTreeMap<String, Bucket>,
    calls: Vec<Seen>,
}

struct Shared {
    behind: u16,
    now: Mutex<Now>,
    answers: Mutex<BTreeMap<Vec<u8>, Answer>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server in front. It ends when this is dropped.
pub struct Front {
    shared: Arc<Shared>,
    port: u16,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Front {
    /// Starts in front of the server on the port `behind`, without latency and without limits.
    ///
    /// # Errors
    /// No port, or no thread.
    pub fn start(behind: u16) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            behind,
            now: Mutex::new(Now {
                terms: Terms::default(),
                since: Instant::now(),
                buckets: BTreeMap::new(),
                calls: Vec::new(),
            }),
            answers: Mutex::default(),
        });
        let (end, ended) = oneshot::channel();
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("front".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = axum::serve(listener, router) => {}
                        _ = ended => {}
                    }
                });
            })?;
        Ok(Self {
            shared,
            port,
            end: Some(end),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Begins anew under `terms`: every bucket full, nothing counted.
    pub fn set(&self, terms: Terms) {
        let mut now = locked(&self.shared.now);
        *now = Now {
            terms,
            since: Instant::now(),
            buckets: BTreeMap::new(),
            calls: Vec::new(),
        };
    }

    /// What happened since.
    pub fn told(&self) -> Told {
        let mut now = locked(&self.shared.now);
        let at_s = now.since.elapsed().as_secs_f64();
        let tenants = now.buckets.iter_mut();
        let tenants = tenants.map(|(place, bucket)| (place.clone(), bucket.tenant(at_s)));
        let tenants = tenants.collect();
        Told {
            calls: now.calls.clone(),
            tenants,
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    match answered(&shared, request).await {
        Ok(response) => response,
        Err(error) => {
            let mut response = Response::new(Body::from(format!("{error:#}")));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}

async fn answered(shared: &Arc<Shared>, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await?;
    let asked = Asked::of(&parts, &body);
    let key = asked.reads.then(|| call::key(&asked, &parts, &body));
    let known = key
        .as_ref()
        .and_then(|key| locked(&shared.answers).get(key).cloned());
    let (latency, refused) = arrived(shared, &asked, known.is_some());
    if refused {
        sleep(latency).await;
        return Ok(refusal(&asked.service)?);
    }
    if let Some(known) = known {
        sleep(latency).await;
        return Ok(known.response());
    }
    let behind = shared.behind;
    let forwarded = tokio::task::spawn_blocking(move || forward(behind, &parts, &body));
    let (answer, ()) = tokio::join!(forwarded, sleep(latency));
    let (parts, body) = answer.context("the thread ended")??.into_parts();
    let answer = Answer { parts, body };
    if let Some(key) = key {
        locked(&shared.answers).insert(key, answer.clone());
    }
    Ok(answer.response())
}

/// Counts a call; how long its answer takes, and whether there was no token for it.
fn arrived(shared: &Shared, asked: &Asked, replayed: bool) -> (Duration, bool) {
    let mut now = locked(&shared.now);
    let at_s = now.since.elapsed().as_secs_f64();
    let terms = now.terms;
    let name = bucket_of(&asked.service, &asked.operation);
    let place = format!("{}/{name}", asked.region);
    let refused = terms.limited && {
        let bucket = now
            .buckets
            .entry(place.clone())
            .or_insert_with(|| Bucket::new(limit(&name), terms.shared));
        !bucket.take(at_s)
    };
    now.calls.push(Seen {
        at_s,
        bucket: place,
        operation: asked.operation.clone(),
        reads: asked.reads,
        agent: asked.agent,
        refused,
        replayed: replayed && !refused,
    });
    (terms.latency, refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_least_bucket_that_would_have_served_the_calls() {
        let limit = Limit {
            burst: 100.0,
            per_second: 20.0,
        };
        assert_eq!(share(limit, &[0.0; 25]), 0.25);
        let paced: Vec<f64> = (0..50).map(|n| f64::from(n) * 0.2).collect();
        assert!(share(limit, &paced) < 0.25);
        let late = [paced, vec![100.0; 30]].concat();
        assert_eq!(share(limit, &late), 0.3);
    }
}
