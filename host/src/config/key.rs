//! What a key is: a name, what may be written for it, what counts if nothing is, and what it means. The checks read
//! values through these and the reference is written from them, so the two cannot tell different stories. Which keys
//! there are is said in `policy_keys` and `host_keys`.

use toml::Spanned;
use toml::de::DeValue;

use super::problem::Wrong;
use super::units::Unit;

/// A value, or all that is wrong with it.
pub(super) type Read<T> = Result<T, Vec<Wrong>>;

/// What the reference says about a key.
pub(super) struct Row {
    /// The key's name within its table.
    pub(super) name: &'static str,
    /// What kind of value it takes.
    pub(super) kind: String,
    /// What counts if it is not written.
    pub(super) default: String,
    /// Smallest and largest value, if there are such.
    pub(super) bounds: String,
    /// What it decides.
    pub(super) meaning: &'static str,
}

/// A key, whatever its type.
pub(super) trait Key: Sync {
    /// Its name within its table.
    fn name(&self) -> &'static str;
    /// What the reference says about it.
    fn row(&self) -> Row;
}

/// A key whose value can be read.
pub(super) trait Typed: Key {
    /// What it holds.
    type Value;
    /// Reads the value as written.
    fn read(&self, value: &Spanned<DeValue<'_>>) -> Read<Self::Value>;
}

/// A key that always has a value, so that no `Option` leaves this module.
pub(super) trait Defaulted: Typed {
    /// What counts if the key is not written.
    fn default(&self) -> Self::Value;
}

/// A number, duration or size with a default between bounds.
pub(super) struct Bounded<T: 'static> {
    pub(super) name: &'static str,
    pub(super) default: T,
    pub(super) least: T,
    pub(super) most: T,
    pub(super) meaning: &'static str,
}

/// A number, duration or size between bounds, without a default of its own.
pub(super) struct Within<T: 'static> {
    pub(super) name: &'static str,
    /// What counts instead of a default, in words.
    pub(super) otherwise: &'static str,
    pub(super) least: T,
    pub(super) most: T,
    pub(super) meaning: &'static str,
}

/// A value of any other kind, read by a function.
pub(super) struct Custom<T: 'static> {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    /// What counts if it is not written, in words.
    pub(super) otherwise: &'static str,
    pub(super) meaning: &'static str,
    pub(super) read: fn(&Spanned<DeValue<'_>>) -> Read<T>,
}

/// Reads a value of a unit and holds it against its bounds.
fn within<T: Unit>(value: &DeValue<'_>, least: T, most: T) -> Read<T> {
    let read = T::read(value).map_err(|wrong| vec![wrong])?;
    let wrong = if read < least {
        Wrong::new(
            format!("{} is less than {}", read.written(), least.written()),
            format!("write at least {}", least.written()),
        )
    } else if read > most {
        Wrong::new(
            format!("{} is more than {}", read.written(), most.written()),
            format!("write at most {}", most.written()),
        )
    } else {
        return Ok(read);
    };
    Err(vec![wrong])
}

impl<T: Unit> Key for Bounded<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn row(&self) -> Row {
        Row {
            name: self.name,
            kind: T::KIND.to_owned(),
            default: format!("`{}`", self.default.written()),
            bounds: format!("`{}` to `{}`", self.least.written(), self.most.written()),
            meaning: self.meaning,
        }
    }
}

impl<T: Unit> Typed for Bounded<T> {
    type Value = T;

    fn read(&self, value: &Spanned<DeValue<'_>>) -> Read<T> {
        within(value.get_ref(), self.least, self.most)
    }
}

impl<T: Unit> Defaulted for Bounded<T> {
    fn default(&self) -> T {
        self.default
    }
}

impl<T: Unit> Key for Within<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn row(&self) -> Row {
        Row {
            name: self.name,
            kind: T::KIND.to_owned(),
            default: self.otherwise.to_owned(),
            bounds: format!("`{}` to `{}`", self.least.written(), self.most.written()),
            meaning: self.meaning,
        }
    }
}

impl<T: Unit> Typed for Within<T> {
    type Value = T;

    fn read(&self, value: &Spanned<DeValue<'_>>) -> Read<T> {
        within(value.get_ref(), self.least, self.most)
    }
}

impl<T> Key for Custom<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn row(&self) -> Row {
        Row {
            name: self.name,
            kind: self.kind.to_owned(),
            default: self.otherwise.to_owned(),
            bounds: String::new(),
            meaning: self.meaning,
        }
    }
}

impl<T> Typed for Custom<T> {
    type Value = T;

    fn read(&self, value: &Spanned<DeValue<'_>>) -> Read<T> {
        (self.read)(value)
    }
}

/// The keys of one table.
pub(super) struct Group {
    /// The table's name as a file has it, `[NAME]`; empty for a file's top level.
    pub(super) table: &'static str,
    /// What the table is for.
    pub(super) about: &'static str,
    /// The keys that are enforced.
    pub(super) keys: &'static [&'static dyn Key],
    /// The tables inside it that are enforced.
    pub(super) tables: &'static [&'static str],
    /// Keys and tables that the design names and this version does not enforce: refused, never ignored.
    pub(super) later: &'static [&'static str],
}

impl Group {
    /// The names that may be written, of keys and of tables.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name()).chain(self.tables.iter().copied())
    }
}
