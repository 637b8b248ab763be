//! What a language's function costs beside the others': the size of `divide`, how long a host takes to compile it, and what the
//! host's log says of calls of it. Judges nothing: figures depend on the machine and on how the host was built.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use vestibule_test::Host;

/// Calls that are measured, after the table's.
const CALLS: usize = 50;

/// Of `divide`.
pub(crate) struct Figures {
    /// Of the component, in bytes.
    size: u64,
    /// How long `host check` takes that has compiled nothing yet, in milliseconds; none if that was not asked for.
    compile_ms: Option<f64>,
    /// How long the sandbox was there: made, called, ended. In milliseconds: the median.
    instance_ms: f64,
    /// How long the host had the request, in milliseconds: the median.
    request_ms: f64,
    /// The most memory that it had, in bytes.
    memory: u64,
}

impl Figures {
    /// Measures; nothing if it is not answered as it ought to be. To compile is asked for apart, as a host that was built for
    /// debugging takes a minute over some.
    pub(crate) fn of(host: &Host, folder: &Path, compiles: bool) -> Option<Self> {
        let component = folder.join("divide.wasm");
        let size = fs::metadata(&component).ok()?.len();
        let compile_ms = if compiles { Some(compile(&component)?) } else { None };
        let (mut instances, mut requests, mut memory) = (Vec::with_capacity(CALLS), Vec::with_capacity(CALLS), 0);
        for _ in 0..CALLS {
            let answer = host.get("/divide?dividend=20&divisor=5").try_send().ok()?;
            instances.push(answer.instance_ms()?);
            requests.push(answer.duration_ms()?);
            memory = memory.max(answer.memory_bytes()?);
        }
        Some(Self { size, compile_ms, instance_ms: median(instances), request_ms: median(requests), memory })
    }
}

/// Milliseconds of a process that compiles a component, with all that it has to do besides.
fn compile(component: &Path) -> Option<f64> {
    let cache = tempfile::tempdir().ok()?;
    let mut check = Command::new(env::var_os("VESTIBULE_HOST").unwrap_or_else(|| "host".into()));
    check.arg("check").arg(component).env("XDG_CACHE_HOME", cache.path()).stdout(Stdio::null());
    let began = Instant::now();
    check.status().ok()?.success().then(|| began.elapsed().as_secs_f64() * 1000.0)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Prints them, a row for each language.
pub(crate) fn show<'a>(all: impl Iterator<Item = (&'a str, &'a Figures)>) {
    println!(
        "\n{:<10}  {:>10}  {:>10}  {:>11}  {:>10}  {:>16}  {:>10}",
        "divide", "component", "compile_ms", "instance_ms", "request_ms", "request/instance", "memory"
    );
    for (language, figures) in all {
        let Figures { size, compile_ms, instance_ms, request_ms, memory } = figures;
        let kib = |bytes: u64| format!("{} KiB", bytes.div_ceil(1024));
        let compile = compile_ms.map_or_else(|| "-".to_owned(), |compile| format!("{compile:.0}"));
        println!(
            "{language:<10}  {:>10}  {compile:>10}  {instance_ms:>11.3}  {request_ms:>10.3}  {:>16.2}  {:>10}",
            kib(*size),
            request_ms / instance_ms,
            kib(*memory)
        );
    }
}
