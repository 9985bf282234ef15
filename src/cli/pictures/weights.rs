//! The first layer's weights, each unit's as an image of the input's size.

use plotters::prelude::*;
use shallownet::{Network, Scalar};

use super::palette::{BLUE, VERMILION, on_white};
use super::picture::{Area, Drawing, Drawn, FONT, Picture, TICK, TITLE, picture};
use crate::failure::Failure;

/// Units shown, across and down: more would be too small, and make the SVG large.
const ACROSS: usize = 7;
const DOWN: usize = 5;
/// Shades of each colour: neighbours of one shade are one rectangle.
const SHADES: f64 = 12.0;
/// Where the images are.
const LEFT: i32 = 30;
const TOP: i32 = 80;
const WIDTH: i32 = 1000;
const HEIGHT: i32 = 800;

struct Weights {
    /// Of the units shown, one after another, row by row of the image.
    w: Vec<f64>,
    size: (usize, usize),
    /// The weight with the full colour.
    most: f64,
    title: String,
}

/// Draws the weights of images of this width and height.
pub(crate) fn draw<T: Scalar>(
    network: &Network<T>,
    size: (usize, usize),
) -> Result<Picture, Failure> {
    let units = network.layers().first().map_or(0, |layer| layer.units);
    let shown = units.min(ACROSS * DOWN);
    let w: Vec<f64> =
        network.weights(0)?[..shown * size.0 * size.1].iter().map(|w| w.to_f64()).collect();
    let mut sizes: Vec<f64> = w.iter().map(|w| w.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    // A few large weights would leave the others pale.
    let most = sizes[(sizes.len() - 1) * 99 / 100].max(f64::MIN_POSITIVE);
    let title = match units {
        _ if units == shown => format!("First layer: the weights of its {units} units"),
        _ => format!("First layer: the weights of {shown} of its {units} units"),
    };
    picture(&Weights { w, size, most, title })
}

impl Weights {
    /// From -1 to 1, in shades.
    fn shade(&self, w: f64) -> f64 {
        (w / self.most * SHADES).round().clamp(-SHADES, SHADES) / SHADES
    }
}

fn colour(shade: f64) -> RGBColor {
    on_white(if shade < 0.0 { BLUE } else { VERMILION }, shade.abs())
}

impl Drawing for Weights {
    const NAME: &'static str = "the weights";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let style = (FONT, TITLE).into_font().color(&BLACK);
        area.draw(&Text::new(self.title.clone(), (LEFT, 25), style))?;
        let (width, height) = self.size;
        let (cell_w, cell_h) = (WIDTH / ACROSS as i32, HEIGHT / DOWN as i32);
        let pixel =
            (f64::from(cell_w - 10) / width as f64).min(f64::from(cell_h - 10) / height as f64);
        let at = |origin: i32, k: usize| origin + (k as f64 * pixel).round() as i32;
        for (unit, image) in self.w.chunks(width * height).enumerate() {
            let left = LEFT + (unit % ACROSS) as i32 * cell_w;
            let top = TOP + (unit / ACROSS) as i32 * cell_h;
            for (y, row) in image.chunks(width).enumerate() {
                let shades: Vec<f64> = row.iter().map(|&w| self.shade(w)).collect();
                let mut x = 0;
                for run in shades.chunk_by(|a, b| a == b) {
                    let corners =
                        [(at(left, x), at(top, y)), (at(left, x + run.len()), at(top, y + 1))];
                    x += run.len();
                    if run[0] != 0.0 {
                        area.draw(&Rectangle::new(corners, colour(run[0]).filled()))?;
                    }
                }
            }
            let frame = [(left, top), (at(left, width), at(top, height))];
            area.draw(&Rectangle::new(frame, BLACK.mix(0.3)))?;
        }
        self.legend(area)
    }
}

impl Weights {
    fn legend<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let (left, top, step) = (LEFT + WIDTH + 20, TOP + 40, 16);
        let style = (FONT, TICK).into_font().color(&BLACK);
        area.draw(&Text::new("weight", (left, TOP), style.clone()))?;
        let shades = SHADES as i32;
        for k in 0..=2 * shades {
            let y = top + k * step;
            let shade = 1.0 - f64::from(k) / SHADES;
            area.draw(&Rectangle::new([(left, y), (left + 30, y + step)], colour(shade).filled()))?;
            if k % shades == 0 {
                let text = format!("{:+.2}", shade * self.most).replace("+0.00", "0");
                area.draw(&Text::new(text, (left + 38, y - 2), style.clone()))?;
            }
        }
        let frame = [(left, top), (left + 30, top + (2 * shades + 1) * step)];
        area.draw(&Rectangle::new(frame, BLACK.mix(0.4)))
    }
}
