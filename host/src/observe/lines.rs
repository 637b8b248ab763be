//! How an event becomes a line for people where no terminal wants colours: the text that tracing's own formatter makes of
//! what the host logs, in fewer steps. A host writes such a line for every request.

use std::cell::RefCell;
use std::fmt::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime as Clock};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// What other crates say by way of the crate `log`: rare, and its fields have a meaning of their own.
const FOREIGN: &str = "log";

/// The field with the text.
const MESSAGE: &str = "message";

/// Writes a line for each event.
#[derive(Default)]
pub(super) struct Lines {
    rest: Format,
}

/// What a thread writes its lines with.
#[derive(Default)]
struct Desk {
    line: String,
    /// The second of the last line, and how it is written.
    second: u64,
    written: String,
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        if writer.has_ansi_escapes() || metadata.target() == FOREIGN || ctx.lookup_current().is_some() {
            return self.rest.format_event(ctx, writer, event);
        }
        DESK.with(|desk| {
            // A value that logs while it is written finds the desk taken, and has one of its own.
            let mut own = Desk::default();
            let mut desk = desk.try_borrow_mut();
            let desk = desk.as_deref_mut().unwrap_or(&mut own);
            desk.line.clear();
            desk.write_time()?;
            let level = metadata.level().as_str();
            // As wide as the widest.
            desk.line.push_str(if level.len() < 5 { "  " } else { " " });
            for part in [level, " ", metadata.target(), ":"] {
                desk.line.push_str(part);
            }
            let mut fields = Fields { line: &mut desk.line, result: Ok(()) };
            event.record(&mut fields);
            fields.result?;
            desk.line.push('\n');
            writer.write_str(&desk.line)
        })
    }
}

impl Desk {
    /// Writes the time as tracing does, to the microsecond. All but the fraction is the same for a second.
    fn write_time(&mut self) -> fmt::Result {
        /// Where the fraction begins: `2026-01-01T00:00:00` comes before it.
        const SECONDS: usize = 19;
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut at = now();
        while self.written.is_empty() || at.as_secs() != self.second {
            self.written.clear();
            Clock.format_time(&mut Writer::new(&mut self.written))?;
            self.written.truncate(SECONDS);
            // What was written is of this second only if that was so before and after.
            let after = now();
            if after.as_secs() == at.as_secs() {
                self.second = at.as_secs();
            }
            at = after;
        }
        self.line.push_str(&self.written);
        self.line.push('.');
        digits(&mut self.line, u64::from(at.subsec_micros()), 6);
        self.line.push('Z');
        Ok(())
    }
}

/// Writes a number, with zeros before it where it has fewer digits than `least`.
fn digits(line: &mut String, number: u64, least: usize) {
    let mut buffer = itoa::Buffer::new();
    let number = buffer.format(number);
    for _ in number.len()..least {
        line.push('0');
    }
    line.push_str(number);
}

struct Fields<'a> {
    line: &'a mut String,
    result: fmt::Result,
}

impl Fields<'_> {
    fn field(&mut self, field: &Field, write: impl FnOnce(&mut String) -> fmt::Result) {
        if self.result.is_err() {
            return;
        }
        self.line.push(' ');
        if field.name() != MESSAGE {
            let name = field.name();
            self.line.push_str(name.strip_prefix("r#").unwrap_or(name));
            self.line.push('=');
        }
        self.result = write(self.line);
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\');
        self.field(field, |line| match (field.name(), is_plain) {
            (MESSAGE, _) => Escaping(line).write_str(value),
            (_, true) => {
                line.push('"');
                line.push_str(value);
                line.push('"');
                Ok(())
            }
            (_, false) => write!(line, "{value:?}"),
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, |line| {
            digits(line, value, 1);
            Ok(())
        });
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.field(field, |line| {
            let thousandths = value * 1000.0;
            // Milliseconds to the microsecond, as all are: their shortest form is theirs without zeros at the end.
            if thousandths.fract() != 0.0 || !(0.0..1e12).contains(&thousandths) {
                return write!(line, "{value:?}");
            }
            let thousandths = thousandths as u64;
            digits(line, thousandths / 1000, 1);
            line.push('.');
            digits(line, thousandths % 1000, 3);
            let zeros = line.bytes().rev().take(2).take_while(|byte| *byte == b'0').count();
            line.truncate(line.len() - zeros);
            Ok(())
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, |line| write!(Escaping(line), "{value:?}"));
    }
}

/// Takes from a terminal that shows the log later what it would obey.
struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.0.push_str(text);
            return Ok(());
        }
        for character in text.chars() {
            if character.is_control() && !matches!(character, '\n' | '\t') {
                write!(self.0, "{}", character.escape_default())?;
            } else {
                self.0.push(character);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::{MakeWriter, layer};
    use tracing_subscriber::prelude::*;

    use super::*;

    #[derive(Clone, Default)]
    struct Text(Arc<Mutex<Vec<u8>>>);

    impl io::Write for &Text {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Text {
        type Writer = &'a Self;

        fn make_writer(&'a self) -> &'a Self {
            self
        }
    }

    impl Text {
        /// What was written, less the time of each line.
        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(|line| line.split_once(' ').map_or(line, |(_, rest)| rest).to_owned()).collect()
        }
    }

    fn some_events() {
        for name in ["ada", "a \"quoted\" \\ one", "\u{1b}[31mred\u{9b}", "ünï ✓", ""] {
            tracing::info!(name, number = 7_u64, less = -1_i64, part = 0.25, is = true, "said by {name}");
            tracing::warn!(target: "vestibule::access", shown = %name, debug = ?name, none = None::<&str>, "answered");
            tracing::error!(name, r#type = "x");
        }
        for part in [0.001, 12.034, 7.0, 0.1, 1.5, 999_999.999, 1.0 / 3.0, -2.5, 1e13, f64::NAN] {
            tracing::info!(part, "a part");
        }
        tracing::info!("two\nlines");
        tracing::info_span!("a span", of = 1).in_scope(|| tracing::info!("within"));
    }

    #[test]
    fn the_lines_are_those_of_tracings_own_formatter() {
        let (ours, theirs) = (Text::default(), Text::default());
        let our_layer = layer().with_ansi(false).event_format(Lines::default()).with_writer(ours.clone());
        let their_layer = layer().with_ansi(false).with_writer(theirs.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(our_layer), some_events);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(their_layer), some_events);
        let expected: Vec<_> = theirs
            .lines()
            .into_iter()
            // tracing leaves alone what is no message. The first is how Rust writes the character, the second its own way.
            .map(|line| line.replace('\u{1b}', "\\u{1b}").replace('\u{9b}', "\\u{9b}").replace("\\x1b", "\\u{1b}"))
            .collect();
        assert_eq!(ours.lines(), expected);
        assert!(ours.lines().len() > 15);
    }

    #[test]
    fn the_time_is_tracings_own_from_second_to_second() {
        let mut desk = Desk::default();
        let theirs = || {
            let mut text = String::new();
            Clock.format_time(&mut Writer::new(&mut text)).unwrap();
            text
        };
        let until = SystemTime::now() + std::time::Duration::from_millis(1100);
        while SystemTime::now() < until {
            let before = theirs();
            desk.line.clear();
            desk.write_time().unwrap();
            let after = theirs();
            assert!(before <= desk.line && desk.line <= after, "{before}, {}, {after}", desk.line);
            assert_eq!(desk.line.len(), after.len());
        }
    }
}
