//! HTTP/2 with prior knowledge, as proxies and gRPC-like clients speak it to what is behind them.

use bytes::Bytes;
use h2::client::SendRequest;
use http::{Request, StatusCode};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use crate::support::{Host, PATIENCE, Site};

/// Runs `talk` with an HTTP/2 connection to the host.
fn connected<T>(host: &Host, talk: impl AsyncFnOnce(SendRequest<Bytes>) -> T) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let whole = async {
        let stream = TcpStream::connect(&host.address).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        talk(sender).await
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, whole).await.unwrap() })
}

/// The answer to one request: status and body.
async fn exchange(sender: &SendRequest<Bytes>, request: Request<Bytes>) -> (StatusCode, Vec<u8>) {
    let (head, body) = request.into_parts();
    let mut sender = sender.clone().ready().await.unwrap();
    let (answer, mut stream) = sender.send_request(Request::from_parts(head, ()), body.is_empty()).unwrap();
    if !body.is_empty() {
        stream.send_data(body, true).unwrap();
    }
    let (head, mut stream) = answer.await.unwrap().into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.unwrap();
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend(data);
    }
    (head.status, body)
}

fn get(target: &str) -> Request<Bytes> {
    Request::get(format!("http://localhost{target}")).body(Bytes::new()).unwrap()
}

#[test]
fn a_request_passes_the_same_gates() {
    let host = Site::new()
        .example("hello")
        .example("hostile/echo")
        .component("hello", "tried")
        .secret("GITHUB_WEBHOOK_SECRET", "of github and the test")
        .example("github-webhook")
        .start();
    connected(&host, async |sender| {
        assert_eq!(exchange(&sender, get("/hello?name=two")).await, (StatusCode::OK, b"Hello, two!\n".to_vec()));
        let post = |target: &str| Request::post(format!("http://localhost{target}")).body(Bytes::from("body")).unwrap();
        assert_eq!(exchange(&sender, post("/hostile/echo?raw")).await, (StatusCode::OK, b"body".to_vec()));
        assert_eq!(exchange(&sender, post("/github-webhook")).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(exchange(&sender, get("/hello%2F")).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(exchange(&sender, get("/nowhere")).await.0, StatusCode::NOT_FOUND);
        // The host is the request's `:authority`.
        assert_eq!(exchange(&sender, get("/tried")).await.0, StatusCode::OK);
        let foreign = Request::get("http://example.com/tried").body(Bytes::new()).unwrap();
        assert_eq!(exchange(&sender, foreign).await.0, StatusCode::FORBIDDEN);
    });
    assert_eq!(host.instances(), 3);
}

#[test]
fn requests_of_one_connection_run_at_once() {
    let host = Site::new().example("hostile/sleeper").start();
    connected(&host, async |sender| {
        let slow = tokio::spawn({
            let sender = sender.clone();
            async move { exchange(&sender, get("/hostile/sleeper?ms=3000")).await.0 }
        });
        let quick: Vec<_> = (0..20)
            .map(|_| {
                let sender = sender.clone();
                tokio::spawn(async move { exchange(&sender, get("/hostile/sleeper?ms=1")).await.0 })
            })
            .collect();
        for quick in quick {
            assert_eq!(quick.await.unwrap(), StatusCode::OK);
        }
        assert!(!slow.is_finished(), "the quick ones waited for the slow one");
        assert_eq!(slow.await.unwrap(), StatusCode::OK);
    });
}

#[test]
fn a_body_past_its_limit_is_refused() {
    let host = Site::new().example("hostile/echo").start();
    connected(&host, async |sender| {
        let large = Request::post("http://localhost/hostile/echo")
            .header("content-length", 2 << 20)
            .body(Bytes::from("the beginning of it"))
            .unwrap();
        let (head, _) = large.into_parts();
        let mut sender = sender.ready().await.unwrap();
        let (answer, _stream) = sender.send_request(Request::from_parts(head, ()), false).unwrap();
        assert_eq!(answer.await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    });
    assert_eq!(host.instances(), 0);
}

#[test]
fn head_gets_the_headers_alone() {
    let host = Site::new().example("hello").start();
    connected(&host, async |sender| {
        for (target, status, length) in
            [("/hello", StatusCode::OK, Some("14")), ("/nowhere", StatusCode::NOT_FOUND, None)]
        {
            let mut sender = sender.clone().ready().await.unwrap();
            let head = Request::head(format!("http://localhost{target}")).body(()).unwrap();
            let (answer, _) = sender.send_request(head, true).unwrap();
            let (head, mut body) = answer.await.unwrap().into_parts();
            assert_eq!(head.status, status, "{target}");
            let said = head.headers["content-length"].to_str().unwrap();
            assert!(length.is_none_or(|length| length == said), "{target}: {said}");
            assert!(body.data().await.is_none(), "{target}: an answer to HEAD has no body");
        }
    });
}

#[test]
fn a_preflight_is_answered_and_an_answer_says_who_may_read_it() {
    let policy = "access = \"public\"\n[cors]\norigins = [\"https://app.example\"]\n";
    let host = Site::new().component("hello", "api").file("api.toml", policy).start();
    connected(&host, async |sender| {
        for (method, status, name, value) in [
            ("OPTIONS", StatusCode::NO_CONTENT, "access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
            ("GET", StatusCode::OK, "vary", "Origin"),
        ] {
            let request = Request::builder().method(method).uri("http://localhost/api");
            let request =
                request.header("origin", "https://app.example").header("access-control-request-method", "PUT");
            let mut sender = sender.clone().ready().await.unwrap();
            let (answer, _) = sender.send_request(request.body(()).unwrap(), true).unwrap();
            let (head, _) = answer.await.unwrap().into_parts();
            assert_eq!((head.status, &head.headers[name]), (status, &value.parse().unwrap()), "{method}");
            assert_eq!(head.headers["access-control-allow-origin"], "https://app.example", "{method}");
        }
    });
    assert_eq!(host.instances(), 1, "the preflight had none");
}

#[test]
fn a_body_whose_stream_ends_early_is_not_taken_for_a_short_one() {
    let host = Site::new().example("hostile/echo").start();
    connected(&host, async |sender| {
        let mut sender = sender.clone().ready().await.unwrap();
        let post = Request::post("http://localhost/hostile/echo").header("content-length", "5000").body(()).unwrap();
        let (_answer, mut stream) = sender.send_request(post, false).unwrap();
        stream.send_data(Bytes::from("only a part"), false).unwrap();
        // What is sent has to be there before the reset, which would overtake it.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        stream.send_reset(h2::Reason::NO_ERROR);
        // A second request on the connection: once it is answered, the first has been dealt with.
        assert_eq!(exchange(&sender, get("/hostile/echo")).await.0, StatusCode::OK);
    });
    assert_eq!(host.instances(), 1, "the whole request alone");
}
