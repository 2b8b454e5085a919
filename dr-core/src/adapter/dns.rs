//! Asks name servers directly, as a resolver would: without a cache, and with the time to live that they tell.

use std::net::{IpAddr, SocketAddr};

use hickory_resolver::Resolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};

use crate::model::Duration;
use crate::port::{ErrorClass, PortError, PortResult};

const OPERATION: &str = "dns:Query";

/// What a name server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The addresses, sorted.
    pub addresses: Vec<IpAddr>,
    /// How long a resolver may keep them: the least of the records'.
    pub ttl: Duration,
}

fn error(class: ErrorClass, server: &str, message: impl Into<String>) -> PortError {
    PortError {
        class,
        operation: OPERATION.to_owned(),
        place: server.to_owned(),
        message: message.into(),
    }
}

/// The IPv4 addresses of `name` by `server` (`address:port`).
///
/// # Errors
/// [`ErrorClass::Invalid`] where `server` is no address with a port, [`ErrorClass::Transient`] where it does not answer, or has no
/// address for the name: an answer without one tells where nobody is sent, and for how long it does not say.
pub async fn ask(server: &str, name: &str) -> PortResult<Answer> {
    let address: SocketAddr = server.parse().map_err(|_| {
        let message = "a name server is written as address:port";
        error(ErrorClass::Invalid, server, message)
    })?;
    let mut connection = ConnectionConfig::udp();
    connection.port = address.port();
    let server_config = NameServerConfig::new(address.ip(), true, vec![connection]);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server_config]);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.cache_size = 0;
    options.attempts = 2;
    options.timeout = std::time::Duration::from_secs(2);
    let resolver = builder
        .build()
        .map_err(|cause| error(ErrorClass::Invalid, server, cause.to_string()))?;
    let name = format!("{}.", name.trim_end_matches('.'));
    let found = resolver
        .lookup(name, RecordType::A)
        .await
        .map_err(|cause| error(ErrorClass::Transient, server, cause.to_string()))?;
    let mut addresses = Vec::new();
    let mut ttl = u32::MAX;
    for record in found.answers() {
        if let RData::A(address) = &record.data {
            addresses.push(IpAddr::V4(address.0));
            ttl = ttl.min(record.ttl);
        }
    }
    if addresses.is_empty() {
        let message = "it answers without an address";
        return Err(error(ErrorClass::Transient, server, message));
    }
    addresses.sort();
    Ok(Answer {
        addresses,
        ttl: Duration::from_secs(u64::from(ttl)),
    })
}
