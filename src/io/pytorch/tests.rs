use safetensors::tensor::TensorView;

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
    let loader = Loader::new(&activations).without_biases();
    loader.decode::<f32>(&file(tensors)).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn layers_are_ordered_by_number_and_not_by_name() {
    let tensors: [(&str, &[usize]); 3] =
        [("net.10.weight", &[1, 3]), ("net.2.weight", &[3, 4]), ("net.2.bias", &[3])];
    let activations = [Activation::Tanh, Activation::Sigmoid];
    let loader = Loader::new(&activations).without_biases();
    let net = loader.decode::<f64>(&file(&tensors)).unwrap();
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
    let loader = Loader::new(&[Activation::Tanh]).without_biases();
    let error = loader.decode::<f64>(&bytes).unwrap_err().to_string();
    assert_eq!(error, "tensor \"0.weight\" holds NaN at index 1: expected finite values");
}

/// What `torch.nn` saves of an Embedding(4, 3), and of an RMSNorm((4, 3)): a matrix by the name of
/// a Linear's weight.
#[test]
fn a_weight_alone_is_taken_for_a_linear_only_if_the_caller_says_so() {
    let alone = file(&[("0.weight", &[4, 3])]);
    let one = [Activation::Identity];
    let message = Loader::new(&one).decode::<f32>(&alone).unwrap_err().to_string();
    let expected = "tensor \"0.weight\" has no bias beside it: it may be an Embedding's";
    assert!(message.starts_with(expected), "{message}");
    let net = Loader::new(&one).without_biases().decode::<f32>(&alone).unwrap();
    assert_eq!((net.inputs(), net.outputs()), (3, 4));

    // Embedding(10, 3) before a Linear(3, 5), which it does not fit as a Linear, whatever is said;
    // and of the same number of rows as columns, which it does.
    let two = [Activation::Identity; 2];
    let before =
        |rows: &[usize]| file(&[("0.weight", rows), ("1.bias", &[5]), ("1.weight", &[5, 3])]);
    assert!(Loader::new(&two).without_biases().decode::<f32>(&before(&[10, 3])).is_err());
    let square = Loader::new(&two).decode::<f32>(&before(&[3, 3]));
    assert!(matches!(square, Err(Problem::NoBias(name)) if name == "0.weight"));
    // LayerNorm(3) and BatchNorm1d(3), RMSNorm(3): one dimension.
    for norm in [&[("0.weight", &[3][..])][..], &[("0.weight", &[3]), ("0.bias", &[3])]] {
        let loader = Loader::new(&one).without_biases();
        assert!(matches!(loader.decode::<f32>(&file(norm)), Err(Problem::Shape { .. })));
    }
    // LayerNorm((4, 3)): its bias has two.
    let norm = file(&[("0.weight", &[4, 3]), ("0.bias", &[4, 3])]);
    let refused = Loader::new(&one).without_biases().decode::<f32>(&norm);
    assert!(matches!(refused, Err(Problem::Shape { .. })));
}
