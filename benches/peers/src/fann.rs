//! FANN's `fann_run`, in its f32 build: one sample at a time, on one thread.

use std::ffi::{c_int, c_uint, c_void};

use crate::case::{Case, Hidden, Output, Type};
use crate::foreign::{function, load};
use crate::peer::Peer;

pub const VERSION: &str = "2.2.0";
const FILE: &str = "libfloatfann.so.2";
/// FANN's numbers of its functions, which take a steepness: sigmoid 1 / (1 + exp(-2 s z)), tanh
/// tanh(s z), linear s z.
const LINEAR: (c_int, f32) = (0, 1.0);
const SIGMOID: (c_int, f32) = (3, 0.5);
const TANH: (c_int, f32) = (5, 1.0);

type Net = *mut c_void;
type SetFunction = unsafe extern "C" fn(Net, c_int);
type SetSteepness = unsafe extern "C" fn(Net, f32);

pub struct Fann {
    net: Net,
    run: unsafe extern "C" fn(Net, *const f32) -> *const f32,
    output: Output,
    x: Vec<f32>,
    y: Vec<f32>,
    n_x: usize,
    n_y: usize,
    out: Vec<f32>,
}

impl Fann {
    /// FANN has no ReLU and no softmax, and one type.
    pub fn has(case: &Case) -> bool {
        let (tanh, softmax) = (case.hidden == Hidden::Tanh, case.output == Output::Softmax);
        tanh && !softmax && case.element == Type::F32
    }

    pub fn new(case: &Case) -> Result<Self, String> {
        let library = load(FILE)?;
        let data = case.data(|value| value as f32);
        let sizes: Vec<c_uint> = case.sizes.iter().map(|&n| n as c_uint).collect();
        let output = if case.output == Output::Sigmoid { SIGMOID } else { LINEAR };
        // SAFETY: the types that fann.h declares; each call gets the network made first.
        let (net, run) = unsafe {
            let create: unsafe extern "C" fn(c_uint, *const c_uint) -> Net =
                function(library, "fann_create_standard_array")?;
            let net = create(sizes.len() as c_uint, sizes.as_ptr());
            for (layers, (number, steepness)) in [("hidden", TANH), ("output", output)] {
                let set = format!("fann_set_activation_function_{layers}");
                function::<SetFunction>(library, &set)?(net, number);
                let set = format!("fann_set_activation_steepness_{layers}");
                function::<SetSteepness>(library, &set)?(net, steepness);
            }
            let set: unsafe extern "C" fn(Net, c_uint, c_uint, f32) =
                function(library, "fann_set_weight")?;
            // Neurons are counted layer by layer, each layer's bias after it.
            let mut first = 0;
            for ((n_in, _), (w, b)) in case.layers().zip(data.weights.iter().zip(&data.biases)) {
                let above = first + n_in + 1;
                for (unit, (row, &bias)) in w.chunks_exact(n_in).zip(b).enumerate() {
                    let to = (above + unit) as c_uint;
                    for (i, &weight) in row.iter().chain([&bias]).enumerate() {
                        set(net, (first + i) as c_uint, to, weight);
                    }
                }
                first = above;
            }
            (net, function(library, "fann_run")?)
        };
        Ok(Self {
            net,
            run,
            output: case.output,
            n_x: case.inputs(),
            n_y: case.outputs(),
            out: vec![0.0; case.m * case.outputs()],
            x: data.x,
            y: data.y,
        })
    }

    fn sample(&mut self, i: usize) {
        let x = &self.x[i * self.n_x..][..self.n_x];
        let out = &mut self.out[i * self.n_y..][..self.n_y];
        // SAFETY: n_x values go in, n_y come out, which the network keeps.
        let a = unsafe { std::slice::from_raw_parts((self.run)(self.net, x.as_ptr()), self.n_y) };
        out.copy_from_slice(a);
    }
}

impl Peer for Fann {
    fn kinds(&self) -> &'static [&'static str] {
        &["forward", "predict"]
    }

    fn step(&mut self) {
        unreachable!("FANN's training is not compared");
    }

    fn adam(&mut self) {
        unreachable!("FANN has no Adam");
    }

    fn forward(&mut self) {
        (0..self.x.len() / self.n_x).for_each(|i| self.sample(i));
    }

    fn predict(&mut self) {
        self.sample(0);
    }

    fn one(&mut self) -> Vec<f64> {
        self.predict();
        self.out[..self.n_y].iter().map(|&a| f64::from(a)).collect()
    }

    fn cost(&mut self) -> f64 {
        self.forward();
        self.output.cost(&self.out, &self.y, self.n_y)
    }

    fn gradient(&mut self) -> f64 {
        unreachable!("FANN's gradient is not compared");
    }
}
