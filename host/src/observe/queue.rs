//! The way of the log's lines to whoever reads them: threads that answer requests put them into a buffer, and a thread of
//! its own writes what has gathered there. Nobody waits for a slow reader: what the buffer has no room for is counted and
//! left out.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Bytes that wait to be written: what several functions may write at once, or some 16,000 usual lines. As many again may be
/// on their way out.
const ROOM: usize = 4 << 20;

/// Bytes at which nothing more is let gather.
const MUCH: usize = ROOM / 8;

/// How long the thread lets lines gather after it has written some. To wake it for every line would cost a busy host more
/// than the line itself; and nobody sees that a line comes some milliseconds late.
const GATHER: Duration = Duration::from_millis(5);

/// How long the end waits for the last lines.
const FAREWELL: Duration = Duration::from_secs(1);

/// The way into the log. Text stands there in the order in which it came.
#[derive(Clone)]
pub struct Queue(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    /// Told when there is something to write for a thread that sleeps, and when the end has come.
    wake: Condvar,
    /// Told when the last line is written.
    written: Condvar,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    /// The thread has nothing to write, and waits to be told.
    is_asleep: bool,
    /// Nothing more will come.
    is_over: bool,
    is_written: bool,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Whoever holds it moves bytes and sets flags, each of them right by itself.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what has gathered, waiting until there is something; nothing when all is over.
    fn next(&self, text: &mut Vec<u8>) -> bool {
        text.clear();
        let mut waiting = self.waiting();
        while waiting.text.is_empty() && !waiting.is_over {
            waiting.is_asleep = true;
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.is_asleep = false;
        std::mem::swap(&mut waiting.text, text);
        !text.is_empty()
    }

    /// Lets lines gather, unless there are many already or the end has come.
    fn gather(&self) {
        let waiting = self.waiting();
        let _ = self.wake.wait_timeout_while(waiting, GATHER, |waiting| !waiting.is_over && waiting.text.len() < MUCH);
    }

    /// Writes all of it, however long that takes. Where that fails for good, the lines that are left count as dropped.
    fn write(&self, out: &mut impl Write, mut text: &[u8]) {
        while !text.is_empty() {
            match out.write(text) {
                Ok(written) if written > 0 => text = text.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A pipe that another program has set so.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(GATHER),
                _ => {
                    let lines = text.iter().filter(|byte| **byte == b'\n').count();
                    self.dropped.fetch_add(lines as u64, Ordering::Relaxed);
                    return;
                }
            }
        }
        // There is nowhere to say that the log cannot be written.
        let _ = out.flush();
    }
}

impl Queue {
    /// Starts the thread that writes to `out`. When the guard is dropped, what waits is written, for a second at the most.
    ///
    /// # Errors
    ///
    /// If there is no thread to be had.
    pub fn start(mut out: impl Write + Send + 'static) -> io::Result<(Self, Guard)> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            wake: Condvar::new(),
            written: Condvar::new(),
            dropped: AtomicU64::new(0),
        });
        let own = Arc::clone(&shared);
        thread::Builder::new().name("log".into()).spawn(move || {
            let mut text = Vec::new();
            while own.next(&mut text) {
                own.write(&mut out, &text);
                // One burst does not keep its room for ever.
                text.shrink_to(MUCH);
                own.gather();
            }
            own.waiting().is_written = true;
            own.written.notify_all();
        })?;
        Ok((Self(Arc::clone(&shared)), Guard(shared)))
    }

    /// Has the text written as it is, and a line break after it.
    pub fn say(&self, text: &str) {
        self.put(format!("{text}\n").as_bytes());
    }

    /// Lines that found no room, since the start.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    fn put(&self, line: &[u8]) {
        let mut waiting = self.0.waiting();
        if waiting.text.len().saturating_add(line.len()) > ROOM {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let was_much = waiting.text.len() >= MUCH;
        waiting.text.extend_from_slice(line);
        let is_much = waiting.text.len() >= MUCH;
        if std::mem::take(&mut waiting.is_asleep) || (is_much && !was_much) {
            drop(waiting);
            self.0.wake.notify_one();
        }
    }
}

/// One line, as the formatter hands it over: whole, in one call.
impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

/// Has what waits written when it is dropped.
pub struct Guard(Arc<Shared>);

impl Drop for Guard {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        waiting.is_over = true;
        self.0.wake.notify_all();
        let _ = self.0.written.wait_timeout_while(waiting, FAREWELL, |waiting| !waiting.is_written);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Whoever reads the log, or does not.
    struct Reader {
        takes: Receiver<()>,
        read: Sender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.takes.recv().map_err(io::Error::other)?;
            self.read.send(text.to_vec()).map_err(io::Error::other)?;
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn reader() -> (Sender<()>, Receiver<Vec<u8>>, Reader) {
        let ((take, takes), (read, text)) = (channel(), channel());
        (take, text, Reader { takes, read })
    }

    #[test]
    fn lines_come_out_in_the_order_in_which_they_went_in_and_all_before_the_end() {
        let (take, text, reader) = reader();
        let (queue, guard) = Queue::start(reader).unwrap();
        let mut said = String::new();
        for number in 0..10_000 {
            queue.say(&number.to_string());
            said += &format!("{number}\n");
        }
        for _ in 0..10_000 {
            let _ = take.send(());
        }
        drop(guard);
        assert_eq!(String::from_utf8(text.try_iter().flatten().collect()).unwrap(), said);
        assert_eq!(queue.dropped(), 0);
    }

    #[test]
    fn who_does_not_read_keeps_nobody_waiting_and_costs_no_more_than_the_room() {
        let (take, text, reader) = reader();
        let (queue, guard) = Queue::start(reader).unwrap();
        let line = "x".repeat((1 << 10) - 1);
        let lines = 3 * (ROOM >> 10);
        for _ in 0..lines {
            queue.say(&line);
        }
        let dropped = queue.dropped() as usize;
        assert!((lines / 3..lines).contains(&dropped), "{dropped} of {lines}");
        for _ in 0..lines {
            let _ = take.send(());
        }
        drop(guard);
        let written: usize = text.try_iter().map(|text| text.len()).sum();
        assert_eq!(written, (lines - dropped) << 10, "what was not dropped is there, whole");
    }

    /// Takes a few bytes at a time and now and then none, and breaks for good after so many.
    struct Moody {
        calls: usize,
        taken: Arc<Mutex<Vec<u8>>>,
        breaks_after: usize,
    }

    impl Write for Moody {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            let mut taken = self.taken.lock().unwrap();
            match self.calls % 3 {
                _ if taken.len() >= self.breaks_after => Err(io::ErrorKind::BrokenPipe.into()),
                0 => Err(io::ErrorKind::WouldBlock.into()),
                1 => Err(io::ErrorKind::Interrupted.into()),
                _ => {
                    let part = text.len().min(7);
                    taken.extend_from_slice(&text[..part]);
                    Ok(part)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_pipe_that_takes_little_gets_all_of_it_and_what_a_broken_one_does_not_get_is_counted() {
        for (breaks_after, dropped) in [(usize::MAX, 0), (21, 7)] {
            let taken = Arc::default();
            let (queue, guard) = Queue::start(Moody { calls: 0, taken: Arc::clone(&taken), breaks_after }).unwrap();
            for number in 0..10 {
                queue.say(&format!("line {number}"));
            }
            drop(guard);
            let taken = String::from_utf8(taken.lock().unwrap().clone()).unwrap();
            let said: String = (0..10 - dropped).map(|number| format!("line {number}\n")).collect();
            assert_eq!((taken, queue.dropped()), (said, dropped));
        }
    }

    #[test]
    fn a_reader_who_never_takes_anything_does_not_hold_up_the_end_for_long() {
        let (_take, _text, reader) = reader();
        let (queue, guard) = Queue::start(reader).unwrap();
        queue.say("a line");
        drop(guard);
        assert!(!queue.0.waiting().is_written);
    }
}
