//! The example `notify`, whole: it takes signed orders and sends signed webhooks, and has neither secret.

use std::time::SystemTime;

use signatures::{Message, Secret, SignRequest, Verifier, scheme, sign};
use tracing::Level;

use crate::support::server::{Act, Server, ok};
use crate::support::{Answer, Host, With, host, log, post};

const ORDERS: &str = "whsec_b3JkZXJzLWFyZS1zaWduZWQ";
const NOTIFY: &str = "whsec_bm90aWNlcy1hcmUtc2lnbmVk";

/// The example, with these lines of grants beside its environment.
fn notifying(server: &Server, grants: &str) -> Host {
    let policy = format!(
        "methods = [\"POST\"]\n[verify]\nscheme = \"standardwebhooks\"\nsecrets = [\"ORDERS_SECRET\"]\n[grants]\n\
         env = {{ NOTIFY_URL = \"{}/orders\" }}\n{grants}\n",
        server.origin()
    );
    let host = host().function("notify", "notify", &policy);
    let host = host.secret("ORDERS_SECRET", ORDERS).secret("NOTIFY_SECRET", NOTIFY).start();
    assert!(host.problems.is_empty(), "{}", host.problems);
    host
}

/// What the example's own policy grants, for this server.
fn all(server: &Server) -> String {
    format!("http = [\"{}\"]\nhttp_private = true\nsign = [\"NOTIFY_SECRET\"]", server.origin())
}

/// Sends an order, signed as the shop signs it.
async fn order(host: &Host, id: &str, status: &str) -> Answer {
    let body = format!(r#"{{"id":"{id}","status":"{status}"}}"#);
    let request = SignRequest { id: Some(id), ..SignRequest::new(body.as_bytes(), SystemTime::now()) };
    let secret = Secret::new("ORDERS_SECRET", ORDERS);
    let signed = sign(scheme("standardwebhooks").unwrap(), Some(&secret), &request).unwrap();
    let headers = signed.headers.iter();
    host.send(headers.fold(post("/notify", body.clone()), |request, (name, value)| request.with(name, value))).await
}

#[tokio::test]
async fn a_signed_order_becomes_a_signed_webhook_and_no_secret_is_in_it() {
    let server = Server::saying("thanks").await;
    let host = notifying(&server, &all(&server));
    assert_eq!(host.send(post("/notify", r#"{"id":"o-1","status":"shipped"}"#)).await.status, 401);
    assert_eq!((host.instances(), server.connections()), (0, 0));
    assert_eq!(order(&host, "o-1", "paid").await.status, 202);
    assert_eq!(server.connections(), 0);

    let answer = order(&host, "o-2", "shipped").await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"notified":"o-2"}"#), "{:?}", log::guest(answer.id()));
    let requests = server.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /orders HTTP/1.1"));
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let headers = &headers[..];
    let message = Message::new(&headers, body.as_bytes());
    let verifier =
        |secret: &str| Verifier::new(scheme("standardwebhooks").unwrap(), vec![Secret::new("NOTIFY_SECRET", secret)]);
    let accepted = verifier(NOTIFY).unwrap().verify(&message, SystemTime::now()).unwrap();
    assert_eq!(
        (accepted.id.map(|id| id.value).as_deref(), body),
        (Some("o-2"), r#"{"data":{"id":"o-2"},"type":"order.shipped"}"#)
    );
    assert!(verifier(ORDERS).unwrap().verify(&message, SystemTime::now()).is_err());
    let said: String = log::lines(answer.id()).iter().map(ToString::to_string).collect();
    for secret in [ORDERS, NOTIFY] {
        assert!(!request.contains(secret) && !said.contains(secret) && !answer.text().contains(secret));
    }
}

#[tokio::test]
async fn without_a_grant_nothing_is_sent_and_the_log_names_the_line() {
    let server = Server::saying("thanks").await;
    let (http, sign) = (format!("http = [\"{}\"]", server.origin()), "sign = [\"NOTIFY_SECRET\"]");
    for (grants, line) in [(format!("{http}\nhttp_private = true"), sign), (sign.to_owned(), &*http)] {
        let host = notifying(&server, &grants);
        let answer = order(&host, "o-1", "shipped").await;
        assert_eq!(answer.status, 502, "{line}");
        let lines = log::guest(answer.id());
        let denials: Vec<_> = lines.iter().filter(|line| line.field("source") == "host").collect();
        let [denial] = denials.as_slice() else { panic!("{line}: {lines:?}") };
        assert_eq!(denial.level, Level::WARN);
        assert!(denial.field("message").contains(line), "{line} is not in: {denial}");
        assert!(!answer.text().contains("grants"), "the client learns nothing of it: {}", answer.text());
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_receiver_that_fails_is_a_reason_to_send_the_order_again() {
    let broken = Act::Send(b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n".to_vec());
    let server =
        Server::start(move |request| vec![if request.contains("o-2") { ok("") } else { broken.clone() }]).await;
    let host = notifying(&server, &all(&server));
    assert_eq!(order(&host, "o-1", "shipped").await.status, 502);
    assert_eq!(order(&host, "o-2", "shipped").await.status, 200);
    assert_eq!(server.requests().len(), 2);
}
