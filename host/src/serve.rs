//! The command `serve`: settings, then functions, then sockets; requests until it is told to stop, and an orderly end.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::admin::{self, Admin};
use crate::app::App;
use crate::begin::{self, Beginning};
use crate::cli::Serve;
use crate::config::{LogFormat, Secrets, Settings};
use crate::observe::logging;
use crate::observe::metrics::Metrics;
use crate::observe::queue::Queue;
use crate::observe::text::say;
use crate::reload::{Following, Reloader, SettingsSource, Wake};
use crate::runtime::Runtime;
use crate::{listen, report};

/// The exit status for wrong settings and wrong use (`EX_USAGE` of sysexits).
pub const EXIT_USAGE: u8 = 64;

/// Connections that the kernel holds until they are accepted; a burst of senders comes in hundreds.
const BACKLOG: u32 = 1024;

/// What a command does beside serving: nothing of how a request is served depends on it.
pub(crate) trait Beside: Send + Sync {
    /// Is called before the functions are loaded, on a thread that may wait.
    ///
    /// # Errors
    ///
    /// If nothing is to be served.
    fn before(&self, settings: &Settings, runtime: &Arc<Runtime>) -> Result<()>;

    /// Is called when they are, with what wakes the reload and the way into the log.
    ///
    /// # Errors
    ///
    /// If nothing is to be served.
    fn begin(self: Arc<Self>, settings: Settings, runtime: Arc<Runtime>, wake: Wake, log: &Queue) -> Result<()>;

    /// Is called when the host is told to stop, at any time, and has to return soon.
    fn end(&self);
}

/// Runs the command to its end.
pub fn run(options: &Serve) -> ExitCode {
    run_beside(options, None)
}

/// Serves as [`run`] does, with something beside it.
pub(crate) fn run_beside(options: &Serve, beside: Option<Arc<dyn Beside>>) -> ExitCode {
    let beginning = match begin::read(&options.place, options.overrides()) {
        Ok(beginning) => beginning,
        Err(problems) => {
            say(&problems.to_string());
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let log = match logging::start(&beginning.settings.log) {
        Ok(log) => log,
        Err(error) => {
            say(&format!("error: cannot start the log's thread: {error}"));
            return ExitCode::FAILURE;
        }
    };
    raise_file_limit();
    let format = beginning.settings.log.format;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            return ExitCode::FAILURE;
        }
    };
    let served = runtime.block_on(serve(beginning, log.queue().clone(), options.stop_with_stdin, beside.clone()));
    beside.iter().for_each(|beside| beside.end());
    match served {
        Ok(()) => {
            // A call that did not end in time must not hold up the process any longer.
            runtime.shutdown_background();
            ExitCode::SUCCESS
        }
        Err(error) => {
            match format {
                LogFormat::Json => tracing::error!("{error:#}"),
                LogFormat::Human => log.queue().say(&format!("error: {error:#}")),
            }
            ExitCode::FAILURE
        }
    }
}

async fn serve(beginning: Beginning, log: Queue, stop_with_stdin: bool, beside: Option<Arc<dyn Beside>>) -> Result<()> {
    let Beginning { source, settings, secrets, access } = beginning;
    // Heard from the first moment on: unheard, it would end the process.
    let mut reloads = signal(SignalKind::hangup()).context("cannot wait for signals")?;
    // What runs beside has to end with this process, and programs that it has started do not by themselves.
    let mut early = beside.is_some().then(|| Signals::new(stop_with_stdin, true)).transpose()?;
    let mut metrics = Metrics::new();
    metrics.count_dropped_lines(log.clone());
    let metrics = Arc::new(metrics);
    let ready = Arc::new(Admin::new(Arc::clone(&metrics), Arc::new(access)));
    // Bound before anything is loaded: a taken port is known at once, and the operator can watch the loading.
    let listener = bind(settings.listen, "--listen")?;
    let admin = bind(settings.admin, "--admin")?;
    let admin_address = admin.local_addr()?;
    tokio::spawn(admin::serve(admin, Arc::clone(&ready)));

    let besides = beside.clone();
    let prepared =
        tokio::task::spawn_blocking(move || prepare((source, settings, secrets), metrics, &log, besides.as_ref()));
    let (app, following) = tokio::select! {
        prepared = prepared => prepared??,
        () = told(&mut early) => return Ok(()),
    };
    app.outbound.keep_from(vec![listener.local_addr()?, admin_address]);
    // Set once, here.
    let _ = ready.app.set(Arc::clone(&app));
    let wake = following.wake();
    tokio::spawn(async move {
        while reloads.recv().await.is_some() {
            wake.reload();
        }
    });
    tokio::spawn({
        let app = Arc::clone(&app);
        async move {
            let mut seconds = tokio::time::interval(Duration::from_secs(1));
            loop {
                seconds.tick().await;
                app.metrics.say_left_out();
            }
        }
    });
    // Before anybody can know that it runs: who then tells it to stop is heard.
    let mut signals = early.map_or_else(|| Signals::new(stop_with_stdin, false), Ok)?;
    ready.ready.store(true, Ordering::Release);
    let mut out = std::io::stdout().lock();
    // Whoever closed standard output does not want to know.
    let _ = writeln!(out, "listening on http://{}\nadmin on http://{admin_address}", listener.local_addr()?);
    let _ = out.flush();
    drop(out);

    let (stopping, told) = oneshot::channel();
    let drain = app.live().server.drain;
    let stopped = async {
        signals.next().await;
        ready.ready.store(false, Ordering::Release);
        beside.iter().for_each(|beside| beside.end());
        tracing::info!(within = ?drain, "stopping: no new requests; a second signal ends at once");
        // Whoever waits for the second signal gets what the first came through, so that one is never taken for two.
        let _ = stopping.send(signals);
    };
    let second = async {
        match told.await {
            Ok(mut signals) => signals.next().await,
            Err(_) => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        all = listen::serve(listener, Arc::clone(&app), stopped) => all,
        () = second => false,
    };
    app.metrics.say_left_out();
    if ended {
        tracing::info!("stopped");
    } else {
        tracing::warn!("stopped before all requests had ended");
    }
    Ok(())
}

/// Makes the engine, loads the functions, says what there is, and follows what changes.
fn prepare(
    (source, settings, secrets): (SettingsSource, Settings, Secrets),
    metrics: Arc<Metrics>,
    log: &Queue,
    beside: Option<&Arc<dyn Beside>>,
) -> Result<(Arc<App>, Following)> {
    let runtime = begin::engine(&settings, &metrics)?;
    if let Some(beside) = beside {
        beside.before(&settings, &runtime)?;
    }
    let (reloader, loaded) = Reloader::load(source, settings.clone(), secrets, Arc::clone(&runtime), metrics)?;
    match settings.log.format {
        LogFormat::Json => report::log(&loaded),
        LogFormat::Human => log.say(&report::text(&loaded, &settings, report::width(std::io::stderr()))),
    }
    let following = reloader.follow().context("cannot follow changes of the functions folder")?;
    if let Some(beside) = beside {
        Arc::clone(beside).begin(settings, runtime, following.wake(), log)?;
    }
    Ok((loaded.app, following))
}

/// Ready when the host is told to stop, if somebody listens for that.
async fn told(signals: &mut Option<Signals>) {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

/// Raises the limit on open files as far as it goes: every connection is one, and the usual limit is for programs that
/// have few.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "cannot raise the limit on open files");
    }
}

fn bind(address: SocketAddr, option: &str) -> Result<TcpListener> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // So that a restart does not wait for connections of the process before it.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bound().with_context(|| {
        format!("cannot listen on {address}; choose another address with {option} (port 0 takes a free one)")
    })
}

/// What tells the process to stop: SIGTERM, or SIGINT as Ctrl-C sends it; or the end of standard input, once; or that of its
/// terminal, where somebody works at it.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
    stdin: Option<oneshot::Receiver<()>>,
}

impl Signals {
    fn new(stop_with_stdin: bool, stop_with_terminal: bool) -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot wait for signals");
        let stdin = stop_with_stdin.then(end_of_stdin).transpose().context("cannot wait for standard input")?;
        let hangup = stop_with_terminal.then(|| listen(SignalKind::hangup())).transpose()?;
        let (terminate, interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hangup, stdin })
    }

    /// Ready when one of them comes.
    async fn next(&mut self) {
        let stdin = async {
            match &mut self.stdin {
                Some(end) => end.await,
                None => std::future::pending().await,
            }
        };
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hangup => {}
            _ = stdin => self.stdin = None,
        }
    }
}

/// Told when standard input has ended. A thread of its own waits for it, which the end of the process does not wait for.
fn end_of_stdin() -> std::io::Result<oneshot::Receiver<()>> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        // One that cannot be read has ended as well.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = tell.send(());
    })?;
    Ok(told)
}
