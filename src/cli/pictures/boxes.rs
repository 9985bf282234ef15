//! A cross-validation as a box plot: a candidate a row, the best first.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{range, round_step, short, tick};
use super::palette::{BLUE, VERMILION, on_white};
use super::picture::{Area, Drawing, Drawn, FONT, LABEL, Picture, TICK, TITLE, picture};
use crate::failure::Failure;

/// Rows that there is room for.
const MOST_ROWS: usize = 16;
const LEFT: i32 = 430;
const RIGHT: i32 = 1160;
const TOP: i32 = 120;
const BOTTOM: i32 = 800;

/// A candidate and its scores, one a fold.
pub(crate) type Row = (String, Vec<f64>);

struct Boxes<'a> {
    rows: &'a [Row],
    x: std::ops::Range<f64>,
    axis: &'a str,
    title: String,
}

/// Draws candidates, of which the first is the best; `None` if a score is no number for an axis.
pub(crate) fn draw(rows: &[Row], axis: &str, folds: usize) -> Result<Option<Picture>, Failure> {
    let shown = &rows[..rows.len().min(MOST_ROWS)];
    let Some(x) = range(shown.iter().flat_map(|row| row.1.iter().copied())) else {
        return Ok(None);
    };
    let which = match rows.len() {
        n if n == shown.len() => format!("{n} candidates"),
        n => format!("the best {} of {n} candidates", shown.len()),
    };
    let title = format!("Cross-validation of {which}, {folds} folds");
    picture(&Boxes { rows: shown, x, axis, title }).map(Some)
}

/// The value below which a share of the sorted values lies, interpolated between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * part
}

impl Drawing for Boxes<'_> {
    const NAME: &'static str = "the box plot";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let text = |size: i32| (FONT, size).into_font().color(&BLACK);
        let anchor = Pos::new;
        area.draw(&Text::new(
            self.title.clone(),
            (600, 40),
            text(TITLE).pos(anchor(HPos::Center, VPos::Center)),
        ))?;
        let span = self.x.end - self.x.start;
        let x =
            |v: f64| LEFT + ((v - self.x.start) / span * f64::from(RIGHT - LEFT)).round() as i32;
        let step = round_step(span / 6.0);
        let first = (self.x.start / step).ceil();
        for k in 0..=((self.x.end / step).floor() - first) as i32 {
            let v = (first + f64::from(k)) * step;
            area.draw(&PathElement::new([(x(v), TOP), (x(v), BOTTOM)], BLACK.mix(0.12)))?;
            let style = text(TICK).pos(anchor(HPos::Center, VPos::Top));
            area.draw(&Text::new(tick(v, span), (x(v), BOTTOM + 10), style))?;
        }
        let middle = (LEFT + RIGHT) / 2;
        area.draw(&Text::new(
            self.axis.to_owned(),
            (middle, BOTTOM + 60),
            text(LABEL).pos(anchor(HPos::Center, VPos::Center)),
        ))?;
        let height = ((BOTTOM - TOP) / self.rows.len() as i32).min(110);
        for (k, (name, scores)) in self.rows.iter().enumerate() {
            let y = TOP + k as i32 * height + height / 2;
            let colour = if k == 0 { VERMILION } else { BLUE };
            let mut sorted = scores.clone();
            sorted.sort_by(f64::total_cmp);
            let [low, q1, median, q3, high] =
                [0.0, 0.25, 0.5, 0.75, 1.0].map(|s| x(quantile(&sorted, s)));
            let half = (height / 4).min(20);
            let line = colour.stroke_width(2);
            area.draw(&PathElement::new([(low, y), (high, y)], line))?;
            for end in [low, high] {
                area.draw(&PathElement::new([(end, y - half / 2), (end, y + half / 2)], line))?;
            }
            let corners = [(q1, y - half), (q3, y + half)];
            area.draw(&Rectangle::new(corners, on_white(colour, 0.3).filled()))?;
            area.draw(&Rectangle::new(corners, line))?;
            area.draw(&PathElement::new(
                [(median, y - half), (median, y + half)],
                colour.stroke_width(5),
            ))?;
            for &score in scores {
                area.draw(&Circle::new((x(score), y), 4, BLACK.filled()))?;
            }
            let style = text(18).pos(anchor(HPos::Right, VPos::Center));
            area.draw(&Text::new(short(name, 44), (LEFT - 14, y), style))?;
        }
        for (left, colour, name) in [(LEFT, VERMILION, "best mean"), (LEFT + 170, BLUE, "other")] {
            area.draw(&Rectangle::new(
                [(left, 74), (left + 24, 98)],
                on_white(colour, 0.3).filled(),
            ))?;
            area.draw(&Rectangle::new([(left, 74), (left + 24, 98)], colour.stroke_width(2)))?;
            area.draw(&Text::new(name, (left + 32, 74), text(20)))?;
        }
        area.draw(&Circle::new((LEFT + 290, 86), 4, BLACK.filled()))?;
        area.draw(&Text::new("a fold;  box: quartiles;  thick: median", (LEFT + 304, 74), text(20)))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn quantiles_lie_between_neighbours() {
        let of = |share| super::quantile(&[1.0, 2.0, 4.0, 8.0, 16.0], share);
        assert_eq!([of(0.0), of(0.25), of(0.5), of(0.9), of(1.0)], [1.0, 2.0, 4.0, 12.8, 16.0]);
        assert_eq!(super::quantile(&[3.0], 0.75), 3.0);
    }
}
