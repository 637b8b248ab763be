//! A word that is remembered while bytes go by: long enough for the names and values that say how long a body is, and
//! never longer.

/// The longest word that is remembered: `transfer-encoding` has 17 bytes, the largest length 20.
const LONGEST: usize = 24;

/// The first bytes of something, and whether it went on after them.
#[derive(Default)]
pub(super) struct Word {
    bytes: [u8; LONGEST],
    length: usize,
    /// White space that may be at its end.
    pending: usize,
}

impl Word {
    /// Adds a byte. White space at the beginning is dropped.
    pub(super) fn push(&mut self, byte: u8) {
        if matches!(byte, b' ' | b'\t') {
            self.pending = self.pending.saturating_add(usize::from(self.length > 0));
            return;
        }
        // White space inside is kept as one: no word that means something here has any.
        for byte in (self.pending > 0).then_some(b' ').into_iter().chain([byte]) {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
            }
            self.length = self.length.saturating_add(1);
        }
        self.pending = 0;
    }

    /// Adds bytes of which none is white space, in lower case.
    pub(super) fn push_lowercase(&mut self, bytes: &[u8]) {
        let places = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (place, byte) in places.iter_mut().zip(bytes) {
            *place = byte.to_ascii_lowercase();
        }
        self.length = self.length.saturating_add(bytes.len());
    }

    /// The word, without white space around it; none if it was longer than what is remembered.
    pub(super) fn as_bytes(&self) -> Option<&[u8]> {
        self.bytes.get(..self.length)
    }
}
