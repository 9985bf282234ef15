//! What a model relies on: how much worse it is without each column, the most important first.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use shallownet::select::{ColumnImportance, Importance};

use super::axis::{range, round_step, short, tick};
use super::palette::{BLUE, VERMILION, on_white};
use super::picture::{Area, Drawing, Drawn, FONT, Picture, TICK, TITLE, picture};
use crate::failure::Failure;

/// Rows that there is room for.
const MOST_ROWS: usize = 20;
const LEFT: i32 = 380;
const RIGHT: i32 = 1150;
const TOP: i32 = 125;
/// Where the last of many rows ends, and how high a row of few is at most.
const LOWEST: i32 = 800;
const HIGHEST: i32 = 130;

struct Bars<'a> {
    rows: Vec<(&'a str, &'a ColumnImportance)>,
    x: std::ops::Range<f64>,
    axis: String,
    title: String,
    legend: String,
}

/// Draws the columns, whose `names` are in the order of the importance; `score` is what the score is
/// called. `None` if a drop is no number for an axis.
pub(crate) fn draw(
    names: &[String],
    importance: &Importance,
    score: &str,
) -> Result<Option<Picture>, Failure> {
    let named = |column: usize| {
        let name = names.get(column).map_or("", String::as_str);
        (name, &importance.columns[column])
    };
    let order = importance.order();
    let rows: Vec<_> = order.iter().take(MOST_ROWS).copied().map(named).collect();
    let ends =
        |(_, of): &(&str, &ColumnImportance)| [of.mean - of.deviation, of.mean + of.deviation];
    let Some(x) = range(rows.iter().flat_map(ends).chain([0.0])) else {
        return Ok(None);
    };
    let title = match order.len() {
        n if n > rows.len() => format!("The {} most important of {n} columns", rows.len()),
        1 => "Importance of the column".to_owned(),
        n => format!("Importance of {n} columns"),
    };
    let repeats = importance.columns.first().map_or(0, |column| column.drops.len());
    let legend = match repeats {
        1 => "bar: the drop of one shuffling".to_owned(),
        n => format!("bar: mean of {n} shufflings;  line: standard deviation on either side"),
    };
    let axis =
        format!("drop of the {score} of {:.4}, when the column is shuffled", importance.score);
    picture(&Bars { rows, x, axis, title, legend }).map(Some)
}

impl Drawing for Bars<'_> {
    const NAME: &'static str = "the importance of columns";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let text = |size: i32| (FONT, size).into_font().color(&BLACK);
        let centred = Pos::new(HPos::Center, VPos::Center);
        area.draw(&Text::new(self.title.clone(), (600, 40), text(TITLE).pos(centred)))?;
        area.draw(&Text::new(self.legend.clone(), (600, 88), text(20).pos(centred)))?;
        let rows = self.rows.len().max(1) as i32;
        let height = ((LOWEST - TOP) / rows).min(HIGHEST);
        let bottom = TOP + rows * height;
        let span = self.x.end - self.x.start;
        let x =
            |v: f64| LEFT + ((v - self.x.start) / span * f64::from(RIGHT - LEFT)).round() as i32;
        let step = round_step(span / 6.0);
        let first = (self.x.start / step).ceil();
        for k in 0..=((self.x.end / step).floor() - first) as i32 {
            let v = (first + f64::from(k)) * step;
            area.draw(&PathElement::new([(x(v), TOP), (x(v), bottom)], BLACK.mix(0.12)))?;
            let style = text(TICK).pos(Pos::new(HPos::Center, VPos::Top));
            area.draw(&Text::new(tick(v, span), (x(v), bottom + 10), style))?;
        }
        let middle = ((LEFT + RIGHT) / 2, bottom + 62);
        area.draw(&Text::new(self.axis.clone(), middle, text(24).pos(centred)))?;
        for (k, (name, of)) in self.rows.iter().enumerate() {
            let y = TOP + k as i32 * height + height / 2;
            let half = (height * 3 / 10).clamp(1, 30);
            // Shuffled, the column does less harm than as it is: it misleads, or is noise.
            let colour = if of.mean < 0.0 { VERMILION } else { BLUE };
            let (left, right) = (x(of.mean.min(0.0)), x(of.mean.max(0.0)));
            let corners = [(left, y - half), (right, y + half)];
            area.draw(&Rectangle::new(corners, on_white(colour, 0.6).filled()))?;
            if of.deviation > 0.0 {
                let (low, high) = (x(of.mean - of.deviation), x(of.mean + of.deviation));
                let line = BLACK.stroke_width(2);
                area.draw(&PathElement::new([(low, y), (high, y)], line))?;
                for end in [low, high] {
                    let cap = [(end, y - half / 2), (end, y + half / 2)];
                    area.draw(&PathElement::new(cap, line))?;
                }
            }
            let style = text(20).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(short(name, 28), (LEFT - 14, y), style))?;
        }
        area.draw(&PathElement::new([(x(0.0), TOP), (x(0.0), bottom)], BLACK.stroke_width(2)))
    }
}

#[cfg(test)]
mod tests {
    use shallownet::{Columns, Error};

    use super::*;

    fn drawn(columns: usize, weight: impl Fn(usize) -> f64 + Sync) -> Option<Picture> {
        let raw: Vec<f64> = (0..10 * columns).map(|i| (i * i % 17) as f64).collect();
        // More is better where a column with a weight above 0 is in its order.
        let score = |x: Columns<'_, f64>| {
            let pairs = x.as_slice().iter().zip(&raw).enumerate();
            let products = pairs.map(|(i, (a, b))| weight(i % columns) * a * b);
            Ok::<_, Error>(products.sum())
        };
        let importance = Importance::of(Columns::new(&raw, columns).unwrap(), 5, 1, score).unwrap();
        let names: Vec<String> = (0..columns).map(|k| format!("column {k} <&>")).collect();
        draw(&names, &importance, "accuracy").unwrap()
    }

    #[test]
    fn the_most_important_columns_are_drawn_first() {
        let svg = drawn(30, |k| k as f64).unwrap().svg;
        assert!(svg.contains("The 20 most important of 30 columns"), "{svg}");
        assert!(svg.contains("bar: mean of 5 shufflings"));
        assert_eq!(svg.matches("column ").count() - 1, MOST_ROWS);
        let svg = drawn(3, |k| [1.0, 5.0, -1.0][k]).unwrap().svg;
        let at = |k: usize| svg.find(&format!("column {k}")).unwrap();
        assert!(at(1) < at(0) && at(0) < at(2));
    }

    #[test]
    fn there_is_no_axis_for_numbers_that_are_none() {
        assert!(drawn(2, |_| 1e200).is_none());
        // All drops 0: an axis, without bars.
        assert!(drawn(2, |_| 0.0).is_some());
    }
}
