//! The decision boundary of a network with two features: the class of every point of the plane,
//! and the samples on it.

use plotters::prelude::*;
use shallownet::Scalar;
use shallownet::io::model::Model;

use super::axis::{range, short, tick};
use super::picture::{Area, Drawing, Drawn, FONT, LABEL, Picture, TICK, TITLE, picture};
use crate::data::{Data, Prepared};
use crate::failure::Failure;
use crate::scores;

/// The network predicts at this many points across and down: one every other pixel.
const COLUMNS: usize = 450;
const ROWS: usize = 380;
/// More points would hide one another, and weigh down the SVG.
const MOST_POINTS: usize = 4000;
/// Classes named in the legend.
const MOST_NAMES: usize = 16;
const LEGEND_WIDTH: u32 = 210;

/// Okabe and Ito's colours, which the colour-blind can tell apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x55, 0x55, 0x55),
];

fn colour(class: usize) -> RGBColor {
    COLOURS[class % COLOURS.len()]
}

/// The colour of a class's region: its own, a quarter of it on white.
fn light(class: usize) -> RGBColor {
    let RGBColor(r, g, b) = colour(class);
    let lighten = |v: u8| 255 - (255 - v) / 4;
    RGBColor(lighten(r), lighten(g), lighten(b))
}

struct Boundary {
    x: std::ops::Range<f64>,
    y: std::ops::Range<f64>,
    axes: [String; 2],
    title: String,
    classes: Vec<String>,
    /// The class of every cell of the plane, row by row from below.
    cells: Vec<usize>,
    /// The samples, with their classes.
    points: Vec<(f64, f64, usize)>,
}

/// Draws what the model makes of the plane that the samples in `rows` lie in; `None` for other than
/// two features, both of them numbers, for models without classes, and for features too large for
/// axes.
pub(crate) fn draw<T: Scalar>(
    model: &Model<T>,
    data: &Data,
    rows: &[usize],
) -> Result<Option<Picture>, Failure> {
    let are_numbers = data.width == 2 && (0..2).all(|column| !data.is_category(column));
    if !are_numbers || model.classes.is_empty() {
        return Ok(None);
    }
    let is_whole = |row: &&usize| data.row(**row).iter().all(|v| !v.is_nan());
    let rows: Vec<usize> = rows.iter().filter(is_whole).copied().collect();
    let axis = |feature: usize| range(rows.iter().map(|&row| data.row(row)[feature]));
    let (Some(x), Some(y)) = (axis(0), axis(1)) else {
        return Ok(None);
    };
    let name = |feature: usize| match &model.pipeline.features {
        Some(names) => short(&names[feature], 48),
        None => format!("feature {}", feature + 1),
    };
    let every = rows.len().div_ceil(MOST_POINTS);
    let point = |&row: &usize| (data.row(row)[0], data.row(row)[1], data.labels().of_row[row]);
    let points: Vec<_> = rows.iter().step_by(every).map(point).collect();
    let shown = match every {
        1 => format!("{} training samples", rows.len()),
        _ => format!("{} of {} training samples", points.len(), rows.len()),
    };
    let boundary = Boundary {
        cells: cells(model, &x, &y)?,
        x,
        y,
        axes: [name(0), name(1)],
        title: format!("Decision boundary and {shown}"),
        classes: model.classes.clone(),
        points,
    };
    picture(&boundary).map(Some)
}

fn cells<T: Scalar>(
    model: &Model<T>,
    x: &std::ops::Range<f64>,
    y: &std::ops::Range<f64>,
) -> Result<Vec<usize>, Failure> {
    let mut plane = Vec::with_capacity(2 * COLUMNS * ROWS);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            plane.push(between(x, column as f64 + 0.5, COLUMNS));
            plane.push(between(y, row as f64 + 0.5, ROWS));
        }
    }
    let mut inputs = vec![0.0; COLUMNS * ROWS * model.network.inputs()];
    Prepared::of(model).pipeline.apply(&plane, &mut inputs)?;
    let plane: Vec<T> = inputs.iter().map(|&v| T::from_f64(v)).collect();
    Ok(scores::classes(&model.network, &plane)?)
}

fn between(range: &std::ops::Range<f64>, step: f64, steps: usize) -> f64 {
    range.start + (range.end - range.start) * step / steps as f64
}

impl Drawing for Boundary {
    const NAME: &'static str = "the decision boundary";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let (width, _) = area.dim_in_pixel();
        let (plane, legend) = area.split_horizontally(width - LEGEND_WIDTH);
        let mut chart = ChartBuilder::on(&plane)
            .caption(&self.title, (FONT, TITLE))
            .margin(24)
            .x_label_area_size(80)
            .y_label_area_size(145)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        chart.draw_series(self.regions())?;
        let (x_span, y_span) = (self.x.end - self.x.start, self.y.end - self.y.start);
        chart
            .configure_mesh()
            .disable_mesh()
            .x_desc(&self.axes[0])
            .y_desc(&self.axes[1])
            .x_labels(8)
            .y_labels(8)
            .x_label_formatter(&|v| tick(*v, x_span))
            .y_label_formatter(&|v| tick(*v, y_span))
            .label_style((FONT, TICK))
            .axis_desc_style((FONT, LABEL))
            .draw()?;
        for &(x, y, class) in &self.points {
            mark(chart.plotting_area(), (x, y), class)?;
        }
        self.legend(&legend)
    }
}

impl Boundary {
    /// Runs of cells of one class as rectangles. Each reaches into the row above, which is drawn
    /// after it, so that no seam shows between rows.
    fn regions(&self) -> Vec<Rectangle<(f64, f64)>> {
        let mut regions = Vec::new();
        for (row, cells) in self.cells.chunks(COLUMNS).enumerate() {
            let mut start = 0;
            for run in cells.chunk_by(|a, b| a == b) {
                let (left, right) = (start, start + run.len());
                let corner = |column: usize, row: usize| {
                    let y = between(&self.y, row.min(ROWS) as f64, ROWS);
                    (between(&self.x, column as f64, COLUMNS), y)
                };
                let style = light(run[0]).filled();
                regions.push(Rectangle::new([corner(left, row), corner(right, row + 2)], style));
                start = right;
            }
        }
        regions
    }

    fn legend<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let style = (FONT, TICK).into_font().color(&BLACK);
        let mut y = 90;
        area.draw(&Text::new("class", (8, y - 12), (FONT, LABEL).into_font().color(&BLACK)))?;
        for (class, name) in self.classes.iter().take(MOST_NAMES).enumerate() {
            y += 42;
            let swatch = [(8, y - 14), (40, y + 14)];
            area.draw(&Rectangle::new(swatch, light(class).filled()))?;
            mark(area, (24, y), class)?;
            area.draw(&Text::new(short(name, 12), (50, y - 8), style.clone()))?;
        }
        if self.classes.len() > MOST_NAMES {
            let more = format!("and {} more", self.classes.len() - MOST_NAMES);
            area.draw(&Text::new(more, (8, y + 30), style))?;
        }
        Ok(())
    }
}

/// A sample: the shape tells the class, too.
fn mark<B, C>(area: &DrawingArea<B, C>, at: C::From, class: usize) -> Drawn<B>
where
    B: DrawingBackend,
    C: CoordTranslate,
    C::From: Clone + 'static,
{
    let colour = colour(class).filled();
    match class % 4 {
        0 => area.draw(&Circle::new(at, 6, colour)),
        1 => area.draw(&TriangleMarker::new(at, 8, colour)),
        2 => area.draw(&(EmptyElement::at(at) + Rectangle::new([(-5, -5), (5, 5)], colour))),
        _ => area.draw(&Cross::new(at, 6, colour.stroke_width(3))),
    }
}
