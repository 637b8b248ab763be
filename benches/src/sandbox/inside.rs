//! The host's engine in this process, with functions that are ready to be called, each with an event that has come through
//! the host's own gates. The event is used again and again: it holds what came with the request, and the engine only reads
//! it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body_util::Full;
use vestibule_host::app::{App, Live};
use vestibule_host::auth;
use vestibule_host::body::{self, Received};
use vestibule_host::config::{Overrides, Secrets, Settings};
use vestibule_host::event::Event;
use vestibule_host::observe::metrics::Metrics;
use vestibule_host::quota;
use vestibule_host::reach;
use vestibule_host::reload::{Reloader, SettingsSource};
use vestibule_host::replay;
use vestibule_host::request::Inbound;
use vestibule_host::runtime::{Runtime, RuntimeSettings};
use vestibule_host::verify;

use crate::payload;
use crate::site::{Built, Draft, PUBLIC};

/// The functions: what the SDK makes of the example, and what anyone makes of it without the SDK.
pub(super) const GUESTS: [&str; 2] = ["hello", "plain"];

/// Where the requests say that they come from and go to. Nobody is asked over a socket here.
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PORT: u16 = 8080;

/// The engine and what it is called for.
pub(super) struct Inside {
    pub(super) runtime: Arc<Runtime>,
    /// In the order of [`GUESTS`].
    pub(super) events: Vec<Arc<Event>>,
    app: Arc<App>,
    _draft: Draft,
}

impl Inside {
    /// Makes the engine as the host makes it, with one sandbox, as one call runs at a time; and loads the functions, which
    /// takes as long as compiling where the cache does not have them.
    pub(super) async fn open(built: Built<'_>) -> Result<Self> {
        let draft = Draft::new(built)?.function("hello", &built.example("hello")?, PUBLIC)?.function(
            "plain",
            &built.plain()?,
            PUBLIC,
        )?;
        let source = SettingsSource { file: draft.write_settings()?, overrides: Overrides::default() };
        let settings = Settings::load(&source.file, &source.overrides).map_err(|rejected| anyhow!("{rejected}"))?;
        let secrets = Secrets::open(&settings.secrets).map_err(|problem| anyhow!("{problem}"))?;
        let metrics = Arc::new(Metrics::new());
        let runtime = RuntimeSettings {
            // As many as there are events at once, each of which holds a permit.
            instances: 1,
            verifiers: 0,
            cache: settings.cache.clone(),
            compile: settings.compile.clone(),
            compiler: None,
        };
        let runtime = Arc::new(Runtime::new(&runtime, Arc::clone(&metrics))?);
        ensure!(runtime.pooled(), "there is no address space for a pool of sandboxes");
        let (_, loaded) = Reloader::load(source, settings, secrets, Arc::clone(&runtime), metrics)?;
        ensure!(loaded.problems.is_empty(), "{}", loaded.problems);
        let app = loaded.app;
        let mut events = Vec::new();
        for name in GUESTS {
            events.push(Arc::new(event(&app, &format!("/{name}")).await.with_context(|| name.to_owned())?));
        }
        Ok(Self { runtime, events, app, _draft: draft })
    }

    /// How many sandboxes there have been.
    pub(super) fn sandboxes(&self) -> u64 {
        self.app.metrics.instances_created()
    }
}

/// Has the benchmark's request pass every gate.
async fn event(app: &App, path: &str) -> Result<Event> {
    let live = app.live();
    let Live { table, server, proxies, .. } = &*live;
    let (head, body) = request(path)?;
    let found = reach::find(Inbound::new(head, LOCAL, proxies), table, server).map_err(refused)?;
    let routed = reach::enter(found).await.map_err(refused)?;
    let Received { whole: body, rest } =
        body::read(&routed, Full::new(body), &app.room, server).await.map_err(refused)?;
    let room = (&app.verifiers, server.permit_wait);
    let verified = verify::verify(routed, body, SystemTime::now(), room).await.map_err(refused)?;
    let authorized = auth::authorize(verified).await.map_err(refused)?;
    let counted = quota::by_subject(authorized).await.map_err(refused)?;
    let claimed = replay::claim(counted, server.permit_wait).await.map_err(refused)?;
    let admitted = app.permits.admit(claimed, server.permit_wait).await.map_err(refused)?;
    let (event, _) = Event::new(admitted, rest);
    Ok(event)
}

fn refused(why: impl std::fmt::Debug) -> anyhow::Error {
    anyhow!("the host refused the benchmark's request: {why:?}")
}

/// The request that goes over the wire elsewhere, as hyper would have read it.
fn request(path: &str) -> Result<(Parts, Bytes)> {
    let sent = payload::post((LOCAL, PORT).into(), path, &[], &payload::push());
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut read = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = read.parse(&sent)? else {
        anyhow::bail!("the benchmark's request has no end");
    };
    let mut request = Request::builder()
        .method(read.method.context("a request has a method")?)
        .uri(read.path.context("a request has a path")?);
    for header in read.headers.iter() {
        request = request.header(header.name, header.value);
    }
    let body = Bytes::copy_from_slice(sent.get(head..).unwrap_or_default());
    let (parts, ()) = request.body(())?.into_parts();
    Ok((parts, body))
}
