mod recorded;
mod stories;

use std::path::Path;

use jiff::Timestamp;
use secrecy::SecretString;

use super::*;
use crate::adapter::pipeline::trial::{Heard, Instants, here, permit};
use crate::model::{Role, SecretRef, TerraformBinding};
use crate::port::{Clock, LeaseDeadline};
use recorded::{GitHub, TOKEN};

struct Given(&'static str);

#[async_trait]
impl Secrets for Given {
    async fn read(&self, _: &SecretRef) -> PortResult<SecretString> {
        Ok(SecretString::from(self.0))
    }
}

pub(super) fn binding(api: &str) -> GithubActionsBinding {
    GithubActionsBinding {
        stack: TerraformBinding {
            directory: "terraform/us-west-1".to_owned(),
            roles: "dr.auto.tfvars.json".to_owned(),
            state_bucket: "state".to_owned(),
            state_key: "site.tfstate".to_owned(),
        },
        repository: "acme/infra".to_owned(),
        workflow: "provision.yml".to_owned(),
        branch: "main".to_owned(),
        token: "env:GITHUB_TOKEN".parse().unwrap(),
        api: Some(api.to_owned()),
    }
}

/// A machine with its own memory, and what it hears.
struct Machine {
    folder: tempfile::TempDir,
    clock: Arc<Instants>,
    heard: Arc<Heard>,
    token: &'static str,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Instants::new(),
            heard: Arc::default(),
            token: TOKEN,
        }
    }

    /// A process on it that applies, from the beginning.
    async fn apply(&self, github: &GitHub, role: Role, permit: &Permit) -> PortResult<()> {
        self.apply_at(&github.address, role, permit).await
    }

    async fn apply_at(&self, address: &str, role: Role, permit: &Permit) -> PortResult<()> {
        let here = here(self.clock.clone());
        let folders = Folders {
            estate: self.folder.path().to_owned(),
            data: self.folder.path().to_owned(),
        };
        let secrets = Arc::new(Given(self.token));
        let actions = GithubActions::new(
            here.clone(),
            binding(address),
            secrets,
            &folders,
            self.heard.clone(),
        );
        let order = Order {
            component: &here.component.id,
            site: &here.site.id,
            role,
            variables: r#"{"app_count":3,"role":"primary"}"#,
            variables_file: Path::new("roles.tfvars.json"),
            plan: Path::new("last.tfplan"),
        };
        actions.apply(&order, permit).await
    }
}

fn wait_for<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for one test")
        .block_on(story)
}
