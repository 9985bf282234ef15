//! The labels of an axis: its range, its ticks, and names that are not too long for it.

/// An axis range around values: a little wider than they are, never empty. `None` if they are not
/// finite, or so large or so close together that ticks would have no digits left.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<std::ops::Range<f64>> {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let largest = low.abs().max(high.abs());
    if !(low <= high && largest < 1e100) {
        return None;
    }
    let span = high - low;
    let pad = if span > 0.0 { 0.06 * span } else { 0.5 * largest.max(1.0) };
    let range = low - pad..high + pad;
    ((range.end - range.start) > 1e-6 * largest && pad > 1e-100).then_some(range)
}

/// A tick's number, with as many digits as the axis' span asks for.
pub(super) fn tick(value: f64, span: f64) -> String {
    if value != 0.0 && (value.abs() >= 1e6 || span < 1e-4) {
        return format!("{value:.2e}");
    }
    let decimals = (1.0 - span.log10().floor()).clamp(0.0, 8.0) as usize;
    let text = format!("{value:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The next of 1, 2, 5, 10, ... times a power of ten.
pub(super) fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|&s| s >= least).unwrap_or(least)
}

/// Text that fits: its first `length` characters, control characters as spaces.
pub(super) fn short(text: &str, length: usize) -> String {
    let mut kept: String =
        text.chars().take(length).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(length).is_some() {
        kept.pop();
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        let cases = [
            (0.30000000000000004, 0.5, "0.3"),
            (-0.0, 8.0, "0"),
            (-2.0, 8.0, "-2"),
            (1e4, 1e4, "10000"),
            (2e6, 1e6, "2.00e6"),
            (3e-6, 1e-5, "3.00e-6"),
        ];
        for (value, span, expected) in cases {
            assert_eq!(tick(value, span), expected);
        }
    }

    #[test]
    fn ranges_are_never_empty() {
        assert_eq!(range([3.0, 3.0].into_iter()), Some(1.5..4.5));
        assert_eq!(range([0.0].into_iter()), Some(-0.5..0.5));
        assert_eq!(range([1e16, 1e16 + 2.0].into_iter()), None);
        assert_eq!(range([0.0, 1e300].into_iter()), None);
        assert_eq!(range([0.0, 5e-324].into_iter()), None);
        assert_eq!(range(std::iter::empty()), None);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(short("naïve", 5), "naïve");
        assert_eq!(short("naïvety", 5), "naïv…");
    }
}
