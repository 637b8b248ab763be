//! Reads one field of an event after the other, and names the one that is wrong. `null` and what is not there are the same,
//! as in what AWS itself sends. It does not know what the fields mean.

use serde_json::{Map, Value};

use super::Wrong;

/// An object in an event, and where it is.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    /// None where it is not there: then none of its fields are.
    fields: Option<&'a Map<String, Value>>,
    place: Place<'a>,
}

/// Where an object is: events nest no deeper than is looked at.
#[derive(Clone, Copy)]
struct Place<'a>([Option<&'a str>; 4]);

impl<'a> Place<'a> {
    fn below(self, name: &'a str) -> Self {
        let mut place = self;
        if let Some(free) = place.0.iter_mut().find(|part| part.is_none()) {
            *free = Some(name);
        }
        place
    }

    fn name(self, field: &str) -> String {
        self.0.into_iter().flatten().chain([field]).collect::<Vec<_>>().join(".")
    }
}

impl<'a> Object<'a> {
    /// The event itself.
    pub(super) fn whole(fields: &'a Map<String, Value>) -> Self {
        Self { fields: Some(fields), place: Place([None; 4]) }
    }

    /// A field's name, from the event on.
    pub(super) fn name(self, field: &str) -> String {
        self.place.name(field)
    }

    fn get(self, field: &str) -> Option<&'a Value> {
        self.fields?.get(field).filter(|value| !value.is_null())
    }

    /// A text.
    pub(super) fn text(self, field: &str) -> Result<Option<&'a str>, Wrong> {
        self.typed(field, "a text in quotes", Value::as_str)
    }

    /// `true` or `false`.
    pub(super) fn flag(self, field: &str) -> Result<Option<bool>, Wrong> {
        self.typed(field, "true or false", Value::as_bool)
    }

    /// A list of texts.
    pub(super) fn texts(self, field: &str) -> Result<Option<Vec<&'a str>>, Wrong> {
        self.typed(field, "a list of texts", |value| value.as_array()?.iter().map(Value::as_str).collect())
    }

    /// An object; one without fields where it is not there.
    pub(super) fn object(self, field: &'a str) -> Result<Self, Wrong> {
        let fields = self.typed(field, "an object", Value::as_object)?;
        Ok(Self { fields, place: self.place.below(field) })
    }

    /// All that is in an object, if there is anything.
    pub(super) fn map(self, field: &'a str) -> Result<Option<&'a Map<String, Value>>, Wrong> {
        Ok(self.object(field)?.fields.filter(|fields| !fields.is_empty()))
    }

    /// An object of names and texts, if there is anything in it, less what is `null`. Numbers and truth values, which people write
    /// for a text, are taken as they are written.
    pub(super) fn pairs(self, field: &'a str) -> Result<Vec<(&'a str, String)>, Wrong> {
        let mut pairs = Vec::new();
        for (name, value) in self.map(field)?.into_iter().flatten() {
            match value {
                Value::Null => {}
                Value::String(text) => pairs.push((name.as_str(), text.clone())),
                Value::Number(_) | Value::Bool(_) => pairs.push((name.as_str(), value.to_string())),
                Value::Array(_) | Value::Object(_) => {
                    return Err(Wrong::new(self.place.below(field).name(name), "it must be a text in quotes"));
                }
            }
        }
        Ok(pairs)
    }

    /// An object of names and lists of texts.
    pub(super) fn lists(self, field: &'a str) -> Result<Vec<(&'a str, Vec<&'a str>)>, Wrong> {
        let object = self.object(field)?;
        let names = object.fields.into_iter().flat_map(Map::keys);
        names.map(|name| Ok((name.as_str(), object.texts(name)?.unwrap_or_default()))).collect()
    }

    fn typed<T>(self, field: &str, what: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<Option<T>, Wrong> {
        let Some(value) = self.get(field) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| {
            let is = match value {
                Value::Bool(_) => "a truth value",
                Value::Number(_) => "a number",
                Value::String(_) => "a text",
                Value::Array(_) => "a list",
                _ => "an object",
            };
            Wrong::new(self.name(field), format!("it is {is} and must be {what}"))
        })
    }
}
