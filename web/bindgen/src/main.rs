//! Writes the border between a page and a compiled module: `bindgen MODULE.wasm FOLDER`.
//!
//! `wasm-bindgen-cli` without its test runner, web server and downloads, which are most of it; and its
//! version, which must be the crate's to the last digit, is a line of Cargo.lock.

use std::path::PathBuf;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [module, folder] = &paths[..] else {
        eprintln!("usage: shallownet-bindgen MODULE.wasm FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    let result = bindgen
        .input_path(module)
        .web(true)
        .map(|bindgen| bindgen.typescript(false).remove_name_section(true))
        .and_then(|bindgen| bindgen.generate(folder));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", module.display());
            ExitCode::FAILURE
        }
    }
}
