//! Any sequence of calls: see `shallownet_fuzz::api`.
#![no_main]

use shallownet_fuzz::api::{Input, run};

libfuzzer_sys::fuzz_target!(|input: Input| run(&input));

/// Absurd sizes are asked for: the library must get its null pointer, and say so.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"allocator_may_return_null=1".as_ptr()
}
