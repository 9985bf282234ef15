//! Work on groups, or on networks, shared by threads: each has a room of its own.

use core::mem;
use core::ops::Range;

/// What can be cut where a unit of work ends: a group, or a network.
pub(super) trait Cut: Send + Sized {
    /// What belongs to the first `units`, and the rest.
    fn cut(self, units: usize) -> (Self, Self);
}

/// Values of which each unit has `each`; the last may have fewer.
pub(super) struct By<'a, V> {
    values: &'a mut [V],
    each: usize,
}

impl<'a, V> By<'a, V> {
    pub(super) fn new(values: &'a mut [V], each: usize) -> Self {
        Self { values, each }
    }

    /// Those of the next unit.
    pub(super) fn next(&mut self) -> &'a mut [V] {
        let at = self.values.len().min(self.each);
        let (first, rest) = mem::take(&mut self.values).split_at_mut(at);
        self.values = rest;
        first
    }
}

impl<V: Send> Cut for By<'_, V> {
    fn cut(self, units: usize) -> (Self, Self) {
        let at = self.values.len().min(units * self.each);
        let (left, right) = self.values.split_at_mut(at);
        (Self { values: left, ..self }, Self { values: right, each: self.each })
    }
}

/// What a pass reads of each unit, or changes.
pub(super) enum Kept<'a, V> {
    Read(&'a [V], usize),
    Write(By<'a, V>),
}

/// Of one unit.
pub(super) enum Unit<'a, V> {
    Read(&'a [V]),
    Write(&'a mut [V]),
}

impl<'a, V> Kept<'a, V> {
    /// That of the next unit.
    pub(super) fn next(&mut self) -> Unit<'a, V> {
        match self {
            Self::Read(values, each) => {
                let (first, rest) = values.split_at(values.len().min(*each));
                *values = rest;
                Unit::Read(first)
            }
            Self::Write(by) => Unit::Write(by.next()),
        }
    }
}

impl<V: Send + Sync> Cut for Kept<'_, V> {
    fn cut(self, units: usize) -> (Self, Self) {
        match self {
            Self::Read(values, each) => {
                let (left, right) = values.split_at(values.len().min(units * each));
                (Self::Read(left, each), Self::Read(right, each))
            }
            Self::Write(by) => {
                let (left, right) = by.cut(units);
                (Self::Write(left), Self::Write(right))
            }
        }
    }
}

impl<A: Cut> Cut for Option<A> {
    fn cut(self, units: usize) -> (Self, Self) {
        self.map(|a| a.cut(units)).unzip()
    }
}

impl<A: Cut, B: Cut> Cut for (A, B) {
    fn cut(self, units: usize) -> (Self, Self) {
        let (left, right) = (self.0.cut(units), self.1.cut(units));
        ((left.0, right.0), (left.1, right.1))
    }
}

impl<A: Cut, B: Cut, C: Cut> Cut for (A, B, C) {
    fn cut(self, units: usize) -> (Self, Self) {
        let (a, b, c) = (self.0.cut(units), self.1.cut(units), self.2.cut(units));
        ((a.0, b.0, c.0), (a.1, b.1, c.1))
    }
}

/// Calls `work` for parts of the units, each with a room and its part of `slices`.
pub(super) fn share<R: Send, A: Cut>(
    units: Range<usize>,
    rooms: &mut [R],
    slices: A,
    work: &(impl Fn(Range<usize>, &mut R, A) + Sync),
) {
    let [room] = rooms else {
        let half = rooms.len() / 2;
        let first = units.len() * half / rooms.len();
        let middle = units.start + first;
        let (left, right) = rooms.split_at_mut(half);
        let (of_left, of_right) = slices.cut(first);
        rayon::join(
            || share(units.start..middle, left, of_left, work),
            || share(middle..units.end, right, of_right, work),
        );
        return;
    };
    work(units, room, slices);
}
