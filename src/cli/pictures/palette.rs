//! Colours that the colour-blind can tell apart.

use plotters::prelude::RGBColor;

pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
pub(super) const VERMILION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// `colour` on white: all of it at 1, none at 0.
pub(super) fn on_white(RGBColor(r, g, b): RGBColor, share: f64) -> RGBColor {
    let share = share.clamp(0.0, 1.0);
    let mix = |v: u8| (255.0 - (255.0 - f64::from(v)) * share).round() as u8;
    RGBColor(mix(r), mix(g), mix(b))
}
