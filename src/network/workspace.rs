//! The memory a pass needs, in two types: for training, and for prediction alone.

use crate::error::Result;
use crate::network::buffers::{BackwardBuffers, Buffers};
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;

/// Memory for [`predict`](Network::predict) and [`cost`](Network::cost): a [`TrainingWorkspace`] or
/// a [`PredictionWorkspace`]. Sealed.
///
/// ```
/// use shallownet::{Activation, Columns, Network, PredictionWorkspace, Result, Workspace};
///
/// fn first(net: &Network<f32>, x: &[f32], workspace: &mut impl Workspace<f32>) -> Result<f32> {
///     let mut a = [0.0];
///     net.predict(Columns::new(x, net.inputs())?, &mut a, workspace)?;
///     Ok(a[0])
/// }
/// let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
/// let a = first(&net, &[0.5, -0.5], &mut PredictionWorkspace::new(&net, 1)?)?;
/// assert!(a > 0.0 && a < 1.0);
/// # Ok::<(), shallownet::Error>(())
/// ```
pub trait Workspace<T>: Buffered<T> {
    /// The largest batch, in samples.
    fn capacity(&self) -> usize;

    /// The memory held, in bytes.
    fn bytes(&self) -> usize;
}

/// A workspace as this crate sees it. Others can't name this trait, so they can't implement
/// [`Workspace`].
pub trait Buffered<T> {
    #[doc(hidden)]
    fn buffers(&mut self) -> &mut Buffers<T>;
}

/// Activations, output errors and gradients of one pass: everything that training writes besides
/// the parameters, allocated here once. It is for [`fit`](crate::Fit), [`step`](Network::step) and
/// [`backward`](Network::backward), and for everything that a [`PredictionWorkspace`] serves.
///
/// All calls but steps only read the network, so threads can share one, each with a workspace of
/// its own.
///
/// ```
/// use shallownet::{Activation, Columns, Network, TrainingWorkspace};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 2)?;
/// let before = net.step(x, y, 0.5, &mut workspace)?;
/// assert!(net.cost(x, y, &mut workspace)? < before);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TrainingWorkspace<T> {
    pub(crate) buffers: Buffers<T>,
    pub(crate) backward: BackwardBuffers<T>,
    pub(crate) gradients: Gradients<T>,
}

/// What [`predict`](Network::predict) and [`cost`](Network::cost) write: smaller than a
/// [`TrainingWorkspace`].
///
/// ```
/// use shallownet::{Activation, Network, PredictionWorkspace, TrainingWorkspace};
///
/// let net = Network::<f32>::builder(8)
///     .layer(16, Activation::Relu)
///     .layer(1, Activation::Sigmoid)
///     .build()?;
/// let training = TrainingWorkspace::new(&net, 64)?;
/// let prediction = PredictionWorkspace::new(&net, 64)?;
/// assert_eq!(training.capacity(), 64);
/// assert!(prediction.bytes() < training.bytes());
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// It has no room for gradients: the compiler refuses it where a step is asked for.
///
/// ```compile_fail,E0308
/// # use shallownet::{Activation, Columns, Network, PredictionWorkspace};
/// let mut net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = PredictionWorkspace::new(&net, 1)?;
/// let (x, y) = (Columns::new(&[0.5], 1)?, Columns::new(&[1.0], 1)?);
/// net.step(x, y, 0.1, &mut workspace)?;
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// **Inside parallel iterators**, do not keep a workspace in a `thread_local`: a call that splits a
/// large batch waits for its parts, and a waiting thread of rayon takes up other work, perhaps the
/// next item of the same iterator. That would borrow the workspace a second time, and the `RefCell`
/// panics, now and then. Let the iterator hand out the workspaces instead:
///
/// ```
/// use rayon::prelude::*;
/// use shallownet::{Activation, Columns, Network, PredictionWorkspace};
///
/// let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
/// let (x, mut a) = (vec![0.5; 2 * 1000], vec![0.0; 1000]);
/// x.par_chunks(2 * 100).zip(a.par_chunks_mut(100)).try_for_each_init(
///     || PredictionWorkspace::new(&net, 100),
///     |workspace, (x, a)| {
///         let workspace = workspace.as_mut().map_err(|error| error.clone())?;
///         net.predict(Columns::new(x, 2)?, a, workspace)
///     },
/// )?;
/// assert!(a.iter().all(|a| *a == a.clamp(0.01, 0.99)));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PredictionWorkspace<T> {
    pub(crate) buffers: Buffers<T>,
}

impl<T: Scalar> TrainingWorkspace<T> {
    /// For `net`, in batches of up to `capacity` samples.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, TrainingWorkspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// let workspace = TrainingWorkspace::new(&net, 32)?;
    /// assert_eq!(workspace.gradients().bias(0)?, [0.0]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`](crate::Error::Zero) for a capacity of 0;
    /// [`Error::TooLarge`](crate::Error::TooLarge),
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(net: &Network<T>, capacity: usize) -> Result<Self> {
        let (buffers, backward) = Buffers::training(net.shape(), capacity)?;
        Ok(Self { buffers, backward, gradients: Gradients::of_shape(net.shape())? })
    }

    /// The largest batch, in samples.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, TrainingWorkspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(TrainingWorkspace::new(&net, 32)?.capacity(), 32);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.buffers.capacity
    }

    /// The memory held, in bytes; [`Network::workspace_bytes`] says it beforehand.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, TrainingWorkspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(TrainingWorkspace::new(&net, 7)?.bytes(), net.workspace_bytes(7)?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        let gradients = size_of_val(self.gradients.buffer.as_slice());
        self.buffers.bytes() + self.backward.bytes() + gradients
    }

    /// The gradients of the last [`backward`](Network::backward); 0 before the first.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// # net.backward(Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?, &mut workspace)?;
    /// assert_eq!(workspace.gradients().bias(0)?, [-0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn gradients(&self) -> &Gradients<T> {
        &self.gradients
    }
}

impl<T: Scalar> PredictionWorkspace<T> {
    /// For `net`, in batches of up to `capacity` samples.
    ///
    /// # Errors
    /// As [`TrainingWorkspace::new`].
    pub fn new(net: &Network<T>, capacity: usize) -> Result<Self> {
        Ok(Self { buffers: Buffers::prediction(net.shape(), capacity)? })
    }

    /// The largest batch, in samples.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, PredictionWorkspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(PredictionWorkspace::new(&net, 32)?.capacity(), 32);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.buffers.capacity
    }

    /// The memory held, in bytes.
    pub fn bytes(&self) -> usize {
        self.buffers.bytes()
    }
}

impl<T: Scalar> Workspace<T> for TrainingWorkspace<T> {
    fn capacity(&self) -> usize {
        self.capacity()
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }
}

impl<T: Scalar> Workspace<T> for PredictionWorkspace<T> {
    fn capacity(&self) -> usize {
        self.capacity()
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }
}

impl<T> Buffered<T> for TrainingWorkspace<T> {
    #[inline(always)]
    fn buffers(&mut self) -> &mut Buffers<T> {
        &mut self.buffers
    }
}

impl<T> Buffered<T> for PredictionWorkspace<T> {
    #[inline(always)]
    fn buffers(&mut self) -> &mut Buffers<T> {
        &mut self.buffers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::activation::Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};
    use crate::{Backend, Error};

    fn is_foretold<T: Scalar>(units: &[usize], backend: Backend, capacity: usize) {
        let (last, hidden) = units[1..].split_last().unwrap();
        let mut builder = Network::<T>::builder(units[0]).backend(backend);
        for &n in hidden {
            builder = builder.layer(n, if n % 2 == 0 { Tanh } else { Relu });
        }
        let g = if *last == 1 { Sigmoid } else { Softmax };
        let net = builder.layer(*last, g).build().unwrap();
        let held = TrainingWorkspace::new(&net, capacity).unwrap().bytes();
        assert_eq!(net.workspace_bytes(capacity), Ok(held), "{units:?} {backend:?} {capacity}");
        assert!(held > 0);
    }

    #[test]
    fn the_size_told_beforehand_is_the_size_held() {
        let shapes: [&[usize]; 5] =
            [&[2, 4, 1], &[3, 1], &[8, 16, 1], &[100, 120, 10], &[17, 65, 33, 5]];
        for units in shapes {
            for capacity in [1, 5, 31, 32, 33, 400, 1001, 40_000] {
                for backend in [Backend::Auto, Backend::Fused, Backend::Portable] {
                    is_foretold::<f32>(units, backend, capacity);
                    is_foretold::<f64>(units, backend, capacity);
                }
                #[cfg(feature = "cblas")]
                is_foretold::<f32>(units, Backend::Cblas, capacity);
            }
        }
    }

    #[test]
    fn sizes_that_no_workspace_has_are_errors() {
        let net = Network::<f64>::builder(2).layer(3, Identity).build().unwrap();
        assert!(matches!(net.workspace_bytes(0), Err(Error::Zero { .. })));
        // A sample takes two arrays of at least three numbers, 48 bytes; more where they are
        // padded.
        for capacity in [usize::MAX, usize::MAX / 8, usize::MAX / 48 + 1] {
            let told = net.workspace_bytes(capacity);
            assert!(matches!(told, Err(Error::TooLarge { .. })), "{capacity}: {told:?}");
        }
    }
}
