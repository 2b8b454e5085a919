//! One write a second, and what came of it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::{Client, Url, redirect};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::shortage::is_of_this_machine;
use crate::adapter::http::Second;
use crate::model::{Duration, SiteId};
use crate::port::{ErrorClass, PortError, PortResult};

/// How long measurements are kept, in seconds: twice as long as is asked back for at most.
pub const KEPT_S: usize = 7200;

/// How long a client waits for a write before it counts as not acknowledged.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// How long an address is taken for a site's after its name was last seen to have it: resolvers and clients keep an answer past its
/// time to live, though hardly so long.
const STAYS: Duration = Duration::from_mins(10);

/// The header by which an application may say which site it is.
const SITE_HEADER: &str = "dr-site";

/// Measures one front door.
pub struct Observer {
    write: Url,
    /// The names or addresses that lead to each site alone.
    sites: BTreeMap<SiteId, Vec<String>>,
    client: Client,
    seconds: Mutex<BTreeMap<i64, Second>>,
    addresses: Mutex<BTreeMap<IpAddr, Seen>>,
}

/// To which site an address leads, and since when that was last heard.
struct Seen {
    site: SiteId,
    name: String,
    at: Timestamp,
}

/// Why it is not known whether a site is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unmeasured {
    /// The observer knows no such site.
    #[error("there is no such site")]
    NoSuchSite,
    /// It could not try: the machine that it runs on has no descriptor, memory or address left.
    #[error("this machine has no room for another connection")]
    NoRoom,
}

impl Observer {
    /// An observer that writes by `POST` to `write`, which leads through the name that clients use. `sites` are the names that
    /// lead to each site alone.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] where `write` is no address of HTTP, or TLS cannot be set up.
    pub fn new(write: &str, sites: BTreeMap<SiteId, Vec<String>>) -> PortResult<Self> {
        let write = Url::parse(write)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| invalid(format!("{write} is no address of HTTP")))?;
        // A connection that is kept would go on to a site that the name no longer answers, a proxy has its own idea of it, and a
        // redirect is no acknowledgement.
        let client = Client::builder()
            .timeout(PATIENCE)
            .pool_max_idle_per_host(0)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("dr-observe/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|cause| invalid(cause.to_string()))?;
        Ok(Self {
            write,
            sites,
            client,
            seconds: Mutex::default(),
            addresses: Mutex::default(),
        })
    }

    /// Looks the sites' names up again, to tell by its address which site answered. Those of a name that is not found stay.
    pub async fn learn(&self, at: Timestamp) {
        for (site, names) in &self.sites {
            for name in names {
                let Ok(found) = lookup_host((name.as_str(), self.port())).await else {
                    continue;
                };
                let found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
                self.note(site, name, &found, at);
            }
        }
    }

    /// Notes the addresses that a name has now. One that it has not had for [`STAYS`] is forgotten: a load balancer gives its
    /// addresses up, and somebody else is given them.
    pub(super) fn note(&self, site: &SiteId, name: &str, found: &[IpAddr], at: Timestamp) {
        let mut known = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.extend(found.iter().map(|address| {
            let seen = Seen {
                site: site.clone(),
                name: name.to_owned(),
                at,
            };
            (*address, seen)
        }));
        known.retain(|_, seen| seen.name != name || Duration::between(seen.at, at) <= STAYS);
    }

    /// Makes one write as a client would, and keeps what came of it under the second in which it began. One that this machine could
    /// not send is no measurement.
    pub async fn measure(&self, at: Timestamp) {
        let answer = self.client.post(self.write.clone()).send().await;
        if answer
            .as_ref()
            .is_err_and(|error| is_of_this_machine(error))
        {
            return;
        }
        let acknowledged = answer.ok().filter(|answer| answer.status().is_success());
        let served_by = acknowledged.as_ref().and_then(|answer| {
            let peer = answer.remote_addr().map(|peer| peer.ip());
            self.site(answer.headers(), peer)
        });
        let second = Second {
            second: at.as_second(),
            tried: 1,
            acknowledged: u64::from(acknowledged.is_some()),
            served_by: served_by.into_iter().collect(),
        };
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        match seconds.entry(second.second) {
            Entry::Vacant(entry) => _ = entry.insert(second),
            Entry::Occupied(mut entry) => {
                // Two ticks of the clock fell into one second.
                let there = entry.get_mut();
                there.tried += second.tried;
                there.acknowledged += second.acknowledged;
                there.served_by.extend(second.served_by);
            }
        }
        while seconds.len() > KEPT_S {
            seconds.pop_first();
        }
    }

    /// The site that answered: as it says itself, else by the address that was connected to.
    fn site(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<SiteId> {
        let said = headers.get(SITE_HEADER).and_then(|site| site.to_str().ok());
        let known = |site: &SiteId| self.sites.contains_key(site);
        said.and_then(|site| site.parse().ok())
            .filter(known)
            .or_else(|| {
                let addresses = self
                    .addresses
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                addresses.get(&peer?).map(|seen| seen.site.clone())
            })
    }

    /// What was measured in the `over_s` seconds that end with `until`, oldest first.
    pub fn seconds(&self, until: Timestamp, over_s: u64) -> Vec<Second> {
        let first = until
            .as_second()
            .saturating_sub(i64::try_from(over_s).unwrap_or(i64::MAX));
        let seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        seconds
            .range(first.saturating_add(1)..)
            .map(|(_, second)| second.clone())
            .collect()
    }

    /// Whether a connection to the path that clients take to a site can be made now. Every address is tried at once: a balancer of
    /// which one node swallows packets is reached.
    ///
    /// # Errors
    /// [`Unmeasured`]: then nothing is known of the site.
    pub async fn reaches(&self, site: &SiteId) -> Result<bool, Unmeasured> {
        let names = self.sites.get(site).ok_or(Unmeasured::NoSuchSite)?;
        let mut attempts: FuturesUnordered<_> =
            names.iter().map(|name| self.connects(name)).collect();
        let mut is_short = false;
        let connected = async {
            while let Some(attempt) = attempts.next().await {
                match attempt {
                    Ok(()) => return true,
                    Err(error) => is_short |= is_of_this_machine(&error),
                }
            }
            false
        };
        match timeout(PATIENCE, connected).await {
            Ok(true) => Ok(true),
            _ if is_short => Err(Unmeasured::NoRoom),
            _ => Ok(false),
        }
    }

    /// Connects to one of the addresses of a name; else the error that says most.
    async fn connects(&self, name: &str) -> io::Result<()> {
        let found = lookup_host((name, self.port())).await?;
        let mut attempts: FuturesUnordered<_> = found.map(TcpStream::connect).collect();
        let mut told = io::Error::from(io::ErrorKind::NotFound);
        while let Some(attempt) = attempts.next().await {
            match attempt {
                Ok(_) => return Ok(()),
                Err(error) if !is_of_this_machine(&told) => told = error,
                Err(_) => {}
            }
        }
        Err(told)
    }

    fn port(&self) -> u16 {
        self.write
            .port_or_known_default()
            .expect("HTTP and HTTPS have ports, and nothing else is taken")
    }
}

fn invalid(message: String) -> PortError {
    PortError {
        class: ErrorClass::Invalid,
        operation: "http:Write".to_owned(),
        place: "observer".to_owned(),
        message,
    }
}
