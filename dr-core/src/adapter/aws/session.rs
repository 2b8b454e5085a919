//! One site's connection to AWS.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};

use crate::model::Site;
use crate::port::Clock;

/// How long a connection may take to open. A dead region's endpoints often accept nothing at all.
const CONNECT: StdDuration = StdDuration::from_secs(3);

/// How long one call may take. Shorter than the time before the end of the lock's lease in which no change is begun
/// ([`crate::port::Permit`]).
pub(super) const CALL: StdDuration = StdDuration::from_secs(8);

/// The region that signs for the global services: Route 53 and IAM (AWS general reference, "Service endpoints").
const GLOBAL: Region = Region::from_static("us-east-1");

/// The connection of one site to AWS: its credentials, its region, its endpoint. Cheap to clone. Adapters make their clients
/// from it once and keep them.
#[derive(Clone)]
pub struct AwsSite {
    site: Site,
    regional: SdkConfig,
    global: SdkConfig,
    clock: Arc<dyn Clock>,
}

impl AwsSite {
    /// Prepares the connection. No call is made before the first one that needs credentials.
    ///
    /// Credentials: the standard chain (environment, profile, single sign-on, container, instance), or the site's profile;
    /// with them the site's role is assumed where one is named, at the regional endpoint of the security token service.
    pub async fn connect(site: &Site, clock: Arc<dyn Clock>) -> Self {
        let region = Region::new(site.region.as_str().to_owned());
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_timeout(CALL)
            .build();
        let name = AppName::new("dr").expect("letters make an application name");
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .app_name(name);
        if let Some(profile) = &site.access.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &site.access.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let mut regional = loader.load().await;
        if let Some(role) = &site.access.assume_role {
            let provider = AssumeRoleProvider::builder(role)
                .session_name("dr")
                .region(region)
                .configure(&regional)
                .build()
                .await;
            regional = regional
                .into_builder()
                .credentials_provider(
                    aws_credential_types::provider::SharedCredentialsProvider::new(provider),
                )
                .build();
        }
        Self::over(site, regional, clock)
    }

    /// The connection over a configuration that was made elsewhere: its credentials, its way of sending.
    pub fn over(site: &Site, regional: SdkConfig, clock: Arc<dyn Clock>) -> Self {
        let global = regional.to_builder().region(GLOBAL).build();
        Self {
            site: site.clone(),
            regional,
            global,
            clock,
        }
    }

    /// The site.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// A client of the region's S3. With an endpoint of its own, buckets stand in the path: such a host has no subdomains.
    #[cfg(feature = "aws-s3")]
    pub(super) fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(self.regional())
            .force_path_style(self.site.access.endpoint.is_some())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// What clients of the region's services are made from.
    pub(super) fn regional(&self) -> &SdkConfig {
        &self.regional
    }

    /// What clients of global services are made from.
    pub(super) fn global(&self) -> &SdkConfig {
        &self.global
    }
}
