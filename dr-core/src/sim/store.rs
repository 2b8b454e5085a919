//! The object store of a site's region.

use async_trait::async_trait;

use super::Column;
use super::gate::Gate;
use super::request::Request;
use super::world::World;
use super::world::stack::{Content, Object};
use crate::model::Duration;
use crate::port::{
    ApiCall, Effect, ErrorClass, Etag, ObjectStore, Plane, PortResult, PutError, StoredObject,
};

const fn s3(call: &'static str, effect: Effect) -> ApiCall {
    ApiCall {
        service: "s3",
        call,
        plane: Plane::Data,
        effect,
        global_control: false,
    }
}

const GET: &[ApiCall] = &[s3("GetObject", Effect::Read)];
const LIST: &[ApiCall] = &[s3("ListBucket", Effect::Read)];
const PUT: &[ApiCall] = &[s3("PutObject", Effect::Change)];
/// All that is asked of a store.
pub(super) const REQUESTS: [&[ApiCall]; 3] = [GET, LIST, PUT];

/// How often the client of a store asks before it gives up, and its first pause, which doubles (AWS SDKs and tools reference, "Retry
/// behavior": standard mode, 3 attempts, exponential backoff).
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The object store of one site's region, as one operator calls it.
pub(super) struct SimStore {
    gate: Gate,
    column: Column,
}

impl SimStore {
    pub(super) fn new(gate: Gate, column: Column) -> Self {
        Self { gate, column }
    }

    fn request(&self, calls: &'static [ApiCall]) -> Request<'static> {
        Request {
            calls,
            column: Some(self.column),
            component: None,
        }
    }

    async fn get_once(&self, key: &str) -> PortResult<Option<StoredObject>> {
        let column = self.column;
        self.gate
            .read(&self.request(GET), |world: &World| {
                Ok(world.stores[column]
                    .objects
                    .get(key)
                    .map(|object| StoredObject {
                        bytes: object.content.bytes().to_vec(),
                        etag: etag(object),
                    }))
            })
            .await
    }

    async fn list_once(&self, prefix: &str) -> PortResult<Vec<String>> {
        let column = self.column;
        self.gate
            .read(&self.request(LIST), |world: &World| {
                let from = world.stores[column].objects.range(prefix.to_owned()..);
                Ok(from
                    .map(|(key, _)| key)
                    .take_while(|key| key.starts_with(prefix))
                    .cloned()
                    .collect())
            })
            .await
    }

    /// Calls as the SDK's client does: again, when it is told "too many".
    async fn patiently<T, F: Future<Output = PortResult<T>>>(
        &self,
        call: impl Fn() -> F,
    ) -> PortResult<T> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match call().await {
                Err(error) if error.class == ErrorClass::Throttled => {}
                answer => return answer,
            }
            self.gate.pause(pause).await;
            pause = pause.times(2);
        }
        call().await
    }

    /// Writes when the object is what `was` says: absent, or of that content.
    async fn put(&self, key: &str, bytes: &[u8], was: Option<&Etag>) -> Result<Etag, PutError> {
        // What was refused as too many was certainly not written.
        self.patiently(|| self.put_once(key, bytes, was))
            .await?
            .ok_or(PutError::Lost)
    }

    async fn put_once(
        &self,
        key: &str,
        bytes: &[u8],
        was: Option<&Etag>,
    ) -> PortResult<Option<Etag>> {
        let column = self.column;
        self.gate
            .write(&self.request(PUT), |world| {
                let now = world.now;
                let next = world.store_writes + 1;
                let objects = &mut world.stores[column].objects;
                if objects.get(key).map(etag).as_ref() != was {
                    return None;
                }
                let object = Object {
                    content: Content::new(bytes),
                    version: next,
                    written: now,
                };
                let etag = etag(&object);
                objects.insert(key.to_owned(), object);
                world.store_writes = next;
                Some(etag)
            })
            .await
    }
}

/// Identifies the content of an object: every write of the world has its own number.
fn etag(object: &Object) -> Etag {
    Etag(format!("v{}", object.version))
}

#[async_trait]
impl ObjectStore for SimStore {
    async fn get(&self, key: &str) -> PortResult<Option<StoredObject>> {
        self.patiently(|| self.get_once(key)).await
    }

    async fn list(&self, prefix: &str) -> PortResult<Vec<String>> {
        self.patiently(|| self.list_once(prefix)).await
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Etag, PutError> {
        self.put(key, bytes, None).await
    }

    async fn replace(&self, key: &str, bytes: &[u8], was: &Etag) -> Result<Etag, PutError> {
        self.put(key, bytes, Some(was)).await
    }
}
