//! How a replica keeps up, as the replica itself says it.

use super::RdsDatabase;
use super::instance::Instance;
use crate::adapter::aws::secret;
use crate::adapter::postgres::{Certificates, Login, PostgresServer};
use crate::model::Replication;

impl RdsDatabase {
    /// Asks the replica over SQL, where the estate gives a login and the database's authorities. `None` where it does not, and
    /// where the replica cannot be asked: what CloudWatch measured is true too, only older.
    pub(super) async fn asked_lag(&self, replica: &Instance) -> Option<Replication> {
        let login = self.binding.login.as_ref()?;
        let bundle = std::fs::read(self.binding.certificates.as_ref()?).ok()?;
        let secret = secret::resolve(login, &self.secrets, &self.aws)
            .await
            .ok()?;
        let server = PostgresServer {
            host: replica.address.clone()?,
            port: self.binding.port,
            login: Login::parse(&secret).ok()?,
            certificates: Some(Certificates::parse(&bundle).ok()?),
        };
        server.positions().await.ok()?.replication()
    }
}
