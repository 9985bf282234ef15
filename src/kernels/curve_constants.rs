//! The constants of `sine` and `gauss`, from tools/curve_coefficients.py.

use crate::element::Element;

/// Constants of the sine, the error function and the normal distribution for one float type.
pub trait CurveElement: Element {
    /// s of sin r = r + r^3 s(r^2) for |r| <= pi/2, lowest power first.
    const SIN: &'static [Self];
    /// c of cos r = 1 - r^2/2 + r^4 c(r^2).
    const COS: &'static [Self];
    /// pi as a sum. The product of each part but the last with an integer of which |n pi| is below
    /// `SIN_LIMIT` is exact.
    const PI: [Self; 5];
    /// 1 / pi.
    const INVERSE_PI: Self;
    /// From here on sines are left to `libm`.
    const SIN_LIMIT: Self;
    /// Q(u) = Phi(-u) e^(u^2 / 2) as a polynomial in (u - k) / (u + k), lowest power first.
    const TAIL: &'static [Self];
    /// k.
    const TAIL_CENTRE: Self;
    /// Beyond this, e^(-u^2 / 2) is not a normal number.
    const TAIL_END: Self;
    /// Added and subtracted, it leaves so few bits of u up to `TAIL_END` that their square is exact.
    const SPLIT: Self;
    /// e of erf x = x + x e(x^2) for |x| < 1, lowest power first.
    const ERF: &'static [Self];
    /// phi(0) = 1 / sqrt(2 pi).
    const DENSITY: Self;
}

impl CurveElement for f32 {
    // Greatest error relative to the sine: 2^-30.7.
    const SIN: &'static [f32] =
        &[-0.166_666_67, 0.008_333_348, -0.000_198_426_05, 2.760_012_6e-6, -2.502_932e-8];
    // Greatest error: 2^-34.
    const COS: &'static [f32] =
        &[0.041_666_668, -0.001_388_892_1, 2.480_439_4e-5, -2.765_626_7e-7, 2.177_691_4e-9];
    const PI: [f32; 5] =
        [3.140_625, 0.000_967_502_6, 1.509_906_7e-7, 5.126_566e-12, 1.224_646_9e-16];
    const INVERSE_PI: f32 = core::f32::consts::FRAC_1_PI;
    // 2^12 pi, rounded down.
    const SIN_LIMIT: f32 = 12_800.0;
    // Greatest relative error: 2^-25.7.
    const TAIL: &'static [f32] = &[
        0.094_410_64,
        -0.170_397_73,
        0.124_379_19,
        -0.071_707_2,
        0.030_865_62,
        -0.008_493_866,
        0.000_502_917_45,
        0.000_644_323_6,
        -0.000_173_673_12,
        -5.019_718_8e-5,
        1.149_516_1e-5,
        8.549_041_6e-7,
    ];
    const TAIL_CENTRE: f32 = 4.0;
    const TAIL_END: f32 = 13.2;
    // 1.5 * 2^15: multiples of 2^-8 remain.
    const SPLIT: f32 = 49_152.0;
    // Greatest error relative to erf: 2^-29.3.
    const ERF: &'static [f32] = &[
        0.128_379_17,
        -0.376_126_26,
        0.112_835_824,
        -0.026_853_643,
        0.005_187_962_7,
        -0.000_800_679_3,
        7.842_288e-5,
    ];
    const DENSITY: f32 = 0.398_942_3;
}

impl CurveElement for f64 {
    // Greatest error relative to the sine: 2^-61.8.
    const SIN: &'static [f64] = &[
        -0.166_666_666_666_666_66,
        0.008_333_333_333_333_22,
        -0.000_198_412_698_412_181_36,
        2.755_731_921_178_083e-6,
        -2.505_210_670_262_049e-8,
        1.605_890_056_605_324_6e-10,
        -7.639_527_690_728_42e-13,
        2.563_245_924_567_383_5e-15,
        3.678_160_178_097_160_7e-17,
        -3.469_461_299_364_321e-18,
    ];
    // Greatest error: 2^-66.4.
    const COS: &'static [f64] = &[
        0.041_666_666_666_666_664,
        -0.001_388_888_888_888_867_5,
        2.480_158_730_150_736_2e-5,
        -2.755_731_920_788_63e-7,
        2.087_675_503_313_111_2e-9,
        -1.147_059_566_827_927e-11,
        4.772_154_440_465_973e-14,
        -1.340_908_021_135_882_7e-16,
        -3.348_139_571_003_012_3e-18,
        2.747_943_921_522_769e-19,
    ];
    const PI: [f64; 5] = [
        3.141_592_621_803_283_7,
        3.178_650_942_459_171_3e-8,
        1.224_646_786_410_718_9e-16,
        1.273_663_423_371_008_2e-24,
        9.331_181_834_359_97e-33,
    ];
    const INVERSE_PI: f64 = core::f64::consts::FRAC_1_PI;
    // 2^26 pi, rounded down.
    const SIN_LIMIT: f64 = 2.1e8;
    // Greatest relative error: 2^-54.
    const TAIL: &'static [f64] = &[
        0.076_919_304_975_006_29,
        -0.143_457_555_264_011_97,
        0.116_068_811_886_003_88,
        -0.080_883_877_264_127_95,
        0.047_855_352_284_145_114,
        -0.023_413_900_487_675_374,
        0.008_991_370_551_089_681,
        -0.002_378_844_356_955_988,
        0.000_219_550_731_973_193_02,
        0.000_134_276_845_698_441_1,
        -6.042_744_307_386_043e-5,
        9.612_947_009_137_273e-7,
        6.644_237_493_375_022e-6,
        -1.270_046_968_343_227_3e-6,
        -6.745_027_134_652_075e-7,
        2.433_309_758_223_432_5e-7,
        7.587_386_440_786_315e-8,
        -3.928_949_258_385_113e-8,
        -9.213_623_745_349_406e-9,
        6.078_282_014_178_103e-9,
        1.645_678_252_877_366_7e-10,
        -1.118_501_646_882_449_9e-9,
        6.720_164_023_783_928e-10,
        3.913_928_711_178_872e-10,
        -2.180_446_401_203_237_5e-10,
        -1.146_117_588_137_444e-10,
    ];
    const TAIL_CENTRE: f64 = 5.0;
    const TAIL_END: f64 = 37.6;
    // 1.5 * 2^32: multiples of 2^-20 remain.
    const SPLIT: f64 = 6_442_450_944.0;
    // Greatest error relative to erf: 2^-56.4.
    const ERF: &'static [f64] = &[
        0.128_379_167_095_512_6,
        -0.376_126_389_031_839_5,
        0.112_837_916_709_643_01,
        -0.026_866_170_647_148_743,
        0.005_223_977_650_690_767,
        -0.000_854_832_902_151_461_6,
        0.000_120_554_395_186_226_79,
        -1.492_963_267_609_426_3e-5,
        1.656_899_990_654_237_4e-6,
        -1.845_051_419_329_376_6e-7,
        4.438_587_013_016_672e-8,
        -3.143_584_983_614_115_5e-8,
        2.171_728_891_098_270_5e-8,
        -1.030_069_616_818_531_8e-8,
        2.926_913_224_190_177e-9,
        -3.758_769_216_631_821e-10,
    ];
    const DENSITY: f64 = 0.398_942_280_401_432_7;
}
