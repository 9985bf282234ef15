//! How options, words and configurations are written: the forms behind `Serialize` and
//! `Deserialize` (feature `serde`).
//!
//! These forms are promises of their own: renaming a struct's field in the code does not change a
//! file. They are JSON here; any other format of serde's has the same names.
//!
//! | type | written |
//! | --- | --- |
//! | [`Activation`](crate::Activation) | `"tanh"`; `{"leaky_relu": {"slope": 0.01}}` |
//! | [`Loss`](crate::Loss) | `"squared_error"`; `{"huber": {"delta": 1.0}}`, `{"quantile": {"tau": 0.5}}` |
//! | [`Backend`](crate::Backend), [`Level`](crate::Level) | its name: `"auto"`, `"avx2"` |
//! | [`Parallelism`](crate::Parallelism), [`Checks`](crate::Checks) | `"serial"`, `"rayon"`; `"full"`, `"shapes_only"` |
//! | [`Init`](crate::Init) | `"xavier_normal"`; `{"normal": {"scale": 0.01}}` |
//! | [`Layer`](crate::Layer) | `{"inputs": 2, "units": 4, "activation": "tanh"}` |
//! | [`Configuration`](crate::Configuration) | see there |
//! | [`Optimizer`](crate::Optimizer) | `"sgd"`; `{"momentum": {"beta": 0.9}}` |
//! | [`Schedule`](crate::Schedule) | `{"warm_up": 1.0, "decay": {"cosine": {"epochs": 9, "floor": 0.0}}}` |
//! | [`EarlyStopping`](crate::EarlyStopping) | `{"patience": 5, "min_delta": 0.0, "restore_best": true}` |
//! | [`Training`](crate::Training) | below; with `"shards": 8` and `"window": {"block": 1000, "blocks": 32}` where these were asked for |
//! | [`Solving`](crate::solvers::Solving) | `{"method": {"lbfgs": {"history": 10, "c1": 0.0001, "c2": 0.9}}, "stop": {"iterations": 100}, "l2": 0.0}`; with `"shards": 8` where they were asked for |
//! | [`SolverState`](crate::solvers::SolverState) | its `Solving`, counts, parameters, and the method's memory |
//! | [`Best`](crate::Best) | `{"epoch": 3, "cost": 0.25}` |
//! | [`Fingerprint`](crate::Fingerprint) | its 16 digits: `"ac78694ec88e579c"` |
//! | [`Standardization`](crate::Standardization) | `{"means": [2.0], "stds": [0.5]}` |
//! | [`Column`](crate::pipeline::Column) | `{"number": {"missing": "refused"}}`; `{"category": {"categories": ["a", "b"], "rare": ["c"], "missing": {"filled": {"with": 0.0, "has_input": true}}}}` |
//!
//! Values that have a default may be left out of a file, and an unknown name is an error. Ranges
//! are checked when the values are used, like those of options set by calls.
//!
//! ```
//! use shallownet::{Optimizer, Training};
//!
//! let written = r#"{"epochs": 30, "batch_size": 32, "optimizer": {"momentum": {"beta": 0.9}}}"#;
//! let training: Training = serde_json::from_str(written).unwrap();
//! assert_eq!(training, Training::new(30, 32).optimizer(Optimizer::momentum()));
//!
//! let all = serde_json::to_string(&Training::full_batch(100).learning_rate(0.5)).unwrap();
//! let expected = concat!(
//!     r#"{"epochs":100,"batch_size":"full","optimizer":"sgd","learning_rate":0.5,"#,
//!     r#""schedule":{"warm_up":0.0,"decay":"constant"},"l2":0.0,"clip_norm":null,"#,
//!     r#""early_stopping":null,"seed":0}"#
//! );
//! assert_eq!(all, expected);
//! ```

mod network;
mod pipeline;
mod solvers;
mod training;
mod words;

/// Implements `Serialize` and `Deserialize` of a type by the form that mirrors it.
macro_rules! written_as {
    ($($written:ty = $form:ident),+ $(,)?) => {$(
        impl serde::Serialize for $written {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $form::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $written {
            fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                $form::deserialize(reader)
            }
        }
    )+};
}
use written_as;
