//! What a Terraform stack is given of a site's connection.

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_rds::error::DisplayErrorContext;
use secrecy::SecretString;

use super::{AwsSite, error};
use crate::adapter::terraform::Account;
use crate::port::{ErrorClass, PortError, PortResult};

const ASSUME: &str = "sts:AssumeRole";
const DESCRIBE: &str = "rds:DescribeDBInstances";

#[async_trait]
impl Account for AwsSite {
    /// Terraform's S3 backend and the AWS provider read a role's temporary credentials from the environment, before any profile
    /// (Terraform, "Backend Type: s3" and "AWS Provider", "Environment variables"). They are asked for anew each time, so each
    /// call of the program has their whole hour (IAM user guide, "id_roles_use": one hour unless the caller asks for another).
    async fn credentials(&self) -> PortResult<Vec<(&'static str, SecretString)>> {
        let provider = match &self.site().access.assume_role {
            Some(_) => self.regional().credentials_provider(),
            None => None,
        };
        let Some(provider) = provider else {
            return Ok(Vec::new());
        };
        let made = provider.provide_credentials().await;
        Ok(variables(&made.map_err(|error| refused(self, &error))?))
    }

    async fn has_database(&self, identifier: &str) -> PortResult<bool> {
        let rds = aws_sdk_rds::Client::new(self.regional());
        let describe = || {
            rds.describe_db_instances()
                .db_instance_identifier(identifier)
                .send()
        };
        match self.read(DESCRIBE, describe).await {
            Ok(answer) => Ok(!answer.db_instances().is_empty()),
            Err(error) if error.class == ErrorClass::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The variables that hold credentials (AWS SDKs reference, "feature-static-credentials").
fn variables(made: &Credentials) -> Vec<(&'static str, SecretString)> {
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", made.access_key_id().into()),
        ("AWS_SECRET_ACCESS_KEY", made.secret_access_key().into()),
    ];
    variables.extend(
        made.session_token()
            .map(|token| ("AWS_SESSION_TOKEN", token.into())),
    );
    variables
}

fn refused(aws: &AwsSite, cause: &CredentialsError) -> PortError {
    let told = match error::not_assumed(cause) {
        Some(sts) => error::message(sts),
        None => DisplayErrorContext(cause).to_string(),
    };
    aws.error(error::of_credentials(cause), ASSUME, told)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_config::retry::RetryConfig;
    use aws_config::sts::AssumeRoleProvider;
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::provider::SharedCredentialsProvider;
    use secrecy::ExposeSecret;

    use super::*;
    use crate::adapter::aws::memory::{Answer, Memory, wait};
    use crate::adapter::local::SystemClock;
    use crate::config::{self, builtin};

    /// The home primary, whose calls are answered so; with that role.
    fn site(status: u16, body: &str, role: Option<&str>) -> AwsSite {
        let estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
        let mut site = estate.home().clone();
        site.access.assume_role = role.map(str::to_owned);
        let body = body.to_owned();
        let network = Memory::new(move |_| Answer::new(status, &body));
        let token = Some("token".to_owned());
        let key = Credentials::new("id", "key", token, None, "test");
        let config = network.config().into_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(key));
        AwsSite::over(&site, config.build(), Arc::new(SystemClock))
    }

    fn given(role: Option<&str>) -> Vec<(&'static str, String)> {
        let given = wait(site(200, "", role).credentials()).expect("they are there");
        let plain = |(name, value): (_, SecretString)| (name, value.expose_secret().to_owned());
        given.into_iter().map(plain).collect()
    }

    #[test]
    fn the_credentials_of_a_role_are_handed_over_and_without_a_role_none() {
        assert_eq!(given(None), []);
        let all = [
            ("AWS_ACCESS_KEY_ID", "id".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "key".to_owned()),
            ("AWS_SESSION_TOKEN", "token".to_owned()),
        ];
        assert_eq!(given(Some("arn:aws:iam::123456789012:role/dr")), all);
    }

    /// The home primary, whose role is asked of an STS that answers so.
    fn assuming(status: u16, body: &str) -> AwsSite {
        let aws = site(status, body, Some("arn:aws:iam::123456789012:role/dr"));
        let network = aws.regional().http_client().expect("it is in memory");
        // The provider of a role wants what only a loaded configuration has: a clock.
        let loaded = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static("us-east-2"))
            .retry_config(RetryConfig::disabled())
            .credentials_provider(Credentials::new("id", "key", None, None, "test"))
            .http_client(network)
            .load();
        let provider = AssumeRoleProvider::builder("arn:aws:iam::123456789012:role/dr")
            .session_name("dr")
            .configure(&wait(loaded))
            .build();
        let role = SharedCredentialsProvider::new(wait(provider));
        let config = aws.regional().to_builder().credentials_provider(role);
        AwsSite::over(aws.site(), config.build(), Arc::new(SystemClock))
    }

    /// An error as the query protocol has it.
    fn code(code: &str) -> String {
        format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
    }

    #[test]
    fn what_keeps_a_role_from_being_assumed_is_classed_as_every_answer_of_aws() {
        for (status, body, class) in [
            (400, code("Throttling"), ErrorClass::Throttled),
            (503, code("ServiceUnavailable"), ErrorClass::Transient),
            (
                502,
                "<html>502 Bad Gateway</html>".to_owned(),
                ErrorClass::Transient,
            ),
            (403, code("ExpiredTokenException"), ErrorClass::Denied),
            (403, code("AccessDenied"), ErrorClass::Denied),
            (403, code("RegionDisabledException"), ErrorClass::Denied),
        ] {
            let aws = assuming(status, &body);
            let told = wait(aws.credentials()).expect_err("nothing is given");
            assert_eq!(told.class, class, "{body}: {told}");
        }
        let told = wait(assuming(403, &code("AccessDenied")).credentials()).unwrap_err();
        assert_eq!(told.message, "AccessDenied: no");
    }

    #[test]
    fn a_call_that_nobody_gave_credentials_for_is_classed_by_what_sts_answered() {
        for (status, name, class) in [
            (503, "ServiceUnavailable", ErrorClass::Transient),
            (403, "AccessDenied", ErrorClass::Denied),
        ] {
            let aws = assuming(status, &code(name));
            let told = wait(aws.has_database("app-db")).expect_err("nothing was asked");
            assert_eq!(told.class, class, "{name}: {told}");
        }
    }

    #[test]
    fn a_database_stands_does_not_stand_or_cannot_be_read() {
        let asked = |status, body: &str| wait(site(status, body, None).has_database("app-db"));
        let list = |instances: &str| {
            format!(
                "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>{instances}</DBInstances>\
                 </DescribeDBInstancesResult></DescribeDBInstancesResponse>"
            )
        };
        let one = "<DBInstance><DBInstanceIdentifier>app-db</DBInstanceIdentifier></DBInstance>";
        assert_eq!(asked(200, &list(one)), Ok(true));
        assert_eq!(asked(200, &list("")), Ok(false));
        assert_eq!(asked(404, &code("DBInstanceNotFound")), Ok(false));
        assert!(asked(403, &code("AccessDenied")).is_err());
    }
}
