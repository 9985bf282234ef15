//! Every backend against the reference: see `shallownet_fuzz::differential`.
#![no_main]

use shallownet_fuzz::differential::{Input, run};

libfuzzer_sys::fuzz_target!(|input: Input| run(&input));
