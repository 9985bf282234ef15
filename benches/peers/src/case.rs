//! The networks and batches of shapes.tsv: the numbers that peers.py draws too.

#[derive(Clone, Copy, PartialEq)]
pub enum Type {
    F32,
    F64,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Hidden {
    Relu,
    Tanh,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Output {
    Identity,
    Sigmoid,
    Softmax,
}

impl Output {
    /// The mean cost of output activations (m, n_y) in f32, added up in f64.
    pub fn cost(self, a: &[f32], y: &[f32], n_y: usize) -> f64 {
        let wide = a.iter().zip(y).map(|(&a, &y)| (f64::from(a), f64::from(y)));
        let total: f64 = match self {
            Self::Identity => wide.map(|(a, y)| (a - y).powi(2) / 2.0).sum(),
            Self::Sigmoid => wide.map(|(a, y)| -(if y > 0.5 { a } else { 1.0 - a }).ln()).sum(),
            Self::Softmax => wide.filter(|&(_, y)| y > 0.5).map(|(a, _)| -a.ln()).sum(),
        };
        total / (a.len() / n_y) as f64
    }
}

pub struct Case {
    pub name: String,
    pub sizes: Vec<usize>,
    pub m: usize,
    pub hidden: Hidden,
    pub output: Output,
    pub element: Type,
    pub rate: f64,
    pub adam_rate: f64,
}

/// Everything row-major: weights (n_l, n_{l-1}), inputs (m, n_x), targets (m, n_y).
pub struct Data<T> {
    pub weights: Vec<Vec<T>>,
    pub biases: Vec<Vec<T>>,
    pub x: Vec<T>,
    pub y: Vec<T>,
}

impl Case {
    pub fn inputs(&self) -> usize {
        self.sizes[0]
    }

    pub fn outputs(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }

    /// (n_{l-1}, n_l) of each layer.
    pub fn layers(&self) -> impl Iterator<Item = (usize, usize)> {
        self.sizes.windows(2).map(|pair| (pair[0], pair[1]))
    }

    pub fn data<T>(&self, cast: impl Fn(f64) -> T) -> Data<T> {
        let mut stream = Stream(1);
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for (n_in, n_out) in self.layers() {
            let scale = 1.0 / (n_in as f64).sqrt();
            let mut draw = |n| (0..n).map(|_| cast((stream.next() * 2.0 - 1.0) * scale)).collect();
            weights.push(draw(n_out * n_in));
            biases.push(draw(n_out));
        }
        let x = (0..self.m * self.inputs()).map(|_| cast(stream.next() * 2.0 - 1.0)).collect();
        let n_y = self.outputs();
        let y = match self.output {
            Output::Softmax => (0..self.m)
                .map(|_| (stream.next() * n_y as f64) as usize)
                .flat_map(|class| (0..n_y).map(move |k| f64::from(u8::from(k == class))))
                .map(cast)
                .collect(),
            Output::Sigmoid => {
                (0..self.m * n_y).map(|_| cast((stream.next() * 2.0).floor())).collect()
            }
            Output::Identity => {
                (0..self.m * n_y).map(|_| cast(stream.next() * 2.0 - 1.0)).collect()
            }
        };
        Data { weights, biases, x, y }
    }
}

/// SplitMix64, the top 53 bits as a number in [0, 1).
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 * 2.0_f64.powi(-53)
    }
}

/// The shapes of shapes.tsv; those of `names` (separated by commas) if there are any.
pub fn cases(names: &str) -> Vec<Case> {
    let parse = |line: &str| {
        let field: Vec<&str> = line.split('\t').collect();
        Case {
            name: field[0].to_owned(),
            sizes: field[1].split('-').map(|n| n.parse().expect("a size")).collect(),
            m: field[2].parse().expect("m"),
            hidden: if field[3] == "relu" { Hidden::Relu } else { Hidden::Tanh },
            output: match field[4] {
                "sigmoid" => Output::Sigmoid,
                "softmax" => Output::Softmax,
                _ => Output::Identity,
            },
            element: if field[5] == "f64" { Type::F64 } else { Type::F32 },
            rate: field[6].parse().expect("a learning rate"),
            adam_rate: field[7].parse().expect("Adam's learning rate"),
        }
    };
    let wanted = |case: &Case| names.is_empty() || names.split(',').any(|name| name == case.name);
    include_str!("../shapes.tsv").lines().skip(1).map(parse).filter(wanted).collect()
}
