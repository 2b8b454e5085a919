//! What a front door tells of itself, by S3 from memory and by a name server on this machine.

use std::net::UdpSocket;
use std::sync::Mutex;

use super::*;
use crate::adapter::aws::memory::{Answer, Memory};
use crate::adapter::local::SystemClock;
use crate::config::{self, builtin};

/// A door whose switch is read with that status and body, with those addresses of its sites and those name servers.
fn door(status: u16, body: &str, answers: [&str; 2], name_servers: &[String]) -> FrontDoor {
    let estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
    let body = body.to_owned();
    let network = Memory::new(move |_| Answer::new(status, &body).with("x-amz-request-id", "1"));
    let side = |index: usize| {
        let site = &estate.sites[index];
        Side {
            site: site.id.clone(),
            aws: AwsSite::over(site, network.config(), Arc::new(SystemClock)),
            binding: Route53Binding {
                zone: "Z1".to_owned(),
                set_identifier: site.id.to_string(),
                health_check: None,
                answers: vec![answers[index].to_owned()],
                switch_bucket: Some("switches".to_owned()),
                switch_key: Some("serve-from-standby".to_owned()),
                roles: None,
                name_servers: name_servers.to_vec(),
            },
        }
    };
    let component = "front-door".parse().expect("a name");
    let component = estate.component(&component).expect("it has one").clone();
    FrontDoor::new(component, [side(0), side(1)], Arc::new(SystemClock))
}

fn observed(door: &FrontDoor) -> PortResult<TrafficState> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for one test")
        .block_on(door.observe())
}

fn site(name: &str) -> SiteId {
    name.parse().expect("a name")
}

const MISSING: &str = "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>";
const NO_BUCKET: &str = "<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>";

#[test]
fn a_switch_that_cannot_be_read_is_neither_on_nor_off_and_clients_are_sent_home() {
    let read = |status, body| {
        let door = door(status, body, ["192.0.2.1", "192.0.2.2"], &[]);
        observed(&door).map(|state| (state.answers, state.switched_to))
    };
    let (ohio, california) = (site("ohio"), site("california"));
    assert_eq!(read(503, ""), Ok((ohio.clone(), None)));
    assert_eq!(read(404, MISSING), Ok((ohio.clone(), Some(ohio))));
    let there = Ok((california.clone(), Some(california)));
    assert_eq!(read(200, "2026-11-21"), there);
    let none = read(404, NO_BUCKET).map_err(|error| error.class);
    assert_eq!(none, Err(ErrorClass::NotFound));
}

/// A name server on this machine: what it answers to a name, by how many times that was asked before. Its address.
fn name_server(say: impl Fn(&str, usize) -> [u8; 4] + Send + 'static) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("it is bound").to_string();
    let asked: Mutex<Vec<String>> = Mutex::default();
    std::thread::spawn(move || {
        let mut query = [0; 512];
        // The thread ends with the test's process.
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let (name, question_end) = question(&query[..length]);
            let mut asked = asked.lock().expect("one thread asks");
            let before = asked.iter().filter(|other| **other == name).count();
            asked.push(name.clone());
            // The same id; an authoritative answer; one question, one answer (RFC 1035, section 4.1).
            let mut answer = query[..2].to_vec();
            answer.extend([0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
            answer.extend(&query[12..question_end]);
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            answer.extend(say(&name, before));
            let _ = socket.send_to(&answer, from);
        }
    });
    address
}

/// The name that a query asks for, and where its question ends.
fn question(query: &[u8]) -> (String, usize) {
    let mut labels = Vec::new();
    let mut at = 12;
    while query[at] > 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
        at = end;
    }
    (labels.join("."), at + 5)
}

#[test]
fn an_address_that_a_balancer_got_meanwhile_is_looked_up_again() {
    let server = name_server(|name, before| match (name, before) {
        ("west.example", _) => [192, 0, 2, 2],
        ("east.example", 0) => [192, 0, 2, 1],
        _ => [192, 0, 2, 9],
    });
    let door = door(404, MISSING, ["east.example", "west.example"], &[server]);
    let state = observed(&door).expect("it is known at the second look");
    assert_eq!(state.answers, site("ohio"));
    assert_eq!(state.ttl, Duration::from_secs(60));
}

#[test]
fn an_address_of_neither_site_may_become_one_and_is_told() {
    let server = name_server(|name, _| match name {
        "west.example" => [192, 0, 2, 2],
        "east.example" => [192, 0, 2, 1],
        _ => [192, 0, 2, 9],
    });
    let door = door(404, MISSING, ["east.example", "west.example"], &[server]);
    let error = observed(&door).expect_err("it is of neither site");
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.message.contains("192.0.2.9"), "{error}");
}
