use super::*;

type Tensors<'a> = [(&'a str, &'a [usize])];

/// A file of F32 tensors, all values 0.5.
fn file(tensors: &Tensors<'_>) -> Vec<u8> {
    let data: Vec<u8> = 0.5_f32.to_le_bytes().repeat(64);
    let view = |shape: &[usize]| {
        let bytes = shape.iter().product::<usize>() * 4;
        TensorView::new(Dtype::F32, shape.to_vec(), &data[..bytes]).unwrap()
    };
    safetensors::serialize(tensors.iter().map(|(name, shape)| (*name, view(shape))), None).unwrap()
}

fn refused(tensors: &Tensors<'_>, layers: usize) -> String {
    let activations = vec![Activation::Identity; layers];
    decode::<f32>(&file(tensors), None, &activations).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn layers_are_ordered_by_number_and_not_by_name() {
    let tensors: [(&str, &[usize]); 3] =
        [("net.10.weight", &[1, 3]), ("net.2.weight", &[3, 4]), ("net.2.bias", &[3])];
    let net = decode::<f64>(&file(&tensors), None, &[Activation::Tanh, Activation::Sigmoid]);
    let net = net.unwrap();
    assert_eq!((net.inputs(), net.layers()[0].units, net.outputs()), (4, 3, 1));
    assert_eq!((net.bias(0).unwrap(), net.bias(1).unwrap()), (&[0.5; 3][..], &[0.0][..]));
}

#[test]
fn files_that_are_no_sequential_of_linear_are_named() {
    let weight: (&str, &[usize]) = ("0.weight", &[2, 3]);
    let cases: [(&Tensors<'_>, usize, &str); 9] = [
        (&[], 1, "no tensor is named as the layers of an nn.Sequential are, as in \"0.weight\""),
        (&[weight, ("1.running_mean", &[2])], 1, "tensor \"1.running_mean\" is no weight or bias"),
        (&[weight, ("fc.weight", &[2, 2])], 2, "tensor \"fc.weight\" is no weight or bias"),
        (
            &[weight, ("1.weight", &[2])],
            2,
            "tensor \"1.weight\" has shape [2]: expected (units, 2)",
        ),
        (&[weight, ("1.weight", &[2, 3])], 2, "tensor \"1.weight\" has shape [2, 3]: expected"),
        (&[("0.weight", &[2, 3, 1, 1])], 1, "tensor \"0.weight\" has shape [2, 3, 1, 1]: expected"),
        (&[weight, ("0.bias", &[3])], 1, "tensor \"0.bias\" has shape [3]: expected [2]"),
        (&[weight, ("2.bias", &[2])], 2, "tensor \"2.weight\" is missing"),
        (&[weight, ("00.bias", &[2])], 1, "not a model: its header can't be read: "),
    ];
    for (tensors, layers, expected) in cases {
        let message = refused(tensors, layers);
        assert!(message.starts_with(expected), "{message}\n  expected: {expected}");
    }
    assert_eq!(refused(&[weight], 2), "2 activations: expected 1");
    let huge = ("99999999999999999999.weight", &[1, 1][..]);
    assert!(refused(&[huge], 1).contains("is no weight or bias"));
}

#[test]
fn nan_is_refused_by_name() {
    let mut bytes = file(&[("0.weight", &[1, 2])]);
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let error = decode::<f64>(&bytes, None, &[Activation::Tanh]).unwrap_err().to_string();
    assert_eq!(error, "tensor \"0.weight\" holds NaN at index 1: expected finite values");
}
