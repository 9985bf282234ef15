//! The words in which a network and its training are described. They check nothing.

pub(crate) mod activation;
pub(crate) mod choices;
pub(crate) mod dropout;
pub(crate) mod fingerprint;
pub(crate) mod init;
pub(crate) mod layer;
pub(crate) mod level;
pub(crate) mod loss;
pub(crate) mod names;
pub(crate) mod optimizer;
