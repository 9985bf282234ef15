//! Derivatives beyond the gradient.

use shallownet::{HessianWorkspace, InputHessianWorkspace, JacobianWorkspace, Scalar};

use super::world::{World, said};

impl<T: Scalar> World<T> {
    pub(super) fn derivatives(
        &mut self,
        (net, other): (u8, u8),
        data: u8,
        capacity: usize,
        spare: bool,
    ) -> Option<()> {
        let data = self.data.get(data)?;
        let of_others = self.nets.get(other)?;
        let mut jacobians = said(JacobianWorkspace::new(of_others))?;
        let mut hessians = said(InputHessianWorkspace::new(of_others))?;
        let mut products = said(HessianWorkspace::new(of_others, capacity))?;
        let net = self.nets.get(net)?;
        let samples = data.of(net);
        let (x, y, m) = (samples.x(), samples.y(), samples.x().samples());
        let (n_x, n_y) = (net.inputs(), net.outputs());
        let u = vec![T::ONE; n_y];
        let v = vec![T::ONE; net.parameter_count()];
        let room = |n: usize| vec![T::ZERO; n + usize::from(spare)];
        said(net.jacobian(x, &mut room(n_x * n_y * m), &mut jacobians));
        said(net.jacobian_vector(x, x, &mut room(n_y * m), &mut jacobians));
        said(net.input_hessian(x, &u, &mut room(n_x * n_x * m), &mut hessians));
        said(net.input_hessian_vector(x, &u, x, &mut room(n_x * m), &mut products));
        said(net.hessian_vector(x, y, &v, &mut room(v.len()), &mut products))
    }
}
