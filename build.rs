//! Links the BLAS that `SHALLOWNET_CBLAS` names, if it is set.
//!
//! With the feature `cblas`, the program that uses this crate must link a library with the CBLAS
//! interface. It may do so itself (in its own build script, or by a crate such as `openblas-src`);
//! or it sets `SHALLOWNET_CBLAS` to the library's name and leaves that to this script:
//! `SHALLOWNET_CBLAS=openblas cargo build --features cblas` links `libopenblas`.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SHALLOWNET_CBLAS");
    let wanted = env::var_os("CARGO_FEATURE_CBLAS").is_some();
    let library = env::var("SHALLOWNET_CBLAS").unwrap_or_default();
    if wanted && !library.is_empty() {
        println!("cargo:rustc-link-lib=dylib={library}");
    }
}
