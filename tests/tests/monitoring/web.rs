//! A small web server of this machine: it answers what a test says, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration as Wall;

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    /// As it was sent.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What is sent back, byte for byte; then the connection is closed.
pub(super) struct Sent(pub(super) Vec<u8>);

impl Sent {
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::page(status, "application/json", &body.to_string())
    }

    pub(super) fn html(status: u16) -> Self {
        let page = "<!doctype html><html><body>It does not work.</body></html>";
        Self::page(status, "text/html", page)
    }

    pub(super) fn page(status: u16, kind: &str, body: &str) -> Self {
        let length = body.len();
        Self::raw(&format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }

    pub(super) fn moved(to: &str) -> Self {
        Self::raw(&format!(
            "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ))
    }

    pub(super) fn raw(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// Promises more than comes.
    pub(super) fn torn() -> Self {
        Self::raw("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"status\": \"succ")
    }
}

/// The server; stopped when it is dropped.
pub(super) struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Web {
    /// Answers each request by `answer`, one after the other.
    pub(super) fn serve(mut answer: impl FnMut(&Asked) -> Sent + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (kept, ends) = (asked.clone(), over.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::Acquire) {
                    return;
                }
                let mut stream = stream.unwrap();
                if let Some(request) = read(&stream) {
                    kept.lock().unwrap().push(request.clone());
                    // The other side may have hung up: that is its affair.
                    let _ = stream.write_all(&answer(&request).0);
                    let _ = stream.shutdown(Shutdown::Both);
                }
            }
        });
        Self {
            port,
            asked,
            over,
            thread: Some(thread),
        }
    }

    /// Says the same to everyone.
    pub(super) fn always(sent: Sent) -> Self {
        Self::serve(move |_| Sent(sent.0.clone()))
    }

    /// Passes everything on to a server on another port.
    pub(super) fn before(port: u16) -> Self {
        Self::serve(move |asked| Sent(forward(asked, port)))
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// What was asked until now.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Forgets what was asked.
    pub(super) fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    stream.set_read_timeout(Some(Wall::from_secs(5))).ok()?;
    let mut lines = BufReader::new(stream);
    let mut first = String::new();
    lines.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut asked = Asked {
        method,
        path: target.split('?').next()?.to_owned(),
        target,
        headers,
        body: Vec::new(),
    };
    let length = asked.header("content-length").map_or(Ok(0), str::parse);
    asked.body = vec![0; length.ok()?];
    lines.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

fn forward(asked: &Asked, port: u16) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "{} {} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        asked.method,
        asked.target,
        asked.body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&asked.body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}
