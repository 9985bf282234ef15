//! The two large products, tiled for 16 and for 32 registers, with A packed and as it lies: the same
//! bits, and the right ones. (A machine runs only one of the tilings otherwise.)

use fearless_simd::{Level, Simd};

use super::block::{Block, BlockMut, GradientRows, Pass, Turn};
use super::blocks::Panels;
use super::finish::Activate;
use super::lanes::{F32x16, Lanes};
use super::streamed::Singly;
use super::{panel, strips, weights};
use crate::element::Element;
use crate::words::activation::Activation;

/// Numbers with all bits in use, so that another order of a sum is seen.
fn values<T: Element>(count: usize, seed: u64) -> Vec<T> {
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        T::from_f64((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5)
    };
    (0..count).map(|_| next()).collect()
}

/// Small whole numbers, whose sums are exact in any order.
fn whole<T: Element>(count: usize) -> Vec<T> {
    (0..count).map(|k| T::from_f64((k * k % 7) as f64 - 3.0)).collect()
}

#[inline(always)]
fn forward<V: Lanes>(t: V::Token, whole_numbers: bool) {
    let lanes = V::Elem::PANEL;
    for (count, inputs) in [(2, 5), (3, 7), (4, 7), (5, 3), (6, 300), (7, 4), (8, 700), (11, 2)] {
        for columns in [4, 5, 7, 8, 13, 22] {
            let numbers = |count, seed| match whole_numbers {
                true => whole::<V::Elem>(count),
                false => values::<V::Elem>(count, seed),
            };
            let w: Vec<V::Elem> = numbers(count * inputs * lanes, 1);
            let x: Vec<V::Elem> = numbers(columns * inputs, 2);
            let b: Vec<V::Elem> = numbers(count * lanes, 3);
            let stride = count * lanes;
            let mut out =
                [vec![V::Elem::ONE; columns * stride], vec![V::Elem::ZERO; columns * stride]];
            for (registers, out) in [1, 2].into_iter().zip(&mut out) {
                let panels =
                    Panels { count, inputs, w: V::Elem::panels(&w), start: Some(b.as_slice()) };
                let x = Block { data: x.as_slice(), rows: inputs, stride: inputs, columns };
                let out = BlockMut { data: out, rows: stride, stride, columns };
                let finish = Activate::<V> { t, g: Activation::Identity };
                assert!(panel::multiply::<V>(t, registers, panels, x, out, finish));
            }
            let what = format!("{count} panels, {inputs} inputs, {columns} columns");
            assert!(out[0] == out[1], "{what}: 32 and 16 registers");
            for unit in (0..stride).filter(|_| whole_numbers) {
                for (s, out) in out[0].chunks_exact(stride).enumerate() {
                    let (panel, lane) = (unit / lanes, unit % lanes);
                    let term = |i: usize| {
                        let w = w[(panel * inputs + i) * lanes + lane].to_f64();
                        w * x[s * inputs + i].to_f64()
                    };
                    let z = b[unit].to_f64() + (0..inputs).map(term).sum::<f64>();
                    assert_eq!(out[unit].to_f64(), z, "{what}: unit {unit}, column {s}");
                }
            }
        }
    }
}

/// A turn's gradient of `panels` panels, of two tiles.
struct Gradient<'a, T> {
    tiles: [Pass<'a, T>; 2],
    panels: usize,
    turn: Turn,
}

impl<T: Element> Gradient<'_, T> {
    /// The parameters, and the sums where parameters aren't wanted yet.
    #[inline(always)]
    fn sum<V>(&self, t: V::Token, registers: usize, packed: bool) -> Vec<T>
    where
        V: Lanes<Elem = T>,
    {
        let (inputs, units) = (self.tiles[0].1.rows, self.panels * T::PANEL);
        let (mut w, mut b) = (whole::<T>(units * inputs), whole::<T>(units));
        let (mut dw, mut db) = (whole::<T>(units * inputs), whole::<T>(units));
        let into = GradientRows {
            sums: (&mut dw, &mut db),
            stretch: None,
            parameters: Some((&mut w, &mut b)),
            rows: 0..units,
            panel: T::PANEL,
        };
        let (tiles, turn, factor) = (&self.tiles, self.turn, T::from_f64(0.5));
        if packed {
            weights::accumulate::<V, T::Panel, Singly<T::Panel>, true>(
                t, registers, tiles, factor, into, turn,
            );
        } else {
            weights::accumulate::<V, T::Panel, Singly<T::Panel>, false>(
                t, registers, tiles, factor, into, turn,
            );
        }
        if self.turn.last { [w, b].concat() } else { [dw, db].concat() }
    }
}

#[inline(always)]
fn gradient<V: Lanes>(t: V::Token, whole_numbers: bool) {
    let lanes = V::Elem::PANEL;
    for (panels, inputs) in [(1, 50), (2, 48), (3, 49), (4, 53), (7, 100), (9, 4), (3, 2050)] {
        for (left, right) in [(4, 1), (9, 32), (80, 64)] {
            let (columns, stride) = (left + right, panels * lanes);
            let (dz, a) = match whole_numbers {
                true => (whole::<V::Elem>(columns * stride), whole(columns * inputs)),
                false => (values(columns * stride, 1), values(columns * inputs, 2)),
            };
            let dz = Block { data: dz.as_slice(), rows: stride, stride, columns };
            let a = Block { data: a.as_slice(), rows: inputs, stride: inputs, columns };
            let part = |range: core::ops::Range<usize>| (dz.range(range.clone()), a.range(range));
            let tiles = [part(0..left), part(left..columns)];
            for (first, last) in [(true, true), (true, false), (false, true), (false, false)] {
                let gradient = Gradient { tiles, panels, turn: Turn { first, last } };
                let sums = gradient.sum::<V>(t, 1, false);
                let what = format!("{panels} panels, {inputs} inputs, {columns} columns");
                assert!(sums == gradient.sum::<V>(t, 2, false), "{what}: 32 and 16 registers");
                assert!(sums == gradient.sum::<V>(t, 1, true), "{what}: packed, 32 registers");
                assert!(sums == gradient.sum::<V>(t, 2, true), "{what}: packed, 16 registers");
                if !whole_numbers {
                    continue;
                }
                // Parameters and earlier sums are the same numbers before.
                let before = whole::<V::Elem>(panels * lanes * inputs);
                let times = f64::from(u8::from(!first)) + f64::from(u8::from(last));
                for (at, (&sum, before)) in sums.iter().zip(before).enumerate() {
                    let (row, lane) = (at / lanes, at % lanes);
                    let (unit, i) = (row / inputs * lanes + lane, row % inputs);
                    let term = |s: usize| {
                        dz.data[s * stride + unit].to_f64() * a.data[s * inputs + i].to_f64()
                    };
                    let total = (0..columns).map(term).sum::<f64>() / 2.0;
                    let expected = times * before.to_f64() + total;
                    assert_eq!(sum.to_f64(), expected, "{what}: unit {unit}, input {i}");
                }
            }
        }
    }
}

/// Both products, at one level: what the tilings do does not depend on it.
fn both(whole_numbers: bool) {
    #[inline(always)]
    fn at<S: Simd>(t: S, whole_numbers: bool) {
        forward::<F32x16<S>>(t, whole_numbers);
        gradient::<F32x16<S>>(t, whole_numbers);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(t) = Level::new().as_avx2() {
        t.vectorize(
            #[inline(always)]
            || at(t, whole_numbers),
        );
    }
    #[cfg(target_arch = "aarch64")]
    if let Some(t) = Level::new().as_neon() {
        t.vectorize(
            #[inline(always)]
            || at(t, whole_numbers),
        );
    }
}

#[test]
fn every_tiling_has_the_same_bits() {
    both(false);
}

#[test]
fn every_tiling_has_every_term_once() {
    both(true);
}

/// Where packing pays, there is room.
#[test]
fn strips_have_room_for_a_turn() {
    assert!(strips::pays(2, 784, 128, 144) && strips::pays(1, 784, 512, 144));
    assert!(!strips::pays(2, 784, 128, 145) && !strips::pays(2, 10, 128, 96));
}
