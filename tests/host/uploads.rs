//! Bodies that functions send in parts: one whose function comes to no good end breaks off, and no server takes the part of it
//! that was sent for the whole.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::outbound::granted;
use crate::support::{get, host};

/// How long a server waits for the end of what it is sent.
const PATIENCE: Duration = Duration::from_secs(20);

/// The end of a chunked body.
const LAST_CHUNK: &str = "\r\n0\r\n\r\n";

/// A server for one request, to which it answers as soon as some of the body is there, or when all is: what it was sent until
/// the connection or the body ended.
async fn server(answers_early: bool) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = tokio::spawn(async move {
        let mut sent = Vec::new();
        let mut has_answered = false;
        let reading = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            loop {
                let text = String::from_utf8_lossy(&sent).into_owned();
                let is_whole = text.ends_with(LAST_CHUNK);
                if !has_answered && (is_whole || (answers_early && text.contains("the first part"))) {
                    has_answered = true;
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome of it").await;
                }
                // A connection that is reset has ended as well.
                if is_whole || stream.read_buf(&mut sent).await.unwrap_or(0) == 0 {
                    return text;
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("the body or the connection ends")
    });
    (address, served)
}

/// What a server gets of a function that ends in this way, and the status of the function's answer.
async fn uploaded(end: &str, answers_early: bool) -> (String, u16) {
    let (address, served) = server(answers_early).await;
    let grants = granted(&format!("http = [\"http://{address}\"]\nhttp_private = true"));
    let host = host().function("f", "incoming", &format!("timeout = \"500ms\"\n{grants}")).start();
    let wait = if answers_early { "&wait=1" } else { "" };
    let answer = host.send(get(&format!("/f?do=upload&to={address}&end={end}{wait}"))).await;
    (served.await.unwrap(), answer.status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_its_function_did_not_finish_breaks_off() {
    for answers_early in [true, false] {
        for (end, status) in [("trap", 500), ("hang", 504), ("loop", 504), ("leave", 200)] {
            let (sent, answered) = uploaded(end, answers_early).await;
            assert_eq!(answered, status, "{end} {answers_early}");
            assert!(sent.contains("transfer-encoding: chunked") && sent.contains("the first part"), "{end}: {sent}");
            assert!(!sent.ends_with(LAST_CHUNK), "{end} {answers_early}: {sent}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_its_function_finished_arrives_whole() {
    for answers_early in [true, false] {
        let (sent, answered) = uploaded("finish", answers_early).await;
        assert_eq!(answered, 200, "{answers_early}");
        assert!(sent.ends_with(LAST_CHUNK), "{answers_early}: {sent}");
    }
}
