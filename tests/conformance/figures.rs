//! What a language's function costs beside the others': the size of `divide`, and what the host's log says of calls of it. Judges
//! nothing: figures depend on the machine and on how the host was built.

use std::fs;
use std::path::Path;

use vestibule_test::Host;

/// Calls that are measured, after the table's.
const CALLS: usize = 50;

/// Of `divide`.
pub(crate) struct Figures {
    /// Of the component, in bytes.
    size: u64,
    /// How long the sandbox was there, in milliseconds: the median.
    instance_ms: f64,
    /// The most memory that it had, in bytes.
    memory: u64,
}

impl Figures {
    /// Measures; nothing if it is not answered as it ought to be.
    pub(crate) fn of(host: &Host, folder: &Path) -> Option<Self> {
        let size = fs::metadata(folder.join("divide.wasm")).ok()?.len();
        let (mut times, mut memory) = (Vec::with_capacity(CALLS), 0);
        for _ in 0..CALLS {
            let answer = host.get("/divide?dividend=20&divisor=5").try_send().ok()?;
            times.push(answer.instance_ms()?);
            memory = memory.max(answer.memory_bytes()?);
        }
        times.sort_by(f64::total_cmp);
        Some(Self { size, instance_ms: times[CALLS / 2], memory })
    }
}

/// Prints them, a row for each language.
pub(crate) fn show<'a>(all: impl Iterator<Item = (&'a str, &'a Figures)>) {
    println!("\n{:<10}  {:>10}  {:>11}  {:>10}", "divide", "component", "instance_ms", "memory");
    for (language, Figures { size, instance_ms, memory }) in all {
        let kib = |bytes: u64| format!("{} KiB", bytes.div_ceil(1024));
        println!("{language:<10}  {:>10}  {instance_ms:>11.3}  {:>10}", kib(*size), kib(*memory));
    }
}
