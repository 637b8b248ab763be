//! The log of this process, kept by request, so that every test reads what was said of its own requests, whatever runs beside
//! it. It takes the place of the log of a program: it writes nothing anywhere.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The target of the access log's lines: one for each request, when it has been answered.
pub const ACCESS: &str = "vestibule::access";

/// The target of the lines that guests write, and of those about what they were denied.
pub const GUEST: &str = "vestibule::guest";

static LINES: LazyLock<Mutex<HashMap<String, Vec<Line>>>> = LazyLock::new(Mutex::default);

/// Told at every line of the access log.
static ANSWERED: Condvar = Condvar::new();

/// One line of the log: its fields, among which `message` is the text.
#[derive(Clone, Debug)]
pub struct Line {
    /// How much it matters.
    pub level: Level,
    /// Which part of the log it is in: [`ACCESS`], [`GUEST`], or the module that wrote it.
    pub target: &'static str,
    fields: BTreeMap<&'static str, String>,
}

impl Line {
    /// The fields, by name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// A field's value; empty if the line does not have it.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Every value of the line, for whoever looks for what must not be there.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields.iter().try_for_each(|(name, value)| write!(f, "{name}={value} "))
    }
}

/// Starts to keep lines that name a request. A program with a log of its own keeps that, and then there is nothing here.
pub fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The first one holds.
        let _ = tracing_subscriber::registry().with(Capture).try_init();
    });
}

/// All lines about a request, in their order.
pub fn lines(id: &str) -> Vec<Line> {
    kept().get(id).cloned().unwrap_or_default()
}

/// The same, once the access log's line is among them: an answer may be there a moment before it. What there is, where that
/// does not come within the time. They are given once: another request may have the same id, which clients may choose.
pub fn wait_for_access(id: &str, within: Duration) -> Vec<Line> {
    let is_missing = |kept: &mut HashMap<String, Vec<Line>>| {
        !kept.get(id).is_some_and(|lines| lines.iter().any(|line| line.target == ACCESS))
    };
    let (mut kept, _) = ANSWERED.wait_timeout_while(kept(), within, is_missing).unwrap_or_else(PoisonError::into_inner);
    kept.remove(id).unwrap_or_default()
}

fn kept() -> MutexGuard<'static, HashMap<String, Vec<Line>>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Capture;

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let Some(id) = fields.0.get("request_id") {
            let (level, target) = (*event.metadata().level(), event.metadata().target());
            let id = id.clone();
            kept().entry(id).or_default().push(Line { level, target, fields: fields.0 });
            if target == ACCESS {
                ANSWERED.notify_all();
            }
        }
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
