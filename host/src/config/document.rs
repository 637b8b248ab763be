//! A file as it was written: TOML with the place of every key. It hands out values one by one and reports, for all
//! keys at once, what cannot be read, what nobody knows and what this version does not enforce. Deriving this with
//! serde would stop at the first fault. It knows no key.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{Defaulted, Group, Typed};
use super::kind::Kind;
use super::problem::{Problem, Problems, Wrong, nearest, quoted};
use super::source::line_at;
use super::units::article;

/// One file's text.
pub(super) struct Document<'t> {
    file: &'t Path,
    text: &'t str,
}

impl<'t> Document<'t> {
    pub(super) fn new(file: &'t Path, text: &'t str) -> Self {
        Self { file, text }
    }

    /// The top level of the file, or none if it is not TOML: then the problems say so, all of them.
    pub(super) fn root(&'t self, problems: &mut Problems) -> Option<Section<'t>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Some(Section::new(self, String::new(), None, root.into_inner()));
        }
        for error in errors {
            let fix = match error.message() {
                "duplicate key" => "write it only once",
                _ => r#"write `key = value`, text in quotes: name = "text""#,
            };
            problems.push(Problem {
                line: error.span().map(|span| self.line(&span)),
                kind: Kind::NotToml,
                ..Problem::of_file(self.file, format!("not TOML: {}", error.message()), fix)
            });
        }
        problems.sort();
        None
    }

    fn line(&self, span: &Range<usize>) -> usize {
        line_at(self.text.as_bytes(), span.start)
    }
}

/// One table of a file, from which keys are taken; [`Section::finish`] reports what is left.
pub(super) struct Section<'t> {
    document: &'t Document<'t>,
    /// Its dotted name; empty for the top level.
    path: String,
    line: Option<usize>,
    entries: DeTable<'t>,
    /// The line of every key, kept when the key has been taken.
    lines: BTreeMap<String, usize>,
}

impl<'t> Section<'t> {
    fn new(document: &'t Document<'t>, path: String, line: Option<usize>, entries: DeTable<'t>) -> Self {
        let lines = entries.keys().map(|key| (key.get_ref().to_string(), document.line(&key.span()))).collect();
        Self { document, path, line, entries, lines }
    }

    /// The file that it is in.
    pub(super) fn file(&self) -> &'t Path {
        self.document.file
    }

    /// Whether `name` was written, as a key or as a table, right or wrong.
    pub(super) fn has(&self, name: &str) -> bool {
        self.lines.contains_key(name)
    }

    /// The line that `name` was written on.
    pub(super) fn line_of(&self, name: &str) -> Option<usize> {
        self.lines.get(name).copied()
    }

    /// The value of a key: none if it is not written, or not as it must be, which the problems then say.
    pub(super) fn take<K: Typed>(&mut self, key: &K, problems: &mut Problems) -> Option<K::Value> {
        let value = self.entries.remove(key.name())?;
        match key.read(&value) {
            Ok(value) => Some(value),
            Err(wrongs) => {
                for wrong in wrongs {
                    problems.push(self.problem(key.name(), wrong));
                }
                None
            }
        }
    }

    /// The value of a key that has a default.
    pub(super) fn take_or_default<K: Defaulted>(&mut self, key: &K, problems: &mut Problems) -> K::Value {
        self.take(key, problems).unwrap_or_else(|| key.default())
    }

    /// The value of a key that must be written.
    pub(super) fn take_or_missing<K: Typed>(
        &mut self,
        key: &K,
        fix: &str,
        problems: &mut Problems,
    ) -> Option<K::Value> {
        if !self.has(key.name()) {
            problems.push(self.problem(key.name(), Wrong::new("missing", fix)));
        }
        self.take(key, problems)
    }

    /// The table called `name`: none if it is not written or is something else, which the problems then say.
    pub(super) fn table(&mut self, name: &str, problems: &mut Problems) -> Option<Section<'t>> {
        let value = self.entries.remove(name)?;
        self.open(name, value, problems)
    }

    /// All tables that are left, with their names: for a table whose keys the user chooses.
    pub(super) fn tables(mut self, problems: &mut Problems) -> Vec<(String, Section<'t>)> {
        let entries = std::mem::take(&mut self.entries);
        let named = entries.into_iter().map(|(name, value)| (name.into_inner().into_owned(), value));
        named.filter_map(|(name, value)| Some((name.clone(), self.open(&name, value, problems)?))).collect()
    }

    /// The tables called `name`, each written as `[[name]]`: none if there is none, or something else, which the problems
    /// then say.
    pub(super) fn list_of_tables(&mut self, name: &str, problems: &mut Problems) -> Vec<Section<'t>> {
        let Some(value) = self.entries.remove(name) else { return Vec::new() };
        let path = self.path_of(name);
        let fix = format!("write [[{path}]] on a line of its own for each, and its keys below");
        let DeValue::Array(items) = value.into_inner() else {
            problems.push(self.problem(name, Wrong::new("a list of tables is wanted here", fix)));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            let line = self.document.line(&item.span());
            match item.into_inner() {
                DeValue::Table(entries) => {
                    tables.push(Section::new(self.document, path.clone(), Some(line), entries));
                }
                other => {
                    let message = format!("{} stands where a table is wanted", article(&other));
                    problems.push(self.problem(name, Wrong::new(message, fix.as_str())));
                }
            }
        }
        tables
    }

    /// All values that are left, with their names: for a table whose keys the user chooses.
    pub(super) fn take_all(&mut self) -> Vec<(String, Spanned<DeValue<'t>>)> {
        let entries = std::mem::take(&mut self.entries);
        entries.into_iter().map(|(name, value)| (name.into_inner().into_owned(), value)).collect()
    }

    /// The tables among what is left, with their names, where keys of a fixed name stand beside tables that the user
    /// names.
    pub(super) fn take_tables(&mut self, problems: &mut Problems) -> Vec<(String, Section<'t>)> {
        let is_table = |value: &Spanned<DeValue<'_>>| value.get_ref().is_table();
        let named = self.entries.iter().filter(|(_, value)| is_table(value));
        let names: Vec<String> = named.map(|(name, _)| name.get_ref().to_string()).collect();
        names.into_iter().filter_map(|name| Some((name.clone(), self.table(&name, problems)?))).collect()
    }

    fn open(&self, name: &str, value: Spanned<DeValue<'t>>, problems: &mut Problems) -> Option<Section<'t>> {
        let path = self.path_of(name);
        match value.into_inner() {
            DeValue::Table(entries) => Some(Section::new(self.document, path, self.line_of(name), entries)),
            other => {
                problems.push(self.problem(
                    name,
                    Wrong::new(
                        format!("{} stands where a table is wanted", article(&other)),
                        format!("write [{path}] on a line of its own, and its keys below"),
                    ),
                ));
                None
            }
        }
    }

    /// A problem with the key `name` of this table, whether the key is there or missing.
    pub(super) fn problem(&self, name: &str, wrong: Wrong) -> Problem {
        let line = wrong.at.map(|span| self.document.line(&span));
        Problem {
            file: self.document.file.to_owned(),
            line: line.or(self.line_of(name)).or(self.line),
            key: Some(self.path_of(name)),
            message: wrong.message,
            fix: wrong.fix,
            kind: Kind::Key,
        }
    }

    /// A problem with this table as a whole.
    pub(super) fn whole(&self, wrong: Wrong) -> Problem {
        Problem {
            line: self.line,
            key: Some(self.path.clone()),
            kind: Kind::Key,
            ..Problem::of_file(self.document.file, wrong.message, wrong.fix)
        }
    }

    /// Removes the key `name`, which may not stand here for the reason given.
    pub(super) fn refuse(&mut self, name: &str, message: &str, fix: &str, problems: &mut Problems) {
        if self.entries.remove(name).is_some() {
            problems.push(self.problem(name, Wrong::new(message, fix)));
        }
    }

    /// Reports every key that nobody has taken: not enforced yet, misplaced or misspelt. `elsewhere` are keys of
    /// another place, and the place.
    pub(super) fn finish(&self, group: &Group, elsewhere: Option<(&Group, &str)>, problems: &mut Problems) {
        self.finish_among(group, elsewhere.as_slice(), problems);
    }

    /// The same, with several other places.
    pub(super) fn finish_among(&self, group: &Group, elsewhere: &[(&Group, &str)], problems: &mut Problems) {
        for name in self.entries.keys().map(|key| key.get_ref().as_ref()) {
            let wrong = if group.later.contains(&name) {
                Wrong::new("not supported in this version", "remove it: this version would not enforce it")
            } else if let Some(places) = places(name, elsewhere) {
                Wrong::new("does not belong here", format!("write it {places}"))
            } else if let Some(meant) = nearest(name, group.names().chain(group.later.iter().copied())) {
                let supported = if group.later.contains(&meant) { " This version does not support it." } else { "" };
                Wrong::new("unknown key", format!("did you mean `{meant}`?{supported}"))
            } else {
                let known: Vec<&str> = group.names().collect();
                Wrong::new("unknown key", format!("remove it; the keys here are {}", known.join(", ")))
            };
            problems.push(self.problem(name, wrong));
        }
    }

    /// The dotted name of a key of this table; a key that TOML would quote is quoted.
    fn path_of(&self, name: &str) -> String {
        let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let name = if bare { name.to_owned() } else { quoted(name) };
        if self.path.is_empty() { name } else { format!("{}.{name}", self.path) }
    }
}

/// The places among `elsewhere` that have a key of this name, in words.
fn places(name: &str, elsewhere: &[(&Group, &str)]) -> Option<String> {
    let has = |group: &Group| group.names().any(|known| known == name);
    let places: Vec<&str> = elsewhere.iter().filter(|(group, _)| has(group)).map(|(_, place)| *place).collect();
    (!places.is_empty()).then(|| places.join(", or "))
}
