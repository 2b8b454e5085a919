//! An object store in an S3 bucket.

use async_trait::async_trait;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;

use super::AwsSite;
use crate::port::{ErrorClass, Etag, ObjectStore, PortError, PortResult, PutError, StoredObject};

/// Keeps objects below a prefix of a bucket. Writes are conditional: `If-None-Match: *` creates, `If-Match` replaces (Amazon
/// S3 user guide, "Conditional writes"); reads see every write that was answered ("Amazon S3 data consistency model").
#[derive(Clone)]
pub struct S3Store {
    aws: AwsSite,
    s3: aws_sdk_s3::Client,
    bucket: String,
    prefix: String,
}

impl S3Store {
    /// The store below `prefix` of `bucket`, which must be in the site's region. An empty prefix is the whole bucket.
    pub fn new(aws: AwsSite, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        let mut prefix = prefix.into();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        Self {
            s3: aws.s3(),
            aws,
            bucket: bucket.into(),
            prefix,
        }
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Writes where the condition holds.
    async fn put(
        &self,
        key: &str,
        bytes: &[u8],
        on_condition: impl Fn(PutObjectFluentBuilder) -> PutObjectFluentBuilder + Send + Sync,
    ) -> Result<Etag, PutError> {
        let key = self.key(key);
        let request = || {
            let request = self.s3.put_object().bucket(&self.bucket).key(&key);
            on_condition(request.body(ByteStream::from(bytes.to_vec())))
        };
        let answer = self
            .aws
            .write("s3:PutObject", || request().send())
            .await
            .map_err(Self::lost_or)?;
        Ok(self.etag(answer.e_tag())?)
    }

    fn lost_or(error: PortError) -> PutError {
        match error.class {
            // 412: the condition does not hold. 409: another write of the same key was under way.
            ErrorClass::Conflict => PutError::Lost,
            // The object that was to be replaced is gone.
            ErrorClass::NotFound => PutError::Lost,
            _ => PutError::Store(error),
        }
    }

    fn etag(&self, etag: Option<&str>) -> PortResult<Etag> {
        etag.map(|etag| Etag(etag.to_owned())).ok_or_else(|| {
            self.aws.error(
                ErrorClass::Invalid,
                "s3:GetObject",
                "the answer names no ETag: this is not S3",
            )
        })
    }
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn get(&self, key: &str) -> PortResult<Option<StoredObject>> {
        const OPERATION: &str = "s3:GetObject";
        let key = self.key(key);
        let answer = self
            .aws
            .read(OPERATION, || {
                self.s3.get_object().bucket(&self.bucket).key(&key).send()
            })
            .await;
        let object = match answer {
            Ok(object) => object,
            Err(error) if is_object_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let etag = self.etag(object.e_tag())?;
        let bytes = object.body.collect().await.map_err(|error| {
            self.aws
                .error(ErrorClass::Transient, OPERATION, error.to_string())
        })?;
        Ok(Some(StoredObject {
            bytes: bytes.to_vec(),
            etag,
        }))
    }

    async fn list(&self, prefix: &str) -> PortResult<Vec<String>> {
        let prefix = self.key(prefix);
        let mut keys = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = self
                .aws
                .read("s3:ListBucket", || {
                    self.s3
                        .list_objects_v2()
                        .bucket(&self.bucket)
                        .prefix(&prefix)
                        .set_continuation_token(token.clone())
                        .send()
                })
                .await?;
            let found = page.contents().iter().filter_map(|object| object.key());
            keys.extend(found.filter_map(|key| key.strip_prefix(&self.prefix).map(str::to_owned)));
            token = page.next_continuation_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        keys.sort();
        Ok(keys)
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Etag, PutError> {
        self.put(key, bytes, |request| request.if_none_match("*"))
            .await
    }

    async fn replace(&self, key: &str, bytes: &[u8], was: &Etag) -> Result<Etag, PutError> {
        self.put(key, bytes, |request| request.if_match(&was.0))
            .await
    }
}

/// Whether a bucket answered that it holds no such object. A bucket that is not there is a mistake of the estate: it is no
/// empty one.
pub(super) fn is_object_missing(error: &PortError) -> bool {
    error.class == ErrorClass::NotFound && !error.message.starts_with("NoSuchBucket")
}
