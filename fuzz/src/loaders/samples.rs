//! What the loaders of samples have in common: f32 and f64, all at once and block by block.

use shallownet::OwnedColumns;
use shallownet::Scalar;
use shallownet::io::DataError;

use crate::bits::bits;

type Loaded<T> = Option<OwnedColumns<T>>;

/// f32 are f64 rounded, and are refused only where that is not finite. A whole number beyond 2^53 is
/// rounded once: where its f64 lies half way between two f32, it may be nearer to the other one.
pub(super) fn agree(narrow: &Loaded<f32>, wide: &Loaded<f64>) {
    let Some(wide) = wide else {
        assert!(narrow.is_none(), "f32 without f64");
        return;
    };
    let rounded: Vec<f32> = wide.columns().as_slice().iter().map(|v| *v as f32).collect();
    match narrow {
        Some(narrow) => {
            assert_eq!(narrow.features(), wide.features());
            let values = wide.columns().as_slice().iter().zip(&rounded);
            for (&given, (&wide, &rounded)) in narrow.columns().as_slice().iter().zip(values) {
                let half_way = wide - f64::from(rounded) == f64::from(given) - wide;
                let is_large = wide.abs() >= 2_f64.powi(53) && half_way;
                assert!(bits(&[given]) == bits(&[rounded]) || is_large, "{given} {wide}");
            }
        }
        None => assert!(rounded.iter().any(|v| !v.is_finite()), "f64 without f32"),
    }
}

/// Blocks hold what is loaded at once, and none is larger than asked for; where that is refused,
/// they end with an error.
pub(super) fn blocks_agree<T: Scalar>(
    whole: &Loaded<T>,
    blocks: impl Iterator<Item = Result<OwnedColumns<T>, DataError>>,
    size: usize,
) {
    let (mut values, mut is_refused) = (Vec::new(), false);
    for block in blocks {
        assert!(!is_refused, "a block after an error");
        match block {
            Ok(block) => {
                assert!((1..=size).contains(&block.samples()));
                values.extend(block.into_vec());
            }
            Err(_) => is_refused = true,
        }
    }
    assert_eq!(is_refused, whole.is_none());
    if let Some(whole) = whole {
        assert_eq!(bits(&values), bits(whole.columns().as_slice()));
    }
}
