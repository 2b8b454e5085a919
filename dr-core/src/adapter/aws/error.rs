//! What an error of the SDK means for what is done next.

use std::error::Error;
use std::fmt::Write as _;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::port::ErrorClass;

/// Whether a call may have changed something when its answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intent {
    /// It only reads.
    Read,
    /// It changes the world.
    Change,
}

impl Intent {
    /// The class of an answer that was lost or makes no sense.
    fn lost(self) -> ErrorClass {
        match self {
            Self::Read => ErrorClass::Transient,
            Self::Change => ErrorClass::Indeterminate,
        }
    }
}

/// Codes with which services refuse because there are too many calls: nothing was done (AWS general reference,
/// "api-retries"; the SDKs' list of throttling errors).
const THROTTLED: [&str; 11] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
];

/// Codes of calls that are not allowed, or whose credentials are not accepted (IAM, "Common errors").
const DENIED: [&str; 13] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "AuthorizationError",
    "ExpiredToken",
    "ExpiredTokenException",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "NotAuthorized",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// The class of an error.
pub(super) fn class<E>(error: &SdkError<E, HttpResponse>, intent: Intent) -> ErrorClass
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    // The call itself was not sent: nobody gave the credentials that sign it.
    if let Some(unsigned) = first::<CredentialsError>(error) {
        return of_credentials(unsigned);
    }
    match error {
        SdkError::ConstructionFailure(_) => {
            if is_about_credentials(error) {
                ErrorClass::Denied
            } else {
                ErrorClass::Invalid
            }
        }
        SdkError::TimeoutError(_) => intent.lost(),
        SdkError::DispatchFailure(_) => {
            if was_never_sent(error) {
                ErrorClass::Transient
            } else if is_about_credentials(error) {
                ErrorClass::Denied
            } else {
                intent.lost()
            }
        }
        // An answer that is none of AWS: a proxy's page of an error, say.
        SdkError::ResponseError(answer) => by_status(answer.raw().status().as_u16(), intent),
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            match answer.err().code() {
                Some(_) if !is_of_the_service(answer.raw()) => by_status(status, intent),
                Some(code) => by_code(code, status, intent),
                None => by_status(status, intent),
            }
        }
        _ => intent.lost(),
    }
}

/// The class of what keeps credentials from being given: that of the answer of STS, where a role is assumed. What STS does not answer
/// may be answered the next time; all else, such as a profile that is not there or a token that ran out, is mended by a person.
pub(super) fn of_credentials(error: &CredentialsError) -> ErrorClass {
    if matches!(error, CredentialsError::ProviderTimedOut(_)) {
        return ErrorClass::Transient;
    }
    if let Some(sts) = not_assumed(error) {
        return class(sts, Intent::Read);
    }
    let unreached = |cause: &ConnectorError| cause.is_timeout() || cause.is_io();
    if first::<ConnectorError>(error).is_some_and(unreached) {
        ErrorClass::Transient
    } else {
        ErrorClass::Denied
    }
}

/// What STS was asked and did not do: give the credentials of a role.
pub(super) fn not_assumed(
    error: &CredentialsError,
) -> Option<&SdkError<AssumeRoleError, HttpResponse>> {
    first(error)
}

/// Whether an answer comes from the service itself, and not from something before it.
///
/// S3 answers `HEAD` without a body (S3 API reference, `HeadObject`), so of every empty 404 the SDK says that the service's code
/// were `NotFound`. It is believed where the id that AWS gives to each request stands beside it: S3 writes
/// `x-amz-request-id`, the others `x-amzn-requestid`.
fn is_of_the_service(answer: &HttpResponse) -> bool {
    let has_body = answer.body().bytes().is_some_and(|body| !body.is_empty());
    let ids = ["x-amz-request-id", "x-amzn-requestid"];
    has_body || ids.iter().any(|id| answer.headers().get(id).is_some())
}

/// The class of an answer without a code of the service. A page of a proxy with status 404 tells nothing of what was asked
/// for; a redirect is followed by nobody, so the call went to the wrong region.
fn by_status(status: u16, intent: Intent) -> ErrorClass {
    match status {
        401 | 403 => ErrorClass::Denied,
        404 => intent.lost(),
        409 | 412 => ErrorClass::Conflict,
        429 => ErrorClass::Throttled,
        300..=499 => ErrorClass::Invalid,
        _ => intent.lost(),
    }
}

fn by_code(code: &str, status: u16, intent: Intent) -> ErrorClass {
    if THROTTLED.contains(&code) {
        ErrorClass::Throttled
    } else if DENIED.contains(&code) {
        ErrorClass::Denied
    } else if code.contains("NotFound") || code.starts_with("NoSuch") {
        ErrorClass::NotFound
    } else if status >= 500 {
        intent.lost()
    } else if is_conflict(code) {
        ErrorClass::Conflict
    } else if status == 404 {
        // The service's own, and not about the thing: `UnknownOperationException`.
        ErrorClass::Invalid
    } else {
        by_status(status, intent)
    }
}

/// Codes of calls that the thing's present state does not allow: `InvalidDBInstanceState`, `IncorrectInstanceState`,
/// `DBInstanceAlreadyExists`, `ResourceInUse`, `ScalingActivityInProgress`.
fn is_conflict(code: &str) -> bool {
    [
        "State",
        "AlreadyExists",
        "InUse",
        "InProgress",
        "Conflict",
        "PreconditionFailed",
    ]
    .iter()
    .any(|part| code.contains(part))
}

/// Whether the request certainly did not leave: nobody listened.
fn was_never_sent(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
            || cause.to_string().contains("dns error")
    })
}

fn is_about_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.to_string().contains("credentials"))
}

/// The first of the causes that is one of these.
fn first<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(<dyn Error>::downcast_ref)
}

fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> + 'a {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    })
}

/// What went wrong, in one line: the service's code and message, or the chain of causes.
pub(super) fn message<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let SdkError::ServiceError(answer) = error
        && let Some(code) = answer.err().code()
    {
        return match answer.err().message() {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        };
    }
    let mut text = String::new();
    for cause in causes(error) {
        let line = cause.to_string();
        if text.contains(&line) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        write!(text, "{line}").expect("writing to a string does not fail");
    }
    if let SdkError::ResponseError(answer) = error {
        write!(text, " (HTTP {})", answer.raw().status().as_u16())
            .expect("writing to a string does not fail");
    }
    text
}

#[cfg(all(test, feature = "aws"))]
mod tests;
