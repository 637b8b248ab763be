//! How an event becomes a line for people where no terminal wants colours: the text that tracing's own formatter makes of
//! it, in a third of the time. A host writes such a line for every request.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
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
        SystemTime.format_time(&mut writer)?;
        let level = metadata.level().as_str();
        // As wide as the widest.
        writer.write_str(if level.len() < 5 { "  " } else { " " })?;
        for part in [level, " ", metadata.target(), ":"] {
            writer.write_str(part)?;
        }
        let mut fields = Fields { writer, result: Ok(()) };
        event.record(&mut fields);
        fields.result?;
        fields.writer.write_char('\n')
    }
}

struct Fields<'a> {
    writer: Writer<'a>,
    result: fmt::Result,
}

impl Fields<'_> {
    fn field(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.result.is_err() {
            return;
        }
        self.result = self.writer.write_char(' ').and_then(|()| {
            if field.name() != MESSAGE {
                let name = field.name();
                self.writer.write_str(name.strip_prefix("r#").unwrap_or(name))?;
                self.writer.write_char('=')?;
            }
            write(&mut self.writer)
        });
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\');
        self.field(field, |writer| match (field.name(), is_plain) {
            (MESSAGE, true) => writer.write_str(value),
            (MESSAGE, false) => write!(Escaping(writer), "{value}"),
            (_, true) => {
                writer.write_char('"')?;
                writer.write_str(value)?;
                writer.write_char('"')
            }
            (_, false) => write!(writer, "{value:?}"),
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, |writer| write!(Escaping(writer), "{value:?}"));
    }
}

/// Takes from a terminal that shows the log later what it would obey.
struct Escaping<'a, 'b>(&'a mut Writer<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let obeyed = |character: char| character.is_control() && !matches!(character, '\n' | '\t' | '\r');
        let mut rest = text;
        while let Some((before, character)) = rest.find(obeyed).and_then(|at| {
            let (before, from) = rest.split_at_checked(at)?;
            Some((before, from.chars().next()?))
        }) {
            self.0.write_str(before)?;
            write!(self.0, "{}", character.escape_default())?;
            rest = rest.get(before.len() + character.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
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
}
