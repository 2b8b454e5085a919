//! A Git server on one site: what it holds is proven by reading it, with the system's `git`.
//!
//! The newest commit that any server was seen to hold is remembered in the store. After the primary is lost, a mirror that
//! contains it is known to be complete; one that does not is behind by the commits in between.

mod command;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::adapter::Here;
use crate::model::{GitBinding, RepositoryState};
use crate::port::{ErrorClass, ObjectStore, Permit, PortError, PortResult, PutError, Repository};

use command::Git;

/// What turns a server on and off.
#[async_trait]
pub trait Power: Send + Sync {
    /// Whether it is on.
    async fn is_on(&self) -> PortResult<bool>;
    /// Turns it on.
    async fn turn_on(&self, permit: &Permit) -> PortResult<()>;
    /// Turns it off.
    async fn turn_off(&self, permit: &Permit) -> PortResult<()>;
}

/// The newest commit that a server was seen to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// Its hash.
    commit: String,
    /// Commits up to it, along the branch.
    count: u64,
    /// When it was seen.
    at: Timestamp,
    /// On which site.
    site: String,
}

/// A Git server.
pub struct GitServer {
    here: Here,
    power: Option<Arc<dyn Power>>,
    binding: GitBinding,
    git: Git,
    memory: Memory,
}

/// Where what was last seen of both servers is kept: in the site's own store, which is the one that answers when the other
/// site is lost, and in the other's.
#[derive(Clone)]
pub struct Memory {
    /// The site's own.
    pub own: Arc<dyn ObjectStore>,
    /// The other site's, where it has one. Losing a copy stops nothing.
    pub other: Option<Arc<dyn ObjectStore>>,
}

impl GitServer {
    /// The server, with its switch where it has one. `cache` is a folder for what is fetched of it.
    pub fn new(
        here: Here,
        power: Option<Arc<dyn Power>>,
        binding: GitBinding,
        cache: &Path,
        memory: Memory,
    ) -> Self {
        let git = Git {
            repository: cache.join(format!("{}.git", here.component.id)),
            clock: here.clock.clone(),
            place: here.to_string(),
        };
        Self {
            here,
            power,
            binding,
            git,
            memory,
        }
    }

    fn key(&self) -> String {
        format!(
            "repositories/{}/{}.json",
            self.here.estate, self.here.component.id
        )
    }

    /// Where the branch of this site's server is kept in the cache.
    fn reference(&self) -> String {
        format!("refs/dr/{}", self.here.site.id)
    }

    async fn remembered(&self) -> PortResult<Option<Known>> {
        let Some(found) = self.memory.own.get(&self.key()).await? else {
            return Ok(None);
        };
        let known = serde_json::from_slice(&found.bytes).map_err(|cause| {
            let message = format!("{} cannot be read: {cause}", self.key());
            self.here
                .error(ErrorClass::Invalid, "git:Remember", message)
        })?;
        Ok(Some(known))
    }

    /// Remembers what was seen on both sites. A store that was written to meanwhile is so with something as new.
    async fn remember(&self, seen: &Known) -> PortResult<()> {
        let bytes = serde_json::to_vec_pretty(seen).expect("plain values become JSON");
        if let Some(other) = &self.memory.other {
            // Best effort: the other site may be the one that is lost.
            let _ = put(&**other, &self.key(), &bytes).await;
        }
        put(&*self.memory.own, &self.key(), &bytes).await
    }

    /// Reads the server: the commits of its branch, and how many the newest one has that is known of.
    async fn look(&self) -> PortResult<(u64, u64)> {
        let reference = self.reference();
        self.git
            .fetch(&self.binding.url, &self.binding.branch, &reference)
            .await?;
        let commit = self.git.commit(&reference).await?;
        let count = self.git.count(&reference).await?;
        let known = self.remembered().await?;
        let is_newer = match &known {
            None => true,
            Some(known) if known.commit == commit => false,
            // A server that contains what is known, and more.
            Some(known) => self.git.contains(&reference, &known.commit).await?,
        };
        if is_newer {
            let seen = Known {
                commit,
                count,
                at: self.here.clock.now(),
                site: self.here.site.id.to_string(),
            };
            self.remember(&seen).await?;
            return Ok((count, count));
        }
        let known = known.map_or(count, |known| known.count);
        Ok((count, known))
    }
}

#[async_trait]
impl Repository for GitServer {
    async fn observe(&self) -> PortResult<RepositoryState> {
        let running = match &self.power {
            Some(power) => power.is_on().await?,
            None => true,
        };
        let (commits, last_seen_at_primary) = if running {
            self.look().await?
        } else {
            // What is off cannot be read. What was read of it last is what can be said; of one that never was, nothing: what it
            // holds is proven when it is turned on.
            let known = self.remembered().await?.map(|known| known.count);
            let read = self.git.count(&self.reference()).await.ok();
            let commits = read.or(known).unwrap_or(0);
            (commits, known.unwrap_or(commits))
        };
        Ok(RepositoryState {
            running,
            commits,
            last_seen_at_primary,
        })
    }

    async fn start(&self, permit: &Permit) -> PortResult<()> {
        match &self.power {
            Some(power) => power.turn_on(permit).await,
            None => Ok(()),
        }
    }

    async fn stop(&self, permit: &Permit) -> PortResult<()> {
        match &self.power {
            Some(power) => power.turn_off(permit).await,
            None => Err(self.unswitched()),
        }
    }
}

impl GitServer {
    fn unswitched(&self) -> PortError {
        let message = "nothing turns this server off: its binding names no instance";
        self.here.error(ErrorClass::Invalid, "git:Stop", message)
    }
}

/// Puts an object, whatever stands there.
async fn put(store: &dyn ObjectStore, key: &str, bytes: &[u8]) -> PortResult<()> {
    let written = match store.get(key).await? {
        Some(found) => store.replace(key, bytes, &found.etag).await,
        None => store.create(key, bytes).await,
    };
    match written {
        Ok(_) | Err(PutError::Lost) => Ok(()),
        Err(PutError::Store(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
