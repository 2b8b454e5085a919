//! An observer in front of an application on this machine, asked as `dr` asks it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::routing::post;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Observer, Room, Unmeasured, router};
use crate::adapter::http::HttpObservers;
use crate::model::{Duration, SiteId};
use crate::port::{Clock, Observers};

/// It is always the same second.
struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn sleep(&self, _: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(std::future::pending())
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn site(name: &str) -> SiteId {
    name.parse().unwrap()
}

/// Serves `app` on a free port of this machine.
async fn serving(app: Router) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

/// An application that answers writes so, and says that it is `site`.
fn answering(status: StatusCode, site: &'static str) -> Router {
    let answer = move || async move {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("dr-site"), site.parse().unwrap());
        (status, headers)
    };
    Router::new().route("/canary", post(answer))
}

fn observer(port: u16, ohio: &str) -> Observer {
    let sites = BTreeMap::from([
        (site("ohio"), vec![ohio.to_owned()]),
        (site("california"), vec!["nowhere.invalid".to_owned()]),
    ]);
    Observer::new(&format!("http://127.0.0.1:{port}/canary"), sites).unwrap()
}

#[tokio::test]
async fn what_an_observer_measured_is_what_dr_reads_of_it() {
    let up = serving(answering(StatusCode::OK, "california")).await;
    let observer = Arc::new(observer(up, "127.0.0.1"));
    for second in 100..103 {
        observer.measure(at(second)).await;
    }
    let clock: Arc<dyn Clock> = Arc::new(Fixed(at(102)));
    let told = serving(router(observer, clock.clone())).await;
    let asked = HttpObservers::new(vec![format!("http://127.0.0.1:{told}")], clock).unwrap();
    let view = asked.clients(Duration::from_secs(60)).await.unwrap();
    assert_eq!((view.tried, view.acknowledged), (3, 3));
    assert_eq!(view.served_by, [site("california")]);
    assert_eq!(view.outage, None);
    let reach = |name: &'static str| {
        let asked = &asked;
        async move { asked.reach(&site(name)).await.unwrap().reached }
    };
    assert_eq!((reach("ohio").await, reach("california").await), (1, 0));
    assert!(asked.reach(&site("mars")).await.is_err(), "an unknown site");
}

#[tokio::test]
async fn writes_that_are_refused_redirected_or_not_answered_are_an_outage() {
    let refusing = serving(answering(StatusCode::SERVICE_UNAVAILABLE, "ohio")).await;
    let redirecting = serving(answering(StatusCode::FOUND, "ohio")).await;
    // Nobody listens on a port that was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = closed.local_addr().unwrap().port();
    drop(closed);
    for port in [refusing, redirecting, nobody] {
        let observer = observer(port, "127.0.0.1");
        observer.measure(at(100)).await;
        let seconds = observer.seconds(at(100), 10);
        assert_eq!((seconds[0].tried, seconds[0].acknowledged), (1, 0));
        assert_eq!(seconds[0].served_by, []);
    }
}

#[tokio::test]
async fn an_application_that_does_not_say_which_site_it_is_is_known_by_its_address() {
    let silent = Router::new().route("/canary", post(|| async { "ok" }));
    let observer = observer(serving(silent).await, "127.0.0.1");
    observer.measure(at(100)).await;
    assert_eq!(observer.seconds(at(100), 1)[0].served_by, []);
    observer.learn(at(100)).await;
    observer.measure(at(101)).await;
    assert_eq!(observer.seconds(at(101), 1)[0].served_by, [site("ohio")]);
}

#[tokio::test]
async fn an_application_that_names_a_site_of_another_estate_is_not_believed() {
    let foreign = serving(answering(StatusCode::OK, "mars")).await;
    let observer = observer(foreign, "nowhere.invalid");
    observer.measure(at(100)).await;
    assert_eq!(observer.seconds(at(100), 1)[0].served_by, []);
}

#[test]
fn only_addresses_of_http_can_be_written_to() {
    for address in ["shop.example.com", "ftp://shop.example.com", "https://", ""] {
        assert!(
            Observer::new(address, BTreeMap::new()).is_err(),
            "{address}"
        );
    }
}

#[tokio::test]
async fn an_address_that_its_name_no_longer_has_is_forgotten_in_time() {
    let silent = Router::new().route("/canary", post(|| async { "ok" }));
    let observer = observer(serving(silent).await, "127.0.0.1");
    let served_by = async |second: i64| {
        observer.measure(at(second)).await;
        observer.seconds(at(second), 1)[0].served_by.clone()
    };
    let note = |address: [u8; 4], second| {
        observer.note(&site("ohio"), "alb.example", &[address.into()], at(second));
    };
    note([127, 0, 0, 1], 0);
    note([127, 0, 0, 2], 600);
    assert_eq!(
        served_by(600).await,
        [site("ohio")],
        "clients keep an answer"
    );
    note([127, 0, 0, 2], 601);
    assert_eq!(served_by(601).await, []);
}

#[tokio::test]
async fn a_site_that_is_not_known_is_not_measured() {
    let observer = observer(1, "127.0.0.1");
    assert_eq!(
        observer.reaches(&site("mars")).await,
        Err(Unmeasured::NoSuchSite)
    );
    assert_eq!(observer.reaches(&site("ohio")).await, Ok(false));
}

/// An observer with room for so many guests, each for a moment.
async fn with_room_for(guests: usize) -> SocketAddr {
    let clock: Arc<dyn Clock> = Arc::new(Fixed(at(100)));
    let app = router(Arc::new(observer(1, "127.0.0.1")), clock);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let room = Room::of(listener, guests, std::time::Duration::from_millis(200));
    tokio::spawn(async move { axum::serve(room, app).await });
    address
}

/// What an observer says to that, until it closes the connection.
async fn told(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // Whether it ends with a reset or with its end, it ends.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: observer\r\n\r\n";

#[tokio::test]
async fn who_never_finishes_a_request_is_shown_out_and_another_is_answered() {
    let observer = with_room_for(1).await;
    let silent = TcpStream::connect(observer).await.unwrap();
    let slow = told(observer, b"GET /healthz HTTP/1.1\r\nhost:");
    let (slow, asked) = futures_util::future::join(slow, told(observer, ASK)).await;
    assert_eq!(slow, "");
    assert!(asked.starts_with("HTTP/1.1 200"), "{asked}");
    assert!(asked.ends_with("ok\n"), "{asked}");
    drop(silent);
}

#[tokio::test]
async fn each_answer_ends_its_connection() {
    let told = told(with_room_for(8).await, ASK).await;
    assert!(told.contains("connection: close"), "{told}");
}
