//! What a call is, and the way to the server behind.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response, header};

/// Services that are administered in one place, whatever region a call is signed for.
const GLOBAL: [&str; 2] = ["iam", "route53"];
/// What the names of calls that change nothing begin with.
const READS: [&str; 6] = ["Assume", "Describe", "Get", "Head", "List", "Lookup"];

/// What is asked, of whom, and by whom.
pub(super) struct Asked {
    pub(super) region: String,
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) reads: bool,
    pub(super) agent: &'static str,
}

impl Asked {
    pub(super) fn of(parts: &Parts, body: &[u8]) -> Self {
        let text = |name: &str| {
            let value = parts.headers.get(name);
            value.and_then(|value| value.to_str().ok()).unwrap_or("")
        };
        // Credential=KEY/DAY/REGION/SERVICE/aws4_request
        let mut scope = text("authorization").split('/').skip(2);
        let region = scope.next().unwrap_or("nowhere");
        let service = scope.next().unwrap_or("nothing").to_owned();
        let named = text("x-amz-target")
            .rsplit_once('.')
            .map(|(_, name)| name.to_owned())
            .or_else(|| action(body));
        let reads = match &named {
            Some(name) => READS.iter().any(|verb| name.starts_with(verb)),
            None => ["GET", "HEAD"].contains(&parts.method.as_str()),
        };
        let region = if GLOBAL.contains(&service.as_str()) {
            "global"
        } else {
            region
        };
        Self {
            region: region.to_owned(),
            operation: named.unwrap_or_else(|| format!("{} {}", parts.method, parts.uri.path())),
            service,
            reads,
            agent: if text("user-agent").contains("Terraform") {
                "terraform"
            } else {
                "dr"
            },
        }
    }
}

/// The name of a call in a form.
fn action(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let name = text
        .split('&')
        .find_map(|field| field.strip_prefix("Action="));
    name.map(str::to_owned)
}

/// What two calls that get the same answer have in common.
pub(super) fn key(asked: &Asked, parts: &Parts, body: &[u8]) -> Vec<u8> {
    let line = format!(
        "{} {} {} {} {}\n",
        asked.region, asked.service, asked.operation, parts.method, parts.uri
    );
    [line.as_bytes(), body].concat()
}

/// Headers of one connection, which the other has its own of.
const OF_CONNECTION: [&str; 5] = [
    "connection",
    "content-length",
    "expect",
    "transfer-encoding",
    "keep-alive",
];

/// Sends a request on, and reads the whole answer.
pub(super) fn forward(port: u16, parts: &Parts, body: &[u8]) -> Result<Response<Bytes>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("the server is gone")?;
    let mut head = format!("{} {} HTTP/1.0\r\n", parts.method, parts.uri).into_bytes();
    for (name, value) in &parts.headers {
        if !OF_CONNECTION.contains(&name.as_str()) {
            head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
    }
    write!(head, "content-length: {}\r\n\r\n", body.len())?;
    stream.write_all(&head)?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    read(&answer, parts.method.as_str() == "HEAD")
}

fn read(answer: &[u8], is_head: bool) -> Result<Response<Bytes>> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.context("the server answered no HTTP")?;
    let head = std::str::from_utf8(&answer[..end])?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut response = Response::builder().status(status.context("no status")?);
    let headers: &mut HeaderMap = response.headers_mut().context("the status is right")?;
    for line in lines {
        let (name, value) = line.split_once(':').context("a header")?;
        let name: header::HeaderName = name.parse()?;
        // The length of what was not sent is all that tells it.
        let is_length = is_head && name == header::CONTENT_LENGTH;
        if is_length || !OF_CONNECTION.contains(&name.as_str()) {
            headers.append(name, value.trim().parse()?);
        }
    }
    Ok(response.body(Bytes::copy_from_slice(&answer[end + 4..]))?)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn asked(target: &str, body: &str, service: &str) -> Asked {
        let credential =
            format!("AWS4-HMAC-SHA256 Credential=k/20261121/us-east-2/{service}/aws4_request");
        let request = Request::builder()
            .method("POST")
            .uri("/")
            .header("authorization", credential)
            .header("x-amz-target", target)
            .body(())
            .expect("it is well formed");
        Asked::of(&request.into_parts().0, body.as_bytes())
    }

    #[test]
    fn a_call_is_known_by_its_target_or_its_form() {
        let listed = asked("AmazonSSM.DescribeParameters", "{}", "ssm");
        assert_eq!(
            (listed.operation.as_str(), listed.reads),
            ("DescribeParameters", true)
        );
        let made = asked("", "Action=CreateDBSnapshot&Version=2014-10-31", "rds");
        assert_eq!(
            (made.region.as_str(), made.service.as_str()),
            ("us-east-2", "rds")
        );
        assert!(!made.reads);
        assert_eq!(asked("", "Action=GetRole", "iam").region, "global");
    }

    #[test]
    fn an_answer_keeps_its_headers_and_loses_those_of_the_connection() {
        let answer = read(
            b"HTTP/1.0 200 OK\r\nETag: \"a\"\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            false,
        );
        let answer = answer.expect("it is HTTP");
        assert_eq!(answer.headers().len(), 1);
        assert_eq!(answer.body().as_ref(), b"ok");
    }
}
