//! What `get` and `set` of a store cost a guest, beside the backend's own calls from the same threads: the border of the
//! sandbox, the bounds, and nothing of HTTP. Guests make many calls in one request, in turns with the backend; both have a file
//! of their own on one disk.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use vestibule_host::app::App;
use vestibule_host::config::{Overrides, Secrets, Settings};
use vestibule_host::kv::{Backend, Name};
use vestibule_host::observe::metrics::Metrics;
use vestibule_host::pipeline;
use vestibule_host::reload::{Reloader, SettingsSource};
use vestibule_host::runtime::{Runtime, RuntimeSettings};
use vestibule_host::state::StateFile;

use crate::site::{Built, Draft};
use crate::stats::{median, spread};

const POLICY: &str = "access = \"public\"\ntimeout = \"5m\"\n[grants]\nkv = [\"s\"]\n";

/// Bytes of a value.
const VALUE: usize = 1024;

/// How many calls a turn has: of those that read, and of those that wait for the disk.
const GETS: u32 = 20_000;
const SETS: u32 = 500;

/// A host in this process, with one function, and a backend beside it.
struct Beside {
    app: Arc<App>,
    backend: Arc<dyn Backend>,
    store: Name,
    _draft: Draft,
    _metrics: Arc<Metrics>,
}

/// Measures for so many rounds, and prints what came of it.
pub(crate) fn run(built: Built<'_>, rounds: u32) -> Result<()> {
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    threads.block_on(async {
        let beside = Beside::open(built)?;
        println!("| call | backend | guest | guest by backend |\n|---|---|---|---|");
        for (name, calls) in [("get", GETS), ("set", SETS)] {
            // The first turns are not counted.
            beside.backend(name, calls).await?;
            beside.guest(name, calls).await?;
            let (mut backend, mut guest) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                backend.push(beside.backend(name, calls).await?);
                guest.push(beside.guest(name, calls).await?);
            }
            let (own, own_spread) = figures(&backend)?;
            let (through, through_spread) = figures(&guest)?;
            println!(
                "| {name}, {VALUE} B | {:.2} µs ({own_spread:.0} % spread) | {:.2} µs ({through_spread:.0} %) | {:.2} |",
                own / 1e3,
                through / 1e3,
                through / own
            );
        }
        Ok(())
    })
}

impl Beside {
    fn open(built: Built<'_>) -> Result<Self> {
        let draft = Draft::new(built)?.function("f", &built.example("hostile/stores")?, POLICY)?;
        let source = SettingsSource { file: draft.write_settings()?, overrides: Overrides::default() };
        let settings = Settings::load(&source.file, &source.overrides).map_err(|rejected| anyhow!("{rejected}"))?;
        let secrets = Secrets::open(&settings.secrets).map_err(|problem| anyhow!("{problem}"))?;
        let metrics = Arc::new(Metrics::new());
        let mut own = settings.state.clone();
        own.path.set_file_name("beside.redb");
        let backend = StateFile::new(own, &secrets, Arc::clone(&metrics)).stores().map_err(|why| anyhow!("{why:?}"))?;
        let runtime = RuntimeSettings {
            instances: 4,
            verifiers: 0,
            cache: settings.cache.clone(),
            compile: settings.compile.clone(),
            compiler: None,
        };
        let runtime = Arc::new(Runtime::new(&runtime, Arc::clone(&metrics))?);
        let (_, loaded) = Reloader::load(source, settings, secrets, runtime, Arc::clone(&metrics))?;
        ensure!(loaded.problems.is_empty(), "{}", loaded.problems);
        Ok(Self { app: loaded.app, backend, store: "s".into(), _draft: draft, _metrics: metrics })
    }

    /// Nanoseconds of one of so many calls of the backend.
    async fn backend(&self, name: &str, calls: u32) -> Result<f64> {
        let value = vec![b'v'; VALUE];
        if name == "get" {
            self.backend.set(&self.store, "k".into(), value.clone(), None).await?;
        }
        let began = Instant::now();
        for _ in 0..calls {
            match name {
                "get" => drop(self.backend.get(&self.store, "k".into()).await?.context("it was set")?),
                _ => self.backend.set(&self.store, "k".into(), value.clone(), None).await?,
            }
        }
        Ok(each(began.elapsed(), calls))
    }

    /// Nanoseconds of one of so many calls of the guest, in one request; the rest of the request is taken off.
    async fn guest(&self, name: &str, calls: u32) -> Result<f64> {
        if name == "get" {
            self.ask(&format!("op=set&bytes={VALUE}")).await?;
        }
        let empty = self.ask(&format!("op={name}-loop&count=0&bytes={VALUE}")).await?;
        let full = self.ask(&format!("op={name}-loop&count={calls}&bytes={VALUE}")).await?;
        Ok(each(full.saturating_sub(empty), calls))
    }

    /// How long a request takes.
    async fn ask(&self, query: &str) -> Result<Duration> {
        let request = Request::post(format!("/f?store=s&key=k&{query}")).header("host", "localhost:8080");
        let request = request.body(Full::new(Bytes::new()))?;
        let began = Instant::now();
        let answer = pipeline::handle(&self.app, request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
        let took = began.elapsed();
        ensure!(answer.status() == StatusCode::OK, "{query}: {}", answer.status());
        Ok(took)
    }
}

/// The median of some rounds, and how far they are apart.
fn figures(rounds: &[f64]) -> Result<(f64, f64)> {
    let rounds = rounds.iter().copied();
    median(rounds.clone()).zip(spread(rounds)).context("there were no rounds")
}

fn each(took: Duration, calls: u32) -> f64 {
    took.as_secs_f64() * 1e9 / f64::from(calls)
}
