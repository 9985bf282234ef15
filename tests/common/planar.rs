//! The planar flower set and the published course of training on it.

use shallownet::Columns;

const CSV: &str = include_str!("../data/planar.csv");

/// 400 samples of two features in [-4, 4], one label each.
pub(crate) struct Planar {
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
}

impl Planar {
    pub(crate) fn load() -> Self {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for line in CSV.lines().skip(1) {
            let mut fields = line.split(',').map(|f| f.trim().parse::<f64>().unwrap());
            x.extend([fields.next().unwrap(), fields.next().unwrap()]);
            y.push(fields.next().unwrap());
            assert_eq!(fields.next(), None);
        }
        assert_eq!((x.len(), y.len()), (800, 400));
        Self { x, y }
    }

    pub(crate) fn columns(&self) -> (Columns<'_, f64>, Columns<'_, f64>) {
        (Columns::new(&self.x, 2).unwrap(), Columns::new(&self.y, 1).unwrap())
    }

    /// The share of samples on the right side of 0.5.
    pub(crate) fn accuracy(&self, predictions: &[f64]) -> f64 {
        let right = predictions.iter().zip(&self.y).filter(|(a, y)| (**a > 0.5) == (**y > 0.5));
        right.count() as f64 / self.y.len() as f64
    }
}
