//! There and back: see `shallownet_fuzz::round_trip::optimizer`.
#![no_main]

use shallownet_fuzz::round_trip::optimizer::{Input, run};

libfuzzer_sys::fuzz_target!(|input: Input| run(&input));
