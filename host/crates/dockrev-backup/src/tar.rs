//! The tar format, written and read: POSIX `pax` with GNU's sparse files (version 1.0) and `SCHILY.xattr` attributes, as
//! GNU tar, bsdtar and the engine read and write it.
//!
//! Of our own because holes, attributes and odd names have to come back exactly, and because what is read may be
//! hostile: every length is checked against a limit before memory is taken for it.
//!
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>,
//! <https://www.gnu.org/software/tar/manual/html_node/PAX-1.html>

mod header;
mod pax;
mod read;
mod write;

pub(crate) use read::{TarError, TarReader};
pub(crate) use write::{END, fits, member, padding};

/// Everything in a tar file comes in blocks of so many bytes.
pub(crate) const BLOCK_BYTES: usize = 512;

/// Longest extended header that is read or written, in bytes: a few dozen attributes of the largest size.
const EXTENDED_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Most runs of data that a sparse file is stored in; a file with more is stored whole from there on.
pub(crate) const EXTENTS_MAX: usize = 128 * 1024;

/// Most bytes that the list of runs can take: two numbers of 20 digits a line each.
const EXTENTS_MAX_BYTES: u64 = (EXTENTS_MAX as u64 + 1) * 42;

#[cfg(test)]
mod tests;
