//! oneDNN's inner products on the CPU, activations inside them, in the layouts of W that it chooses
//! itself; the outputs' dZ, the update and Adam by hand.

mod api;

use std::ptr;

pub use api::version;
use api::{Api, Argument, Handle};

use crate::adam::Adam;
use crate::case::{Case, Hidden, Output};
use crate::peer::Peer;

/// A primitive with the memory it works on.
struct Call {
    primitive: Handle,
    arguments: Vec<Argument>,
}

/// A layer's parameters in the layout that its forward pass likes.
struct Parameters {
    w: &'static mut [f32],
    w_memory: Handle,
    w_layout: Handle,
    b: &'static mut [f32],
    b_memory: Handle,
}

/// The layers one after the other, for one number of samples.
struct Forward {
    calls: Vec<Call>,
    descriptions: Vec<Handle>,
    parameters: Vec<Parameters>,
    /// Memory and layout of the inputs and of every layer's activations.
    a: Vec<(Handle, Handle)>,
    outputs: &'static mut [f32],
}

/// What the gradient takes besides.
struct Backward {
    calls: Vec<Call>,
    /// dZ of the outputs, where the calls begin.
    dz: &'static mut [f32],
    /// In the layouts of the parameters.
    dw: Vec<&'static mut [f32]>,
    db: Vec<&'static mut [f32]>,
}

pub struct OneDnn {
    api: Api,
    output: Output,
    rate: f32,
    n_y: usize,
    y: Vec<f32>,
    training: Forward,
    backward: Backward,
    batch: Forward,
    single: Forward,
    adam: Adam<f32>,
}

impl OneDnn {
    pub fn new(case: &Case) -> Result<Self, String> {
        let api = Api::load()?;
        let training = Forward::new(&api, case, api::TRAINING, case.m)?;
        Ok(Self {
            output: case.output,
            rate: case.rate as f32,
            n_y: case.outputs(),
            y: case.data(|value| value as f32).y,
            backward: Backward::new(&api, case, &training)?,
            training,
            batch: Forward::new(&api, case, api::INFERENCE, case.m)?,
            single: Forward::new(&api, case, api::INFERENCE, 1)?,
            adam: Adam::new(case.adam_rate),
            api,
        })
    }

    fn gradients(&mut self) {
        self.training.run(&self.api);
        let scale = 1.0 / (self.y.len() / self.n_y) as f32;
        let ends = self.training.outputs.iter().zip(&self.y);
        for (dz, (&a, &y)) in self.backward.dz.iter_mut().zip(ends) {
            *dz = (a - y) * scale;
        }
        run(&self.api, &self.backward.calls);
    }
}

impl Forward {
    fn new(api: &Api, case: &Case, purpose: i32, m: usize) -> Result<Self, String> {
        let data = case.data(|value| value as f32);
        let layout = api.layout(&[m, case.inputs()], false)?;
        let (memory, x) = api.memory(layout)?;
        x.copy_from_slice(&data.x[..x.len()]);
        let (mut calls, mut descriptions, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
        let (mut a, mut outputs) = (vec![(memory, layout)], None);
        let values = data.weights.iter().zip(&data.biases);
        for (layer, ((n_in, n_out), (w, b))) in case.layers().zip(values).enumerate() {
            let activation = match (case.hidden, case.output) {
                (Hidden::Relu, _) if layer + 2 < case.sizes.len() => Some(api::RELU),
                (Hidden::Tanh, _) if layer + 2 < case.sizes.len() => Some(api::TANH),
                (_, Output::Sigmoid) => Some(api::LOGISTIC),
                _ => None,
            };
            let then = activation.map_or(Ok(ptr::null_mut()), |function| api.then(function))?;
            let below = a[layer];
            let (b_layout, z_layout) =
                (api.layout(&[n_out], false)?, api.layout(&[m, n_out], false)?);
            let w_any = api.layout(&[n_out, n_in], true)?;
            let description = api.layer(purpose, [below.1, w_any, b_layout, z_layout], then)?;
            let layer = Parameters::new(api, description, (n_in, n_out), w, b)?;
            let (memory, values) = api.memory(z_layout)?;
            calls.push(Call {
                primitive: api.primitive(description)?,
                arguments: vec![
                    Argument(api::SRC, below.0),
                    Argument(api::WEIGHTS, layer.w_memory),
                    Argument(api::BIAS, layer.b_memory),
                    Argument(api::DST, memory),
                ],
            });
            a.push((memory, z_layout));
            outputs = Some(values);
            descriptions.push(description);
            parameters.push(layer);
        }
        if case.output == Output::Softmax {
            let (z, layout) = a[a.len() - 1];
            let arguments = vec![Argument(api::SRC, z), Argument(api::DST, z)];
            calls.push(Call { primitive: api.primitive(api.softmax(layout)?)?, arguments });
        }
        let outputs = outputs.ok_or("a network without layers")?;
        Ok(Self { calls, descriptions, parameters, a, outputs })
    }

    fn run(&self, api: &Api) {
        run(api, &self.calls);
    }
}

fn run(api: &Api, calls: &[Call]) {
    calls.iter().for_each(|call| api.run(call.primitive, &call.arguments));
}

impl Parameters {
    fn new(
        api: &Api,
        description: Handle,
        (n_in, n_out): (usize, usize),
        w: &[f32],
        b: &[f32],
    ) -> Result<Self, String> {
        let (plain, rows) = {
            let layout = api.layout(&[n_out, n_in], false)?;
            let (memory, values) = api.memory(layout)?;
            values.copy_from_slice(w);
            (memory, layout)
        };
        let w_layout = api.chosen(description, api::OF_WEIGHTS)?;
        let (w_memory, w) = api.memory(w_layout)?;
        let turn = api.primitive(api.reorder(rows, w_layout)?)?;
        api.run(turn, &[Argument(api::SRC, plain), Argument(api::DST, w_memory)]);
        let (b_memory, values) = api.memory(api.layout(&[n_out], false)?)?;
        values.copy_from_slice(b);
        Ok(Self { w, w_memory, w_layout, b: values, b_memory })
    }
}

impl Backward {
    fn new(api: &Api, case: &Case, forward: &Forward) -> Result<Self, String> {
        let (mut calls, mut dw, mut db) = (Vec::new(), Vec::new(), Vec::new());
        let last = forward.parameters.len() - 1;
        let (mut dz, outputs) = api.memory(forward.a[last + 1].1)?;
        for layer in (0..=last).rev() {
            let parameters = &forward.parameters[layer];
            let description = forward.descriptions[layer];
            let ((below, x_layout), z_layout) = (forward.a[layer], forward.a[layer + 1].1);
            let (n_in, n_out) = (case.sizes[layer], case.sizes[layer + 1]);
            let b_layout = api.layout(&[n_out], false)?;
            let any = api.layout(&[n_out, n_in], true)?;

            let sums = api.layer_sums([x_layout, any, b_layout, z_layout], description)?;
            let layout = api.chosen(sums, api::OF_DIFF_WEIGHTS)?;
            let (memory, values) = api.memory(layout)?;
            let (b_memory, b_values) = api.memory(b_layout)?;
            calls.push(Call {
                primitive: api.primitive(sums)?,
                arguments: vec![
                    Argument(api::SRC, below),
                    Argument(api::DIFF_DST, dz),
                    Argument(api::DIFF_WEIGHTS, memory),
                    Argument(api::DIFF_BIAS, b_memory),
                ],
            });
            let same = api.equal(layout, parameters.w_layout)?;
            dw.push(if same {
                values
            } else {
                turned(api, &mut calls, memory, layout, parameters.w_layout)?.1
            });
            db.push(b_values);
            if layer == 0 {
                break;
            }

            let back = api.layer_back([x_layout, any, z_layout], description)?;
            let layout = api.chosen(back, api::OF_WEIGHTS)?;
            let mut w = parameters.w_memory;
            if !api.equal(layout, parameters.w_layout)? {
                w = turned(api, &mut calls, w, parameters.w_layout, layout)?.0;
            }
            let (da, _) = api.memory(x_layout)?;
            calls.push(Call {
                primitive: api.primitive(back)?,
                arguments: vec![
                    Argument(api::DIFF_DST, dz),
                    Argument(api::WEIGHTS, w),
                    Argument(api::DIFF_SRC, da),
                ],
            });
            let by_a = if case.hidden == Hidden::Relu { api::RELU_BY_A } else { api::TANH_BY_A };
            calls.push(Call {
                primitive: api.primitive(api.activation_back(by_a, x_layout)?)?,
                arguments: vec![
                    Argument(api::DST, below),
                    Argument(api::DIFF_DST, da),
                    Argument(api::DIFF_SRC, da),
                ],
            });
            dz = da;
        }
        dw.reverse();
        db.reverse();
        Ok(Self { calls, dz: outputs, dw, db })
    }
}

/// Adds a call that brings values from one layout into another.
fn turned(
    api: &Api,
    calls: &mut Vec<Call>,
    from: Handle,
    layout: Handle,
    wanted: Handle,
) -> Result<(Handle, &'static mut [f32]), String> {
    let (memory, values) = api.memory(wanted)?;
    let primitive = api.primitive(api.reorder(layout, wanted)?)?;
    let arguments = vec![Argument(api::SRC, from), Argument(api::DST, memory)];
    calls.push(Call { primitive, arguments });
    Ok((memory, values))
}

impl Peer for OneDnn {
    fn kinds(&self) -> &'static [&'static str] {
        &["step", "forward", "predict", "adam"]
    }

    fn step(&mut self) {
        self.gradients();
        let Backward { dw, db, .. } = &self.backward;
        for (layer, (dw, db)) in self.training.parameters.iter_mut().zip(dw.iter().zip(db)) {
            layer.w.iter_mut().zip(dw.iter()).for_each(|(w, d)| *w -= self.rate * d);
            layer.b.iter_mut().zip(db.iter()).for_each(|(b, d)| *b -= self.rate * d);
        }
    }

    fn adam(&mut self) {
        self.gradients();
        let Backward { dw, db, .. } = &self.backward;
        let layers = self.training.parameters.iter_mut().zip(dw.iter().zip(db));
        let pieces =
            layers.flat_map(|(layer, (dw, db))| [(&mut *layer.w, &**dw), (&mut *layer.b, &**db)]);
        self.adam.step(pieces);
    }

    fn forward(&mut self) {
        self.batch.run(&self.api);
    }

    fn predict(&mut self) {
        self.single.run(&self.api);
    }

    fn one(&mut self) -> Vec<f64> {
        self.predict();
        self.single.outputs.iter().map(|&a| f64::from(a)).collect()
    }

    fn cost(&mut self) -> f64 {
        self.training.run(&self.api);
        self.output.cost(self.training.outputs, &self.y, self.n_y)
    }

    fn gradient(&mut self) -> f64 {
        unreachable!("oneDNN has no f64 on the CPU");
    }
}
