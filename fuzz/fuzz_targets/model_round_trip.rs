//! There and back: see `shallownet_fuzz::round_trip::model`.
#![no_main]

use shallownet_fuzz::round_trip::model::{Input, run};

libfuzzer_sys::fuzz_target!(|input: Input| run(&input));
