//! A Git server on one site: what it holds is proven by reading it, with the system's `git`.
//!
//! The newest commit that any server was seen to hold is remembered in the store, with those before it; what a run's primary holds is
//! remembered whatever was known before ([`Repository::witness`]): its history may have been rewritten. After the primary is lost, a
//! mirror that contains it is known to be complete; one that is among those before it is behind; one that is neither, and goes
//! back to one of them, went another way. Numbers of commits prove none of it.

mod command;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::adapter::Here;
use crate::model::{ComponentId, EstateName, GitBinding, Lineage, RepositoryState, Role};
use crate::port::{ErrorClass, ObjectStore, Permit, PortError, PortResult, PutError, Repository};

use command::Git;

/// How many commits are remembered: 20 KiB of hashes. A mirror that is further behind is not known to be.
const TRAIL: usize = 500;

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
    /// The newest commits up to it, itself first, each before its parents: who has never read that server can tell by them
    /// whether another is behind it.
    #[serde(default)]
    trail: Vec<String>,
}

/// The object of a store that holds what is remembered of a repository's servers. A person who deletes it makes `dr` forget.
pub fn note_key(estate: &EstateName, repository: &ComponentId) -> String {
    format!("repositories/{estate}/{repository}.json")
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
        note_key(&self.here.estate, &self.here.component.id)
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

    /// Reads the server, and remembers what it holds where that is the newest, or where the server is the primary's.
    ///
    /// Where nothing is remembered it is not known who is ahead: only the home primary is believed then.
    async fn look(&self, is_primary: bool) -> PortResult<RepositoryState> {
        let reference = self.reference();
        self.git
            .fetch(&self.binding.url, &self.binding.branch, &reference)
            .await?;
        let commit = self.git.commit(&reference).await?;
        let count = self.git.count(&reference).await?;
        let known = self.remembered().await?;
        let lineage = match &known {
            _ if is_primary => Lineage::Complete,
            None if self.here.site.home_role == Role::Primary => Lineage::Complete,
            None => Lineage::Unknown,
            Some(known) => self.lineage(&commit, known).await?,
        };
        let is_newer = lineage == Lineage::Complete
            && known.as_ref().is_none_or(|known| known.commit != commit);
        if is_newer {
            let seen = Known {
                commit,
                count,
                at: self.here.clock.now(),
                site: self.here.site.id.to_string(),
                trail: self.git.trail(&reference, TRAIL).await?,
            };
            self.remember(&seen).await?;
        }
        Ok(RepositoryState {
            running: true,
            commits: count,
            last_seen_at_primary: match known {
                _ if is_newer => count,
                Some(known) => known.count,
                None => 0,
            },
            lineage,
        })
    }

    async fn read(&self, is_primary: bool) -> PortResult<RepositoryState> {
        let running = match &self.power {
            Some(power) => power.is_on().await?,
            None => true,
        };
        if running {
            self.look(is_primary).await
        } else {
            self.recall().await
        }
    }

    /// What can be said of a server that is off: what was read of it last. Of one that never was, nothing: what it holds is proven
    /// when it is turned on.
    async fn recall(&self) -> PortResult<RepositoryState> {
        let known = self.remembered().await?;
        let reference = self.reference();
        let read = self.git.count(&reference).await.ok();
        let lineage = match (&known, read) {
            (Some(known), Some(_)) => {
                let commit = self.git.commit(&reference).await?;
                self.lineage(&commit, known).await?
            }
            _ => Lineage::Unknown,
        };
        let known = known.map(|known| known.count);
        let commits = read.or(known).unwrap_or(0);
        Ok(RepositoryState {
            running: false,
            commits,
            last_seen_at_primary: known.unwrap_or(0),
            lineage,
        })
    }

    /// How a commit that was fetched relates to the newest one that is known of.
    async fn lineage(&self, commit: &str, known: &Known) -> PortResult<Lineage> {
        if self.git.is_ancestor(&known.commit, commit).await? == Some(true) {
            return Ok(Lineage::Complete);
        }
        // Who has read that server before has its history, whole.
        match self.git.is_ancestor(commit, &known.commit).await? {
            Some(true) => return Ok(Lineage::Behind),
            Some(false) => return Ok(Lineage::Diverged),
            None => {}
        }
        let Some(oldest) = known.trail.last() else {
            return Ok(Lineage::Unknown);
        };
        if known.trail.iter().any(|remembered| remembered == commit) {
            return Ok(Lineage::Behind);
        }
        // What comes after the oldest one, and before the newest, would be remembered: children stand before their parents.
        let is_whole = u64::try_from(known.trail.len()) == Ok(known.count);
        let is_beyond = is_whole || self.git.is_ancestor(oldest, commit).await? == Some(true);
        Ok(if is_beyond {
            Lineage::Diverged
        } else {
            Lineage::Unknown
        })
    }
}

#[async_trait]
impl Repository for GitServer {
    async fn observe(&self) -> PortResult<RepositoryState> {
        self.read(false).await
    }

    async fn witness(&self) -> PortResult<RepositoryState> {
        self.read(true).await
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
