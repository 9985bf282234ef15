//! Models, ONNX, ndarray's views. Nothing goes through a file here: `round_trip` does that.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, ShapeBuilder};
use shallownet::Standardization;
use shallownet::io::model::{self, Model};
use shallownet::io::{arrays, onnx};
use shallownet::{Columns, Scalar};

use super::world::{World, said};
use crate::bits;

impl<T: Scalar> World<T> {
    pub(super) fn model(
        &mut self,
        net: u8,
        features: Option<&Vec<String>>,
        classes: &[String],
        standardization: u8,
    ) -> Option<()> {
        let net = self.nets.get(net)?;
        let (inputs, outputs, targets) = (net.inputs(), net.outputs(), net.targets());
        let mut model = Model::new(said(net.try_clone())?);
        // As many as there should be, or as many as were drawn.
        let repeat = |names: &[String], count: usize| -> Vec<String> {
            names.iter().cycle().take(count).cloned().collect()
        };
        model.pipeline.features = features
            .map(|names| if names.len() % 2 == 0 { repeat(names, inputs) } else { names.clone() });
        model.classes = repeat(classes, outputs.max(2));
        model.pipeline.standardization = (standardization > 100).then(|| Standardization {
            means: vec![0.5; inputs],
            stds: vec![f64::from(standardization) / 128.0 - 1.0; inputs],
        });
        let of_targets = model.classes.is_empty() && standardization % 3 == 0;
        model.pipeline.targets.standardization = of_targets.then(|| Standardization {
            means: vec![-0.5; targets],
            stds: vec![f64::from(standardization) / 64.0; targets],
        });
        let of_targets = model.pipeline.targets.standardization.as_ref();
        said(onnx::encode(&model.network, model.pipeline.standardization.as_ref(), of_targets));
        let exported = said(onnx::encode_model(&model));
        let bytes = said(model::encode(&model))?;
        assert!(exported.is_some(), "a model that can be saved can be exported");
        let copy = model::decode::<T>(&bytes).expect("what was written");
        assert_eq!(bits::parameters(&copy.network), bits::parameters(&model.network));
        assert_eq!(model::encode(&copy).expect("read back"), bytes);
        said(model::decode_any(&bytes))?;
        self.nets.put(copy.network);
        Some(())
    }

    pub(super) fn arrays(
        &mut self,
        net: u8,
        workspace: u8,
        data: u8,
        is_matrix: bool,
    ) -> Option<()> {
        let net = self.nets.get(net)?;
        let samples = self.data.get(data)?.of(net);
        let shape = (samples.x().samples(), samples.x().features());
        let x = ArrayView2::from_shape(shape, &samples.x).ok()?;
        if is_matrix {
            // The same memory, seen as X: a sample a column.
            let seen = said(arrays::matrix(x.t())).map(|columns: Columns<'_, T>| columns.samples());
            assert!(seen.is_none_or(|m| m == shape.0));
            let _ = (said(arrays::matrix(x)), said(arrays::rows(x.t())));
        }
        let workspace = self.workspaces.get(workspace)?;
        let mut a = vec![T::ZERO; shape.0 * net.outputs()];
        let out = (shape.0, net.outputs()).set_f(is_matrix);
        let a = ArrayViewMut2::from_shape(out, &mut a).ok()?;
        said(arrays::predict(net, x, a, workspace))?;
        let wrong = Array2::from_elem((shape.0, net.outputs() + 1), T::ZERO);
        assert!(said(arrays::predict(net, x, wrong.clone().view_mut(), workspace)).is_none());
        Some(())
    }
}
