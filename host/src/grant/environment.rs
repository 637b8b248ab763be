//! The environment of a function: the variables of its policy, and nothing of the host's own. Put together once, in the
//! forms in which functions ask for it.

use std::collections::BTreeMap;

use crate::config::GrantsPolicy;

/// The variables that a function sees.
#[derive(Debug, Default)]
pub struct Environment {
    /// In the order of their names.
    variables: Vec<(String, String)>,
    /// `NAME=value` and a zero byte, one after the other.
    block: Vec<u8>,
}

impl Environment {
    /// The environment that a policy grants.
    pub(super) fn new(policy: &GrantsPolicy) -> Self {
        Self::of(&policy.env)
    }

    fn of(env: &BTreeMap<String, String>) -> Self {
        let variables: Vec<_> = env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut block = Vec::with_capacity(env.iter().map(|(name, value)| name.len() + value.len() + 2).sum());
        for (name, value) in &variables {
            for part in [name.as_bytes(), b"=", value.as_bytes(), b"\0"] {
                block.extend_from_slice(part);
            }
        }
        Self { variables, block }
    }

    /// Names and values, in the order of the names.
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The value of a variable; none if it is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.variables.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        self.variables.get(found).map(|(_, value)| value.as_str())
    }

    /// The eight bytes from `offset` on of all variables as C has them, the first byte lowest; zeros past the end.
    pub fn word(&self, offset: u32) -> u64 {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.block.get(offset..)).unwrap_or_default();
        let mut word = [0; 8];
        for (byte, from) in word.iter_mut().zip(rest) {
            *byte = *from;
        }
        u64::from_le_bytes(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Environment::of(&variables.iter().map(own).collect())
    }

    #[test]
    fn a_variable_is_found_by_its_whole_name() {
        let environment = environment(&[("LOG_LEVEL", "debug"), ("LOG", ""), ("ZONE", "a=b")]);
        assert_eq!(environment.get("LOG_LEVEL"), Some("debug"));
        assert_eq!(environment.get("LOG"), Some(""));
        assert_eq!(environment.get("ZONE"), Some("a=b"));
        for name in ["", "LO", "LOG_LEVEL=debug", "zone", "PATH"] {
            assert_eq!(environment.get(name), None, "{name}");
        }
    }

    #[test]
    fn read_in_words_it_is_the_block_of_c_and_then_zeros() {
        let environment = environment(&[("A", ""), ("NAME", "a value that is longer than a word")]);
        let mut read = Vec::new();
        loop {
            match environment.word(read.len() as u32) {
                0 => break,
                word => read.extend(word.to_le_bytes()),
            }
        }
        let block = b"A=\0NAME=a value that is longer than a word\0";
        assert_eq!(read[..block.len()], block[..]);
        assert!(read[block.len()..].iter().all(|byte| *byte == 0) && read.len() < block.len() + 8);
        assert_eq!([environment.word(block.len() as u32), environment.word(u32::MAX)], [0, 0]);
        assert_eq!(Environment::default().word(0), 0);
    }
}
