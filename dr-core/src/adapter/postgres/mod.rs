//! Reads from a PostgreSQL server how far its history reaches.
//!
//! One short session a reading: connect, one query, close. Nothing is ever written.

mod login;
mod positions;
mod tls;

use std::time::Duration as StdDuration;

use futures_util::future::{self, Either};
use secrecy::ExposeSecret;

pub use login::Login;
pub use positions::Positions;
pub use tls::Certificates;

/// How long a connection may take to open.
const CONNECT: StdDuration = StdDuration::from_secs(3);
/// How long a whole reading may take.
const READING: StdDuration = StdDuration::from_secs(8);

/// A reading that was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The secret is no login.
    #[error("the login is neither JSON with username and password nor user:password")]
    Login,
    /// The certificates cannot be used.
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
    /// The server was not reached, or refused.
    #[error("the server could not be read")]
    Server(#[from] tokio_postgres::Error),
    /// It took too long.
    #[error("the server did not answer within {} s", READING.as_secs())]
    TimedOut,
    /// The answer makes no sense.
    #[error("the server's answer has no {0}")]
    Answer(&'static str),
}

/// A PostgreSQL server.
#[derive(Debug, Clone)]
pub struct PostgresServer {
    /// Its name or address.
    pub host: String,
    /// The port of its clients.
    pub port: u16,
    /// Who reads.
    pub login: Login,
    /// The authorities whose certificates are believed; `None` sends everything in the clear, which only a server on the same
    /// machine deserves.
    pub certificates: Option<Certificates>,
}

impl PostgresServer {
    /// Reads the positions.
    ///
    /// # Errors
    /// A [`PostgresError`]; none holds any part of the login.
    pub async fn positions(&self) -> Result<Positions, PostgresError> {
        let reading = async {
            match &self.certificates {
                None => self.read(tokio_postgres::NoTls).await,
                Some(certificates) => self.read(certificates.connector()?).await,
            }
        };
        tokio::time::timeout(READING, reading)
            .await
            .map_err(|_| PostgresError::TimedOut)?
    }

    async fn read<T>(&self, tls: T) -> Result<Positions, PostgresError>
    where
        T: tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>,
    {
        let mode = if self.certificates.is_some() {
            tokio_postgres::config::SslMode::Require
        } else {
            tokio_postgres::config::SslMode::Disable
        };
        let (client, connection) = tokio_postgres::Config::new()
            .host(&self.host)
            .port(self.port)
            .user(&self.login.user)
            .password(self.login.password.expose_secret())
            .dbname(&self.login.database)
            .application_name("dr")
            .connect_timeout(CONNECT)
            .ssl_mode(mode)
            .connect(tls)
            .await?;
        let query = std::pin::pin!(client.query_one(positions::QUERY, &[]));
        let row = match future::select(query, std::pin::pin!(connection)).await {
            Either::Left((row, _)) => row?,
            Either::Right((Err(error), _)) => return Err(error.into()),
            // The connection is over, so the answer is there or never will be.
            Either::Right((Ok(()), query)) => query.await?,
        };
        Positions::of(&row)
    }
}
