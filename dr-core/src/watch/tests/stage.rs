//! A watcher whose time, looks, receivers and history are the test's.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::drift::{Entry, FindingId, Report, Unknown, Unsettled, Verdict};
use crate::model::{
    Duration, EstateScan, Finding, GapClass, PendingFence, ResourceKind, Severity, SiteScan,
    Subject, Unread, Watch,
};
use crate::port::{Clock, ErrorClass, PortError, PortResult, Silent};
use crate::readiness::{self, Answer, Score};
use crate::watch::{
    Board, Job, Ledger, Look, Looked, Notice, Receive, Record, Report as Document, Seen, SendError,
    Standing, State, Watcher, line,
};

pub(super) fn at(text: &str) -> Timestamp {
    format!("2026-11-21T{text}Z").parse().unwrap()
}

/// Time that passes when nobody has anything to do.
#[derive(Default)]
struct Time {
    now: Mutex<Timestamp>,
    sleepers: Mutex<Vec<(Timestamp, Waker)>>,
}

#[derive(Clone, Default)]
pub(super) struct Virtual(Arc<Time>);

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        *self.0.now.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let (time, until) = (self.0.clone(), duration.after(self.now()));
        Box::pin(std::future::poll_fn(move |context| {
            if *time.now.lock().unwrap() >= until {
                return Poll::Ready(());
            }
            let mut sleepers = time.sleepers.lock().unwrap();
            sleepers.push((until, context.waker().clone()));
            Poll::Pending
        }))
    }
}

impl Virtual {
    pub(super) fn set(&self, now: Timestamp) {
        *self.0.now.lock().unwrap() = now;
        for (_, waker) in self.0.sleepers.lock().unwrap().drain(..) {
            waker.wake();
        }
    }

    /// Runs until it is ready or it is `until`; time passes only while nobody can go on.
    pub(super) fn run<T>(&self, until: Timestamp, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            // Twice, so that what was woken while polling has its turn.
            for _ in 0..2 {
                if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
                    return Some(done);
                }
            }
            let next = {
                let sleepers = self.0.sleepers.lock().unwrap();
                sleepers.iter().map(|(until, _)| *until).min()
            };
            match next.filter(|next| *next <= until) {
                Some(next) => self.set(next),
                None => {
                    self.set(until);
                    return None;
                }
            }
        }
    }
}

/// What a look shows.
#[derive(Clone, Default)]
pub(super) struct Scene {
    pub(super) findings: Vec<(&'static str, Severity)>,
    pub(super) unknown: Vec<&'static str>,
    /// The kind of each thing that could not be read; virtual networks, as findings are about, where nothing is said.
    pub(super) kinds: Vec<ResourceKind>,
    pub(super) fails: Option<&'static str>,
    pub(super) hangs: bool,
    /// How long it takes.
    pub(super) takes: Duration,
}

pub(super) fn scene(findings: &[(&'static str, Severity)]) -> Scene {
    Scene {
        findings: findings.to_vec(),
        ..Scene::default()
    }
}

pub(super) fn blind(findings: &[(&'static str, Severity)]) -> Scene {
    Scene {
        unknown: vec!["denied"],
        ..scene(findings)
    }
}

/// Pending fences, and what could not be read.
type Left = (Vec<PendingFence>, Vec<Unread>);

/// Shows a scene from an instant on.
#[derive(Clone, Default)]
pub(super) struct Stage {
    pub(super) clock: Virtual,
    scenes: Arc<Mutex<BTreeMap<Timestamp, Scene>>>,
    pub(super) looks: Arc<Mutex<Vec<Timestamp>>>,
    /// What the runs have left to be done, from an instant on.
    pub(super) runs: Arc<Mutex<BTreeMap<Timestamp, Left>>>,
    /// When readiness was asked for.
    pub(super) asked: Arc<Mutex<Vec<Timestamp>>>,
}

impl Stage {
    pub(super) fn show(&self, from: &str, scene: Scene) {
        self.scenes.lock().unwrap().insert(at(from), scene);
    }
}

fn entry(code: &str, severity: Severity) -> Entry {
    let id = FindingId::new(code, "estate", None);
    let finding = Finding::new(
        severity,
        code,
        Subject::Resource {
            component: None,
            kind: ResourceKind::Ec2Vpc,
            name: "main".to_owned(),
        },
        format!("{code} it is"),
        "mend it",
    );
    Entry::new(id, finding)
}

fn looked(scene: &Scene, now: Timestamp) -> Looked {
    let estate: crate::model::EstateName = "shop".parse().unwrap();
    let site: crate::model::SiteId = "ohio".parse().unwrap();
    let findings: Vec<Entry> = scene.findings.iter().map(|(c, s)| entry(c, *s)).collect();
    let kinds = scene.kinds.iter().copied();
    let kinds = kinds.chain(std::iter::repeat(ResourceKind::Ec2Vpc));
    let unknown: Vec<Unknown> = scene
        .unknown
        .iter()
        .zip(kinds)
        .map(|(reason, kind)| Unknown {
            site: site.clone(),
            kind,
            about: None,
            attributes: Vec::new(),
            class: Some(GapClass::Denied),
            reason: (*reason).to_owned(),
            fix: "allow it".to_owned(),
        })
        .collect();
    let unsettled = Unsettled::of_gaps(&unknown);
    let report = Report {
        format: Report::FORMAT,
        estate: estate.clone(),
        primary: site.clone(),
        standby: "california".parse().unwrap(),
        read_at: now,
        at: now,
        caveats: Vec::new(),
        since: None,
        verdict: Verdict::of(&findings, &unknown),
        findings,
        excused: Vec::new(),
        unknown,
        coverage: BTreeMap::new(),
    };
    Looked {
        report: Document::Drift(report, unsettled),
        scan: Some(EstateScan {
            format: EstateScan::FORMAT,
            kinds: EstateScan::kinds_read(),
            estate: "shop".parse().unwrap(),
            sites: BTreeMap::from([(
                site.clone(),
                SiteScan {
                    site,
                    region: "us-east-2".parse().unwrap(),
                    at: now,
                    resources: Vec::new(),
                    gaps: Vec::new(),
                    calls: 7,
                    throttled: 1,
                },
            )]),
            global: None,
        }),
        lags: Vec::new(),
    }
}

/// A standby that could take over.
pub(super) fn ready(now: Timestamp) -> Looked {
    let drift = looked(&Scene::default(), now);
    Looked {
        report: Document::Ready(readiness::Report {
            format: readiness::Report::FORMAT,
            estate: "shop".parse().unwrap(),
            primary: "ohio".parse().unwrap(),
            standby: "california".parse().unwrap(),
            at: now,
            read_at: now,
            caveats: Vec::new(),
            excused: Vec::new(),
            verdict: Answer::Ready,
            score: Score::default(),
            first: Vec::new(),
            rules: Vec::new(),
            findings: Vec::new(),
        }),
        ..drift
    }
}

#[async_trait]
impl Look for Stage {
    async fn look(&self, job: Job, _: Option<&EstateScan>) -> Result<Looked, String> {
        let now = self.clock.now();
        if job == Job::Ready {
            self.asked.lock().unwrap().push(now);
            return Ok(ready(now));
        }
        if job == Job::Status {
            let runs = self.runs.lock().unwrap();
            let shown = runs.range(..=now).next_back();
            let (fences, unread) = shown.map(|(_, shown)| shown.clone()).unwrap_or_default();
            return Ok(Looked {
                report: Document::Status(fences, unread),
                scan: None,
                lags: Vec::new(),
            });
        }
        self.looks.lock().unwrap().push(now);
        let scene = {
            let scenes = self.scenes.lock().unwrap();
            let shown = scenes.range(..=now).next_back();
            shown.map(|(_, scene)| scene.clone()).unwrap_or_default()
        };
        if scene.takes > Duration::ZERO {
            self.clock.sleep(scene.takes).await;
        }
        if scene.hangs {
            std::future::pending::<()>().await;
        }
        match scene.fails {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(looked(&scene, now)),
        }
    }
}

/// Somebody who takes what it is told, or does not.
#[derive(Clone)]
pub(super) struct Ear {
    pub(super) heard: Arc<Mutex<Vec<(Timestamp, Notice)>>>,
    pub(super) tried: Arc<Mutex<Vec<Timestamp>>>,
    /// From when on it takes notices.
    pub(super) opens: Timestamp,
    /// How it refuses before that; `None`: it never answers.
    pub(super) refuses: Option<SendError>,
    /// Whether it takes each change by itself: two, and then none for a while.
    pub(super) by_change: bool,
    /// The one that it never takes.
    pub(super) cannot_bear: Option<&'static str>,
    room: Arc<Mutex<usize>>,
    pub(super) parts: Arc<Mutex<Vec<String>>>,
    clock: Virtual,
}

impl Ear {
    pub(super) fn titles(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .map(|(at, notice)| format!("{} {}", at.strftime("%H:%M:%S"), notice.title()))
            .collect()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|(_, notice)| notice.id.clone()).collect()
    }
}

#[async_trait]
impl Receive for Ear {
    fn parts(&self, notice: &Notice) -> usize {
        if self.by_change {
            notice.changes.len()
        } else {
            1
        }
    }

    async fn send(&self, notice: &Notice, part: usize, at: Timestamp) -> Result<(), SendError> {
        self.tried.lock().unwrap().push(at);
        if self.by_change {
            let code = notice.changes[part].finding.code.clone();
            if self.cannot_bear == Some(code.as_str()) {
                return Err(SendError::Never("answers 413".to_owned()));
            }
            let mut room = self.room.lock().unwrap();
            if *room == 0 {
                *room = 2;
                return Err(SendError::Later("answers 429".to_owned()));
            }
            *room -= 1;
            self.parts.lock().unwrap().push(code);
            return Ok(());
        }
        if self.clock.now() < self.opens {
            match &self.refuses {
                Some(error) => return Err(error.clone()),
                None => std::future::pending().await,
            }
        }
        self.heard.lock().unwrap().push((at, notice.clone()));
        Ok(())
    }
}

/// Lines in memory.
#[derive(Clone, Default)]
pub(super) struct Lines {
    pub(super) bytes: Arc<Mutex<Vec<u8>>>,
    pub(super) is_full: Arc<Mutex<bool>>,
}

impl Lines {
    /// What somebody knows who reads them.
    pub(super) fn state(&self) -> State {
        let bytes = self.bytes.lock().unwrap();
        crate::watch::read(&bytes).unwrap().state
    }
}

impl Ledger for Lines {
    fn append(&mut self, before: &State, record: &Record) -> PortResult<()> {
        if *self.is_full.lock().unwrap() {
            return Err(PortError {
                class: ErrorClass::Transient,
                operation: "append".to_owned(),
                place: "watch".to_owned(),
                message: "no space left on device".to_owned(),
            });
        }
        let mut bytes = self.bytes.lock().unwrap();
        if bytes.is_empty() {
            bytes.extend(line(&Record::State(Box::new(before.clone()))));
        }
        bytes.extend(line(record));
        Ok(())
    }

    fn keep(&mut self, _: &EstateScan) -> PortResult<()> {
        Ok(())
    }
}

/// A stage with its receivers and history.
pub(super) struct Play {
    pub(super) stage: Stage,
    pub(super) ears: BTreeMap<String, Ear>,
    pub(super) lines: Lines,
    pub(super) board: Arc<Board>,
}

impl Play {
    pub(super) fn new(ears: &[&str]) -> Self {
        let stage = Stage::default();
        stage.clock.set(at("12:00:00"));
        let ear = Ear {
            heard: Arc::default(),
            tried: Arc::default(),
            opens: Timestamp::UNIX_EPOCH,
            refuses: None,
            by_change: false,
            cannot_bear: None,
            room: Arc::default(),
            parts: Arc::default(),
            clock: stage.clock.clone(),
        };
        let ears = ears.iter().map(|name| {
            let ear = Ear {
                heard: Arc::default(),
                tried: Arc::default(),
                room: Arc::default(),
                parts: Arc::default(),
                ..ear.clone()
            };
            ((*name).to_owned(), ear)
        });
        Self {
            ears: ears.collect(),
            stage,
            lines: Lines::default(),
            board: Arc::new(Board::new("shop".parse().unwrap())),
        }
    }

    /// A watcher that knows `state`, as one that was just started.
    pub(super) fn watcher_knowing(&self, state: State) -> Watcher {
        let receivers = self.ears.iter().map(|(name, ear)| {
            let ear: Arc<dyn Receive> = Arc::new(ear.clone());
            (name.clone(), ear)
        });
        Watcher {
            state,
            last: None,
            clock: Arc::new(self.stage.clock.clone()),
            look: Arc::new(self.stage.clone()),
            receivers: receivers.collect(),
            ledger: Box::new(self.lines.clone()),
            board: self.board.clone(),
            narrator: Arc::new(Silent),
            watch: Watch {
                jitter: Duration::ZERO,
                // A story is of one job: the other has its turn on another day.
                ready: "0 0 1 1 *".parse().unwrap(),
                status: "0 0 1 1 *".parse().unwrap(),
                ..Watch::default()
            },
        }
    }

    pub(super) fn watcher(&self) -> Watcher {
        self.watcher_knowing(self.unseen())
    }

    /// What somebody knows who has asked for readiness just now, and has not compared the sites yet.
    pub(super) fn unseen(&self) -> State {
        let mut state = State::new("shop".parse().unwrap());
        let seen = Seen {
            standing: Standing::Complete,
            began: at("12:00:00"),
            ended: at("12:00:00"),
            saw: Some(at("12:00:00")),
            complete: Some(at("12:00:00")),
            findings: BTreeMap::new(),
            excused: 0,
        };
        state.jobs.insert(Job::Ready, seen.clone());
        state.jobs.insert(Job::Status, seen);
        state
    }

    /// Watches until an instant.
    pub(super) fn until(&self, watcher: &mut Watcher, until: &str) {
        self.stage.clock.run(at(until), watcher.run());
    }

    pub(super) fn ear(&self, name: &str) -> &Ear {
        &self.ears[name]
    }
}
