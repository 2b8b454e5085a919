//! One call to AWS: bounded, repeated only where that is safe, its error classed.

use std::future::Future;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::AwsSite;
use super::error::{Intent, class, message};
use crate::model::Duration;
use crate::port::{ErrorClass, Permit, PortError, PortResult};

/// How often a call is sent in all when the service says that it did nothing because there were too many.
const ATTEMPTS: u32 = 4;
/// The pause after the first refusal; it doubles after each one.
const PAUSE: Duration = Duration::from_millis(400);

type Answer<T, E> = Result<T, SdkError<E, HttpResponse>>;

impl AwsSite {
    /// Sends a call that only reads. `operation` is its name in access policies: `rds:DescribeDBInstances`.
    ///
    /// # Errors
    /// A [`PortError`] with its class. [`ErrorClass::Throttled`] after the call was refused several times.
    pub(super) async fn read<T, E, F>(
        &self,
        operation: &str,
        call: impl Fn() -> F + Send,
    ) -> PortResult<T>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Answer<T, E>> + Send,
        T: Send,
    {
        self.send(operation, Intent::Read, None, call).await
    }

    /// Sends a call that changes the world, unless the permit has ended. A lost answer is [`ErrorClass::Indeterminate`].
    ///
    /// # Errors
    /// A [`PortError`] with its class.
    pub(super) async fn change<T, E, F>(
        &self,
        operation: &str,
        permit: &Permit,
        call: impl Fn() -> F + Send,
    ) -> PortResult<T>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Answer<T, E>> + Send,
        T: Send,
    {
        self.send(operation, Intent::Change, Some(permit), call)
            .await
    }

    /// Sends a conditional write of the store. It needs no permit: that it is conditional is what keeps a stale holder out.
    ///
    /// # Errors
    /// A [`PortError`] with its class.
    pub(super) async fn write<T, E, F>(
        &self,
        operation: &str,
        call: impl Fn() -> F + Send,
    ) -> PortResult<T>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Answer<T, E>> + Send,
        T: Send,
    {
        self.send(operation, Intent::Change, None, call).await
    }

    /// Refuses a change past the end of the lease.
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`]: another operator may hold the lock by now.
    pub(super) fn check(&self, operation: &str, permit: &Permit) -> PortResult<()> {
        if permit.deadline.has_passed(self.clock().now()) {
            return Err(self.error(
                ErrorClass::Conflict,
                operation,
                "not sent: the lease of the estate's lock has ended",
            ));
        }
        Ok(())
    }

    /// An error of this site that no call returned.
    pub(super) fn error(
        &self,
        class: ErrorClass,
        operation: &str,
        message: impl Into<String>,
    ) -> PortError {
        PortError {
            class,
            operation: operation.to_owned(),
            place: self.site().id.to_string(),
            message: message.into(),
        }
    }

    async fn send<T, E, F>(
        &self,
        operation: &str,
        intent: Intent,
        permit: Option<&Permit>,
        call: impl Fn() -> F + Send,
    ) -> PortResult<T>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Answer<T, E>> + Send,
        T: Send,
    {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            if let Some(permit) = permit {
                self.check(operation, permit)?;
            }
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let class = class(&error, intent);
            if class == ErrorClass::Throttled && attempt < ATTEMPTS {
                attempt += 1;
                self.clock().sleep(pause).await;
                pause = pause.times(2);
                continue;
            }
            return Err(self.error(class, operation, message(&error)));
        }
    }
}
