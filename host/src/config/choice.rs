//! Keys that take one of a few values: a switch, or a choice of words.

use toml::Spanned;
use toml::de::DeValue;

use super::key::{Defaulted, Key, Read, Row, Typed};
use super::problem::{Wrong, nearest, quoted};
use super::units::article;

/// `true` or `false`.
pub(super) struct Switch {
    pub(super) name: &'static str,
    pub(super) default: bool,
    pub(super) meaning: &'static str,
}

/// One of a few words.
pub(super) struct Choice<T: 'static> {
    pub(super) name: &'static str,
    pub(super) words: &'static [(&'static str, T)],
    pub(super) default: T,
    pub(super) meaning: &'static str,
}

impl Key for Switch {
    fn name(&self) -> &'static str {
        self.name
    }

    fn row(&self) -> Row {
        Row {
            name: self.name,
            kind: "`true` or `false`".to_owned(),
            default: format!("`{}`", self.default),
            bounds: String::new(),
            meaning: self.meaning,
        }
    }
}

impl Typed for Switch {
    type Value = bool;

    fn read(&self, value: &Spanned<DeValue<'_>>) -> Read<bool> {
        value.get_ref().as_bool().ok_or_else(|| {
            vec![Wrong::new(
                format!("{} stands where true or false is wanted", article(value.get_ref())),
                "write true or false, without quotes",
            )]
        })
    }
}

impl Defaulted for Switch {
    fn default(&self) -> bool {
        self.default
    }
}

impl<T: Copy + Sync> Choice<T> {
    /// The words, as a file has them: `"a", "b" or "c"`.
    pub(super) fn list(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        }
    }

    /// What `word` stands for.
    pub(super) fn value_of(&self, word: &str) -> Option<T> {
        self.words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }
}

impl<T: Copy + Sync + PartialEq> Key for Choice<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn row(&self) -> Row {
        let default = self.words.iter().find(|(_, value)| *value == self.default).map_or("", |(word, _)| word);
        Row {
            name: self.name,
            kind: format!("`{}`", self.list().replace(", ", "`, `").replace(" or ", "` or `")),
            default: format!("`\"{default}\"`"),
            bounds: String::new(),
            meaning: self.meaning,
        }
    }
}

impl<T: Copy + Sync + PartialEq> Typed for Choice<T> {
    type Value = T;

    fn read(&self, value: &Spanned<DeValue<'_>>) -> Read<T> {
        let word = value.get_ref().as_str();
        word.and_then(|word| self.value_of(word)).ok_or_else(|| {
            let found = word.map_or_else(|| article(value.get_ref()), quoted);
            let near = word.and_then(|word| nearest(word, self.words.iter().map(|(known, _)| *known)));
            let near = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
            vec![Wrong::new(format!("{found} is none of the words it takes"), format!("write {}{near}", self.list()))]
        })
    }
}

impl<T: Copy + Sync + PartialEq> Defaulted for Choice<T> {
    fn default(&self) -> T {
        self.default
    }
}
