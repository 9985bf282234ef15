//! Training end to end by shallownet, on the data that sklearn_peer.py wrote: from the samples to a
//! trained network, shuffled mini-batches and Adam.

use std::ops::ControlFlow;

use shallownet::{
    Activation, Columns, DataSet, Network, Optimizer, PredictionWorkspace, Result, Training,
};

use crate::clock::measure;
use crate::frameworks::version;

/// A row of fits.tsv.
struct Fit<'a> {
    name: &'a str,
    hidden_units: Vec<usize>,
    hidden: Activation,
    batch: usize,
    epochs: usize,
    rate: f64,
    at_least: f64,
}

/// Samples one after the other, and a class or a value of each.
#[derive(Default)]
struct Samples {
    x: Vec<f32>,
    y: Vec<f32>,
}

/// A data set: what is learnt from, what is held out, and the number of classes (0: values).
struct Data {
    train: Samples,
    test: Samples,
    n_x: usize,
    classes: usize,
}

/// Prints a row for each fit.
pub fn run(folder: &str, budget: f64, threads: usize) -> std::result::Result<(), String> {
    println!("framework\tversion\tshape\tkind\tthreads\tsamples\tmedian_ns\tscore");
    for line in include_str!("../fits.tsv").lines().skip(1) {
        let fit = Fit::of(line);
        let name = fit.name;
        let path = format!("{folder}/{name}.tsv");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let data = Data::of(&text);
        let fail = |error: shallownet::Error| format!("{name}: {error}");
        let score = fit.score(&fit.train(&data).map_err(fail)?, &data).map_err(fail)?;
        if !(score >= fit.at_least) {
            return Err(format!("{name}: a score of {score}, not {}", fit.at_least));
        }
        let (median, samples) = measure(budget, || {
            std::hint::black_box(fit.train(&data).expect("it was trained before"));
        });
        let version = version("shallownet_here");
        println!(
            "shallownet_here\t{version}\t{name}\tfit\t{threads}\t{samples}\t{median:.1}\t{score:.4}"
        );
    }
    Ok(())
}

impl<'a> Fit<'a> {
    fn of(line: &'a str) -> Self {
        let field: Vec<&str> = line.split('\t').collect();
        let number = |i: usize| field[i].parse::<f64>().expect("a number");
        Self {
            name: field[0],
            hidden_units: field[2].split('-').map(|n| n.parse().expect("units")).collect(),
            hidden: if field[3] == "relu" { Activation::Relu } else { Activation::Tanh },
            batch: number(4) as usize,
            epochs: number(5) as usize,
            rate: number(6),
            at_least: number(7),
        }
    }

    /// Everything between the samples and the trained network.
    fn train(&self, data: &Data) -> Result<Network<f32>> {
        let Data { train, n_x, classes, .. } = data;
        let (outputs, activation) = match classes {
            0 => (1, Activation::Identity),
            _ => (*classes, Activation::Softmax),
        };
        let mut builder = Network::builder(*n_x);
        for &units in &self.hidden_units {
            builder = builder.layer(units, self.hidden);
        }
        let mut net = builder.layer(outputs, activation).build()?;
        let mut y = train.y.clone();
        if *classes > 0 {
            let one_of =
                |&class: &f32| (0..outputs).map(move |k| f32::from(u8::from(k as f32 == class)));
            y = train.y.iter().flat_map(one_of).collect();
        }
        let samples = DataSet::new(Columns::new(&train.x, *n_x)?, Columns::new(&y, outputs)?);
        let training = Training::new(self.epochs, self.batch)
            .optimizer(Optimizer::adam())
            .learning_rate(self.rate);
        training.run(&mut net, samples, |_| ControlFlow::Continue(()))?;
        Ok(net)
    }

    /// Of the held-out samples: the share of right classes, or R^2.
    fn score(&self, net: &Network<f32>, data: &Data) -> Result<f64> {
        let Samples { x, y } = &data.test;
        let mut out = vec![0.0; y.len() * net.outputs()];
        let mut workspace = PredictionWorkspace::new(net, y.len())?;
        net.predict(Columns::new(x, data.n_x)?, &mut out, &mut workspace)?;
        let m = y.len() as f64;
        if data.classes == 0 {
            let mean = y.iter().map(|&y| f64::from(y)).sum::<f64>() / m;
            let total: f64 = y.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum();
            let left = y.iter().zip(&out).map(|(&y, &a)| (f64::from(y) - f64::from(a)).powi(2));
            return Ok(1.0 - left.sum::<f64>() / total);
        }
        let right = y.iter().zip(out.chunks_exact(data.classes)).filter(|(y, a)| {
            let largest = (0..a.len()).max_by(|&i, &k| a[i].total_cmp(&a[k]));
            largest == Some(**y as usize)
        });
        Ok(right.count() as f64 / m)
    }
}

impl Data {
    /// Lines of: train or test, a class or a value, the features; after one with the classes.
    fn of(text: &str) -> Self {
        let mut lines = text.lines();
        let classes = lines.next().and_then(|line| line.parse().ok()).expect("classes");
        let mut data =
            Self { train: Samples::default(), test: Samples::default(), n_x: 0, classes };
        for line in lines {
            let (part, rest) = line.split_once('\t').expect("train or test");
            let values = rest.split('\t').map(|value| value.parse::<f32>().expect("a number"));
            let values: Vec<f32> = values.collect();
            let samples = if part == "train" { &mut data.train } else { &mut data.test };
            samples.y.push(values[0]);
            samples.x.extend(&values[1..]);
            data.n_x = values.len() - 1;
        }
        data
    }
}
