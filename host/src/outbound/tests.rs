//! The client against servers of its own on this machine: names that lead elsewhere than they seem to, certificates, HTTP/2,
//! and connections that nobody uses.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response, StatusCode, Version};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsAcceptor;

use super::resolve::{Found, Resolve};
use super::*;
use crate::config::{Destination, GrantsPolicy, OutboundSettings};
use crate::observe::metrics::Metrics;

/// Every name stands for these addresses; but one that begins with `slow` is looked up for ever, and keeps its permit.
struct All(Vec<SocketAddr>, Mutex<Vec<String>>, Mutex<Vec<OwnedSemaphorePermit>>);

impl Resolve for Arc<All> {
    fn resolve(&self, host: &str, _: u16, permit: OwnedSemaphorePermit) -> Found {
        self.1.lock().unwrap().push(host.to_owned());
        if host.starts_with("slow") {
            self.2.lock().unwrap().push(permit);
            return Box::pin(std::future::pending());
        }
        let found = self.0.clone();
        Box::pin(async { if found.is_empty() { Err(io::Error::other("unknown")) } else { Ok(found) } })
    }
}

struct Sending {
    client: Client,
    names: Arc<All>,
}

fn sending(addresses: &[SocketAddr], granted: &[&str], private: bool, roots: RootCertStore) -> Sending {
    let limits = OutboundSettings { function_concurrency: 1, ..OutboundSettings::default() };
    sending_within(&limits, addresses, granted, private, roots)
}

fn sending_within(
    limits: &OutboundSettings,
    addresses: &[SocketAddr],
    granted: &[&str],
    private: bool,
    roots: RootCertStore,
) -> Sending {
    let names = Arc::new(All(addresses.to_vec(), Mutex::default(), Mutex::default()));
    let mut outbound = Outbound::with(4, Vec::new(), Box::new(Arc::clone(&names)));
    outbound.roots = OnceCell::new_with(Some(Arc::new(roots)));
    let http = granted.iter().map(|text| Destination::of(text)).collect();
    let grants = GrantsPolicy { http, http_private: private, ..GrantsPolicy::default() };
    let client = Client::new(&Arc::new(outbound), &grants, limits, &"f".into(), &Metrics::new().function("f"));
    Sending { client, names }
}

impl Sending {
    async fn get(&self, url: &str) -> Result<(Version, String), Failure> {
        let wish = Wish { request_id: "r".into(), trace: None, timeout: None, first_byte: None, between: None };
        let (head, body) =
            self.client.send(Target::read(url)?, Request::new(whole(Vec::new())), wish).await?.into_parts();
        Ok((head.version, String::from_utf8(body.whole().await?).unwrap()))
    }
}

/// A server that says the host that it was asked for, and how many have connected to it. Of `hang.example` it never says
/// anything.
struct Server {
    address: SocketAddr,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    certificate: RootCertStore,
}

async fn server(names: &[&str], secure: bool) -> Server {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    let mut certificate = RootCertStore::empty();
    certificate.add(cert.der().clone()).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (Arc::clone(&open), Arc::clone(&most));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let ((open, most), acceptor) = (counts.clone(), acceptor.clone());
            tokio::spawn(async move {
                most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let says = service_fn(async |request: Request<hyper::body::Incoming>| {
                    let host = request.uri().host().map(str::to_owned);
                    let host = host.or_else(|| Some(request.headers().get("host")?.to_str().ok()?.to_owned()));
                    if host.as_deref() == Some("hang.example") {
                        std::future::pending::<()>().await;
                    }
                    Ok::<_, Infallible>(Response::new(host.unwrap_or_default()))
                });
                let server = auto::Builder::new(TokioExecutor::new());
                if secure {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = server.serve_connection(TokioIo::new(stream), says).await;
                    }
                } else {
                    let _ = server.serve_connection(TokioIo::new(stream), says).await;
                }
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    Server { address, open, most, certificate }
}

#[tokio::test]
async fn a_granted_name_that_stands_for_a_private_address_is_barred() {
    let server = server(&["a.example"], false).await;
    let port = server.address.port();
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "::ffff:169.254.169.254", "10.0.0.1"] {
        let address = SocketAddr::new(address.parse().unwrap(), port);
        let sending = sending(&[address], &["http://evil.example"], false, RootCertStore::empty());
        let failure = sending.get("http://evil.example/").await.unwrap_err();
        assert!(matches!(failure, Failure::Barred(Barred::Private { .. })), "{address}: {failure}");
        assert_eq!(*sending.names.1.lock().unwrap(), ["evil.example"]);
    }
    let nowhere = SocketAddr::new("0.0.0.0".parse().unwrap(), port);
    let sending = sending(&[nowhere], &["http://evil.example"], true, RootCertStore::empty());
    let failure = sending.get("http://evil.example/").await.unwrap_err();
    assert!(matches!(failure, Failure::Barred(Barred::Never { .. })), "{failure}");
    assert_eq!(server.most.load(Ordering::SeqCst), 0, "nobody came through");
}

#[tokio::test]
async fn of_several_addresses_those_that_are_barred_are_not_tried() {
    let server = server(&["a.example"], false).await;
    let nowhere: SocketAddr = "224.0.0.1:80".parse().unwrap();
    let both = sending(&[nowhere, server.address], &["http://a.example"], true, RootCertStore::empty());
    assert_eq!(both.get("http://a.example/").await.unwrap(), (Version::HTTP_11, "a.example".into()));
}

#[tokio::test]
async fn a_name_that_nobody_asked_to_grant_is_not_looked_up() {
    let sending = sending(&[], &["http://a.example"], true, RootCertStore::empty());
    let failure = sending.get("http://b.example/").await.unwrap_err();
    assert!(matches!(failure, Failure::Barred(Barred::NotNamed { private: false, .. })), "{failure}");
    assert!(sending.names.1.lock().unwrap().is_empty());
    assert!(matches!(sending.get("http://a.example/").await, Err(Failure::Dns(_))));
}

#[tokio::test]
async fn a_server_has_to_show_who_it_is() {
    let server = server(&["a.example"], true).await;
    let granted = ["https://a.example", "https://b.example"];
    let known = sending(&[server.address], &granted, true, server.certificate.clone());
    assert_eq!(known.get("https://a.example/").await.unwrap(), (Version::HTTP_2, "a.example".into()));
    assert_eq!(known.get("https://a.example./").await.unwrap().0, Version::HTTP_2);
    let failure = known.get("https://b.example/").await.unwrap_err();
    assert!(matches!(&failure, Failure::Tls(why) if why.contains("b.example")), "{failure}");
    let unknown = sending(&[server.address], &granted, true, tls::roots());
    let failure = unknown.get("https://a.example/").await.unwrap_err();
    assert!(matches!(&failure, Failure::Tls(_)), "{failure}");
}

#[tokio::test]
async fn a_server_without_tls_is_no_secure_one() {
    let server = server(&["a.example"], false).await;
    let sending = sending(&[server.address], &["https://a.example"], true, server.certificate.clone());
    let failure = sending.get("https://a.example/").await.unwrap_err();
    assert!(matches!(&failure, Failure::Tls(_)), "{failure}");
}

#[tokio::test]
async fn idle_connections_make_room_for_others() {
    let server = server(&["a.example"], false).await;
    let sending = sending(&[server.address], &["http://*.example"], true, RootCertStore::empty());
    let hosts: BTreeSet<String> = (0..60).map(|n| format!("n{n}.example")).collect();
    for host in &hosts {
        let answer = sending.get(&format!("http://{host}/")).await;
        assert_eq!(answer.unwrap().1, *host);
    }
    let most = server.most.load(Ordering::SeqCst);
    // One request at once, and what may be idle; one more is just being closed.
    assert!((2..=18).contains(&most), "{most}");
}

#[tokio::test]
async fn who_finds_all_connections_taken_is_told_so() {
    let server = server(&["a.example"], false).await;
    let connect_timeout = Duration::from_millis(300);
    let limits = OutboundSettings { function_concurrency: 2, connect_timeout, ..OutboundSettings::default() };
    let sending = sending_within(&limits, &[server.address], &["http://*.example"], true, RootCertStore::empty());
    let hangs = sending.get("http://hang.example/");
    let others = async {
        // With the one that hangs, as many as the function may have.
        for n in 0..17 {
            sending.get(&format!("http://n{n}.example/")).await.unwrap();
        }
        let failure = sending.get("http://another.example/").await.unwrap_err();
        assert!(matches!(failure, Failure::Busy(what) if what.starts_with("connections")), "{failure}");
    };
    tokio::select! {
        biased;
        _ = hangs => panic!("it hangs"),
        () = others => {}
    }
}

#[tokio::test]
async fn names_that_are_looked_up_count_for_the_function_and_not_for_its_connections() {
    let server = server(&["a.example"], false).await;
    let connect_timeout = Duration::from_millis(100);
    let limits = OutboundSettings { function_concurrency: 1, connect_timeout, ..OutboundSettings::default() };
    let origin = format!("http://{}", server.address);
    let granted = ["http://*.example", &origin];
    let sending = sending_within(&limits, &[server.address], &granted, true, RootCertStore::empty());
    for n in 0..16 {
        sending.get(&format!("http://n{n}.example/")).await.unwrap();
    }
    for n in 0..resolve::FUNCTION_LOOKUPS {
        assert!(matches!(sending.get(&format!("http://slow{n}.example/")).await, Err(Failure::Timeout(_))));
    }
    // The last connection that it may have: those that are idle are given up for the next.
    sending.get(&origin).await.unwrap();
    assert!(matches!(sending.get("http://slower.example/").await, Err(Failure::Timeout(_))));
    let asked = sending.names.1.lock().unwrap().clone();
    assert_eq!(asked.len(), 16 + resolve::FUNCTION_LOOKUPS, "{asked:?}");
}

#[test]
fn a_connection_has_a_window_for_all_answers_at_once() {
    assert_eq!(client::connection_window(1), 256 << 10);
    assert_eq!(client::connection_window(16), 16 * (256 << 10));
    assert_eq!(client::connection_window(usize::MAX), (1 << 31) - 1);
}

#[tokio::test]
async fn nobody_has_the_roots_read_who_needs_none() {
    let server = server(&["a.example"], false).await;
    let outbound = Arc::new(Outbound::with(1, Vec::new(), Box::new(resolve::System::default())));
    let origin = format!("http://{}", server.address);
    let grants = GrantsPolicy { http: vec![Destination::of(&origin)], http_private: true, ..GrantsPolicy::default() };
    let limits = OutboundSettings { timeout: Duration::from_secs(10), ..OutboundSettings::default() };
    let client = Client::new(&outbound, &grants, &limits, &"f".into(), &Metrics::new().function("f"));
    let wish = Wish { request_id: "r".into(), trace: None, timeout: None, first_byte: None, between: None };
    let answer = client.send(Target::read(&origin).unwrap(), Request::new(whole(Vec::new())), wish).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(outbound.roots.get().is_none());
    drop(answer);
    assert!(server.open.load(Ordering::SeqCst) <= 1);
}
