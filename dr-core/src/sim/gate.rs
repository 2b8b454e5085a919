//! The one gate through which every call of an operator goes: it is numbered, delayed, refused, lost, recorded here, and at
//! it the operator can crash.

use std::sync::Arc;

use futures_util::future::pending;
use jiff::Timestamp;

use super::executor::Sleep;
use super::operator::{Moment, Process};
use super::request::Request;
use super::simulation::{Shared, lock};
use super::time::SimTime;
use super::world::World;
use super::world::change::{Change, Order, Refusal};
use crate::model::{ComponentId, Duration};
use crate::port::{Effect, ErrorClass, Permit, Place, PortError, PortResult};

/// How long a caller waits for an answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallMade {
    /// Who made it.
    pub operator: Arc<str>,
    /// Its number among the requests of the operator's process. The calls of one port method have one number.
    pub number: u64,
    /// The service's prefix in access policies: `rds`.
    pub service: &'static str,
    /// The call: `PromoteReadReplica`.
    pub call: &'static str,
    /// Where it went.
    pub place: Place,
    /// What it does.
    pub effect: Effect,
    /// The component that it is about.
    pub component: Option<ComponentId>,
    /// When it was made.
    pub at: Timestamp,
    /// What the caller learned.
    pub outcome: CallOutcome,
}

/// What a caller learned of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// Nothing: it still waits, or has died or given up waiting.
    Unanswered,
    /// It was carried out.
    Answered,
    /// It was not, or that is not known.
    Failed(ErrorClass),
}

/// A request on its way.
struct Sent {
    number: u64,
    /// Where its records begin.
    record: usize,
    at: SimTime,
    latency: Duration,
    changes: bool,
}

impl Sent {
    /// When it arrives there.
    fn arrives(&self) -> SimTime {
        self.at
            .plus(Duration::from_millis(self.latency.as_millis() / 2))
    }

    /// When its answer is back.
    fn returns(&self) -> SimTime {
        self.at.plus(self.latency)
    }

    /// When the caller gives up.
    fn gives_up(&self) -> SimTime {
        self.at.plus(CALL_TIMEOUT)
    }
}

/// The gate of one operator.
#[derive(Clone)]
pub(super) struct Gate {
    shared: Arc<Shared>,
    process: Arc<Process>,
}

impl Gate {
    pub(super) fn new(shared: Arc<Shared>, process: Arc<Process>) -> Self {
        Self { shared, process }
    }

    /// The person whose calls go through it.
    pub(super) fn operator(&self) -> &Arc<str> {
        &self.process.name
    }

    /// Reads.
    pub(super) async fn read<T>(
        &self,
        request: &Request<'_>,
        read: impl FnOnce(&World) -> Result<T, Refusal> + Send,
    ) -> PortResult<T> {
        let mut sent = self.send(request, false).await;
        self.stand_still(&mut sent).await;
        self.carry(request, &sent, |world| read(world), None).await
    }

    /// Changes the world under a permit.
    pub(super) async fn change(
        &self,
        request: &Request<'_>,
        permit: &Permit,
        change: Change,
    ) -> PortResult<()> {
        let mut sent = self.send(request, true).await;
        // The caller looks at its own clock.
        let shown = lock(&self.shared.world).clock_of(&self.process.name);
        if permit.deadline.has_passed(shown) {
            let error = self.error(
                request,
                ErrorClass::Denied,
                format!("the lease of epoch {} has run out", permit.epoch),
            );
            self.record(request, &sent, CallOutcome::Failed(error.class));
            return Err(error);
        }
        self.stand_still(&mut sent).await;
        let order = Order {
            operator: self.process.name.as_ref().to_owned(),
            run: permit.run.clone(),
            epoch: permit.epoch,
            change,
        };
        let act = |world: &mut World| {
            let accepted = world.accept(&order);
            if accepted.is_ok() {
                self.shared.changed(world);
            }
            accepted
        };
        self.carry(request, &sent, act, Some(&order)).await
    }

    /// Writes to a store. `None` when its condition does not hold.
    pub(super) async fn write<T: Send>(
        &self,
        request: &Request<'_>,
        write: impl FnOnce(&mut World) -> Option<T> + Send,
    ) -> PortResult<Option<T>> {
        let mut sent = self.send(request, true).await;
        self.stand_still(&mut sent).await;
        let act = |world: &mut World| {
            let written = write(world);
            if written.is_some() {
                self.shared.changed(world);
            }
            Ok(written)
        };
        self.carry(request, &sent, act, None).await
    }

    /// Numbers and records a request, and lets it go out.
    async fn send(&self, request: &Request<'_>, changes: bool) -> Sent {
        if self.process.has_crashed() {
            pending::<()>().await;
        }
        self.awake().await;
        let number = self.process.number();
        if self.process.crashes(number, Moment::Before) {
            pending::<()>().await;
        }
        let mut world = lock(&self.shared.world);
        let at = world.now;
        let latency = request.latency(&mut world);
        let mut calls = lock(&self.shared.calls);
        let record = calls.len();
        for call in request.calls {
            calls.push(CallMade {
                operator: Arc::clone(&self.process.name),
                number,
                service: call.service,
                call: call.call,
                place: request.place(call, &world.estate),
                effect: call.effect,
                component: request.component.cloned(),
                at: at.timestamp(),
                outcome: CallOutcome::Unanswered,
            });
        }
        Sent {
            number,
            record,
            at,
            latency,
            changes,
        }
    }

    /// Carries a request there, lets it act, and carries the answer back, as far as the world lets it. `late` is what still
    /// arrives when the caller has given up.
    async fn carry<T>(
        &self,
        request: &Request<'_>,
        sent: &Sent,
        act: impl FnOnce(&mut World) -> Result<T, Refusal> + Send,
        late: Option<&Order>,
    ) -> PortResult<T> {
        if sent.arrives() > sent.gives_up() {
            if let Some(order) = late {
                lock(&self.shared.world).arrives_late(sent.arrives(), order.clone());
            }
            return self.give_up(request, sent).await;
        }
        self.wait(sent.arrives()).await;
        let answer = self.arrive(request, act);
        if self.process.crashes(sent.number, Moment::Unanswered) {
            pending::<()>().await;
        }
        let Some(answer) = answer else {
            return self.give_up(request, sent).await;
        };
        if sent.returns() > sent.gives_up() {
            return self.give_up(request, sent).await;
        }
        self.wait(sent.returns()).await;
        if !self.reaches(request, &lock(&self.shared.world)) {
            return self.give_up(request, sent).await;
        }
        self.awake().await;
        let result =
            answer.map_err(|Refusal { class, message }| self.error(request, class, message));
        let outcome = match &result {
            Ok(_) => CallOutcome::Answered,
            Err(error) => CallOutcome::Failed(error.class),
        };
        self.record(request, sent, outcome);
        self.process.crashes(sent.number, Moment::After);
        result
    }

    /// The request is there: it acts and is answered, or it or its answer is lost.
    fn arrive<T>(
        &self,
        request: &Request<'_>,
        act: impl FnOnce(&mut World) -> Result<T, Refusal>,
    ) -> Option<Result<T, Refusal>> {
        let mut world = lock(&self.shared.world);
        if !self.reaches(request, &world) {
            return None;
        }
        if let Some(refusal) = request.refusal(&mut world) {
            return Some(Err(refusal));
        }
        let lost = world
            .lose_answer_of
            .take_if(|name| {
                request
                    .calls
                    .iter()
                    .any(|call| name.split_once(':') == Some((call.service, call.call)))
            })
            .is_some();
        let answer = act(&mut world);
        if lost {
            return None;
        }
        Some(answer)
    }

    /// Waits until the caller gives up. Of a reading it may try again; of a change it does not know whether it happened.
    async fn give_up<T>(&self, request: &Request<'_>, sent: &Sent) -> PortResult<T> {
        self.wait(sent.gives_up()).await;
        self.awake().await;
        let class = if sent.changes {
            ErrorClass::Indeterminate
        } else {
            ErrorClass::Transient
        };
        self.record(request, sent, CallOutcome::Failed(class));
        self.process.crashes(sent.number, Moment::After);
        Err(self.error(request, class, format!("no answer within {CALL_TIMEOUT}")))
    }

    /// Whether a request comes through from here.
    fn reaches(&self, request: &Request<'_>, world: &World) -> bool {
        request.is_reached(world) && !request.is_cut_off(world, &self.process.name)
    }

    /// Lets the process stand still between its look at the clock and the call, when this is the call that was asked for.
    async fn stand_still(&self, sent: &mut Sent) {
        let Some(lasts) = self.process.pauses(sent.number) else {
            return;
        };
        lock(&self.shared.world).pause(&self.process.name, lasts);
        // For so long and no longer, whatever else stops the machine meanwhile: the lock promises to cover so much.
        self.pause(lasts).await;
        sent.at = lock(&self.shared.world).now;
    }

    /// Waits while the operator's machines stand still.
    async fn awake(&self) {
        loop {
            let wakes = lock(&self.shared.world).wakes(&self.process.name);
            let Some(wakes) = wakes else {
                return;
            };
            self.wait(wakes).await;
        }
    }

    /// Lets time pass.
    pub(super) async fn pause(&self, duration: Duration) {
        let until = lock(&self.shared.world).now.plus(duration);
        self.wait(until).await;
    }

    async fn wait(&self, until: SimTime) {
        Sleep::until(Arc::clone(&self.shared), until).await;
    }

    /// Writes down what the caller learned.
    fn record(&self, request: &Request<'_>, sent: &Sent, outcome: CallOutcome) {
        let mut calls = lock(&self.shared.calls);
        for call in calls.iter_mut().skip(sent.record).take(request.calls.len()) {
            call.outcome = outcome;
        }
    }

    /// An error of this request.
    fn error(&self, request: &Request<'_>, class: ErrorClass, message: String) -> PortError {
        let site = request
            .column
            .map(|column| self.shared.estate.sites[column].id.as_str());
        let place = match (request.component, site) {
            (Some(component), Some(site)) => format!("{component}@{site}"),
            (Some(component), None) => component.to_string(),
            (None, Some(site)) => site.to_owned(),
            (None, None) => "global".to_owned(),
        };
        PortError {
            class,
            operation: request.name(),
            place,
            message,
        }
    }
}
