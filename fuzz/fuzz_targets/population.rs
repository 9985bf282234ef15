//! Members of populations alone and together: see `shallownet_fuzz::population`.
#![no_main]

use shallownet_fuzz::population::{Input, run};

libfuzzer_sys::fuzz_target!(|input: Input| run(&input));
