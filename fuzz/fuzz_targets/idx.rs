//! A file of this format: see `shallownet_fuzz::loaders::idx`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| shallownet_fuzz::loaders::idx::run(input));
