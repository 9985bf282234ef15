//! How a network's output bends: every Hessian by the inputs, the Laplacian among them, and how long
//! they take beside a prediction. `benches/peers/derivatives.py` compares with JAX.
//!
//! `cargo run --release --example derivatives`

use std::time::Instant;

use shallownet::{
    Activation, Columns, HessianWorkspace, Init, InputHessianWorkspace, JacobianWorkspace, Network,
    Parallelism, PredictionWorkspace, Result, TrainingWorkspace, reference,
};

const POINTS: usize = 1000;

fn main() -> Result<()> {
    // A function of the plane, as physics-informed models have them.
    let net = Network::<f32>::builder(2)
        .layer(64, Activation::Tanh)
        .layer(64, Activation::Tanh)
        .layer(1, Activation::Identity)
        .init(Init::XavierNormal, 1)
        .parallelism(Parallelism::Serial)
        .build()?;
    let x: Vec<f32> = (0..POINTS)
        .flat_map(|i| [(i % 40) as f32 / 20.0 - 1.0, (i / 40) as f32 / 12.5 - 1.0])
        .collect();
    let points = Columns::new(&x, 2)?;

    let mut hessians = vec![0.0; 4 * POINTS];
    let mut of_hessians = InputHessianWorkspace::new(&net)?;
    net.input_hessian(points, &[1.0], &mut hessians, &mut of_hessians)?;
    let laplacian: Vec<f32> = hessians.chunks(4).map(|h| h[0] + h[3]).collect();

    // The same by plain loops in f64.
    let loops = reference::Network::from(&net);
    for (x, laplacian) in x.chunks(2).zip(&laplacian) {
        let h = loops.input_hessian(&[x[0].into(), x[1].into()], &[1.0]);
        let exact = h[0][0] + h[1][1];
        assert!((f64::from(*laplacian) - exact).abs() < 1e-4, "{laplacian}, exactly {exact}");
    }

    let mut values = vec![0.0; POINTS];
    let mut of_values = PredictionWorkspace::new(&net, POINTS)?;
    let mut jacobians = vec![0.0; 2 * POINTS];
    let mut of_jacobians = JacobianWorkspace::new(&net)?;
    let mut of_products = HessianWorkspace::new(&net, POINTS)?;
    let mut training = TrainingWorkspace::new(&net, POINTS)?;
    let targets = vec![0.0; POINTS];
    let y = Columns::new(&targets, 1)?;
    let v = vec![1.0; net.parameter_count()];
    let mut product = v.clone();
    // Two rounds: the first warms up.
    let mut times = [0.0; 5];
    for _ in 0..2 {
        times = [
            median(|| net.predict(points, &mut values, &mut of_values))?,
            median(|| net.jacobian(points, &mut jacobians, &mut of_jacobians))?,
            median(|| net.input_hessian(points, &[1.0], &mut hessians, &mut of_hessians))?,
            median(|| net.backward(points, y, &mut training).map(drop))?,
            median(|| net.hessian_vector(points, y, &v, &mut product, &mut of_products))?,
        ];
    }
    let [predict, jacobian, hessian, gradient, along] = times;
    println!("2-64-64-1 tanh, {POINTS} points, one thread, f32:");
    println!("predictions       {predict:7.1} us");
    println!("all Jacobians     {jacobian:7.1} us, {:.1} times that", jacobian / predict);
    println!("all Hessians      {hessian:7.1} us, {:.1} times that", hessian / predict);
    println!("gradient          {gradient:7.1} us");
    println!("Hessian times v   {along:7.1} us, {:.1} times that", along / gradient);
    Ok(())
}

/// Microseconds of the median of 201 calls.
fn median(mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..201 {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
