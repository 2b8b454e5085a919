//! Mail, handed over to a small server of SMTP.

use std::process::Command;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::email::Mail;
use super::super::smtp::Tls;
use super::{at, keeping, news};
use crate::model::{Email, MailTls, SecretRef};
use crate::watch::{Receive, SendError};

/// What was said to the server.
type Said = Arc<Mutex<Vec<String>>>;

/// How the server is.
#[derive(Clone, Default)]
struct Manner {
    /// What it answers to a line that begins so, instead of the usual.
    answers: Vec<(&'static str, &'static str)>,
    /// What it says after STARTTLS before the handshake.
    intrudes: &'static str,
    acceptor: Option<TlsAcceptor>,
}

async fn serve(manner: Manner) -> (u16, Said) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = Said::default();
    let heard = said.clone();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 sink ESMTP\r\n").await.unwrap();
        if !converse(&mut stream, &manner, &heard, true).await {
            return;
        }
        let acceptor = manner.acceptor.clone().unwrap();
        if let Ok(mut encrypted) = acceptor.accept(stream).await {
            heard.lock().unwrap().push("[encrypted]".to_owned());
            converse(&mut encrypted, &manner, &heard, false).await;
        }
    });
    (port, said)
}

/// Talks until the end; `true` where encryption begins.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    manner: &Manner,
    heard: &Said,
    offers: bool,
) -> bool {
    let mut stream = BufReader::new(stream);
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        let line = line.trim_end_matches("\r\n").to_owned();
        heard.lock().unwrap().push(line.clone());
        let special = manner
            .answers
            .iter()
            .find(|(start, _)| line.starts_with(start));
        let starts_tls = offers && manner.acceptor.is_some();
        let answer = match (special, line.as_str()) {
            (_, ".") if in_data => {
                in_data = false;
                "250 queued".to_owned()
            }
            _ if in_data => continue,
            (Some((_, answer)), _) => (*answer).to_owned(),
            (None, "DATA") => {
                in_data = true;
                "354 go on".to_owned()
            }
            (None, "QUIT") => "221 bye".to_owned(),
            (None, "STARTTLS") => format!("220 go on{}", manner.intrudes),
            (None, line) if line.starts_with("EHLO") && starts_tls => {
                "250-sink\r\n250-8BITMIME\r\n250 STARTTLS".to_owned()
            }
            (None, line) if line.starts_with("EHLO") => {
                "250-sink\r\n250 AUTH LOGIN PLAIN".to_owned()
            }
            (None, line) if line.starts_with("AUTH") => "235 welcome".to_owned(),
            (None, _) => "250 ok".to_owned(),
        };
        stream
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .unwrap();
        if line == "STARTTLS" {
            return true;
        }
    }
}

fn mail(port: u16, tls: MailTls, login: bool) -> Mail {
    Mail {
        email: Email {
            to: vec![
                "ops@example.com".parse().unwrap(),
                "boss@example.com".parse().unwrap(),
            ],
            from: "dr@example.com".parse().unwrap(),
            host: "localhost".to_owned(),
            port,
            tls,
            login: login.then(|| SecretRef::Env("KEY".to_owned())),
        },
        tls: Tls::of_this_machine().unwrap(),
        secrets: keeping("ana:s3 cret:x"),
    }
}

#[tokio::test]
async fn a_message_is_handed_over_with_its_headers_and_a_body_in_base64() {
    let (port, said) = serve(Manner::default()).await;
    mail(port, MailTls::None, true)
        .send(&news(), 0, at())
        .await
        .unwrap();
    let said = said.lock().unwrap();
    let at_data = said.iter().position(|line| line == "DATA").unwrap();
    assert_eq!(
        said[..at_data],
        [
            "EHLO [127.0.0.1]",
            // \0ana\0s3 cret:x
            "AUTH PLAIN AGFuYQBzMyBjcmV0Ong=",
            "MAIL FROM:<dr@example.com>",
            "RCPT TO:<ops@example.com>",
            "RCPT TO:<boss@example.com>",
        ]
    );
    let message = &said[at_data + 1..];
    let end = message.iter().position(String::is_empty).unwrap();
    let headers = message[..end].join("\n");
    for header in [
        "Date: Sat, 21 Nov 2026 12:00:00 +0000",
        "From: dr@example.com",
        "To: ops@example.com,\n boss@example.com",
        "Subject: shop: 1 new in drift, a failover would be stopped",
        "Message-ID: <00ff00ff00ff00ff.dr@example.com>",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(headers.contains(header), "{headers}");
    }
    assert!(!headers.contains("Bcc"), "{headers}");
    let body = &message[end + 1..];
    let end = body.iter().position(|line| line == ".").unwrap();
    assert!(body[..end].iter().all(|line| line.len() <= 76));
    let decoded = decode(&body[..end].concat());
    assert!(decoded.contains("database-class-differs"), "{decoded}");
    assert!(decoded.contains("fix: mend it"), "{decoded}");
}

fn decode(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_and_one_for_good_is_not() {
    let cases = [
        ("MAIL", "451 later", false),
        ("MAIL", "550-no\r\n550 mail", true),
        ("DATA", "554 spam", true),
        // A login can be mended, and what the server says may repeat it.
        ("AUTH", "535 no AGFuYQBzMyBjcmV0Ong=", false),
        ("EHLO", "nonsense", false),
    ];
    for (start, answer, never) in cases {
        let manner = Manner {
            answers: vec![(start, answer)],
            ..Manner::default()
        };
        let (port, _) = serve(manner).await;
        let mail = mail(port, MailTls::None, true);
        let error = mail.send(&news(), 0, at()).await.unwrap_err();
        let is_never = matches!(error, SendError::Never(_));
        assert_eq!(is_never, never, "{answer}: {error}");
        assert!(!error.to_string().contains("AGFu"), "{error}");
    }
}

#[tokio::test]
async fn who_is_known_gets_mail_though_another_is_not_known() {
    let manner = |answers: &[(&'static str, &'static str)]| Manner {
        answers: answers.to_vec(),
        ..Manner::default()
    };
    let nobody = ("RCPT TO:<boss", "550 nobody");
    let (port, said) = serve(manner(&[nobody])).await;
    mail(port, MailTls::None, false)
        .send(&news(), 0, at())
        .await
        .unwrap();
    assert!(said.lock().unwrap().iter().any(|line| line == "."));
    let (port, said) = serve(manner(&[("RCPT", "550 nobody")])).await;
    let error = mail(port, MailTls::None, false)
        .send(&news(), 0, at())
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Never(_)), "{error}");
    assert!(!said.lock().unwrap().iter().any(|line| line == "DATA"));
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_to_a_server_that_does_not_encrypt() {
    let (port, said) = serve(Manner::default()).await;
    let error = mail(port, MailTls::Starttls, true)
        .send(&news(), 0, at())
        .await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("STARTTLS"), "{error}");
    assert_eq!(*said.lock().unwrap(), ["EHLO [127.0.0.1]"]);
}

/// A server's certificate for `localhost`, and who believes it.
fn certificate() -> (TlsAcceptor, Tls) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
        ])
        .arg(path("key"))
        .arg("-out")
        .arg(path("cert"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let cert = CertificateDer::from_pem_file(path("cert")).unwrap();
    let key = PrivateKeyDer::from_pem_file(path("key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (TlsAcceptor::from(Arc::new(server)), Tls::new(client))
}

#[tokio::test]
async fn after_starttls_login_and_message_are_encrypted_for_a_server_that_is_believed() {
    let (acceptor, believed) = certificate();
    let manner = |intrudes| Manner {
        acceptor: Some(acceptor.clone()),
        intrudes,
        ..Manner::default()
    };
    let (port, said) = serve(manner("")).await;
    let mut trusting = mail(port, MailTls::Starttls, true);
    trusting.tls = believed.clone();
    trusting.send(&news(), 0, at()).await.unwrap();
    let said = said.lock().unwrap().clone();
    assert_eq!(said[..3], ["EHLO [127.0.0.1]", "STARTTLS", "[encrypted]"]);
    assert!(said[3..].iter().any(|line| line.starts_with("AUTH PLAIN")));

    // Not by who does not believe its certificate, and not where somebody spoke in between.
    let (port, said) = serve(manner("")).await;
    let doubting = mail(port, MailTls::Starttls, true);
    assert!(doubting.send(&news(), 0, at()).await.is_err());
    assert!(
        !said
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.starts_with("AUTH"))
    );

    let (port, _) = serve(manner("\r\n250 injected")).await;
    let mut spoken_to = mail(port, MailTls::Starttls, true);
    spoken_to.tls = believed;
    let error = spoken_to.send(&news(), 0, at()).await.unwrap_err();
    assert!(
        error.to_string().contains("before the encryption"),
        "{error}"
    );
}
