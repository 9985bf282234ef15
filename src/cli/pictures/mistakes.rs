//! The pairs of classes mistaken most often, where there are too many classes for a matrix: a bar a
//! pair.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use shallownet::metrics::Confusion;

use super::axis::short;
use super::palette::{BLUE, on_white};
use super::picture::{Area, Drawing, Drawn, FONT, LABEL, Picture, TICK, TITLE, picture};
use crate::failure::Failure;

/// Pairs that there is room for.
const MOST_PAIRS: usize = 20;
/// Where the bars are.
const LEFT: i32 = 520;
const RIGHT: i32 = 980;
const TOP: i32 = 150;
const BOTTOM: i32 = 830;

struct Mistakes {
    title: String,
    subtitle: String,
    /// The pair by name, its samples, and the samples of its actual class.
    pairs: Vec<(String, u64, u64)>,
}

/// Draws the pairs of `counts` that were mistaken most often.
pub(super) fn draw(classes: &[String], counts: &Confusion, set: &str) -> Result<Picture, Failure> {
    let all = counts.mistakes();
    let pair = |&(actual, predicted, count): &(usize, usize, u64)| {
        let [actual_name, name] = [actual, predicted].map(|k| short(&classes[k], 14));
        (format!("{actual_name} as {name}"), count, counts.actual(actual))
    };
    let pairs: Vec<_> = all.iter().take(MOST_PAIRS).map(pair).collect();
    let (samples, n) = (counts.samples(), counts.classes());
    let title = format!("Mistakes among {n} classes, {samples} {set} samples");
    let right = 100.0 * counts.accuracy();
    let subtitle = match all.len() {
        0 => "no sample was taken for another class".to_owned(),
        pairs if pairs <= MOST_PAIRS => format!("{right:.2} % right; every pair mistaken"),
        pairs => format!("{right:.2} % right; the {MOST_PAIRS} most frequent of {pairs} pairs"),
    };
    picture(&Mistakes { title, subtitle, pairs })
}

impl Drawing for Mistakes {
    const NAME: &'static str = "the confusion matrix";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let text = |size: i32| (FONT, size).into_font().color(&BLACK);
        let centred = Pos::new(HPos::Center, VPos::Center);
        area.draw(&Text::new(self.title.clone(), (600, 45), text(TITLE).pos(centred)))?;
        area.draw(&Text::new(self.subtitle.clone(), (600, 92), text(LABEL).pos(centred)))?;
        if self.pairs.is_empty() {
            return Ok(());
        }
        let right = Pos::new(HPos::Right, VPos::Center);
        let left = Pos::new(HPos::Left, VPos::Center);
        area.draw(&Text::new(
            "actual class as predicted",
            (LEFT - 14, TOP - 18),
            text(20).pos(right),
        ))?;
        let note = "samples (share of the actual class)";
        area.draw(&Text::new(note, (LEFT, TOP - 18), text(20).pos(left)))?;
        let most = self.pairs.iter().map(|pair| pair.1).max().unwrap_or(1) as f64;
        let height = ((BOTTOM - TOP) / self.pairs.len() as i32).min(60);
        for (k, (name, count, of_class)) in self.pairs.iter().enumerate() {
            let y = TOP + k as i32 * height + height / 2;
            let length = (*count as f64 / most * f64::from(RIGHT - LEFT)).round() as i32;
            let bar = [(LEFT, y - height / 3), (LEFT + length.max(2), y + height / 3)];
            area.draw(&Rectangle::new(bar, on_white(BLUE, 0.6).filled()))?;
            area.draw(&Text::new(name.clone(), (LEFT - 14, y), text(TICK).pos(right)))?;
            let share = 100.0 * *count as f64 / (*of_class).max(1) as f64;
            let number = format!("{count} ({share:.0} %)");
            let at = (LEFT + length.max(2) + 10, y);
            area.draw(&Text::new(number, at, text(TICK).pos(left)))?;
        }
        Ok(())
    }
}
