//! Observers outside both sites, each asked over HTTP (`docs/observers.md`).
//!
//! Each tells what it measured second by second; what clients experienced is the sum over all that answered, so that one
//! observer with a broken line does not make an outage.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{ClientView, Duration, Outage, Reachability, SiteId};
use crate::port::{Clock, ErrorClass, Observers, PortError, PortResult};

/// How long one observer may take to answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
/// How far back is asked at least: an outage may have begun before the time that is looked back over.
const AT_LEAST_S: u64 = 3600;
/// A site serves when it acknowledged a write in this time.
const RECENT_S: i64 = 60;

/// What one observer measured in one second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// The second, as Unix time.
    pub second: i64,
    /// Writes tried.
    pub tried: u64,
    /// Of them, acknowledged.
    pub acknowledged: u64,
    /// The sites that acknowledged them.
    #[serde(default)]
    pub served_by: Vec<SiteId>,
}

#[derive(Debug, Deserialize)]
struct Seconds {
    seconds: Vec<Second>,
}

#[derive(Debug, Deserialize)]
struct Reach {
    reached: bool,
}

/// Several observers: programs outside both sites that measure what clients get (docs/observers.md).
pub struct HttpObservers {
    urls: Vec<String>,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
}

impl HttpObservers {
    /// The observers at these addresses.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] where there is none, or TLS cannot be set up.
    pub fn new(urls: Vec<String>, clock: Arc<dyn Clock>) -> PortResult<Self> {
        if urls.is_empty() {
            return Err(error(
                ErrorClass::Invalid,
                "http:ReadClients",
                "the estate names no observers: run `dr observe` outside both sites and add its address under `observers` (docs/observers.md)",
            ));
        }
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .map_err(|cause| error(ErrorClass::Invalid, "http:ReadClients", cause.to_string()))?;
        Ok(Self {
            urls,
            client,
            clock,
        })
    }

    /// The answers of all observers that gave one.
    async fn ask<T: DeserializeOwned>(&self, operation: &str, path: &str) -> PortResult<Vec<T>> {
        let asked = self.urls.iter().map(|url| async move {
            let url = format!("{}{path}", url.trim_end_matches('/'));
            let answer = self.client.get(url).send().await?.error_for_status()?;
            answer.json::<T>().await
        });
        let mut answers = Vec::new();
        let mut last = None;
        for answer in join_all(asked).await {
            match answer {
                Ok(answer) => answers.push(answer),
                Err(cause) => last = Some(cause.without_url().to_string()),
            }
        }
        match (answers.is_empty(), last) {
            (true, cause) => Err(error(
                ErrorClass::Transient,
                operation,
                format!("no observer answers: {}", cause.unwrap_or_default()),
            )),
            (false, _) => Ok(answers),
        }
    }
}

fn error(class: ErrorClass, operation: &str, message: impl Into<String>) -> PortError {
    PortError {
        class,
        operation: operation.to_owned(),
        place: "observers".to_owned(),
        message: message.into(),
    }
}

#[async_trait]
impl Observers for HttpObservers {
    async fn clients(&self, over: Duration) -> PortResult<ClientView> {
        let over_s = over.as_millis().div_ceil(1000);
        let path = format!("/v1/clients?over_s={}", over_s.max(AT_LEAST_S));
        let answers: Vec<Seconds> = self.ask("http:ReadClients", &path).await?;
        let seconds = answers.into_iter().flat_map(|answer| answer.seconds);
        Ok(view(seconds, self.clock.now(), over_s))
    }

    async fn reach(&self, site: &SiteId) -> PortResult<Reachability> {
        let path = format!("/v1/reach?site={site}");
        let answers: Vec<Reach> = self.ask("http:ReadReach", &path).await?;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Reachability {
            at: self.clock.now(),
            observers: count(answers.len()),
            reached: count(answers.iter().filter(|answer| answer.reached).count()),
        })
    }
}

/// What clients experienced in the `over_s` seconds before `now`, from the measurements of all observers.
fn view(seconds: impl Iterator<Item = Second>, now: Timestamp, over_s: u64) -> ClientView {
    let mut sums: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    let mut served_by = BTreeSet::new();
    let now_s = now.as_second();
    for second in seconds {
        let sum = sums.entry(second.second).or_default();
        sum.0 += second.tried;
        sum.1 += second.acknowledged;
        if second.acknowledged > 0 && second.second + RECENT_S > now_s {
            served_by.extend(second.served_by);
        }
    }
    let first = now_s.saturating_sub(i64::try_from(over_s).unwrap_or(i64::MAX)) + 1;
    let recent = sums.range(first..).map(|(_, sum)| *sum);
    let (tried, acknowledged) = recent.fold((0, 0), |(t, a), sum| (t + sum.0, a + sum.1));
    ClientView {
        at: now,
        tried,
        acknowledged,
        outage: newest_outage(&sums)
            .filter(|outage| outage.until.is_none_or(|until| until.as_second() > first)),
        served_by: served_by.into_iter().collect(),
    }
}

/// The newest stretch of seconds in each of which less than half of the writes were acknowledged. A second without a
/// measurement neither begins nor ends one.
fn newest_outage(sums: &BTreeMap<i64, (u64, u64)>) -> Option<Outage> {
    let at = |second: i64| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut newest: Option<Outage> = None;
    let mut is_down = false;
    for (second, (tried, acknowledged)) in sums {
        if *tried == 0 {
            continue;
        }
        match (is_down, acknowledged * 2 < *tried) {
            (false, true) => {
                is_down = true;
                newest = Some(Outage {
                    from: at(*second),
                    until: None,
                });
            }
            (true, false) => {
                is_down = false;
                if let Some(outage) = &mut newest {
                    outage.until = Some(at(*second));
                }
            }
            _ => {}
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn second(second: i64, acknowledged: u64, by: &str) -> Second {
        Second {
            second,
            tried: 2,
            acknowledged,
            served_by: vec![by.parse().unwrap()],
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn one_observer_with_a_broken_line_makes_no_outage() {
        let good = (100..200).map(|s| second(s, 2, "ohio"));
        let broken = (100..200).map(|s| second(s, 0, "ohio"));
        let other = (100..200).map(|s| second(s, 2, "ohio"));
        let seen = view(good.chain(broken).chain(other), at(199), 60);
        assert_eq!(seen.outage, None);
        assert_eq!((seen.tried, seen.acknowledged), (360, 240));
    }

    #[test]
    fn an_outage_is_told_whenever_it_began_as_long_as_it_reaches_into_the_time_looked_back_over() {
        let measured = || {
            (100..400).map(|s| second(s, if (120..350).contains(&s) { 0 } else { 2 }, "california"))
        };
        let seen = view(measured(), at(399), 60);
        let outage = seen.outage.expect("it ended 50 seconds ago");
        assert_eq!((outage.from, outage.until), (at(120), Some(at(350))));
        assert_eq!(view(measured(), at(399), 49).outage, None);
        let lasting = view(measured().take(200), at(299), 60);
        assert_eq!(lasting.outage.unwrap().until, None);
        assert!(lasting.served_by.is_empty());
    }

    proptest! {
        #[test]
        fn the_order_in_which_observers_answer_changes_nothing(
            acknowledged in proptest::collection::vec(0..3_u64, 1..120),
            over_s in 1..120_u64,
        ) {
            let seconds: Vec<Second> = (0..).zip(&acknowledged).map(|(s, a)| second(s, *a, "ohio")).collect();
            let now = at(i64::try_from(seconds.len()).unwrap());
            let forward = view(seconds.iter().cloned(), now, over_s);
            let backward = view(seconds.iter().rev().cloned(), now, over_s);
            prop_assert_eq!(&forward, &backward);
            prop_assert!(forward.acknowledged <= forward.tried);
        }
    }
}
