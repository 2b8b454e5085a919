//! A call as a client of AWS sends it, without an SDK in between: what stories do by hand, and what they try faults with.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

/// How long a call that hangs is waited for. The server answers any other within a fraction of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells what a story does by its own hand from what `dr` does, and the Terraform that `dr` starts.
pub(super) const OWN: &str = "laboratory";

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was answered: the status, and everything that came.
    Said(u16, String),
    /// The connection was closed without an answer.
    Closed,
    /// Nothing came.
    Silence,
}

impl Answer {
    /// The status, where it was answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Said(status, _) => Some(*status),
            Self::Closed | Self::Silence => None,
        }
    }
}

/// Sends a call. `scope` is the region and the service that it is signed for: `us-east-2/rds`; `request` is the method and the path,
/// and further headers on lines of their own. A body is a form where no header says otherwise. The laboratory checks no
/// signature.
pub(super) fn send(port: u16, scope: &str, request: &str, body: &str) -> Result<Answer> {
    let (line, headers) = request.split_once('\n').unwrap_or((request, ""));
    let headers: String = headers.lines().map(|line| format!("{line}\r\n")).collect();
    let kind = if headers.contains("Content-Type:") {
        ""
    } else {
        "Content-Type: application/x-www-form-urlencoded\r\n"
    };
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{line} HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: {OWN}\r\nContent-Length: {}\r\n{headers}\
         {kind}\
         Authorization: AWS4-HMAC-SHA256 Credential=laboratory/20261121/{scope}/aws4_request, \
         SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            return Ok(Answer::Silence);
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(Answer::Closed),
        other => other?,
    };
    if text.is_empty() {
        return Ok(Answer::Closed);
    }
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(Answer::Said(status.context("no HTTP was answered")?, text))
}
