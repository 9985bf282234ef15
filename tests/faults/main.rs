//! Promise: a training that is killed at any moment, on a disk that is full, or beside another that
//! writes the same files, leaves whole files: the old ones or the new ones.
#![cfg(unix)]

mod disk;
mod kills;
mod place;
mod writers;
