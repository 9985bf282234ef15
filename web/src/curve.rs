//! The cost of every step, thinned to what a picture can show.

/// The most points that are kept: more than a curve has pixels.
const MOST: usize = 2048;

/// Costs at every `stride`-th step, which doubles whenever they become too many.
#[derive(Debug, Clone)]
pub(crate) struct Curve {
    costs: Vec<f32>,
    stride: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Self { costs: Vec::with_capacity(MOST), stride: 1 }
    }
}

impl Curve {
    /// The cost before step `step` (from 0). Called for every step, in their order.
    pub(crate) fn push(&mut self, step: u64, cost: f64) {
        if !step.is_multiple_of(self.stride) {
            return;
        }
        if self.costs.len() == MOST {
            let mut index = 0;
            self.costs.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
            if !step.is_multiple_of(self.stride) {
                return;
            }
        }
        self.costs.push(cost as f32);
    }

    /// The costs, `stride` steps apart, from step 0.
    pub(crate) fn costs(&self) -> &[f32] {
        &self.costs
    }

    /// Steps from one cost to the next.
    pub(crate) fn stride(&self) -> u64 {
        self.stride
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_the_cost_of_its_step() {
        let mut curve = Curve::default();
        for step in 0..10_000 {
            curve.push(step, step as f64);
            assert!(curve.costs.len() <= MOST);
        }
        assert_eq!(curve.stride, 8);
        let expected: Vec<f32> = (0..10_000).step_by(8).map(|step| step as f32).collect();
        assert_eq!(curve.costs, expected);
    }
}
