//! Shared libraries that are loaded when they are wanted: nobody needs them to build this program.

use libloading::{Library, Symbol};

/// A library by its file name, wherever the system's loader finds it.
pub fn load(name: &str) -> Result<&'static Library, String> {
    // SAFETY: the libraries loaded here do nothing when loaded but prepare themselves.
    let library = unsafe { Library::new(name) }.map_err(|error| error.to_string())?;
    // Kept for as long as the program runs, so that functions can be kept too.
    Ok(Box::leak(Box::new(library)))
}

/// A function of it.
///
/// # Safety
/// `F` must be the function's type, as its header declares it.
pub unsafe fn function<F>(library: &'static Library, name: &str) -> Result<F, String>
where
    F: Copy + 'static,
{
    // SAFETY: the caller's promise.
    let symbol: Symbol<'static, F> =
        unsafe { library.get(name.as_bytes()) }.map_err(|error| error.to_string())?;
    Ok(*symbol)
}
