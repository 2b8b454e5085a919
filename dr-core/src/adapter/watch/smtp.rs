//! As much of SMTP (RFC 5321) as handing one message over takes: EHLO, STARTTLS (RFC 3207), AUTH PLAIN (RFC 4954), MAIL, RCPT, DATA.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::model::{Email, MailTls};
use crate::port::{ErrorClass, PortError, PortResult};
use crate::watch::SendError;

/// How long handing over may take as a whole. A server that checks a message takes some seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// No reply is longer: a line has 512 octets, and no server knows a hundred extensions.
const LONGEST: usize = 64 * 1024;

/// Who logs in.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: SecretString,
}

/// Whose certificates are believed.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Those that this machine believes.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn of_this_machine() -> PortResult<Self> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|error| PortError {
                class: ErrorClass::Invalid,
                operation: "smtp:Connect".to_owned(),
                place: "this machine".to_owned(),
                message: error.to_string(),
            })?;
        Ok(Self::new(config.with_no_client_auth()))
    }

    /// As a configuration says.
    pub fn new(config: ClientConfig) -> Self {
        Self(Arc::new(config))
    }
}

/// Hands a message over.
///
/// # Errors
/// [`SendError::Never`] where the server refuses the message itself or everybody whom it is for, [`SendError::Later`] otherwise. No
/// error holds what was sent.
pub(super) async fn hand_over(
    email: &Email,
    login: Option<&Login>,
    tls: &Tls,
    message: &str,
) -> Result<(), SendError> {
    let late = |_| SendError::Later(format!("no end within {} s", PATIENCE.as_secs()));
    let work = connect_and_send(email, login, tls, message);
    timeout(PATIENCE, work).await.map_err(late)?
}

async fn connect_and_send(
    email: &Email,
    login: Option<&Login>,
    tls: &Tls,
    message: &str,
) -> Result<(), SendError> {
    let host = email.host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, email.port)).await.map_err(lost)?;
    let here = stream.local_addr().map_err(lost)?.ip();
    // Who has no name in the DNS says its address (RFC 5321, 4.1.3).
    let me = match here {
        std::net::IpAddr::V4(v4) => format!("[{v4}]"),
        std::net::IpAddr::V6(v6) => format!("[IPv6:{v6}]"),
    };
    match email.tls {
        MailTls::None => {
            let mut plain = Session::new(stream);
            plain.greeted().await?;
            let known = plain.hello(&me).await?;
            plain.send(email, login, &known, message).await
        }
        MailTls::Implicit => {
            let mut session = Session::new(encrypted(stream, host, tls).await?);
            session.greeted().await?;
            let known = session.hello(&me).await?;
            session.send(email, login, &known, message).await
        }
        MailTls::Starttls => {
            let mut plain = Session::new(stream);
            plain.greeted().await?;
            let known = plain.hello(&me).await?;
            if !known.iter().any(|line| line == "STARTTLS") {
                let message =
                    "the server does not know STARTTLS, and mail goes to no other in the clear";
                return Err(SendError::Later(message.to_owned()));
            }
            plain.command("STARTTLS", "STARTTLS").await?;
            // What was sent before the handshake may be of somebody on the way (CVE-2011-0411).
            if !plain.buffer.is_empty() {
                let message = "the server spoke before the encryption began";
                return Err(SendError::Later(message.to_owned()));
            }
            let mut session = Session::new(encrypted(plain.stream, host, tls).await?);
            let known = session.hello(&me).await?;
            session.send(email, login, &known, message).await
        }
    }
}

async fn encrypted(
    stream: TcpStream,
    host: &str,
    tls: &Tls,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, SendError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| SendError::Later(error.to_string()))?;
    let connector = TlsConnector::from(Arc::clone(&tls.0));
    connector.connect(name, stream).await.map_err(lost)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn lost(error: io::Error) -> SendError {
    SendError::Later(error.to_string())
}

/// A conversation with a server.
struct Session<S> {
    stream: S,
    /// What was read and belongs to no reply yet.
    buffer: Vec<u8>,
}

/// A reply: its code, and its lines without it.
struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    /// The reply as an error of `what`: codes of 4xx may pass, those of 5xx do not (RFC 5321, 4.2.1).
    fn refused(&self, what: &str, tell: bool) -> SendError {
        let said = self.lines.first().filter(|_| tell);
        let said = said.map_or("", String::as_str);
        let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
        let message = format!("{what}: {} {said}", self.code);
        let message = message.trim_end().to_owned();
        match self.code {
            500..=599 => SendError::Never(message),
            _ => SendError::Later(message),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    async fn greeted(&mut self) -> Result<(), SendError> {
        let reply = self.reply().await?;
        match reply.code {
            220 => Ok(()),
            // A server that takes no mail now may take some later.
            _ => Err(SendError::Later(format!("greeting: {}", reply.code))),
        }
    }

    /// Says who is there; the extensions that the server knows, in capitals.
    async fn hello(&mut self, me: &str) -> Result<Vec<String>, SendError> {
        let reply = self.command("EHLO", &format!("EHLO {me}")).await?;
        let lines = reply.lines.iter().skip(1);
        Ok(lines.map(|line| line.to_ascii_uppercase()).collect())
    }

    async fn send(
        &mut self,
        email: &Email,
        login: Option<&Login>,
        known: &[String],
        message: &str,
    ) -> Result<(), SendError> {
        if let Some(login) = login {
            self.log_in(login, known).await?;
        }
        let from = format!("MAIL FROM:<{}>", email.from.as_str());
        self.command("MAIL", &from).await?;
        let mut refused = None;
        let mut taken = false;
        for to in &email.to {
            let to = format!("RCPT TO:<{}>", to.as_str());
            match self.command("RCPT", &to).await {
                Ok(_) => taken = true,
                Err(error) => refused = Some(error),
            }
        }
        if let (false, Some(refused)) = (taken, refused) {
            return Err(refused);
        }
        self.command("DATA", "DATA").await?;
        let mut data = String::with_capacity(message.len() + 8);
        for line in message.split_inclusive("\r\n") {
            // A line that begins with a dot is no end (RFC 5321, 4.5.2).
            if line.starts_with('.') {
                data.push('.');
            }
            data.push_str(line);
        }
        data.push('.');
        self.command("message", &data).await?;
        // It is handed over: what the server says to this changes nothing.
        let _ = self.stream.write_all(b"QUIT\r\n").await;
        Ok(())
    }

    async fn log_in(&mut self, login: &Login, known: &[String]) -> Result<(), SendError> {
        let plain = known.iter().any(|line| {
            let mut words = line.split_ascii_whitespace();
            words.next() == Some("AUTH") && words.any(|word| word == "PLAIN")
        });
        if !plain {
            let message = "the server does not know AUTH PLAIN";
            return Err(SendError::Later(message.to_owned()));
        }
        let words = format!("\0{}\0{}", login.user, login.password.expose_secret());
        let line = SecretString::from(format!("AUTH PLAIN {}", BASE64.encode(words)));
        self.write(line.expose_secret()).await?;
        let reply = self.reply().await?;
        match reply.code {
            235 => Ok(()),
            // What it says is not told, as it may repeat the line; a wrong login can be mended.
            code => Err(SendError::Later(format!("the login was refused: {code}"))),
        }
    }

    /// Says a line, and waits for a reply that goes on.
    async fn command(&mut self, what: &str, line: &str) -> Result<Reply, SendError> {
        self.write(line).await?;
        let reply = self.reply().await?;
        match reply.code {
            220 | 250 | 251 | 354 => Ok(reply),
            _ => Err(reply.refused(what, true)),
        }
    }

    async fn write(&mut self, line: &str) -> Result<(), SendError> {
        self.stream.write_all(line.as_bytes()).await.map_err(lost)?;
        self.stream.write_all(b"\r\n").await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)
    }

    /// A whole reply: its last line has a space behind the code (RFC 5321, 4.2).
    async fn reply(&mut self) -> Result<Reply, SendError> {
        let strange = || SendError::Later("the server does not speak SMTP".to_owned());
        let mut lines = Vec::new();
        let mut length = 0;
        loop {
            let line = self.line().await?;
            length += line.len();
            let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
            let code = code
                .filter(|code| (200..600).contains(code))
                .ok_or_else(strange)?;
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            match line.as_bytes().get(3) {
                Some(b'-') if length < LONGEST => {}
                None | Some(b' ') => return Ok(Reply { code, lines }),
                Some(_) => return Err(strange()),
            }
        }
    }

    async fn line(&mut self) -> Result<String, SendError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                let line = std::mem::replace(&mut self.buffer, rest);
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            let mut part = [0; 1024];
            let count = self.stream.read(&mut part).await.map_err(lost)?;
            if count == 0 || self.buffer.len() > LONGEST {
                let message = "the server ended the conversation";
                return Err(SendError::Later(message.to_owned()));
            }
            self.buffer.extend_from_slice(&part[..count]);
        }
    }
}
