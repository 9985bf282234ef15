//! Whether probabilities can be believed: what was predicted beside what happened, bin by bin.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use shallownet::metrics::{Bin, Reliability};

use super::palette::{BLUE, VERMILION, on_white};
use super::picture::{Area, Drawing, Drawn, FONT, LABEL, Picture, TICK, TITLE, picture};
use crate::failure::Failure;

/// The diagram: its corners, in pixels.
const LEFT: i32 = 180;
const RIGHT: i32 = 790;
const TOP: i32 = 110;
const BOTTOM: i32 = 650;
/// The histogram below it.
const FLOOR: i32 = 790;
const HEIGHT: i32 = 100;
/// The radius of a bin that has all samples, in pixels; of one that has hardly any.
const MOST: f64 = 34.0;
const LEAST: f64 = 4.0;
/// Standard errors on either side that 95 % of a normal distribution lie within.
const WIDE: f64 = 1.96;

struct Diagram<'a> {
    reliability: &'a Reliability,
    title: String,
    /// What lies along the axes.
    names: [&'static str; 2],
    numbers: [String; 2],
}

/// Draws the bins of the `set` samples, with the Brier score. `outputs` says whether probabilities
/// are those of class 1 (one output) or of the predicted class (several).
pub(crate) fn draw(
    reliability: &Reliability,
    brier: f64,
    outputs: usize,
    set: &str,
) -> Result<Picture, Failure> {
    let title = format!("Reliability of {} {set} samples", reliability.samples());
    let names = match outputs {
        1 => ["predicted probability of the second class", "observed share of the second class"],
        _ => ["predicted probability of the likeliest class", "share that was predicted rightly"],
    };
    let error = reliability.expected_calibration_error();
    let numbers = [format!("Brier score  {brier:.4}"), format!("ECE  {error:.4}")];
    picture(&Diagram { reliability, title, names, numbers })
}

fn x(share: f64) -> i32 {
    LEFT + (share * f64::from(RIGHT - LEFT)).round() as i32
}

fn y(share: f64) -> i32 {
    BOTTOM - (share * f64::from(BOTTOM - TOP)).round() as i32
}

/// The radius of a bin: its area is proportional to its samples, but that it can be seen.
fn radius(samples: u64, all: u64) -> i32 {
    ((samples as f64 / all as f64).sqrt() * MOST).max(LEAST).round() as i32
}

/// Between which shares the true one lies, with 95 % (Wilson 1927): by the observed share alone, a
/// bin of one sample would look certain.
fn interval(bin: &Bin) -> (f64, f64) {
    let (n, p) = (bin.samples as f64, bin.observed);
    let middle = (p + WIDE * WIDE / (2.0 * n)) / (1.0 + WIDE * WIDE / n);
    let variance = p * (1.0 - p) / n + WIDE * WIDE / (4.0 * n * n);
    let half = WIDE / (1.0 + WIDE * WIDE / n) * variance.sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

impl Drawing for Diagram<'_> {
    const NAME: &'static str = "the reliability diagram";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let text = |size: i32| (FONT, size).into_font().color(&BLACK);
        let centred = Pos::new(HPos::Center, VPos::Center);
        area.draw(&Text::new(self.title.clone(), (600, 45), text(TITLE).pos(centred)))?;
        self.axes(area)?;
        dashes(area)?;
        self.bins(area)?;
        self.histogram(area)?;
        self.legend(area)
    }
}

impl Diagram<'_> {
    fn axes<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let text = |size: i32| (FONT, size).into_font().color(&BLACK);
        let centred = Pos::new(HPos::Center, VPos::Center);
        for k in 0..=5 {
            let share = f64::from(k) / 5.0;
            let light = BLACK.mix(0.12);
            area.draw(&PathElement::new([(x(share), TOP), (x(share), FLOOR)], light))?;
            area.draw(&PathElement::new([(LEFT, y(share)), (RIGHT, y(share))], light))?;
            let name = format!("{share:.1}");
            let style = text(TICK).pos(Pos::new(HPos::Center, VPos::Top));
            area.draw(&Text::new(name.clone(), (x(share), FLOOR + 12), style))?;
            let style = text(TICK).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(name, (LEFT - 14, y(share)), style))?;
        }
        let middle = ((LEFT + RIGHT) / 2, FLOOR + 70);
        area.draw(&Text::new(self.names[0], middle, text(LABEL).pos(centred)))?;
        let upright = (FONT, LABEL).into_font().transform(FontTransform::Rotate270);
        let style = upright.color(&BLACK).pos(centred);
        area.draw(&Text::new(self.names[1], (60, (TOP + BOTTOM) / 2), style))
    }

    fn bins<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let bins = self.reliability.bins();
        let at = |bin: &Bin| (x(bin.mean_predicted), y(bin.observed));
        for bin in bins {
            let (low, high) = interval(bin);
            let column = x(bin.mean_predicted);
            let line = BLUE.mix(0.6).stroke_width(2);
            area.draw(&PathElement::new([(column, y(low)), (column, y(high))], line))?;
            for end in [low, high] {
                let ends = [(column - 6, y(end)), (column + 6, y(end))];
                area.draw(&PathElement::new(ends, line))?;
            }
        }
        let path: Vec<_> = bins.iter().map(at).collect();
        area.draw(&PathElement::new(path, BLUE.stroke_width(3)))?;
        for bin in bins {
            let radius = radius(bin.samples, self.reliability.samples());
            area.draw(&Circle::new(at(bin), radius, BLUE.mix(0.45).filled()))?;
            area.draw(&Circle::new(at(bin), radius, BLUE.stroke_width(2)))?;
        }
        Ok(())
    }

    /// How many samples were predicted how; the tallest bar is as high as there is room.
    fn histogram<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let bins = self.reliability.bins();
        let tallest = bins.iter().map(|bin| bin.samples).max().unwrap_or(1);
        let text = |size: i32| (FONT, size).into_font().color(&BLACK);
        for bin in bins {
            let height = (bin.samples as f64 / tallest as f64 * f64::from(HEIGHT)).ceil() as i32;
            let corners = [(x(bin.from) + 1, FLOOR - height), (x(bin.to) - 1, FLOOR)];
            area.draw(&Rectangle::new(corners, on_white(BLUE, 0.45).filled()))?;
        }
        area.draw(&PathElement::new([(LEFT, FLOOR), (RIGHT, FLOOR)], BLACK.mix(0.5)))?;
        let right = |v| Pos::new(HPos::Right, v);
        let style = text(TICK).pos(right(VPos::Center));
        area.draw(&Text::new(tallest.to_string(), (LEFT - 14, FLOOR - HEIGHT), style.clone()))?;
        area.draw(&Text::new("0", (LEFT - 14, FLOOR), style))?;
        let upright = (FONT, LABEL).into_font().transform(FontTransform::Rotate270);
        let centred = Pos::new(HPos::Center, VPos::Center);
        let middle = (60, FLOOR - HEIGHT / 2);
        area.draw(&Text::new("samples", middle, upright.color(&BLACK).pos(centred)))
    }

    fn legend<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let text = |size: i32| (FONT, size).into_font().color(&BLACK);
        let beside = RIGHT + 50;
        for (k, number) in self.numbers.iter().enumerate() {
            let place = (beside, TOP + k as i32 * 44);
            area.draw(&Text::new(number.clone(), place, text(LABEL)))?;
        }
        let row = |k: i32| TOP + 160 + k * 62;
        let (from, to, name) = (beside, beside + 44, beside + 62);
        let words = |row: i32, lines: &[&'static str]| -> Drawn<B> {
            let left = text(20).pos(Pos::new(HPos::Left, VPos::Center));
            let first = row - 13 * (lines.len() as i32 - 1);
            for (k, line) in lines.iter().enumerate() {
                area.draw(&Text::new(*line, (name, first + 26 * k as i32), left.clone()))?;
            }
            Ok(())
        };
        for k in 0..2 {
            let ends = [(from + 24 * k, row(0)), (from + 24 * k + 16, row(0))];
            area.draw(&PathElement::new(ends, VERMILION.stroke_width(3)))?;
        }
        words(row(0), &["as reliable as can be"])?;
        let middle = ((from + to) / 2, row(1));
        area.draw(&Circle::new(middle, 16, BLUE.mix(0.45).filled()))?;
        area.draw(&Circle::new(middle, 16, BLUE.stroke_width(2)))?;
        words(row(1), &["a bin, its area", "by its samples"])?;
        let column = (from + to) / 2;
        let line = BLUE.mix(0.6).stroke_width(2);
        area.draw(&PathElement::new([(column, row(2) - 20), (column, row(2) + 20)], line))?;
        for end in [row(2) - 20, row(2) + 20] {
            area.draw(&PathElement::new([(column - 6, end), (column + 6, end)], line))?;
        }
        words(row(2), &["95 % confidence", "interval of the share"])
    }
}

/// The diagonal, on which predicted and observed are the same.
fn dashes<B: DrawingBackend>(area: &Area<B>) -> Drawn<B> {
    const DASHES: i32 = 24;
    for k in 0..DASHES {
        let [from, to] = [0.0, 0.6].map(|part| (f64::from(k) + part) / f64::from(DASHES));
        let ends = [(x(from), y(from)), (x(to), y(to))];
        area.draw(&PathElement::new(ends, VERMILION.stroke_width(3)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use shallownet::Columns;

    use super::*;

    fn reliability(p: &[f64], y: &[f64]) -> Reliability {
        Reliability::of(Columns::new(p, 1).unwrap(), Columns::new(y, 1).unwrap()).unwrap()
    }

    #[test]
    fn the_numbers_are_in_the_picture() {
        let (p, y) = ([0.1, 0.2, 0.2, 0.9], [0.0, 0.0, 1.0, 1.0]);
        let drawn = draw(&reliability(&p, &y), 0.175, 1, "held-out").unwrap();
        for text in ["Reliability of 4 held-out samples", "Brier score  0.1750", "ECE  0.2000"] {
            assert!(drawn.svg.contains(text), "{text}");
        }
        assert!(drawn.svg.contains("observed share of the second class"));
        let several = draw(&reliability(&p, &y), 0.175, 3, "held-out").unwrap();
        assert!(several.svg.contains("share that was predicted rightly"));
        // One bin: no line between bins, and no less a picture.
        draw(&reliability(&[0.5], &[1.0]), 0.25, 1, "held-out").unwrap();
    }

    #[test]
    fn intervals_are_those_of_wilson() {
        // Of 4 of 10: 0.1682 to 0.6873; of 0 of 10: 0 to 0.2775 (R, `binom::binom.wilson`).
        let of = |hits: usize| {
            let y: Vec<f64> = (0..10).map(|k| f64::from(u8::from(k < hits))).collect();
            interval(&reliability(&[0.45; 10], &y).bins()[0])
        };
        let near = |(a, b): (f64, f64), (c, d): (f64, f64)| {
            assert!((a - c).abs() < 1e-4 && (b - d).abs() < 1e-4, "{a} {b}");
        };
        near(of(4), (0.1682, 0.6873));
        near(of(0), (0.0, 0.2775));
    }

    #[test]
    fn areas_are_as_the_samples() {
        let ratio = f64::from(radius(1000, 1000)) / f64::from(radius(250, 1000));
        assert!((ratio - 2.0).abs() < 0.1, "{ratio}");
        assert_eq!(radius(1, 1_000_000), 4);
    }
}
