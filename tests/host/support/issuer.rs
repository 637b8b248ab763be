//! An issuer on the loopback, that publishes keys and can be told to misbehave while it runs. It is a thread with a
//! listener, and one more for each connection, so that nothing that it does holds up a test.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Where an issuer says where its keys are.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// How long a test waits for the host to ask.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most that is sent to whoever goes on reading.
const ENDLESS: usize = 64 << 20;

/// What an issuer does when it is asked.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// It answers 200 with this.
    Says(String),
    /// It answers with this status and these lines of header, and with this.
    Answers(u16, String, String),
    /// It sends this, a byte at a time, and takes its time.
    Drips(String),
    /// It takes the request and says nothing.
    Nothing,
    /// It hangs up.
    HangsUp,
    /// It begins an answer and hangs up.
    BreaksOff(String),
    /// It sends without end, after this.
    Floods(String),
}

/// The issuer.
pub(crate) struct Issuer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    keys: Mutex<Does>,
    discovery: Mutex<Does>,
    asked: AtomicU64,
    sent: AtomicU64,
    is_over: AtomicBool,
}

impl Issuer {
    /// One that publishes this set of keys.
    pub(crate) fn of(set: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            keys: Mutex::new(Does::Says(set)),
            discovery: Mutex::new(Does::Answers(404, String::new(), String::new())),
            asked: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), serving) = (stream, Arc::clone(&serving)) else { continue };
                thread::spawn(move || serving.serve(stream));
            }
        });
        let issuer = Self { address, shared };
        issuer.discovers(&issuer.url(""), &issuer.url("/keys"));
        issuer
    }

    /// Its name, and what is below it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on, it does this when it is asked for its keys.
    pub(crate) fn does(&self, what: Does) {
        *self.shared.keys.lock().unwrap() = what;
    }

    /// From now on, it publishes this set.
    pub(crate) fn publishes(&self, set: String) {
        self.does(Does::Says(set));
    }

    /// From now on, it says that it is this issuer, and that its keys are there.
    pub(crate) fn discovers(&self, issuer: &str, keys: &str) {
        let said = serde_json::json!({ "issuer": issuer, "jwks_uri": keys, "authorization_endpoint": "x" });
        self.does_at_discovery(Does::Says(said.to_string()));
    }

    /// From now on, it does this when it is asked where its keys are.
    pub(crate) fn does_at_discovery(&self, what: Does) {
        *self.shared.discovery.lock().unwrap() = what;
    }

    /// How often it has been asked for its keys.
    pub(crate) fn asked(&self) -> u64 {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Bytes that it has sent to those whom it floods.
    pub(crate) fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// Waits until it has been asked more often than `before`.
    pub(crate) async fn wait_until_asked_after(&self, before: u64) {
        let latest = Instant::now() + PATIENCE;
        while self.asked() <= before {
            assert!(Instant::now() < latest, "nobody asks the issuer");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // The listener looks up only when somebody comes.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let Some(request) = lines.next() else { return };
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
        let what = if path.ends_with(DISCOVERY) {
            self.discovery.lock().unwrap().clone()
        } else {
            let what = self.keys.lock().unwrap().clone();
            self.asked.fetch_add(1, Ordering::SeqCst);
            what
        };
        // Whoever asked may have gone away.
        let _ = self.answer(&mut stream, what);
        let _ = stream.shutdown(Shutdown::Both);
    }

    fn answer(&self, stream: &mut TcpStream, what: Does) -> std::io::Result<()> {
        let head = |status: u16, more: &str, length: usize| {
            format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n"
            )
        };
        match what {
            Does::Says(body) => stream.write_all((head(200, "", body.len()) + &body).as_bytes()),
            Does::Answers(status, more, body) => stream.write_all((head(status, &more, body.len()) + &body).as_bytes()),
            Does::Drips(body) => {
                for byte in (head(200, "", body.len()) + &body).bytes() {
                    stream.write_all(&[byte])?;
                    self.pause(Duration::from_millis(100));
                }
                Ok(())
            }
            Does::Nothing => {
                self.pause(PATIENCE * 4);
                Ok(())
            }
            Does::HangsUp => Ok(()),
            Does::BreaksOff(body) => stream.write_all((head(200, "", body.len() + 100) + &body).as_bytes()),
            Does::Floods(body) => {
                stream.write_all(b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n")?;
                stream.write_all(body.as_bytes())?;
                let blanks = [b' '; 16 << 10];
                for _ in 0..ENDLESS / blanks.len() {
                    stream.write_all(&blanks)?;
                    self.sent.fetch_add(blanks.len() as u64, Ordering::SeqCst);
                }
                Ok(())
            }
        }
    }

    /// Does nothing for so long, or until the test is over.
    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.is_over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20).min(time));
        }
    }
}
