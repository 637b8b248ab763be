//! Tables in Markdown, filled up with spaces so that they can be read as they are. Knows nothing of what is in them.

use std::fmt::Write as _;

/// A table with these `columns`, the first of them on the left and the others on the right.
pub(super) fn table<const N: usize>(columns: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut cells = vec![columns.map(str::to_owned)];
    cells.extend(rows);
    let mut widths = [0; N];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for (number, row) in cells.iter().enumerate() {
        for (column, (width, cell)) in widths.iter().zip(row).enumerate() {
            // Writing to a string does not fail.
            let _ = if column == 0 { write!(text, "| {cell:<width$} |") } else { write!(text, " {cell:>width$} |") };
        }
        text.push('\n');
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let line = "-".repeat(*width);
                let _ = if column == 0 { write!(text, "|-{line}-|") } else { write!(text, "-{line}:|") };
            }
            text.push('\n');
        }
    }
    text
}

/// A number with so many digits after the point, or a dash where there is none.
pub(super) fn maybe(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a".to_owned(), maybe(Some(1.25), 1)], ["bare hyper".to_owned(), maybe(None, 1)]];
        let expected = "\
| µs         |   x |
|------------|----:|
| a          | 1.2 |
| bare hyper |   - |
";
        assert_eq!(table(["µs", "x"], rows), expected);
    }
}
