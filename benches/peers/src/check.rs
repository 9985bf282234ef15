//! Nobody is timed before it computed what the reference computes; the tolerances of timing.py.

use std::collections::HashMap;

use crate::peer::Peer;

/// Of the cost after three steps, of the decrease over them, and of outputs.
const COST_TOLERANCE: f64 = 1e-3;
const DECREASE_TOLERANCE: f64 = 1e-2;
const OUTPUT_TOLERANCE: f64 = 1e-3;

/// NumPy's numbers in f64 for one shape.
pub struct Expected {
    cost: f64,
    after_steps: f64,
    after_adam: f64,
    /// The output activations of the first sample.
    one: Vec<f64>,
}

/// The reference that `peers.py reference` wrote, by shape.
pub fn read(reference: &str) -> HashMap<String, Expected> {
    let line = |line: &str| {
        let mut fields = line.split('\t');
        let shape = fields.next()?.to_owned();
        let mut number = || fields.next()?.parse().ok();
        let (cost, after_steps, after_adam) = (number()?, number()?, number()?);
        let one = fields.next()?.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
        Some((shape, Expected { cost, after_steps, after_adam, one }))
    };
    reference.lines().filter_map(line).collect()
}

impl Expected {
    /// The prediction, the cost, and where three steps lead; a sentence about the distances.
    pub fn check(&self, peer: &mut dyn Peer) -> Result<String, String> {
        let one = peer.one();
        let distances = self.one.iter().zip(&one).map(|(a, b)| (a - b).abs());
        // NaN stays: f64::max would drop it.
        let distance = distances.fold(0.0, |max, d| if d > max || d.is_nan() { d } else { max });
        if one.len() != self.one.len() || !(distance <= OUTPUT_TOLERANCE) {
            let first = |values: &[f64]| format!("{:?}", &values[..values.len().min(4)]);
            let (one, expected) = (first(&one), first(&self.one));
            return Err(format!("predicts {one} ..., the reference has {expected} ..."));
        }
        let before = peer.cost();
        if !((before - self.cost).abs() <= COST_TOLERANCE * self.cost) {
            return Err(format!("costs {before}; the reference has {}", self.cost));
        }
        let said = format!("outputs within {distance:.1e} of the reference");
        if !peer.kinds().contains(&"step") {
            return Ok(said);
        }
        (0..3).for_each(|_| peer.step());
        Ok(format!("{said}, {}", self.decrease(before, peer.cost(), self.after_steps)?))
    }

    /// Where three steps of Adam lead, from a new start.
    pub fn check_adam(&self, peer: &mut dyn Peer) -> Result<String, String> {
        let before = peer.cost();
        (0..3).for_each(|_| peer.adam());
        Ok(format!("Adam's {}", self.decrease(before, peer.cost(), self.after_adam)?))
    }

    fn decrease(&self, before: f64, after: f64, third: f64) -> Result<String, String> {
        let first = self.cost;
        let error = ((before - first) / first).abs().max(((after - third) / third).abs());
        let decrease = (((before - after) - (first - third)) / (first - third)).abs();
        // Negated so that NaN fails.
        if !(error <= COST_TOLERANCE && decrease <= DECREASE_TOLERANCE) {
            return Err(format!(
                "costs {before} and, after 3 steps, {after}; the reference has {first} and {third}"
            ));
        }
        Ok(format!("costs within {error:.1e}, decrease within {decrease:.1e}"))
    }
}
