//! Memory for samples, or an error.

use shallownet::Error;

/// An empty vector with room for this many values, or an error.
pub(crate) fn with_room<T>(values: usize) -> Result<Vec<T>, Error> {
    let (mut room, what) = (Vec::new(), "the samples of a file");
    let bytes = values.saturating_mul(size_of::<T>());
    room.try_reserve_exact(values).map_err(|_| Error::OutOfMemory { what, bytes })?;
    Ok(room)
}
