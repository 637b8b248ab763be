//! Whether what a memory begins with is mapped into a sandbox or copied. wasmtime maps it, page for page, and each time a
//! place of the pool goes from one component to another the old mapping is undone and the new one made: calls to the
//! system, and faults for every page. For a little data, copying is cheaper. There is no setting for that per component, but
//! wasmtime maps only what stands at a constant: so where there is little, its place is written as a sum.

use std::borrow::Cow;

/// Bytes of a module's data that are copied; more is mapped. What that is worth, docs/performance.md says; where a copy begins
/// to cost more than a mapping was not looked for.
pub(super) const LITTLE: usize = 64 << 10;

/// The kind of rewriting; to be raised with every change of what is done here, as compiled components are kept under it.
pub(super) const KIND: u32 = 1;

/// Components within components that are looked into. Tools make two or three.
const DEPTH: usize = 16;

/// The id of a component's section with a core module, and of one with another component.
const MODULE: u8 = 1;
const COMPONENT: u8 = 4;

/// The id of a core module's section with data.
const DATA: u8 = 11;

/// Opcodes of the expression that says where data stands.
const I32_CONST: u8 = 0x41;
const I32_ADD: u8 = 0x6a;
const END: u8 = 0x0b;

/// The component, with the place of the first data of each module that has little written as a sum. What cannot be read is
/// left as it is: that is for the compiler to judge.
pub(super) fn little_is_copied(component: &[u8]) -> Cow<'_, [u8]> {
    binary(component, DEPTH).map_or(Cow::Borrowed(component), Cow::Owned)
}

/// The same for a component or module; none if it stays as it is.
fn binary(bytes: &[u8], depth: usize) -> Option<Vec<u8>> {
    let mut reader = Reader(bytes);
    let header = reader.take(8)?;
    let is_component = header.get(6) == Some(&1);
    let (mut out, mut is_other) = (header.to_vec(), false);
    while let Some(id) = reader.byte() {
        let size = usize::try_from(reader.number()?).ok()?;
        let content = reader.take(size)?;
        let changed = match (is_component, id) {
            (true, MODULE | COMPONENT) => depth.checked_sub(1).and_then(|depth| binary(content, depth)),
            (false, DATA) => data(content),
            _ => None,
        };
        is_other |= changed.is_some();
        let content = changed.as_deref().unwrap_or(content);
        out.push(id);
        push_number(&mut out, u32::try_from(content.len()).ok()?);
        out.extend_from_slice(content);
    }
    is_other.then_some(out)
}

/// The same for a section with data.
fn data(content: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader(content);
    let (mut total, mut first) = (0_usize, None);
    for _ in 0..reader.number()? {
        let kind = reader.number()?;
        if kind == 2 {
            // The memory that it is for.
            reader.number()?;
        }
        if kind != 1 {
            // Where it stands by anything but a constant, it is copied anyhow.
            let is_constant = reader.byte()? == I32_CONST && reader.skip_number()? && reader.byte()? == END;
            if !is_constant {
                return None;
            }
            first = first.or(Some(content.len() - reader.0.len() - 1));
        }
        let size = usize::try_from(reader.number()?).ok()?;
        reader.take(size)?;
        total = total.saturating_add(if kind == 1 { 0 } else { size });
    }
    let end = first.filter(|_| total <= LITTLE)?;
    let (before, after) = content.split_at_checked(end)?;
    Some([before, &[I32_CONST, 0, I32_ADD], after].concat())
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    /// An unsigned number of 32 bits, in LEB128.
    fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            // The fifth byte has room for four bits.
            if shift == 28 && byte > 0x0f {
                return None;
            }
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Goes past a number, signed or not.
    fn skip_number(&mut self) -> Option<bool> {
        while self.byte()? & 0x80 != 0 {}
        Some(true)
    }
}

fn push_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(data: &str) -> Vec<u8> {
        wat::parse_str(format!(
            r#"(component
                (core module (memory 1) (func (export "f")))
                (component (component (core module (memory (export "m") 10) {data})))
                (core module (memory 10) {data}))"#
        ))
        .unwrap()
    }

    #[test]
    fn little_data_stands_at_a_sum() {
        let rest = r#"(data "passive") (data (i32.const 4) "d")"#;
        let little = component(&format!(r#"(data (i32.const 70000) "abc") {rest}"#));
        let sum = component(&format!(r#"(data (offset (i32.const 70000) (i32.const 0) (i32.add)) "abc") {rest}"#));
        let copied = little_is_copied(&little);
        assert_eq!(copied, sum);
        assert!(matches!(little_is_copied(&copied), Cow::Borrowed(_)), "once is enough");
    }

    #[test]
    fn much_data_and_none_are_left_alone() {
        let much = format!(r#"(data (i32.const 0) "{}")"#, "x".repeat(LITTLE + 1));
        for data in [&much, "", r#"(data "passive")"#, "(global $g i32 (i32.const 3)) (data (global.get $g) \"abc\")"] {
            let bytes = component(data);
            assert!(matches!(little_is_copied(&bytes), Cow::Borrowed(_)), "{}", &data[..data.len().min(40)]);
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_alone() {
        let bytes = component(r#"(data (i32.const 1) "abc")"#);
        for end in 0..bytes.len() {
            // Cut off between sections, it is a component all the same.
            let _ = little_is_copied(&bytes[..end]);
        }
        let mut nested = component(r#"(data (i32.const 1) "abc")"#);
        for _ in 0..DEPTH {
            let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
            push_number(&mut outer, nested.len() as u32);
            nested = [outer, nested].concat();
        }
        let again = little_is_copied(&nested);
        assert_eq!(again.len(), nested.len(), "what is nested more deeply than anybody nests");
    }
}
