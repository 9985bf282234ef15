//! Points of the plane to learn from: made from a seed, drawn by hand, or read from a table.

use core::f64::consts::{PI, TAU};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, Uniform};

/// Samples with their classes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Samples {
    /// The features as they stand in the table, one sample after another.
    pub(crate) x: Vec<f64>,
    /// The names of the features.
    pub(crate) features: Vec<String>,
    /// The class of each sample, as an index into `classes`.
    pub(crate) y: Vec<usize>,
    /// The names of the classes, two or more.
    pub(crate) classes: Vec<String>,
    /// The name of the label's column.
    pub(crate) label: String,
    /// Whether the features are standardized for the network: those of a table are.
    pub(crate) is_table: bool,
}

impl Samples {
    /// Points of the plane in two classes, named as in the command line's flower.
    fn of_plane(points: impl Iterator<Item = ([f64; 2], usize)>) -> Self {
        let (x, y): (Vec<[f64; 2]>, Vec<usize>) = points.unzip();
        Self {
            x: x.into_flattened(),
            features: ["x1", "x2"].map(str::to_owned).to_vec(),
            y,
            classes: ["0", "1"].map(str::to_owned).to_vec(),
            label: "label".to_owned(),
            is_table: false,
        }
    }

    /// The number of samples, m.
    pub(crate) fn len(&self) -> usize {
        self.y.len()
    }

    /// The number of features.
    pub(crate) fn width(&self) -> usize {
        self.features.len()
    }

    /// Points that the user drew: x1, x2 and class (0 or 1), one after another.
    pub(crate) fn drawn(values: &[f64]) -> Result<Self, String> {
        let points = values.chunks_exact(3).map(|p| ([p[0], p[1]], usize::from(p[2] > 0.5)));
        let samples = Self::of_plane(points);
        if samples.x.iter().any(|v| !v.is_finite()) {
            return Err("a drawn point is not finite".to_owned());
        }
        match samples.y.iter().sum::<usize>() {
            ones if ones > 0 && ones < samples.len() => Ok(samples),
            _ => Err("Draw at least one point of each class.".to_owned()),
        }
    }

    /// `count` points of a set of that name, half of them in each class; `noise` is 1 for the usual
    /// blur, 0 for none.
    pub(crate) fn made(name: &str, count: usize, noise: f64, seed: u64) -> Result<Self, String> {
        if !(2..=20_000).contains(&count) {
            return Err(format!("{count} points: expected 2 to 20000"));
        }
        if !(0.0..=10.0).contains(&noise) {
            return Err(format!("noise is {noise}: expected 0 to 10"));
        }
        let point = match name {
            "flower" => flower,
            "circles" => circles,
            "moons" => moons,
            "spiral" => spiral,
            "gauss" => gauss,
            "xor" => xor,
            _ => return Err(format!("no data are called {name:?}")),
        };
        let mut random = Random { stream: ChaCha8Rng::seed_from_u64(seed), noise };
        let of_class = [count - count / 2, count / 2];
        let points = (0..2).flat_map(|class| (0..of_class[class]).map(move |i| (class, i)));
        Ok(Self::of_plane(points.map(|(class, i)| {
            // Where along its curve the point is, in [0, 1].
            let along = i as f64 / (of_class[class] - 1).max(1) as f64;
            (point(&mut random, class, along), class)
        })))
    }
}

struct Random {
    stream: ChaCha8Rng,
    noise: f64,
}

impl Random {
    fn normal(&mut self, deviation: f64) -> f64 {
        let value: f64 = StandardNormal.sample(&mut self.stream);
        value * deviation * self.noise
    }

    fn uniform(&mut self, low: f64, high: f64) -> f64 {
        // The interval is not empty: both ends are constants below.
        Uniform::new(low, high).map_or(low, |range| range.sample(&mut self.stream))
    }
}

/// The lecture's flower: petals of alternating class, r = 4 sin 4t.
fn flower(random: &mut Random, class: usize, along: f64) -> [f64; 2] {
    let t = (class as f64 + along) * 3.12 + random.normal(0.2);
    let r = 4.0 * (4.0 * t).sin() + random.normal(0.2);
    [r * t.sin(), r * t.cos()]
}

fn circles(random: &mut Random, class: usize, along: f64) -> [f64; 2] {
    let (t, r) = (along * TAU, [3.5, 1.5][class] + random.normal(0.3));
    [r * t.cos(), r * t.sin()]
}

fn moons(random: &mut Random, class: usize, along: f64) -> [f64; 2] {
    let t = along * PI;
    let (x, y) =
        if class == 0 { (t.cos() - 0.5, t.sin() - 0.25) } else { (0.5 - t.cos(), 0.25 - t.sin()) };
    [2.4 * x + random.normal(0.3), 2.4 * y + random.normal(0.3)]
}

fn spiral(random: &mut Random, class: usize, along: f64) -> [f64; 2] {
    let (r, turn) = (0.3 + 3.7 * along, 1.6 * TAU * along + class as f64 * PI);
    [r * turn.cos() + random.normal(0.12), r * turn.sin() + random.normal(0.12)]
}

fn gauss(random: &mut Random, class: usize, _: f64) -> [f64; 2] {
    let middle = [-1.5, 1.5][class];
    [middle + random.normal(0.9), middle + random.normal(0.9)]
}

fn xor(random: &mut Random, class: usize, _: f64) -> [f64; 2] {
    let (a, b) = (random.uniform(0.2, 3.8), random.uniform(0.2, 3.8));
    let side = if random.uniform(0.0, 1.0) < 0.5 { 1.0 } else { -1.0 };
    let other = if class == 0 { side } else { -side };
    [side * a + random.normal(0.15), other * b + random.normal(0.15)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_a_function_of_their_seed_and_have_both_classes() {
        for name in ["flower", "circles", "moons", "spiral", "gauss", "xor"] {
            let set = Samples::made(name, 401, 1.0, 3).unwrap();
            assert_eq!((set.len(), set.x.len()), (401, 802));
            assert_eq!(set.y.iter().sum::<usize>(), 200, "{name}");
            assert!(set.x.iter().all(|v| v.abs() < 8.0), "{name}");
            assert_eq!(set, Samples::made(name, 401, 1.0, 3).unwrap());
            assert_ne!(set, Samples::made(name, 401, 1.0, 4).unwrap());
        }
    }

    #[test]
    fn what_is_no_set_is_refused() {
        assert_eq!(Samples::made("rose", 9, 1.0, 0).unwrap_err(), "no data are called \"rose\"");
        assert!(Samples::made("moons", 1, 1.0, 0).unwrap_err().contains("expected 2 to 20000"));
        assert!(Samples::made("moons", 9, f64::NAN, 0).unwrap_err().contains("noise"));
        assert!(Samples::drawn(&[0.0, 1.0, 0.0]).unwrap_err().contains("each class"));
    }
}
