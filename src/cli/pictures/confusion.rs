//! The confusion matrix: which class was taken for which, shaded by the share of the actual class.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use shallownet::metrics::Confusion;

use super::axis::short;
use super::mistakes;
use super::palette::{BLUE, on_white};
use super::picture::{Area, Drawing, Drawn, FONT, LABEL, Picture, TICK, TITLE, picture};
use crate::failure::Failure;
use crate::tables;

/// Of more classes, cells have no room for numbers.
const MOST_NUMBERS: usize = 14;
/// Of more classes, the axes have no room for names.
const MOST_NAMES: usize = 24;
/// The matrix: its corner and its side, in pixels.
const LEFT: i32 = 230;
const TOP: i32 = 170;
const SIDE: i32 = 690;

struct Matrix<'a> {
    classes: &'a [String],
    counts: &'a [Vec<u64>],
    title: String,
}

/// Draws the counts, a row an actual class, of the `set` samples; of many classes, the pairs that
/// were mistaken most often.
pub(crate) fn draw(classes: &[String], counts: &Confusion, set: &str) -> Result<Picture, Failure> {
    let Some(rows) = tables::rows(counts) else {
        return mistakes::draw(classes, counts, set);
    };
    let title = format!("Confusion matrix of {} {set} samples", counts.samples());
    picture(&Matrix { classes, counts: &rows, title })
}

impl Drawing for Matrix<'_> {
    const NAME: &'static str = "the confusion matrix";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let text = |size: i32| (FONT, size).into_font().color(&BLACK);
        let at = |h, v| Pos::new(h, v);
        let middle = LEFT + SIDE / 2;
        let centred = at(HPos::Center, VPos::Center);
        area.draw(&Text::new(self.title.clone(), (600, 45), text(TITLE).pos(centred)))?;
        area.draw(&Text::new("predicted", (middle, TOP - 70), text(LABEL).pos(centred)))?;
        area.draw(&Text::new(
            "actual",
            (24, TOP + SIDE / 2),
            text(LABEL).pos(at(HPos::Left, VPos::Center)),
        ))?;
        let n = self.classes.len() as i32;
        let edge = |k: i32| k * SIDE / n;
        let size = (SIDE / n / 4).clamp(12, TICK);
        for (actual, row) in self.counts.iter().enumerate() {
            let total = row.iter().sum::<u64>().max(1) as f64;
            let (top, bottom) = (TOP + edge(actual as i32), TOP + edge(actual as i32 + 1));
            for (predicted, &count) in row.iter().enumerate() {
                let k = predicted as i32;
                let (left, right) = (LEFT + edge(k), LEFT + edge(k + 1));
                let share = count as f64 / total;
                let cell = [(left, top), (right, bottom)];
                area.draw(&Rectangle::new(cell, on_white(BLUE, share).filled()))?;
                area.draw(&Rectangle::new(cell, BLACK.mix(0.15)))?;
                if self.classes.len() <= MOST_NUMBERS {
                    let ink = if share > 0.5 { WHITE } else { BLACK };
                    let style = (FONT, size).into_font().color(&ink).pos(centred);
                    let centre = ((left + right) / 2, (top + bottom) / 2);
                    area.draw(&Text::new(count.to_string(), centre, style))?;
                }
            }
            if self.classes.len() <= MOST_NAMES {
                let length = (SIDE / n / 12).clamp(3, 12) as usize;
                let name = short(&self.classes[actual], 10);
                let style = text(size).pos(at(HPos::Right, VPos::Center));
                area.draw(&Text::new(name, (LEFT - 10, (top + bottom) / 2), style))?;
                let name = short(&self.classes[actual], length);
                let middle = LEFT + (edge(actual as i32) + edge(actual as i32 + 1)) / 2;
                area.draw(&Text::new(name, (middle, TOP - 22), text(size).pos(centred)))?;
            }
        }
        legend(area)
    }
}

/// The scale of the shades.
fn legend<B: DrawingBackend>(area: &Area<B>) -> Drawn<B> {
    const STEPS: i32 = 50;
    let (left, right, height) = (LEFT + SIDE + 50, LEFT + SIDE + 90, SIDE / 2);
    let style = (FONT, TICK).into_font().color(&BLACK);
    for step in 0..STEPS {
        let share = 1.0 - f64::from(step) / f64::from(STEPS - 1);
        let (top, bottom) =
            (TOP + 60 + step * height / STEPS, TOP + 60 + (step + 1) * height / STEPS);
        area.draw(&Rectangle::new([(left, top), (right, bottom)], on_white(BLUE, share).filled()))?;
    }
    area.draw(&Rectangle::new([(left, TOP + 60), (right, TOP + 60 + height)], BLACK.mix(0.4)))?;
    area.draw(&Text::new("share of the", (left, TOP - 10), style.clone()))?;
    area.draw(&Text::new("actual class", (left, TOP + 20), style.clone()))?;
    for (share, name) in [(0, "100 %"), (1, "50 %"), (2, "0 %")] {
        area.draw(&Text::new(name, (right + 10, TOP + 50 + share * height / 2), style.clone()))?;
    }
    Ok(())
}
