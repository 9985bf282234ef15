//! Promise: a training in shards has the same bits on any number of ranks and threads, in one process
//! and after a break; it is the same training as without shards but for the order of sums; whatever one
//! rank refuses, all do.

#[path = "common/thread_ranks.rs"]
mod thread_ranks;

use std::ops::ControlFlow;

use shallownet::ranks::{Alone, Communicator, Shards};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Epoch, Error, Init, Network, Optimizer, Schedule,
    Stop, Trainer, Training, TrainingReport, TrainingState,
};
use thread_ranks::{ThreadRank, on_ranks};

const SHARDS: usize = 8;

/// Samples of three inputs and two outputs, some for validation.
struct Data<T> {
    x: Vec<T>,
    y: Vec<T>,
    weights: Option<Vec<T>>,
    held: usize,
}

/// A rank's share, in memory of its own.
struct Share<T> {
    x: Vec<T>,
    y: Vec<T>,
    weights: Option<Vec<T>>,
    held_x: Vec<T>,
    held_y: Vec<T>,
}

macro_rules! for_type {
    ($module:ident, $t:ident) => {
        mod $module {
            use super::*;

            fn data(samples: usize, held: usize, weighted: bool) -> Data<$t> {
                let all = samples + held;
                let number = |i: usize| ((i * 7919 + 13) % 1000) as $t / 500.0 - 1.0;
                let x: Vec<$t> = (0..3 * all).map(number).collect();
                let y = x.chunks(3).flat_map(|x| [x[0] * x[1], (x[2] + x[0]).sin()]).collect();
                let weights = (0..samples).map(|i| (i % 4) as $t / 2.0).collect();
                Data { x, y, weights: weighted.then_some(weights), held }
            }

            impl Data<$t> {
                fn samples(&self) -> usize {
                    self.x.len() / 3 - self.held
                }

                fn share(&self, ranks: &dyn Communicator) -> Share<$t> {
                    let (rank, of, m) = (ranks.rank(), ranks.ranks(), self.samples());
                    let own = Shards::new(m, SHARDS).unwrap().samples_of_rank(rank, of);
                    let held = match self.held {
                        0 => 0..0,
                        held => {
                            Shards::new(held, SHARDS.min(held)).unwrap().samples_of_rank(rank, of)
                        }
                    };
                    let (from, to) = (m + held.start, m + held.end);
                    Share {
                        x: self.x[3 * own.start..3 * own.end].to_vec(),
                        y: self.y[2 * own.start..2 * own.end].to_vec(),
                        weights: self.weights.as_ref().map(|w| w[own].to_vec()),
                        held_x: self.x[3 * from..3 * to].to_vec(),
                        held_y: self.y[2 * from..2 * to].to_vec(),
                    }
                }
            }

            impl Share<$t> {
                fn data(&self) -> DataSet<'_, $t> {
                    let columns = |values, n| Columns::new(values, n).unwrap();
                    let mut data = DataSet::new(columns(&self.x, 3), columns(&self.y, 2));
                    if let Some(weights) = &self.weights {
                        data = data.weights(weights);
                    }
                    if !self.held_x.is_empty() {
                        data = data.validation(columns(&self.held_x, 3), columns(&self.held_y, 2));
                    }
                    data
                }
            }

            fn network(g: Activation) -> Network<$t> {
                let builder = Network::builder(3).layer(9, g).layer(5, g);
                let builder = builder.layer(2, Activation::Identity);
                builder.init(Init::XavierNormal, 3).build().unwrap()
            }

            fn parameters(net: &Network<$t>) -> Vec<u64> {
                let of = |l| [net.weights(l).unwrap(), net.bias(l).unwrap().to_vec()].concat();
                (0..net.layers().len()).flat_map(of).map(|v| u64::from(v.to_bits())).collect()
            }

            fn go_on(_: &Epoch<'_, $t>) -> ControlFlow<()> {
                ControlFlow::Continue(())
            }

            type Ended = (Vec<u64>, TrainingReport, TrainingState<$t>);

            /// Trains on a rank; `stop` at the end of which epoch, if at any.
            fn train(
                data: &Data<$t>,
                training: Training,
                ranks: &mut dyn Communicator,
                stop: Option<usize>,
            ) -> Ended {
                let (share, mut net) = (data.share(ranks), network(Activation::Tanh));
                let mut trainer = Trainer::among(&net, training, share.data(), ranks).unwrap();
                let rank = ranks.rank();
                let report = trainer.run_among(&mut net, share.data(), ranks, |epoch| {
                    // One rank alone says so.
                    match stop == Some(epoch.epoch) && rank == 0 {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                });
                (parameters(&net), report.unwrap(), trainer.into_state())
            }

            fn trainings() -> Vec<Training> {
                let stopping = EarlyStopping::new(3).min_delta(1e-3);
                vec![
                    Training::new(3, 40).shards(SHARDS).learning_rate(0.1).seed(5),
                    // Fewer samples a step than shards; steps of unequal size.
                    Training::new(2, 5).shards(SHARDS).optimizer(Optimizer::nesterov()),
                    Training::new(9, 33)
                        .shards(SHARDS)
                        .optimizer(Optimizer::adam())
                        .learning_rate(0.01)
                        .schedule(Schedule::cosine(9, 0.1).after_warm_up(1.0))
                        .l2(1e-3)
                        .clip_norm(0.5)
                        .early_stopping(stopping),
                    Training::new(3, 24).shards(SHARDS).dropout(0.3).learning_rate(0.05).seed(2),
                    Training::full_batch(6).shards(SHARDS).learning_rate(0.3),
                    Training::full_batch(4)
                        .shards(SHARDS)
                        .dropout(0.5)
                        .optimizer(Optimizer::adam_w()),
                ]
            }

            #[test]
            fn ranks_and_threads_change_no_bit() {
                for weighted in [false, true] {
                    let data = data(201, 50, weighted);
                    for training in trainings() {
                        let (alone, report, state) = train(&data, training, &mut Alone, None);
                        for ranks in [1, 2, 3, 4, 5, 8] {
                            for (parameters, same, of_rank) in
                                on_ranks(ranks, |rank| train(&data, training, rank, None))
                            {
                                assert_eq!(parameters, alone, "{ranks} ranks: {training:?}");
                                assert_eq!(same, report, "{ranks} ranks: {training:?}");
                                assert_eq!(of_rank.data(), state.data());
                            }
                        }
                        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
                        let threads = pool.install(|| train(&data, training, &mut Alone, None));
                        assert_eq!(threads.0, alone, "3 threads: {training:?}");
                        // A trainer that was told nothing of ranks.
                        let (share, mut net) = (data.share(&Alone), network(Activation::Tanh));
                        let plain = training.run(&mut net, share.data(), go_on).unwrap();
                        assert_eq!((parameters(&net), plain), (alone, report));
                    }
                }
            }

            #[test]
            fn a_run_goes_on_with_any_number_of_ranks() {
                let data = data(96, 24, false);
                for training in trainings() {
                    let (whole, report, _) = train(&data, training, &mut Alone, None);
                    for [before, after] in [[1, 3], [4, 1], [2, 8]] {
                        let broken =
                            on_ranks(before, |rank| {
                                let (share, mut net) =
                                    (data.share(rank), network(Activation::Tanh));
                                let among = Trainer::among(&net, training, share.data(), rank);
                                let mut trainer = among.unwrap();
                                let run =
                                    trainer.run_among(&mut net, share.data(), rank, |epoch| {
                                        match epoch.epoch == 1 {
                                            true => ControlFlow::Break(()),
                                            false => ControlFlow::Continue(()),
                                        }
                                    });
                                assert_eq!(run.unwrap().epochs, 2);
                                (net, trainer.into_state())
                            });
                        let (net, state) = &broken[0];
                        let ended = on_ranks(after, |rank| {
                            let (share, mut net) = (data.share(rank), net.clone());
                            let again = resumed(state, &net, &data, training);
                            let among = Trainer::resume_among(&net, again, share.data(), rank);
                            let mut trainer = among.unwrap();
                            let run = trainer.run_among(&mut net, share.data(), rank, go_on);
                            (parameters(&net), run.unwrap())
                        });
                        for (parameters, again) in ended {
                            assert_eq!(parameters, whole, "{before}, {after}: {training:?}");
                            assert_eq!(again.cost, report.cost);
                        }
                    }
                }
            }

            /// The same state again: every rank has one, as from a checkpoint.
            fn resumed(
                state: &TrainingState<$t>,
                net: &Network<$t>,
                data: &Data<$t>,
                training: Training,
            ) -> TrainingState<$t> {
                let share = data.share(&Alone);
                let mut from = network(Activation::Tanh);
                let mut trainer = Trainer::new(&from, training, share.data()).unwrap();
                let run = trainer.run(&mut from, share.data(), |epoch| {
                    match epoch.epoch + 1 == state.epochs() {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                });
                run.unwrap();
                assert_eq!(parameters(&from), parameters(net));
                trainer.into_state()
            }

            #[test]
            fn shards_change_the_order_of_sums_alone() {
                // Of full batches, every step is the same step; dropout's masks are, too.
                let data = data(200, 40, true);
                for dropout in [0.0, 0.4] {
                    let training = Training::full_batch(8).learning_rate(0.2).dropout(dropout);
                    let mut nets = [network(Activation::Tanh), network(Activation::Tanh)];
                    let share = data.share(&Alone);
                    let whole = training.run(&mut nets[0], share.data(), go_on).unwrap();
                    let cut =
                        training.shards(SHARDS).run(&mut nets[1], share.data(), go_on).unwrap();
                    // 200 samples' sums, 8 steps of a contraction: 8 * 200 roundings of half an
                    // epsilon, each of a sum of terms below 1.
                    let bound = 800.0 * f64::from($t::EPSILON);
                    let near = |a: f64, b: f64| assert!((a - b).abs() <= bound, "{a:e} {b:e}");
                    near(whole.cost.unwrap(), cut.cost.unwrap());
                    near(whole.validation_cost.unwrap(), cut.validation_cost.unwrap());
                    for layer in 0..3 {
                        let [a, b] = nets.each_ref().map(|net| net.weights(layer).unwrap());
                        a.iter().zip(&b).for_each(|(a, b)| near(f64::from(*a), f64::from(*b)));
                    }
                    assert_ne!(parameters(&nets[0]), parameters(&nets[1]));
                }
            }

            #[test]
            fn one_rank_stops_all() {
                let data = data(64, 0, false);
                let training = Training::new(9, 16).shards(SHARDS);
                for (_, report, _) in on_ranks(3, |rank| train(&data, training, rank, Some(2))) {
                    assert_eq!((report.epochs, report.stop), (3, Stop::Callback));
                }
            }

            #[test]
            fn what_one_rank_refuses_all_do() {
                let data = data(64, 16, false);
                let training = Training::new(3, 16).shards(SHARDS);
                let with = |change: &(dyn Fn(&mut Share<$t>, usize) + Sync)| {
                    on_ranks(3, |rank| {
                        let (mut share, net) = (data.share(rank), network(Activation::Tanh));
                        change(&mut share, rank.rank());
                        Trainer::among(&net, training, share.data(), rank).map(drop)
                    })
                };
                let results = with(&|share, rank| {
                    if rank == 1 {
                        share.x[4] = $t::NAN;
                    }
                });
                assert!(
                    matches!(results[1], Err(Error::NotFinite { index: 4, .. })),
                    "{results:?}"
                );
                assert_eq!(results[0], Err(Error::OtherRank { rank: 1 }));
                assert_eq!(results[2], Err(Error::OtherRank { rank: 1 }));
                // A rank with a sample too many, and one too few: none is alone right.
                let results = with(&|share, rank| {
                    if rank == 2 {
                        share.x.extend([0.0; 3]);
                        share.y.extend([0.0; 2]);
                    } else if rank == 0 {
                        share.x.truncate(share.x.len() - 3);
                        share.y.truncate(share.y.len() - 2);
                    }
                });
                assert!(results.iter().all(Result::is_err), "{results:?}");
                assert_eq!(results[1], Err(Error::OtherRank { rank: 0 }));
                // Without validation samples on one rank.
                let results = with(&|share, rank| {
                    if rank == 0 {
                        (share.held_x, share.held_y) = (Vec::new(), Vec::new());
                    }
                });
                assert!(results.iter().all(Result::is_err), "{results:?}");
            }

            #[test]
            fn divergence_is_the_same_everywhere() {
                let data = data(64, 0, false);
                let training = Training::new(60, 16).shards(SHARDS).learning_rate(1e3);
                let diverged = |ranks: &mut dyn Communicator| {
                    let (share, mut net) = (data.share(ranks), network(Activation::Identity));
                    let mut trainer = Trainer::among(&net, training, share.data(), ranks).unwrap();
                    let error =
                        trainer.run_among(&mut net, share.data(), ranks, go_on).unwrap_err();
                    let Error::Diverged { step, .. } = error else { panic!("{error}") };
                    (step, parameters(&net))
                };
                let alone = diverged(&mut Alone);
                for ranks in [2, 3] {
                    for there in on_ranks(ranks, |rank| diverged(rank)) {
                        assert_eq!(there, alone);
                    }
                }
            }
        }
    };
}

for_type!(of_f32, f32);
for_type!(of_f64, f64);

/// Of P parameters, a rank of R sends P (R - 1) / R numbers in each of a step's two messages where it has
/// one node: the least that a sum over R ranks takes.
#[test]
fn a_step_takes_two_messages_and_no_more_bytes_than_it_must() {
    let builder = Network::<f64>::builder(20).layer(64, Activation::Tanh);
    let net = builder.layer(8, Activation::Identity).build().unwrap();
    let x: Vec<f64> = (0..20 * 64).map(|i| f64::from(i % 17) / 17.0).collect();
    let y: Vec<f64> = (0..8 * 64).map(|i| f64::from(i % 5) / 5.0).collect();
    // Panels are filled up to whole registers.
    let numbers = (20 + 1) * 64 + (64 + 1) * 8;
    for ranks in [2_usize, 4, 8] {
        let spent = on_ranks(ranks, |rank: &mut ThreadRank| {
            let own = Shards::new(64, 8).unwrap().samples_of_rank(rank.rank(), ranks);
            let x = Columns::new(&x[20 * own.start..20 * own.end], 20).unwrap();
            let data = DataSet::new(x, Columns::new(&y[8 * own.start..8 * own.end], 8).unwrap());
            let training = Training::new(1, 4).shards(8);
            let mut trainer = Trainer::among(&net, training, data, rank).unwrap();
            let (mut net, before) = (net.clone(), (rank.messages, rank.bytes));
            trainer.run_among(&mut net, data, rank, |_| ControlFlow::Continue(())).unwrap();
            (rank.messages - before.0, rank.bytes - before.1)
        });
        for (messages, bytes) in spent {
            // 16 steps; before them an agreement, after them another whether to stop.
            assert_eq!(messages, 2 * 16 + 2);
            let least = 2 * 16 * numbers * 8 * (ranks - 1) / ranks;
            let costs = 16 * 16 * (ranks - 1) + 9 * (ranks - 1) + 16 * 8 * ranks;
            assert!((least..=least + costs).contains(&bytes), "{ranks}: {bytes}, least {least}");
        }
    }
}

#[test]
fn options_that_can_not_be_are_refused() {
    let net = Network::<f64>::builder(1).layer(1, Activation::Identity).build().unwrap();
    let values = [0.0, 1.0, 2.0];
    let x = Columns::new(&values, 1).unwrap();
    let data = DataSet::new(x, x);
    let refused = |training: Training| Trainer::new(&net, training, data).map(drop).unwrap_err();
    assert_eq!(refused(Training::new(1, 1).shards(0)), Error::Zero { argument: "shards" });
    assert!(matches!(
        refused(Training::new(1, 1).shards(4)),
        Error::Range { argument: "shards", given: 4.0, .. }
    ));
    // Fewer shards than ranks.
    let results = on_ranks(3, |rank| {
        let own = Shards::new(3, 3).unwrap().samples_of_rank(rank.rank(), 3);
        let x = Columns::new(&values[own], 1).unwrap();
        Trainer::among(&net, Training::new(1, 1).shards(2), DataSet::new(x, x), rank).map(drop)
    });
    for result in results {
        assert!(matches!(result, Err(Error::Range { argument: "shards", given: 2.0, .. })));
    }
    // A trainer of one shard knows no ranks.
    let mut trainer = Trainer::new(&net, Training::new(1, 1), data).unwrap();
    let run = trainer.run_among(&mut net.clone(), data, &mut Alone, |_| ControlFlow::Continue(()));
    assert!(matches!(run, Err(Error::Range { argument: "shards", .. })));
}
