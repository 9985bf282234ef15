//! Which framework is which.

use crate::case::{Case, Type};
use crate::peer::Peer;
use crate::{burn, candle, fann, hand, mkl, onednn, own, products};

type Made = Result<Box<dyn Peer>, String>;

/// `None` if the framework does not have this kind of network.
pub fn peer(framework: &str, case: &Case) -> Option<Made> {
    let single = case.element == Type::F32;
    Some(match framework {
        "ndarray" if single => by_hand::<f32, _>(case, Ok(products::Matrixmultiply)),
        "ndarray" => by_hand::<f64, _>(case, Ok(products::Matrixmultiply)),
        "mkl" if single => by_hand::<f32, _>(case, mkl::Mkl::load()),
        "mkl" => by_hand::<f64, _>(case, mkl::Mkl::load()),
        "onednn" if single => boxed(onednn::OneDnn::new(case)),
        "fann" if fann::Fann::has(case) => boxed(fann::Fann::new(case)),
        "onednn" | "fann" => return None,
        "candle" => boxed(candle::Candle::new(case).map_err(|error| error.to_string())),
        "burn" => Ok(Box::new(burn::Burn::new(case))),
        "shallownet_here" if single => own::<f32>(case),
        "shallownet_here" => own::<f64>(case),
        _ => Err(format!("no framework {framework}")),
    })
}

fn boxed<P: Peer + 'static>(peer: Result<P, String>) -> Made {
    Ok(Box::new(peer?))
}

fn by_hand<T: ndarray::NdFloat, P: products::Products<T> + 'static>(
    case: &Case,
    products: Result<P, String>,
) -> Made {
    Ok(Box::new(hand::Hand::<T, P>::new(case, products?)))
}

fn own<T: shallownet::Scalar>(case: &Case) -> Made {
    boxed(own::Own::<T>::new(case).map_err(|error| error.to_string()))
}

/// The version that Cargo.toml pins, the loaded library's, or shallownet's own.
pub fn version(framework: &str) -> String {
    let (manifest, key) = match framework {
        "mkl" => return mkl::version(),
        "onednn" => return onednn::version(),
        "fann" => return fann::VERSION.to_owned(),
        "candle" => (include_str!("../Cargo.toml"), "\ncandle-core = "),
        "burn" => (include_str!("../Cargo.toml"), "\nburn = "),
        "ndarray" => (include_str!("../Cargo.toml"), "\nndarray = "),
        _ => (include_str!("../../../Cargo.toml"), "\nversion = "),
    };
    let value = manifest.split(key).nth(1).and_then(|rest| rest.split('"').nth(1));
    value.unwrap_or("?").trim_start_matches('=').to_owned()
}
