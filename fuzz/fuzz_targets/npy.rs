//! A file of this format: see `shallownet_fuzz::loaders::npy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| shallownet_fuzz::loaders::npy::run(input));
