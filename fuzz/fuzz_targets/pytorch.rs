//! A file of this format: see `shallownet_fuzz::loaders::pytorch`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| shallownet_fuzz::loaders::pytorch::run(input));
