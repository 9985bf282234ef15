//! Mathematics over slices and registers: no allocation, no threads, no errors, no I/O.

pub(crate) mod epilogue;
pub(crate) mod exp;
pub(crate) mod head;
pub(crate) mod lanes;
pub(crate) mod ln_1p;
pub(crate) mod narrow;
pub(crate) mod panel;
pub(crate) mod shuffle;
pub(crate) mod sigmoid;
pub(crate) mod tanh;
pub(crate) mod transpose;
pub(crate) mod update;
pub(crate) mod weights;
