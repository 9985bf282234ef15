//! Trainers, their states, and checkpoints of both.

use std::ops::ControlFlow;

use shallownet::io::checkpoint;
use shallownet::testing::backends::Setup;
use shallownet::{Error, Scalar, Trainer, Training};

use super::networks::is_finite;
use super::world::{World, said};
use crate::bits;

impl<T: Scalar> World<T> {
    pub(super) fn trainer(&mut self, net: u8, training: Training, data: u8) -> Option<()> {
        let net = self.nets.get(net)?;
        let samples = self.data.get(data)?.of(net);
        let trainer = said(Trainer::new(net, training, samples.set()))?;
        assert_eq!((trainer.state().epochs(), trainer.state().steps()), (0, 0));
        assert_eq!(trainer.state().training(), training);
        self.trainers.put(trainer);
        Some(())
    }

    pub(super) fn run(&mut self, net: u8, trainer: u8, data: u8, epochs: u8) -> Option<()> {
        let (net, trainer) = (self.nets.get(net)?, self.trainers.get(trainer)?);
        let samples = self.data.get(data)?.of(net);
        let (before, was_finite) = (bits::parameters(net), is_finite(net));
        let begun = trainer.state().epochs();
        let last = begun + usize::from(epochs % 4);
        let answer = trainer.run(net, samples.set(), |epoch| {
            assert_eq!(epoch.state.epochs(), epoch.epoch + 1);
            assert!(epoch.validation_cost.is_none_or(f64::is_finite));
            if epoch.epoch >= last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let is_same = bits::parameters(net) == before;
        match &answer {
            Ok(report) => {
                assert_eq!(report.epochs, trainer.state().epochs());
                assert_eq!(report.best, trainer.state().best());
            }
            Err(Error::Diverged { .. }) => {
                assert!(is_finite(net) || !was_finite, "divergence left what is not finite");
                assert!(trainer.state().epochs() >= begun.saturating_sub(1));
            }
            Err(_) => assert!(is_same, "a refused run changed parameters"),
        }
        let _ = trainer.state().is_finished();
        if is_finite(net) && matches!(answer, Ok(_) | Err(Error::Diverged { .. })) {
            let bytes = checkpoint::encode(net, trainer.state()).expect("finite numbers");
            checkpoint::decode::<T>(&bytes, |builder| builder).expect("what was written");
        }
        said(answer).map(drop)
    }

    pub(super) fn put_away(&mut self, trainer: u8) -> Option<()> {
        self.states.put(self.trainers.take(trainer)?.into_state());
        Some(())
    }

    pub(super) fn resume(&mut self, net: u8, state: u8, data: u8) -> Option<()> {
        let net = self.nets.get(net)?;
        let samples = self.data.get(data)?.of(net);
        let mut state = self.states.take(state)?;
        if data & 64 != 0 {
            state = state.on_any_data();
        }
        if data & 32 != 0 {
            let epochs = state.epochs().saturating_add(2);
            state = said(state.until(epochs))?;
            assert!(!state.is_finished());
        }
        self.trainers.put(said(Trainer::resume(net, state, samples.set()))?);
        Some(())
    }

    /// Of a state, or of a trainer that is at work.
    pub(super) fn checkpoint(&mut self, net: u8, state: u8, on: Setup) -> Option<()> {
        let net = self.nets.get(net)?;
        let bytes = match (self.states.get(state), self.trainers.get(state)) {
            (Some(state), _) => said(checkpoint::encode(net, state))?,
            (None, Some(trainer)) => said(checkpoint::encode(net, trainer.state()))?,
            (None, None) => return None,
        };
        let copy = said(checkpoint::decode::<T>(&bytes, |builder| on.choose(builder)))?;
        assert_eq!(bits::parameters(&copy.network), bits::parameters(net));
        assert_eq!(checkpoint::encode(&copy.network, &copy.state).expect("read back"), bytes);
        self.nets.put(copy.network);
        self.states.put(copy.state);
        Some(())
    }
}
