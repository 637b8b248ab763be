//! How servers show who they are: certificates that lead to a root which this system trusts, or, where it knows none, to
//! those that browsers trust, as they were when the host was built.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Sessions that one function may take up again, of all servers.
const SESSIONS: usize = 64;

/// The protocols that are offered, the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The roots of this system; takes as long as reading some hundred files.
pub(super) fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (taken, left) = roots.add_parsable_certificates(found.certs);
    let problem = found.errors.first().map(ToString::to_string);
    tracing::debug!(taken, left, problem, "certificates that the system trusts");
    if roots.is_empty() {
        tracing::warn!(problem, "the system trusts no certificate; going by those that this host was built with");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// What one function's connections are made secure with. It shares no session with others: a server could tell from it
/// that they are on the same host.
pub(super) fn connector(roots: Arc<RootCertStore>) -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(TlsConnector::from(Arc::new(config)))
}
