//! Cost or accuracy, iteration by iteration or epoch by epoch.

use plotters::prelude::*;

use super::axis::{range, tick};
use super::palette::{BLUE, VERMILION};
use super::picture::{Area, Drawing, Drawn, FONT, LABEL, Picture, TICK, TITLE, picture};
use crate::failure::Failure;
use crate::results::Point;

/// From this ratio of largest to smallest cost on, the axis is logarithmic.
const LOG_FROM: f64 = 20.0;

struct Curve<'a> {
    title: &'a str,
    x_name: &'a str,
    y_name: String,
    /// (iteration, cost) or (iteration, log10 cost): of training, of validation.
    series: [Vec<(f64, f64)>; 2],
    is_log: bool,
}

/// Draws the costs, each with the iteration it belongs to.
pub(crate) fn cost(costs: &[(usize, f64)]) -> Result<Picture, Failure> {
    let points = costs.iter().map(|&(i, cost)| (i as f64, cost)).collect();
    draw("Cost while training", ("iteration", "cost J"), [points, Vec::new()])
}

/// Draws what is known of the epochs, if anything is.
pub(crate) fn epochs(
    title: &str,
    y_name: &str,
    points: &[Point],
    (training, validation): Values<'_>,
) -> Result<Option<Picture>, Failure> {
    let of = |value: &dyn Fn(&Point) -> Option<f64>| -> Vec<(f64, f64)> {
        points.iter().filter_map(|p| Some((p.epoch as f64, value(p)?))).collect()
    };
    let series = [of(training), of(validation)];
    if series.iter().all(Vec::is_empty) {
        return Ok(None);
    }
    draw(title, ("epoch", y_name), series).map(Some)
}

/// What of an epoch is drawn: of training, of validation.
type Values<'a> = (&'a dyn Fn(&Point) -> Option<f64>, &'a dyn Fn(&Point) -> Option<f64>);

fn draw(
    title: &str,
    (x_name, y_name): (&str, &str),
    mut series: [Vec<(f64, f64)>; 2],
) -> Result<Picture, Failure> {
    let all = series.iter().flatten();
    let (low, high) = all.fold((f64::INFINITY, 0.0_f64), |(l, h), p| (l.min(p.1), h.max(p.1)));
    let is_log = low > 0.0 && high / low > LOG_FROM;
    if is_log {
        series.iter_mut().flatten().for_each(|p| p.1 = p.1.log10());
    }
    let y_name = if is_log { format!("{y_name} (logarithmic)") } else { y_name.to_owned() };
    picture(&Curve { title, x_name, y_name, series, is_log })
}

impl Drawing for Curve<'_> {
    const NAME: &'static str = "the cost curve";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let all = || self.series.iter().flatten();
        let last = all().map(|p| p.0).fold(1.0, f64::max);
        let first =
            if self.x_name == "epoch" { all().map(|p| p.0).fold(last, f64::min) } else { 0.0 };
        let first = if first < last { first } else { first - 1.0 };
        // A cost too large for an axis is drawn above its upper end.
        let mut y = range(all().map(|p| p.1)).unwrap_or(0.0..1.0);
        let is_cost = self.y_name.starts_with("cost");
        if is_cost && !self.is_log && all().all(|p| p.1 >= 0.0) {
            y.start = 0.0;
        }
        let span = y.end - y.start;
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, (FONT, TITLE))
            .margin(24)
            .margin_right(48)
            .x_label_area_size(80)
            .y_label_area_size(145)
            .build_cartesian_2d(first..last, y)?;
        let cost = |v: &f64| {
            if self.is_log { power_of_10(*v) } else { tick(*v, span) }
        };
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_desc(self.x_name)
            .y_desc(&self.y_name)
            .x_labels(8)
            .y_labels(8)
            .x_label_formatter(&|v| tick(*v, last))
            .y_label_formatter(&cost)
            .label_style((FONT, TICK))
            .axis_desc_style((FONT, LABEL))
            .draw()?;
        let [training, validation] = &self.series;
        let style = BLUE.stroke_width(3);
        let drawn = chart.draw_series(LineSeries::new(training.iter().copied(), style))?;
        if validation.is_empty() {
            return Ok(());
        }
        drawn
            .label("training")
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 40, y)], style));
        let style = VERMILION.stroke_width(3);
        let dashes = DashedLineSeries::new(validation.iter().copied(), 12, 8, style);
        chart.draw_series(dashes)?.label("validation").legend(move |(x, y)| {
            EmptyElement::at((x, y))
                + PathElement::new([(0, 0), (16, 0)], style)
                + PathElement::new([(24, 0), (40, 0)], style)
        });
        let at_top = if self.y_name.starts_with("cost") {
            SeriesLabelPosition::UpperRight
        } else {
            SeriesLabelPosition::LowerRight
        };
        chart
            .configure_series_labels()
            .position(at_top)
            .legend_area_size(50)
            .margin(20)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.3))
            .label_font((FONT, TICK))
            .draw()?;
        Ok(())
    }
}

/// 10^v with three digits.
fn power_of_10(v: f64) -> String {
    let value = 10_f64.powf(v);
    // `tick` gives two digits below those of the span, and drops zeros.
    tick(value, value / 10.0)
}

#[cfg(test)]
mod tests {
    use super::power_of_10;

    #[test]
    fn powers_have_three_digits() {
        let shown = [0.0, -0.5, -1.0, -2.5, 2.0, 7.0].map(power_of_10);
        assert_eq!(shown, ["1", "0.316", "0.1", "0.00316", "100", "1.00e7"]);
    }
}
