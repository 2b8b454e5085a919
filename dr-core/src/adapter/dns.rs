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

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    /// What an answer holds: a record that answers, one beside the answer, or neither.
    #[derive(Debug, Clone, Copy)]
    enum Holds {
        Answer(&'static [u8]),
        Beside(&'static [u8]),
        Nothing,
    }

    /// A name server on this machine that answers every query with success and that (RFC 1035, section 4.1).
    fn name_server(holds: Holds) -> String {
        let (answers, beside, record): (u8, u8, &[u8]) = match holds {
            Holds::Answer(record) => (1, 0, record),
            Holds::Beside(record) => (0, 1, record),
            Holds::Nothing => (0, 0, &[]),
        };
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("it is bound").to_string();
        std::thread::spawn(move || {
            let mut query = [0; 512];
            // The thread ends with the test's process.
            while let Ok((_, from)) = socket.recv_from(&mut query) {
                let length = query[12..].iter().position(|byte| *byte == 0);
                let question_end = 12 + length.expect("a name ends with the root") + 5;
                let mut answer = query[..2].to_vec();
                answer.extend([0x84, 0, 0, 1, 0, answers, 0, 0, 0, beside]);
                answer.extend(&query[12..question_end]);
                answer.extend(record);
                let _ = socket.send_to(&answer, from);
            }
        });
        address
    }

    fn asked(server: &str) -> PortResult<Answer> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime for one test")
            .block_on(ask(server, "shop.example"))
    }

    /// The name itself; type A; class IN; 60 s; four bytes.
    const ADDRESS: &[u8] = &[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
    /// The same name is another one, `a.`; of which nothing more is told.
    const ALIAS: &[u8] = &[0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 3, 1, b'a', 0];
    /// A text beside the question.
    const TEXT: &[u8] = &[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 2, 1, b'a'];

    #[test]
    fn an_answer_has_its_addresses_and_how_long_they_may_be_kept() {
        let told = asked(&name_server(Holds::Answer(ADDRESS))).expect("it is told");
        assert_eq!(told.addresses, [IpAddr::from([192, 0, 2, 1])]);
        assert_eq!(told.ttl, Duration::from_secs(60));
    }

    #[test]
    fn an_answer_without_an_address_is_none() {
        for holds in [
            Holds::Nothing,
            Holds::Answer(ALIAS),
            Holds::Answer(TEXT),
            Holds::Beside(ADDRESS),
        ] {
            let told = asked(&name_server(holds)).expect_err("nobody is sent anywhere");
            assert_eq!(told.class, ErrorClass::Transient, "{holds:?}: {told}");
        }
    }
}
