//! Progress on standard error, if that is a terminal; and Ctrl-C.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::{Failure, INTERRUPTED};

/// A bar of `steps` steps, with their rate and the time left.
pub(crate) fn bar(steps: usize, unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    let template = format!("{{bar:40}} {{pos}}/{{len}} {unit}  {{per_sec}}  {{eta}} left");
    bar.set_style(ProgressStyle::with_template(&template).unwrap_or(ProgressStyle::default_bar()));
    bar
}

static INTERRUPT: AtomicBool = AtomicBool::new(false);

/// From here on the first Ctrl-C is only noted, for [`is_interrupted`]; the second ends the
/// program.
pub(crate) fn catch_interrupts() -> Result<(), Failure> {
    static CAUGHT: OnceLock<bool> = OnceLock::new();
    let is_caught = CAUGHT.get_or_init(|| {
        let noted = ctrlc::set_handler(|| {
            if INTERRUPT.swap(true, Ordering::SeqCst) {
                std::process::exit(INTERRUPTED.into());
            }
        });
        noted.is_ok()
    });
    if *is_caught {
        return Ok(());
    }
    Err(Failure::Arguments("Ctrl-C can't be caught".to_owned()))
}

pub(crate) fn is_interrupted() -> bool {
    INTERRUPT.load(Ordering::SeqCst)
}
