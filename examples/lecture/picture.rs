//! Four panels of curves, as PNG and SVG.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;

const SIZE: (u32, u32) = (1600, 1200);
const FONT: &str = "sans-serif";
/// Okabe and Ito's colours, which the colour-blind can tell apart.
const COLOURS: [RGBColor; 4] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
];

/// One set of axes.
pub(crate) struct Panel {
    pub(crate) title: &'static str,
    /// Names of the axes, across and up.
    pub(crate) axes: (&'static str, &'static str),
    pub(crate) series: Vec<Series>,
}

/// One curve.
pub(crate) struct Series {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Series {
    pub(crate) fn new(name: &str, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.to_owned(), points }
    }
}

type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Writes `path`.png and `path`.svg.
pub(crate) fn write(path: &Path, panels: &[Panel; 4]) -> Result<(), Box<dyn Error>> {
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
        .map_err(|_| "the font can't be read")?;
    let mut pixels = vec![255; SIZE.0 as usize * SIZE.1 as usize * 3];
    let bitmap = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
    draw(&bitmap, panels)?;
    bitmap.present()?;
    drop(bitmap);
    let file = fs::File::create(path.with_extension("png"))?;
    let mut encoder = png::Encoder::new(file, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;

    let mut svg = String::new();
    let vector = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    draw(&vector, panels)?;
    vector.present()?;
    drop(vector);
    fs::write(path.with_extension("svg"), svg)?;
    println!("\nWrote {} and .svg", path.with_extension("png").display());
    Ok(())
}

fn draw<B: DrawingBackend>(area: &DrawingArea<B, Shift>, panels: &[Panel; 4]) -> Drawn<B> {
    area.fill(&WHITE)?;
    for (area, panel) in area.split_evenly((2, 2)).iter().zip(panels) {
        draw_panel(area, panel)?;
    }
    Ok(())
}

fn draw_panel<B: DrawingBackend>(area: &DrawingArea<B, Shift>, panel: &Panel) -> Drawn<B> {
    let points = || panel.series.iter().flat_map(|s| &s.points);
    let bounds = |f: fn(&(f64, f64)) -> f64| {
        points().map(f).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
    };
    let ((left, right), (low, high)) = (bounds(|p| p.0), bounds(|p| p.1));
    // Room above the curves for the legend.
    let (pad, head) = (0.04 * (high - low), 0.45 * (high - low));
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, (FONT, 30))
        .margin(20)
        .margin_right(48)
        .x_label_area_size(64)
        .y_label_area_size(100)
        .build_cartesian_2d(left..right, low - pad..high + head)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc(panel.axes.0)
        .y_desc(panel.axes.1)
        .x_labels(8)
        .y_labels(8)
        .x_label_formatter(&|v| number(*v))
        .y_label_formatter(&|v| number(*v))
        .label_style((FONT, 20))
        .axis_desc_style((FONT, 23))
        .draw()?;
    for (series, colour) in panel.series.iter().zip(COLOURS) {
        let line = LineSeries::new(series.points.iter().copied(), colour.stroke_width(3));
        chart
            .draw_series(line)?
            .label(&series.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 30, y)], colour.stroke_width(3)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .legend_area_size(40)
        .margin(10)
        .label_font((FONT, 21))
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()
}

/// One decimal, left out if it is 0; never -0.
fn number(value: f64) -> String {
    let value = (value * 10.0).round() / 10.0 + 0.0;
    format!("{value}")
}
