//! The application's write lease as one object in the surviving site's store.
//!
//! The application renews the object while it writes, and stops writing when it cannot (`docs/write-lease.md`). Every change
//! is a compare-and-swap, so that a renewal and a revocation that meet cannot both succeed.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Direction, Duration, EstateName, LeaseState, SiteId};
use crate::port::{
    Clock, ErrorClass, Etag, ObjectStore, Permit, PortError, PortResult, PutError, WriteLease,
};

/// The version of the object's format.
const FORMAT: u32 = 1;

/// The lease as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLeaseObject {
    /// The format's version, 1.
    pub format: u32,
    /// The site whose application may write.
    pub holder: SiteId,
    /// Whether the holder may renew it.
    pub renewable: bool,
    /// Until when the holder may write if it is not renewed.
    pub expires_at: Timestamp,
    /// The site that held it before, where a run moved it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<SiteId>,
}

/// The key of an estate's lease in a store.
pub fn lease_key(estate: &EstateName) -> String {
    format!("write-lease/{estate}.json")
}

/// The lease of an estate, as a run of one direction needs it.
pub struct StoredLease {
    store: Arc<dyn ObjectStore>,
    key: String,
    direction: Direction,
    lasts: Duration,
    clock: Arc<dyn Clock>,
}

impl StoredLease {
    /// The lease in `store`, which is the one of the site that the run moves to: a primary renews its lease where it would
    /// be lost.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        estate: &EstateName,
        direction: Direction,
        lasts: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            key: lease_key(estate),
            direction,
            lasts,
            clock,
        }
    }

    fn error(&self, class: ErrorClass, operation: &str, message: impl Into<String>) -> PortError {
        PortError {
            class,
            operation: format!("write-lease:{operation}"),
            place: self.key.clone(),
            message: message.into(),
        }
    }

    /// The lease as it stands here, whatever it speaks of.
    async fn found(&self) -> PortResult<Option<(StoredLeaseObject, Etag)>> {
        let Some(found) = self.store.get(&self.key).await? else {
            return Ok(None);
        };
        let lease = parse(&found.bytes)
            .map_err(|message| self.error(ErrorClass::Invalid, "Read", message))?;
        Ok(Some((lease, found.etag)))
    }

    /// The lease, where it tells of the site that is moved from.
    async fn read(&self) -> PortResult<(StoredLeaseObject, Etag)> {
        let (lease, etag) = self.found().await?.ok_or_else(|| {
            let message = "the application has never taken its lease here: it proves nothing";
            self.error(ErrorClass::NotFound, "Read", message)
        })?;
        if !speaks_of(&lease, &self.direction) {
            let message = format!(
                "the lease here is held by {}: it tells nothing of {}, which renews its lease elsewhere",
                lease.holder, self.direction.from
            );
            return Err(self.error(ErrorClass::Invalid, "Read", message));
        }
        Ok((lease, etag))
    }

    async fn put(
        &self,
        lease: &StoredLeaseObject,
        was: Option<&Etag>,
        operation: &str,
        permit: &Permit,
    ) -> PortResult<()> {
        if permit.deadline.has_passed(self.clock.now()) {
            let message = "not sent: the lease of the estate's lock has ended";
            return Err(self.error(ErrorClass::Conflict, operation, message));
        }
        let bytes = serde_json::to_vec_pretty(lease).expect("plain values become JSON");
        let put = match was {
            Some(was) => self.store.replace(&self.key, &bytes, was).await,
            None => self.store.create(&self.key, &bytes).await,
        };
        match put {
            Ok(_) => Ok(()),
            // The holder renewed it meanwhile: read it again.
            Err(PutError::Lost) => {
                Err(self.error(ErrorClass::Transient, operation, "it was just renewed"))
            }
            Err(PutError::Store(error)) => Err(error),
        }
    }
}

/// The lease as it stands in a store, whichever site it speaks of; `None` where the application never took one there.
///
/// # Errors
/// The store did not answer, or what stands there is no lease.
pub async fn stored(
    store: &dyn ObjectStore,
    estate: &EstateName,
) -> PortResult<Option<LeaseState>> {
    let key = lease_key(estate);
    let Some(found) = store.get(&key).await? else {
        return Ok(None);
    };
    let lease = parse(&found.bytes).map_err(|message| PortError {
        class: ErrorClass::Invalid,
        operation: "write-lease:Read".to_owned(),
        place: key,
        message,
    })?;
    Ok(Some(LeaseState {
        holder: lease.holder,
        renewable: lease.renewable,
        expires_at: lease.expires_at,
    }))
}

fn parse(bytes: &[u8]) -> Result<StoredLeaseObject, String> {
    let lease: StoredLeaseObject = serde_json::from_slice(bytes)
        .map_err(|cause| format!("the object is no write lease: {cause}"))?;
    if lease.format == FORMAT {
        Ok(lease)
    } else {
        Err(format!(
            "format {} is newer than this dr knows",
            lease.format
        ))
    }
}

/// Whether a lease tells whether the site that is moved from may write. One that another site holds says so only if it was
/// taken from that site: otherwise the site may hold a lease in another store.
fn speaks_of(lease: &StoredLeaseObject, direction: &Direction) -> bool {
    lease.holder == direction.from
        || (lease.holder == direction.to && lease.taken_from.as_ref() == Some(&direction.from))
}

#[async_trait]
impl WriteLease for StoredLease {
    async fn observe(&self) -> PortResult<LeaseState> {
        let (lease, _) = self.read().await?;
        Ok(LeaseState {
            holder: lease.holder,
            renewable: lease.renewable,
            expires_at: lease.expires_at,
        })
    }

    async fn revoke(&self, holder: &SiteId, permit: &Permit) -> PortResult<()> {
        let (lease, was) = self.read().await?;
        if lease.holder != *holder || !lease.renewable {
            return Ok(());
        }
        let revoked = StoredLeaseObject {
            renewable: false,
            ..lease
        };
        self.put(&revoked, Some(&was), "Revoke", permit).await
    }

    /// Where nothing stands, or a lease that tells nothing of the site that is moved from, one is written: whether that site may
    /// still write was decided before, by the gate of the promotion.
    async fn grant(&self, holder: &SiteId, permit: &Permit) -> PortResult<()> {
        let now = self.clock.now();
        let is_given_back = *holder == self.direction.from;
        let (lease, was) = if is_given_back {
            // It stands in this store: it was taken from there.
            let (lease, was) = self.read().await?;
            (Some(lease), Some(was))
        } else {
            self.found().await?.unzip()
        };
        if let Some(lease) = &lease {
            if lease.holder == *holder && lease.renewable && speaks_of(lease, &self.direction) {
                return Ok(());
            }
            if lease.holder != *holder && (lease.renewable || now < lease.expires_at) {
                let message = format!("{} holds it until {}", lease.holder, lease.expires_at);
                return Err(self.error(ErrorClass::Conflict, "Grant", message));
            }
        }
        let granted = StoredLeaseObject {
            format: FORMAT,
            taken_from: if is_given_back {
                lease.and_then(|lease| lease.taken_from)
            } else {
                Some(self.direction.from.clone())
            },
            holder: holder.clone(),
            renewable: true,
            expires_at: self.lasts.after(now),
        };
        self.put(&granted, was.as_ref(), "Grant", permit).await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::adapter::local::MemoryStore;
    use crate::adapter::pipeline::trial::{Instants, permit};

    fn at_once<T>(work: impl Future<Output = T>) -> T {
        work.now_or_never().expect("memory answers at once")
    }

    fn lease(holder: &str, taken_from: Option<&str>) -> StoredLeaseObject {
        StoredLeaseObject {
            format: FORMAT,
            holder: holder.parse().unwrap(),
            renewable: true,
            expires_at: Timestamp::UNIX_EPOCH,
            taken_from: taken_from.map(|site| site.parse().unwrap()),
        }
    }

    #[test]
    fn a_lease_that_another_site_holds_proves_nothing_unless_it_was_taken_from_the_one_in_question()
    {
        let out = Direction {
            from: "ohio".parse().unwrap(),
            to: "california".parse().unwrap(),
        };
        assert!(speaks_of(&lease("ohio", None), &out));
        assert!(speaks_of(&lease("california", Some("ohio")), &out));
        assert!(!speaks_of(&lease("california", None), &out));
        // After the failover the same object must not tell of california, which renews it and may renew another.
        assert!(speaks_of(
            &lease("california", Some("ohio")),
            &out.reversed()
        ));
        assert!(!speaks_of(&lease("ohio", None), &out.reversed()));
    }

    /// A lease in a store of its own, at midnight of 1970.
    fn stored_in(store: Arc<MemoryStore>) -> StoredLease {
        let direction = Direction {
            from: "ohio".parse().unwrap(),
            to: "california".parse().unwrap(),
        };
        let estate = "shop".parse().unwrap();
        let clock = Instants::new();
        StoredLease::new(store, &estate, direction, Duration::from_secs(45), clock)
    }

    #[test]
    fn a_promoted_site_gets_the_lease_also_where_none_stands_or_one_that_tells_nothing_of_the_other()
     {
        let expired_elsewhere = lease("california", None);
        for before in [None, Some(expired_elsewhere)] {
            let store = Arc::new(MemoryStore::default());
            let stored = stored_in(store.clone());
            if let Some(before) = &before {
                let bytes = serde_json::to_vec(before).unwrap();
                at_once(store.create(&stored.key, &bytes)).unwrap();
            }
            assert!(at_once(stored.observe()).is_err());
            let california: SiteId = "california".parse().unwrap();
            at_once(stored.grant(&california, &permit("t"))).unwrap();
            let now = at_once(stored.observe()).unwrap();
            assert_eq!((now.holder, now.renewable), (california, true));
        }
    }

    #[test]
    fn a_lease_that_still_lasts_is_given_to_nobody() {
        let store = Arc::new(MemoryStore::default());
        let stored = stored_in(store.clone());
        let bytes = serde_json::to_vec(&lease("ohio", None)).unwrap();
        at_once(store.create(&stored.key, &bytes)).unwrap();
        let refused = at_once(stored.grant(&"california".parse().unwrap(), &permit("t")));
        assert_eq!(refused.unwrap_err().class, ErrorClass::Conflict);
    }
}
