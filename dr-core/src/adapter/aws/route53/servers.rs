//! What the name servers of the zone answer, and which site that is.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::FrontDoor;
use crate::adapter::dns;
use crate::model::{Duration, SiteId};
use crate::port::{ErrorClass, PortResult};

const QUERY: &str = "dns:Query";

/// Which site an address belongs to.
type Known = BTreeMap<IpAddr, SiteId>;

impl FrontDoor {
    pub(super) fn name_servers(&self) -> &[String] {
        &self.standby().binding.name_servers
    }

    /// What every name server answers; where they differ, the site that is not yet asked for is told, since some resolver
    /// still gets it.
    pub(super) async fn asked_servers(&self, asked_for: &SiteId) -> PortResult<(SiteId, Duration)> {
        let mut ttl = Duration::ZERO;
        let mut answered = Vec::new();
        for server in self.name_servers() {
            let answer = dns::ask(server, self.record()).await?;
            ttl = ttl.max(answer.ttl);
            let addresses = answer.addresses.into_iter();
            answered.extend(addresses.map(|address| (server, address)));
        }
        let mut known = self.known().await;
        if answered
            .iter()
            .any(|(_, address)| !known.contains_key(address))
        {
            // The addresses of a load balancer change, and no answer tells all of them: they are looked up once more.
            known.extend(self.known().await);
        }
        let mut answers = None;
        for (server, address) in answered {
            let site = known.get(&address).ok_or_else(|| {
                let message = format!(
                    "{server} answers {address}, which is none of the addresses that the binding's `answers` have now"
                );
                self.error(ErrorClass::Transient, QUERY, message)
            })?;
            if answers.is_none() || site != asked_for {
                answers = Some(site.clone());
            }
        }
        let site = answers.ok_or_else(|| {
            let message = format!("no name server has an address for {}", self.record());
            self.error(ErrorClass::Transient, QUERY, message)
        })?;
        Ok((site, ttl))
    }

    /// The addresses of both sites, as they are told now.
    async fn known(&self) -> Known {
        let mut known = Known::new();
        for side in &self.sides {
            for name in &side.binding.answers {
                for address in self.addresses(name).await {
                    known.insert(address, side.site.clone());
                }
            }
        }
        known
    }

    /// The addresses behind a name of the binding: itself, by the name servers, or by the system's resolver.
    async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        if let Ok(address) = name.parse() {
            return vec![address];
        }
        for server in self.name_servers() {
            if let Ok(answer) = dns::ask(server, name).await {
                return answer.addresses;
            }
        }
        match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => found.map(|address| address.ip()).collect(),
            Err(_) => Vec::new(),
        }
    }
}
