//! The units in which keys are written: durations (`10s`), sizes (`64MiB`) and plain numbers. It turns text into values
//! and back, and knows no key.

use std::fmt;
use std::time::Duration;

use toml::de::DeValue;

use super::problem::{Wrong, quoted};

/// A number of bytes, written as `512B`, `64KiB`, `6MiB` or `1GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// So many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// So many kibibytes (1024 bytes).
    pub const fn kib(kib: u64) -> Self {
        Self(kib << 10)
    }

    /// So many mebibytes (1024 kibibytes).
    pub const fn mib(mib: u64) -> Self {
        Self(mib << 20)
    }

    /// So many gibibytes (1024 mebibytes).
    pub const fn gib(gib: u64) -> Self {
        Self(gib << 30)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of bytes, for what is held in memory: as many as can be addressed, where that is fewer.
    pub fn to_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            if self.0 > 0 && self.0.trailing_zeros() >= shift {
                return write!(f, "{}{unit}", self.0 >> shift);
            }
        }
        write!(f, "{}B", self.0)
    }
}

/// A kind of value that has a smallest and a largest.
pub(super) trait Unit: Copy + PartialOrd + Sync + 'static {
    /// The kind's name in the reference.
    const KIND: &'static str;

    /// Reads a value as written; says what is wrong with it if it is not of this kind.
    fn read(value: &DeValue<'_>) -> Result<Self, Wrong>;

    /// The value as it is written in a file, quotes included.
    fn written(self) -> String;
}

impl Unit for Duration {
    const KIND: &'static str = "duration";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let fix = r#"write a whole number and ms, s, m or h: "500ms", "10s", "5m", "24h""#;
        let text = unit_text(value, "a duration", fix)?;
        let wrong = || Wrong::new(format!("{} is not a duration", quoted(text)), fix);
        let (number, unit) = split_unit(text).ok_or_else(wrong)?;
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(wrong)
    }

    fn written(self) -> String {
        format!("\"{}\"", duration_text(self))
    }
}

impl Unit for Size {
    const KIND: &'static str = "size";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let fix = r#"write a whole number and B, KiB, MiB or GiB: "512B", "64KiB", "6MiB", "1GiB""#;
        let text = unit_text(value, "a size", fix)?;
        let wrong = || Wrong::new(format!("{} is not a size", quoted(text)), fix);
        let (number, unit) = split_unit(text).ok_or_else(wrong)?;
        let shift: u32 = match unit {
            "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            // Read as thousands by some and as 1024s by others: 7% apart for a gigabyte.
            "K" | "M" | "G" | "k" | "KB" | "MB" | "GB" | "kB" | "kb" | "mb" | "gb" => {
                let prefix = unit.get(..1).unwrap_or_default().to_uppercase();
                return Err(Wrong::new(
                    format!("{} may mean thousands or 1024s", quoted(text)),
                    format!("write \"{number}{prefix}iB\", which counts in 1024s"),
                ));
            }
            _ => return Err(wrong()),
        };
        number.checked_mul(1 << shift).map(Size::bytes).ok_or_else(wrong)
    }

    fn written(self) -> String {
        format!("\"{self}\"")
    }
}

impl Unit for usize {
    const KIND: &'static str = "number";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        whole_number(value)
    }

    fn written(self) -> String {
        self.to_string()
    }
}

impl Unit for u32 {
    const KIND: &'static str = "number";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        whole_number(value)
    }

    fn written(self) -> String {
        self.to_string()
    }
}

/// A whole number of any type that holds it, in whichever radix TOML allows.
fn whole_number<T: TryFrom<i128>>(value: &DeValue<'_>) -> Result<T, Wrong> {
    let fix = "write a whole number without quotes: 100";
    let DeValue::Integer(number) = value else {
        return Err(Wrong::new(format!("{} stands where a number is wanted", article(value)), fix));
    };
    i128::from_str_radix(number.as_str(), number.radix())
        .ok()
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| Wrong::new(format!("{number} is negative or too large"), fix))
}

/// The text of a value that carries a unit. A bare number is refused: seconds or milliseconds, bytes or mebibytes?
fn unit_text<'v>(value: &'v DeValue<'_>, what: &str, fix: &str) -> Result<&'v str, Wrong> {
    match value {
        DeValue::String(text) => Ok(text),
        DeValue::Integer(number) => Err(Wrong::new(format!("{number} has no unit"), fix)),
        other => Err(Wrong::new(format!("{} stands where {what} is wanted", article(other)), fix)),
    }
}

/// The digits at the front of `text`, as a number, and what follows them.
fn split_unit(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, unit))
}

/// The name of a value's type, with its article, for a sentence.
pub(super) fn article(value: &DeValue<'_>) -> String {
    let name = value.type_str();
    let article = if name.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// A duration in the largest unit that divides it.
pub(super) fn duration_text(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    for (size, unit) in [(3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
        if milliseconds.is_multiple_of(size) {
            return format!("{}{unit}", milliseconds / size);
        }
    }
    format!("{milliseconds}ms")
}
