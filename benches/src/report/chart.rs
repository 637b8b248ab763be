//! The chart: bars that lie, one panel below the other, and what they stand for on the left of them. Owns how it looks.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, IntoFont as _, RGBColor, TextStyle};

use super::{Report, Row};

/// Pixels.
const WIDTH: u32 = 1000;
const MARGIN: i32 = 20;
const TITLE: i32 = 44;
const BAR: i32 = 17;
const GAP: i32 = 10;
const LABELS: i32 = 310;
/// What is left free beside the longest bar, for its number.
const NUMBERS: i32 = 80;
const TEXT: i32 = 16;
/// About what a character of it is wide.
const CHARACTER: i32 = 8;

const INK: RGBColor = RGBColor(32, 33, 36);
const FAINT: RGBColor = RGBColor(128, 132, 138);
/// The bars of a group, in their order.
const BARS: [RGBColor; 2] = [RGBColor(31, 95, 173), RGBColor(226, 132, 46)];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Bars that are compared with each other.
struct Panel {
    title: &'static str,
    /// What the bars of a group stand for, in their order.
    legend: Vec<String>,
    groups: Vec<Group>,
    /// Where a line is drawn: what the others are compared with.
    line: f64,
}

struct Group {
    label: String,
    bars: Vec<f64>,
}

impl Panel {
    fn height(&self) -> i32 {
        TITLE + self.groups.iter().map(Group::height).sum::<i32>() + MARGIN
    }
}

impl Group {
    fn height(&self) -> i32 {
        let bars = i32::try_from(self.bars.len()).unwrap_or(0);
        bars * BAR + GAP
    }
}

/// Draws what there is of a report into a file.
pub(super) fn draw(report: &Report, file: &Path) -> Result<()> {
    let panels = panels(report);
    let height = MARGIN + TITLE + panels.iter().map(Panel::height).sum::<i32>();
    let size = (WIDTH, u32::try_from(height)?);
    let area = SVGBackend::new(file, size).into_drawing_area();
    paint(&area, report, &panels).map_err(|error| anyhow!("{error}"))
}

fn paint(area: &Area<'_>, report: &Report, panels: &[Panel]) -> Result<(), Box<dyn std::error::Error>> {
    area.fill(&RGBColor(255, 255, 255))?;
    area.draw(&Text::new(report.machine.to_string(), (MARGIN, MARGIN), style(TEXT, &FAINT, HPos::Left)))?;
    let mut top = MARGIN + TITLE / 2;
    for panel in panels {
        paint_panel(area, panel, top)?;
        top += panel.height();
    }
    area.present()?;
    Ok(())
}

fn paint_panel(area: &Area<'_>, panel: &Panel, top: i32) -> Result<(), Box<dyn std::error::Error>> {
    area.draw(&Text::new(panel.title, (MARGIN, top + TITLE / 2), style(TEXT + 3, &INK, HPos::Left)))?;
    let mut right = i32::try_from(WIDTH)? - MARGIN;
    for (text, colour) in panel.legend.iter().zip(BARS).rev() {
        area.draw(&Text::new(text.clone(), (right, top + TITLE / 2), style(TEXT, &INK, HPos::Right)))?;
        right -= i32::try_from(text.chars().count())? * CHARACTER + BAR;
        area.draw(&square(right, top + TITLE / 2, colour))?;
        right -= 2 * BAR;
    }
    let longest = panel.groups.iter().flat_map(|group| &group.bars).copied().fold(panel.line, f64::max);
    let room = f64::from(i32::try_from(WIDTH)? - LABELS - NUMBERS - MARGIN);
    let at = |value: f64| LABELS + (value / longest * room).round() as i32;
    let mut y = top + TITLE;
    for group in &panel.groups {
        let middle = y + (group.height() - GAP) / 2;
        area.draw(&Text::new(group.label.clone(), (LABELS - GAP, middle), style(TEXT, &INK, HPos::Right)))?;
        for (value, colour) in group.bars.iter().zip(BARS) {
            area.draw(&Rectangle::new([(LABELS, y + 1), (at(*value).max(LABELS + 1), y + BAR - 1)], colour.filled()))?;
            let number = Text::new(format!("{value:.2}"), (at(*value) + 6, y + BAR / 2), style(TEXT, &INK, HPos::Left));
            area.draw(&number)?;
            y += BAR;
        }
        y += GAP;
    }
    area.draw(&PathElement::new([(at(panel.line), top + TITLE - 4), (at(panel.line), y - GAP + 4)], FAINT))?;
    Ok(())
}

fn square(left: i32, middle: i32, colour: RGBColor) -> Rectangle<(i32, i32)> {
    Rectangle::new([(left, middle - TEXT / 2), (left + TEXT - 2, middle + TEXT / 2 - 2)], colour.filled())
}

fn style(size: i32, colour: &RGBColor, side: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(colour).pos(Pos::new(side, VPos::Center))
}

/// What there is to be drawn.
fn panels(report: &Report) -> Vec<Panel> {
    let mut panels = Vec::new();
    let numbers: Vec<usize> = report.rows.chunk_by(|a, b| a.connections == b.connections).filter_map(first).collect();
    let of_rows = |title, value: fn(&Row) -> f64| {
        let names = report.rows.iter().filter(|row| numbers.first() == Some(&row.connections)).map(|row| row.name);
        let bars = |name| report.rows.iter().filter(|row| row.name == name).map(value).collect();
        Panel {
            title,
            legend: numbers.iter().map(|count| format!("{count} connection{}", plural(*count))).collect(),
            groups: names.map(|name| Group { label: name.to_owned(), bars: bars(name) }).collect(),
            line: 1.0,
        }
    };
    if !report.rows.is_empty() {
        panels.push(of_rows("requests a second, as a multiple of bare hyper's", |row| row.requests_ratio));
        panels.push(of_rows("p99, as a multiple of bare hyper's", |row| row.p99_ratio));
    }
    if let Some(folder) = report.folders.first() {
        let group = |functions: usize| {
            let all = report.folders.iter().flat_map(|folder| &folder.spread);
            let bars = all.filter(|spread| spread.functions == functions).map(|spread| spread.ratio).collect();
            Group { label: format!("{functions} function{}", plural(functions)), bars }
        };
        panels.push(Panel {
            title: "requests a second in turns to more functions, as a multiple of one's",
            legend: report.folders.iter().map(|folder| folder.guest.to_owned()).collect(),
            groups: folder.spread.iter().map(|spread| group(spread.functions)).collect(),
            line: 1.0,
        });
    }
    panels
}

fn first(rows: &[Row]) -> Option<usize> {
    rows.first().map(|row| row.connections)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
