//! Makes records durable, with patience and under a lease that lasts.

use jiff::Timestamp;

use super::{Host, HostError};
use crate::model::Duration;
use crate::port::{ErrorClass, LeaseDeadline};
use crate::runbook::event::Event;
use crate::runbook::journal::{AppendError, Header, Journal, Record};
use crate::runbook::lock::{Lease, LockError, rule};

/// A record that the store refuses for a moment is tried again after this.
const PAUSE: Duration = Duration::from_secs(1);
/// How long it is tried again before the run is cut off. Nothing is decided meanwhile, so it is no longer than the time in which a
/// person should learn of it; another machine, or a later hour, resumes the run.
const PATIENCE: Duration = Duration::from_mins(5);

impl Host {
    /// Begins the journal of a run.
    pub(super) async fn create(
        &self,
        header: Header,
        lease: &mut Lease,
    ) -> Result<Journal, HostError> {
        let deadline = LeaseDeadline::new(lease.deadline());
        let give_up = PATIENCE.after(self.ports.clock.now());
        loop {
            match Journal::create(self.logs.clone(), header.clone()).await {
                Ok(journal) => return Ok(journal),
                Err(error) => self.refused(error, lease, &deadline, give_up).await?,
            }
        }
    }

    /// Appends an event. What the store refuses for a moment is tried again, and the lease renewed meanwhile: each try takes
    /// seconds where calls are throttled, and some of them would outlast it.
    pub(super) async fn append(
        &self,
        journal: &mut Journal,
        lease: &mut Lease,
        deadline: &LeaseDeadline,
        event: Event,
    ) -> Result<Record, HostError> {
        let clock = &self.ports.clock;
        let give_up = PATIENCE.after(clock.now());
        loop {
            match journal
                .append(lease.epoch(), clock.now(), event.clone())
                .await
            {
                Ok(record) => return Ok(record),
                Err(error) => self.refused(error, lease, deadline, give_up).await?,
            }
        }
    }

    /// Waits until a refused record may be tried again; an error where it may not.
    async fn refused(
        &self,
        error: AppendError,
        lease: &mut Lease,
        deadline: &LeaseDeadline,
        give_up: Timestamp,
    ) -> Result<(), HostError> {
        let AppendError::Store(refusal) = &error else {
            return Err(error.into());
        };
        let clock = &self.ports.clock;
        let may_pass = refusal.class.is_retryable() || refusal.class == ErrorClass::Indeterminate;
        if may_pass {
            self.renew(lease, deadline).await?;
        }
        if !may_pass || clock.now() >= lease.deadline().min(give_up) {
            return Err(error.into());
        }
        clock.sleep(PAUSE).await;
        Ok(())
    }

    /// Renews the lease when a third of it is over. A store that fails for a moment is asked again at the next tick; the deadline
    /// in every permit keeps that safe.
    pub(super) async fn renew(
        &self,
        lease: &mut Lease,
        deadline: &LeaseDeadline,
    ) -> Result<(), HostError> {
        let clock = &self.ports.clock;
        if !rule::is_renewal_due(lease.until(), clock.now()) {
            return Ok(());
        }
        match lease.renew(&*self.store, &**clock).await {
            Ok(()) => {
                deadline.set(lease.deadline());
                Ok(())
            }
            Err(LockError::Store(_)) if clock.now() < lease.until() => Ok(()),
            Err(LockError::Store(error)) => Err(HostError::Lock(LockError::Store(error))),
            Err(_) => Err(HostError::Fenced),
        }
    }
}
