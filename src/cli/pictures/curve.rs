//! The cost, iteration by iteration.

use plotters::prelude::*;

use super::{Area, Drawing, Drawn, FONT, LABEL, Picture, TICK, TITLE, picture, range, tick};
use crate::failure::Failure;

/// From this ratio of largest to smallest cost on, the axis is logarithmic.
const LOG_FROM: f64 = 20.0;

struct Curve {
    /// (iteration, cost) or (iteration, log10 cost).
    points: Vec<(f64, f64)>,
    is_log: bool,
}

/// Draws the costs, each with the iteration it belongs to.
pub(crate) fn draw(costs: &[(usize, f64)]) -> Result<Picture, Failure> {
    let (low, high) =
        costs.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), c| (l.min(c.1), h.max(c.1)));
    let is_log = low > 0.0 && high / low > LOG_FROM;
    let y = |cost: f64| if is_log { cost.log10() } else { cost };
    picture(&Curve { points: costs.iter().map(|&(i, c)| (i as f64, y(c))).collect(), is_log })
}

impl Drawing for Curve {
    const NAME: &'static str = "the cost curve";

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        area.fill(&WHITE)?;
        let last = self.points.last().map_or(1.0, |p| p.0);
        // A cost too large for an axis is drawn above its upper end.
        let mut y = range(self.points.iter().map(|p| p.1)).unwrap_or(0.0..1.0);
        if !self.is_log && self.points.iter().all(|p| p.1 >= 0.0) {
            y.start = 0.0;
        }
        let span = y.end - y.start;
        let mut chart = ChartBuilder::on(area)
            .caption("Cost while training", (FONT, TITLE))
            .margin(24)
            .margin_right(48)
            .x_label_area_size(80)
            .y_label_area_size(145)
            .build_cartesian_2d(0.0..last, y)?;
        let name = if self.is_log { "cost J (logarithmic)" } else { "cost J" };
        let cost = |v: &f64| {
            if self.is_log { power_of_10(*v) } else { tick(*v, span) }
        };
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_desc("iteration")
            .y_desc(name)
            .x_labels(8)
            .y_labels(8)
            .x_label_formatter(&|v| tick(*v, last))
            .y_label_formatter(&cost)
            .label_style((FONT, TICK))
            .axis_desc_style((FONT, LABEL))
            .draw()?;
        let style = RGBColor(0x00, 0x72, 0xb2).stroke_width(3);
        chart.draw_series(LineSeries::new(self.points.iter().copied(), style))?;
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
