//! Reads one service of one site: all pages, politely, with what it could not read as gaps.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::budget::Budget;
use super::topic::Topic;
use crate::adapter::aws::AwsSite;
use crate::model::{Duration, GapClass, Resource, ResourceKind, ScanGap};
use crate::port::{ErrorClass, PortError, ScanProgress, ScanWatch};

/// After so many services of a region did not answer at all, the others are not asked any more.
pub(super) const DEAD_AFTER: usize = 3;

/// No list has more pages: a service that goes on for ever is not believed.
const MOST_PAGES: usize = 2_000;

/// The pause before a call that may work in a moment is repeated; it doubles.
const PAUSE: Duration = Duration::from_millis(500);

/// What the readers of one part of a site share.
pub(super) struct Region<'a> {
    pub(super) site: &'a AwsSite,
    budget: &'a Budget,
    watch: &'a dyn ScanWatch,
    services: usize,
    done: AtomicUsize,
    calls: AtomicU64,
    throttled: AtomicU64,
    /// The services that did not answer, each with the call that found it out.
    silent: Mutex<BTreeMap<&'static str, String>>,
}

impl<'a> Region<'a> {
    pub(super) fn new(
        site: &'a AwsSite,
        budget: &'a Budget,
        services: usize,
        watch: &'a dyn ScanWatch,
    ) -> Self {
        Self {
            site,
            budget,
            watch,
            services,
            done: AtomicUsize::new(0),
            calls: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            silent: Mutex::default(),
        }
    }

    pub(super) fn calls(&self) -> (u64, u64) {
        (
            self.calls.load(Ordering::Relaxed),
            self.throttled.load(Ordering::Relaxed),
        )
    }

    /// One more service was read.
    pub(super) fn finish_service(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.tell();
    }

    fn tell(&self) {
        let (calls, throttled) = self.calls();
        self.watch.went_on(
            &self.site.site().id,
            ScanProgress {
                done: self.done.load(Ordering::Relaxed),
                services: self.services,
                calls,
                throttled,
            },
        );
    }

    /// Why a service is not asked any more, where that is so: it did not answer, or too much of the region did not.
    fn given_up(&self, service: &str) -> Option<String> {
        let silent = locked(&self.silent);
        if silent.len() >= DEAD_AFTER {
            let names: Vec<&str> = silent.keys().copied().collect();
            return Some(format!(
                "not asked: {} of {} did not answer, so nothing more was asked there",
                names.join(", "),
                self.site.site().region
            ));
        }
        let action = silent.get(service)?;
        Some(format!(
            "not asked: {action} was not answered, so nothing more was asked of {service}"
        ))
    }
}

/// A lock that no panic can have poisoned halfway: what it guards is replaced as a whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a call failed on its way, beside its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// No answer in time.
    Silence,
    /// No connection, or it broke.
    Broken,
    /// An answer without the form of the service.
    Foreign,
    /// The service's own answer.
    Answered,
}

impl Way {
    fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::TimeoutError(_) => Self::Silence,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::Silence,
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => Self::Broken,
            SdkError::ServiceError(answer) if answer.err().code().is_some() => Self::Answered,
            _ => Self::Foreign,
        }
    }

    /// How often a call that failed like this, and may work in a moment, is sent in all. Silence costs the most time, and
    /// a page of a proxy does not go away.
    fn attempts(self) -> u32 {
        match self {
            Self::Silence => 1,
            Self::Broken | Self::Foreign => 2,
            Self::Answered => 3,
        }
    }
}

/// Where a page of a list begins.
pub(super) trait Mark: Clone + PartialEq + Send + Sync {
    /// Whether it says nothing: some services end a list with such a one.
    fn is_empty(&self) -> bool;
}

impl Mark for String {
    fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

/// A call that gave nothing.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) class: GapClass,
    pub(super) reason: String,
    /// The service says that what was asked for does not exist.
    pub(super) not_found: bool,
}

impl Refusal {
    fn of(error: &PortError, way: Way) -> Self {
        let class = match (error.class, way) {
            (ErrorClass::Denied, _) => GapClass::Denied,
            (ErrorClass::Throttled, _) => GapClass::Throttled,
            (_, Way::Silence | Way::Broken) => GapClass::Unreachable,
            (_, Way::Foreign) => GapClass::NotAnAnswer,
            (_, Way::Answered) => GapClass::Failed,
        };
        Self {
            class,
            reason: shortened(&error.message),
            not_found: error.class == ErrorClass::NotFound && way == Way::Answered,
        }
    }
}

/// Longer reasons quote a whole page of another server.
const LONGEST_REASON: usize = 240;

fn shortened(reason: &str) -> String {
    match reason.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason.to_owned(),
    }
}

/// Reads one service.
pub(super) struct Reader<'a> {
    region: &'a Region<'a>,
    service: &'static str,
    pub(super) resources: Vec<Resource>,
    pub(super) gaps: Vec<ScanGap>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(region: &'a Region<'a>, service: &'static str) -> Self {
        Self {
            region,
            service,
            resources: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// The site's session.
    pub(super) fn site(&self) -> &'a AwsSite {
        self.region.site
    }

    /// Keeps resources.
    pub(super) fn keep(&mut self, resources: impl IntoIterator<Item = Resource>) {
        self.resources.extend(resources);
    }

    /// The resources of a kind that were read so far.
    pub(super) fn of_kind(&mut self, kind: ResourceKind) -> impl Iterator<Item = &mut Resource> {
        let resources = self.resources.iter_mut();
        resources.filter(move |resource| resource.kind == kind)
    }

    /// Sends one call, under the budget; repeats it where it may work in a moment.
    pub(super) async fn ask<T, E, F>(
        &self,
        topic: &Topic,
        send: impl Fn() -> F + Send + Sync,
    ) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        T: Send,
    {
        if let Some(reason) = self.region.given_up(self.service) {
            return Err(Refusal {
                class: GapClass::Skipped,
                reason,
                not_found: false,
            });
        }
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            let (error, way) = match self.send(topic, &send).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if error.class == ErrorClass::Transient && attempt < way.attempts() {
                attempt += 1;
                self.site().clock().sleep(pause).await;
                pause = pause.times(2);
                continue;
            }
            let refusal = Refusal::of(&error, way);
            if refusal.class == GapClass::Unreachable {
                // Each further call would cost a timeout.
                let mut silent = locked(&self.region.silent);
                // Of several that were asked at once the first.
                let first = silent.entry(self.service);
                first.or_insert_with(|| topic.action());
            }
            return Err(refusal);
        }
    }

    /// Sends one call; the session repeats it while the service refuses for too many.
    async fn send<T, E, F>(
        &self,
        topic: &Topic,
        send: &(impl Fn() -> F + Send + Sync),
    ) -> Result<T, (PortError, Way)>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        T: Send,
    {
        let last = Mutex::new(Way::Answered);
        let sent = AtomicU64::new(0);
        let answer = self
            .site()
            .read(&topic.action(), || async {
                self.token(topic).await;
                sent.fetch_add(1, Ordering::Relaxed);
                self.region.calls.fetch_add(1, Ordering::Relaxed);
                self.region.tell();
                let answer = send().await;
                if let Err(error) = &answer {
                    *locked(&last) = Way::of(error);
                }
                answer
            })
            .await;
        // The session sends again only after a refusal for too many.
        let again = sent.into_inner().saturating_sub(1);
        let refused_last = matches!(&answer, Err(error) if error.class == ErrorClass::Throttled);
        let throttled = again + u64::from(refused_last);
        self.region
            .throttled
            .fetch_add(throttled, Ordering::Relaxed);
        answer.map_err(|error| (error, *locked(&last)))
    }

    /// Waits until the call may be sent.
    async fn token(&self, topic: &Topic) {
        let clock = self.site().clock();
        while let Err(wait) = self.region.budget.take(topic, clock.now()) {
            clock.sleep(wait).await;
        }
    }

    /// Reads all pages of a list. `take` gives the token of the next page and what the page holds.
    ///
    /// Where a page fails, what was read is returned, and a gap says that the rest is missing.
    pub(super) async fn pages<P, T, E, F>(
        &mut self,
        topic: &Topic,
        send: impl Fn(Option<String>) -> F + Send + Sync,
        take: impl Fn(P) -> (Option<String>, Vec<T>) + Send,
    ) -> Vec<T>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<P, SdkError<E, HttpResponse>>> + Send,
        P: Send,
        T: Send,
    {
        match self.whole(topic, send, take).await {
            Ok(found) => found,
            Err((refusal, found)) => {
                self.missing(topic, refusal, found.len());
                found
            }
        }
    }

    /// Reads all pages of a list, for whoever says by itself what is missing.
    ///
    /// # Errors
    /// Why a page was not read, with what the pages before it hold.
    pub(super) async fn whole<P, K, T, E, F>(
        &mut self,
        topic: &Topic,
        send: impl Fn(Option<K>) -> F + Send + Sync,
        take: impl Fn(P) -> (Option<K>, Vec<T>) + Send,
    ) -> Result<Vec<T>, (Refusal, Vec<T>)>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<P, SdkError<E, HttpResponse>>> + Send,
        P: Send,
        K: Mark,
        T: Send,
    {
        let mut found = Vec::new();
        let mut token: Option<K> = None;
        for _ in 0..MOST_PAGES {
            let page = match self.ask(topic, || send(token.clone())).await {
                Ok(page) => page,
                Err(refusal) => return Err((refusal, found)),
            };
            let (next, more) = take(page);
            found.extend(more);
            match next.filter(|next| !next.is_empty()) {
                None => return Ok(found),
                // A service that names the page that it just gave would be asked for ever.
                Some(next) if token.as_ref() == Some(&next) => break,
                Some(next) => token = Some(next),
            }
        }
        let endless = Refusal {
            class: GapClass::Failed,
            reason: "the service's pages do not end".to_owned(),
            not_found: false,
        };
        Err((endless, found))
    }

    /// Reads all pages of a list and keeps the resources in them.
    pub(super) async fn list<P, E, F>(
        &mut self,
        topic: &Topic,
        send: impl Fn(Option<String>) -> F + Send + Sync,
        take: impl Fn(P) -> (Option<String>, Vec<Resource>) + Send,
    ) where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<P, SdkError<E, HttpResponse>>> + Send,
        P: Send,
    {
        let found = self.pages(topic, send, take).await;
        self.keep(found);
    }

    /// Records that resources are missing.
    pub(super) fn missing(&mut self, topic: &Topic, refusal: Refusal, kept: usize) {
        self.gap(topic, refusal, None, &[], kept);
    }

    /// What is found through something else is missing where that is: each list of `on` that broke is a gap of `kind` too.
    pub(super) fn follows(&mut self, kind: ResourceKind, on: ResourceKind) {
        let broken = self
            .gaps
            .iter()
            .filter(|gap| gap.kind == on && gap.about.is_none());
        let gaps: Vec<ScanGap> = broken
            .map(|gap| ScanGap {
                kind,
                kept: 0,
                ..gap.clone()
            })
            .collect();
        self.gaps.extend(gaps);
    }

    /// Records that one resource lacks attributes.
    pub(super) fn lacks(&mut self, topic: &Topic, refusal: Refusal, id: &str, attributes: &[&str]) {
        self.gap(topic, refusal, Some(id), attributes, 0);
    }

    fn gap(
        &mut self,
        topic: &Topic,
        refusal: Refusal,
        about: Option<&str>,
        attributes: &[&str],
        kept: usize,
    ) {
        self.gaps.push(ScanGap {
            kind: topic.kind,
            about: about.map(str::to_owned),
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            class: refusal.class,
            action: topic.action(),
            reason: refusal.reason,
            kept,
        });
    }
}
