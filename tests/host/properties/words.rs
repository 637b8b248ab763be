//! Makes text of chance: bytes choose words that mean something, so that what comes of them is nearly right.

/// The words that `data` chooses: each byte one, and from 240 on the byte after it as it stands.
pub(super) fn text(words: &[&[u8]], data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut data = data.iter();
    while let Some(choice) = data.next() {
        match choice {
            240.. => text.extend(data.next()),
            _ => text.extend_from_slice(words[usize::from(*choice) % words.len()]),
        }
    }
    text
}
