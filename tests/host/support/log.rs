//! The log of this process, kept by request: every test reads what was said of its own requests, whatever runs beside it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{LazyLock, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

static LINES: LazyLock<Mutex<HashMap<String, Vec<Line>>>> = LazyLock::new(Mutex::default);

/// One line of the log: its fields, among which `message` is the text.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) level: Level,
    target: &'static str,
    fields: BTreeMap<&'static str, String>,
}

impl Line {
    /// A field's value; empty if the line does not have it.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Every value of the line, for whoever looks for what must not be there.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields.iter().try_for_each(|(name, value)| write!(f, "{name}={value} "))
    }
}

/// Starts to keep lines.
pub(crate) fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Capture).init());
}

/// All lines about a request, in their order.
pub(crate) fn lines(id: &str) -> Vec<Line> {
    LINES.lock().unwrap().get(id).cloned().unwrap_or_default()
}

/// The one line of the access log about a request.
pub(crate) fn access(id: &str) -> Line {
    let mut lines = lines(id).into_iter().filter(|line| line.target == "vestibule::access");
    let line = lines.next().expect("every request has a line in the access log");
    assert!(lines.next().is_none(), "{id} has two lines in the access log");
    line
}

/// What a request's guest wrote, line by line.
pub(crate) fn guest(id: &str) -> Vec<Line> {
    lines(id).into_iter().filter(|line| line.target == "vestibule::guest").collect()
}

/// Whether the guest `canary` has run for a request.
pub(crate) fn canary_ran(id: &str) -> bool {
    guest(id).iter().any(|line| line.field("message") == "canary: instance started")
}

struct Capture;

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let Some(id) = fields.0.get("request_id") {
            let (level, target) = (*event.metadata().level(), event.metadata().target());
            let id = id.clone();
            LINES.lock().unwrap().entry(id).or_default().push(Line { level, target, fields: fields.0 });
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
