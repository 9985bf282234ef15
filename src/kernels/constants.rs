//! The constants of the exponential kernels, which every other kernel inherits.

use super::curve_constants::CurveElement;

/// Constants of the exponential kernels for one float type.
pub trait ExpElement: CurveElement {
    /// log2(e).
    const LOG2_E: Self;
    /// ln 2.
    const LN2: Self;
    /// High part of ln 2: short enough that n * LN2_HI is exact.
    const LN2_HI: Self;
    /// ln 2 - LN2_HI.
    const LN2_LO: Self;
    /// q of expm1(r) = r + r^2 q(r), lowest power first.
    const EXPM1_TAIL: &'static [Self];
    /// 1.5 * 2^MANTISSA_BITS: an integer added to it stands in its low bits.
    const LOW_BITS: f64;
    /// `LOW_BITS` + exponent bias.
    const SHIFT: Self;
    /// `SHIFT` with the bias counted twice, for an exponent that is halved.
    const SHIFT_HALVED: Self;
    /// `SHIFT` - 64: for an exponent that would leave the normal range above.
    const SHIFT_LOWERED: Self;
    /// 2^-64.
    const UNLIFT: Self;
    /// Below this, e^x rounds to 0.
    const EXP_LOW: Self;
    /// Above this, e^x rounds to infinity.
    const EXP_HIGH: Self;
    /// Below this, tanh(x/2) rounds to -1.
    const TANH_LOW: Self;
    /// Two more steps that tanh needs to keep its bound: `(bias, rest)`, a
    /// number added before rounding to n, and ln 2 - LN2.
    const TANH_EXTRA: Option<(Self, Self)>;
    /// Below this, sigmoid(x) rounds to 0.
    const SIGMOID_LOW: Self;
    /// Above this, sigmoid(x) rounds to 1.
    const SIGMOID_HIGH: Self;
    /// From here on, e^x and sigmoid(x) are normal numbers: ln of the smallest, rounded up.
    const NORMAL_LOW: Self;
    /// From here on, they are not below [`root`](super::flush::root), half of that exponent.
    const DELTA_LOW: Self;
    /// 0, the result below such a limit.
    const VANISHED: Self;
}

impl ExpElement for f32 {
    const LOG2_E: f32 = core::f32::consts::LOG2_E;
    const LN2: f32 = core::f32::consts::LN_2;
    const LN2_HI: f32 = 0.693_145_75;
    const LN2_LO: f32 = 1.428_606_8e-6;
    // Greatest error relative to expm1: 2^-26.1.
    const EXPM1_TAIL: &'static [f32] =
        &[0.499_999_97, 0.166_665_42, 0.041_667_525, 0.008_366_683, 0.001_386_244_8];
    const LOW_BITS: f64 = 12_582_912.0;
    const SHIFT: f32 = 12_582_912.0 + 127.0;
    const SHIFT_HALVED: f32 = 12_582_912.0 + 254.0;
    const SHIFT_LOWERED: f32 = 12_582_912.0 + 127.0 - 64.0;
    const UNLIFT: f32 = 1.0 / 18_446_744_073_709_551_616.0;
    const EXP_LOW: f32 = -104.0;
    const EXP_HIGH: f32 = 89.0;
    const TANH_LOW: f32 = -20.0;
    const TANH_EXTRA: Option<(f32, f32)> = None;
    const SIGMOID_LOW: f32 = -104.0;
    const SIGMOID_HIGH: f32 = 20.0;
    const NORMAL_LOW: f32 = -87.3365;
    const DELTA_LOW: f32 = -43.668;
    const VANISHED: f32 = 0.0;
}

impl ExpElement for f64 {
    const LOG2_E: f64 = core::f64::consts::LOG2_E;
    const LN2: f64 = core::f64::consts::LN_2;
    const LN2_HI: f64 = 0.693_147_180_559_890_3;
    const LN2_LO: f64 = 5.497_923_018_708_371e-14;
    // Greatest error relative to expm1: 2^-58.7.
    const EXPM1_TAIL: &'static [f64] = &[
        0.5,
        0.166_666_666_666_667_16,
        0.041_666_666_666_666_36,
        0.008_333_333_333_291_59,
        0.001_388_888_888_902_575_3,
        0.000_198_412_699_573_729_73,
        2.480_158_711_425_737_6e-5,
        2.755_717_795_277_199e-6,
        2.755_739_757_408_232_7e-7,
        2.513_021_374_996_789_7e-8,
        2.089_062_819_258_407_3e-9,
    ];
    const LOW_BITS: f64 = 6_755_399_441_055_744.0;
    const SHIFT: f64 = 6_755_399_441_055_744.0 + 1023.0;
    const SHIFT_HALVED: f64 = 6_755_399_441_055_744.0 + 2046.0;
    const SHIFT_LOWERED: f64 = 6_755_399_441_055_744.0 + 1023.0 - 64.0;
    const UNLIFT: f64 = 1.0 / 18_446_744_073_709_551_616.0;
    const EXP_LOW: f64 = -746.0;
    const EXP_HIGH: f64 = 710.0;
    const TANH_LOW: f64 = -40.0;
    const TANH_EXTRA: Option<(f64, f64)> = Some((-0.08, 2.319_046_813_846_299_6e-17));
    const SIGMOID_LOW: f64 = -746.0;
    const SIGMOID_HIGH: f64 = 40.0;
    const NORMAL_LOW: f64 = -708.396_418_532_2;
    const DELTA_LOW: f64 = -354.198_209_266;
    const VANISHED: f64 = 0.0;
}
