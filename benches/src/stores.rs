//! What `get` and `set` of a store cost a guest, beside the backend's own calls from the same threads: the border of the
//! sandbox, the bounds, and nothing of HTTP. Guests make a hundred calls in one request, in turns with the backend; both have a
//! file of their own on one disk.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use rustix::time::{ClockId, clock_gettime};
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

/// How many calls a guest makes in one request.
const CALLS: u32 = 100;

/// How many such requests a turn has: of those that read, and of those that wait for the disk.
const GETS: u32 = 200;
const SETS: u32 = 5;

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
        println!("| call | | backend | guest | guest by backend |\n|---|---|---|---|---|");
        for (name, requests) in [("get", GETS), ("set", SETS)] {
            // The first turns are not counted.
            beside.backend(name, requests).await?;
            beside.guest(name, requests).await?;
            let (mut backend, mut guest) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                backend.push(beside.backend(name, requests).await?);
                guest.push(beside.guest(name, requests).await?);
            }
            for (what, of) in [("time", Spent::wall as fn(&Spent) -> Duration), ("of the processor", Spent::cpu)] {
                let (own, own_spread) = figures(&backend, of, requests * CALLS)?;
                let (through, through_spread) = figures(&guest, of, requests * CALLS)?;
                println!(
                    "| {name}, {VALUE} B | {what} | {own:.2} µs ({own_spread:.0} % spread) | {through:.2} µs \
                     ({through_spread:.0} %) | {:.2} |",
                    through / own
                );
            }
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

    /// What the calls of so many requests cost the backend, from a task, as guests are called from one.
    async fn backend(&self, name: &'static str, requests: u32) -> Result<Spent> {
        let (backend, store, value) = (Arc::clone(&self.backend), Arc::clone(&self.store), vec![b'v'; VALUE]);
        let task = async move {
            if name == "get" {
                backend.set(&store, "k".into(), value.clone(), None).await?;
            }
            let clock = Clock::start();
            for _ in 0..requests * CALLS {
                match name {
                    "get" => drop(backend.get(&store, "k".into()).await?.context("it was set")?),
                    _ => backend.set(&store, "k".into(), value.clone(), None).await?,
                }
            }
            Ok(clock.stop())
        };
        tokio::spawn(task).await?
    }

    /// What the calls of so many requests cost a guest; the rest of the requests is taken off.
    async fn guest(&self, name: &str, requests: u32) -> Result<Spent> {
        if name == "get" {
            self.ask(&format!("op=set&bytes={VALUE}"), 1).await?;
        }
        let empty = self.ask(&format!("op={name}-loop&count=0&bytes={VALUE}"), requests).await?;
        let full = self.ask(&format!("op={name}-loop&count={CALLS}&bytes={VALUE}"), requests).await?;
        Ok(Spent { wall: full.wall.saturating_sub(empty.wall), cpu: full.cpu.saturating_sub(empty.cpu) })
    }

    /// What so many requests cost, one after the other.
    async fn ask(&self, query: &str, requests: u32) -> Result<Spent> {
        let clock = Clock::start();
        for _ in 0..requests {
            let request = Request::post(format!("/f?store=s&key=k&{query}")).header("host", "localhost:8080");
            let request = request.body(Full::new(Bytes::new()))?;
            let answer = pipeline::handle(&self.app, request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
            ensure!(answer.status() == StatusCode::OK, "{query}: {}", answer.status());
        }
        Ok(clock.stop())
    }
}

/// Time on the wall, and time of processors that this process had.
struct Spent {
    wall: Duration,
    cpu: Duration,
}

impl Spent {
    fn wall(&self) -> Duration {
        self.wall
    }

    fn cpu(&self) -> Duration {
        self.cpu
    }
}

struct Clock {
    began: Instant,
    cpu: Duration,
}

impl Clock {
    fn start() -> Self {
        Self { began: Instant::now(), cpu: processor() }
    }

    fn stop(self) -> Spent {
        Spent { wall: self.began.elapsed(), cpu: processor().saturating_sub(self.cpu) }
    }
}

/// The processors' time that all threads of this process have had.
fn processor() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}

/// Microseconds of one call: the median of the rounds, and how far they are apart in per cent.
fn figures(rounds: &[Spent], of: fn(&Spent) -> Duration, calls: u32) -> Result<(f64, f64)> {
    let each = rounds.iter().map(|spent| of(spent).as_secs_f64() * 1e6 / f64::from(calls));
    median(each.clone()).zip(spread(each)).context("there were no rounds")
}
