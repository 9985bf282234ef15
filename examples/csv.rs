//! From a CSV file to a prediction, in ten lines: the prices of houses.
//!
//! Run with `cargo run --release --features csv --example csv`.

use std::ops::ControlFlow;

use shallownet::io::table::{Header, Table};
use shallownet::{
    Activation, Columns, Fit, Init, Network, OwnedColumns, Standardization, TrainingWorkspace,
    metrics,
};

const HOUSES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cases/house3.csv");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 1. Area, rooms and age; the price.
    let houses = Table::open(HOUSES.as_ref(), Header::Present)?.regression(&[0, 1, 2], &[3])?;
    let mut x = OwnedColumns::new(houses.x, 3)?;
    let mut y = OwnedColumns::new(houses.y, 1)?;
    // 2. Mean 0 and deviation 1.
    let raw = (x.clone(), y.clone());
    let features = Standardization::of(x.columns().as_slice(), 3)?;
    let prices = Standardization::of(y.columns().as_slice(), 1)?;
    features.apply(x.values_mut());
    prices.apply(y.values_mut());
    // 3. A network that learns them ...
    let builder = Network::builder(3).layer(8, Activation::Tanh).layer(1, Activation::Identity);
    let mut net = builder.init(Init::XavierNormal, 1).build()?;
    let mut workspace = TrainingWorkspace::new(&net, x.samples())?;
    let fit = Fit::new(2000, 0.1);
    fit.run(&mut net, x.columns(), y.columns(), &mut workspace, |_| ControlFlow::Continue(()))?;
    // 4. ... and takes and gives the file's own numbers from now on.
    net.fold_inputs(&features)?;
    net.fold_targets(&prices)?;
    let mut price = [0.0];
    net.predict(Columns::one(&[120.0, 4.0, 10.0]), &mut price, &mut workspace)?;

    println!("A house of 120 square metres, 4 rooms and 10 years: {:.0}", price[0]);
    let mut a = vec![0.0; x.samples()];
    net.predict(raw.0.columns(), &mut a, &mut workspace)?;
    let r_squared = metrics::r_squared(Columns::new(&a, 1)?, raw.1.columns())?;
    println!("R^2 of the {} houses it learned from: {r_squared:.4}", x.samples());
    assert!(r_squared > 0.95, "not learned");
    Ok(())
}
