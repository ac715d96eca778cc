//! Extended attributes, read and set without following symbolic links.

use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::fs::XattrFlags;
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::io;

/// Longest list of names and longest value that Linux gives.
const MAX_BYTES: usize = 64 * 1024;

/// An attribute's name and value.
pub(crate) type Attribute = (Vec<u8>, Vec<u8>);

/// Families that are kept: what users, programs, capabilities, security labels and ACLs are written in. The rest is
/// made up by the file system.
fn is_kept(name: &[u8]) -> bool {
    name.starts_with(b"user.")
        || name.starts_with(b"trusted.")
        || name.starts_with(b"security.")
        || name.starts_with(b"system.posix_acl_")
}

/// Buffers that are used again from file to file.
pub(crate) struct AttributeReader {
    names: Vec<u8>,
    value: Vec<u8>,
}

impl AttributeReader {
    pub(crate) fn new() -> Self {
        Self { names: vec![0; MAX_BYTES], value: vec![0; MAX_BYTES] }
    }

    /// Those of an open file.
    pub(crate) fn of(&mut self, file: BorrowedFd<'_>) -> io::Result<Vec<Attribute>> {
        let length = known(rustix::fs::flistxattr(file, &mut self.names[..]))?;
        self.values(length, |name, value| rustix::fs::fgetxattr(file, name, value))
    }

    /// Those of an entry that cannot be opened.
    pub(crate) fn at(&mut self, parent: BorrowedFd<'_>, name: &CStr) -> io::Result<Vec<Attribute>> {
        let path = path(parent, name)?;
        let length = known(rustix::fs::llistxattr(&path, &mut self.names[..]))?;
        self.values(length, |name, value| rustix::fs::lgetxattr(&path, name, value))
    }

    fn values(
        &mut self,
        length: usize,
        mut get: impl FnMut(&CStr, &mut [u8]) -> rustix::io::Result<usize>,
    ) -> io::Result<Vec<Attribute>> {
        let mut attributes = Vec::new();
        for name in self.names[..length].split_inclusive(|byte| *byte == 0) {
            let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
            if !is_kept(name.to_bytes()) {
                continue;
            }
            match get(name, &mut self.value) {
                Ok(length) => attributes.push((name.to_bytes().to_vec(), self.value[..length].to_vec())),
                // It went away since it was listed, or is one of those that are listed for others.
                Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::PERM) => {}
                Err(error) => return Err(error.into()),
            }
        }
        attributes.sort_unstable();
        Ok(attributes)
    }
}

/// A file system without attributes has none.
fn known(length: rustix::io::Result<usize>) -> io::Result<usize> {
    match length {
        Err(Errno::OPNOTSUPP) => Ok(0),
        length => Ok(length?),
    }
}

/// Sets an attribute of an open file.
pub(crate) fn set(file: BorrowedFd<'_>, attribute: &Attribute) -> io::Result<()> {
    let name = CString::new(&attribute.0[..])?;
    Ok(rustix::fs::fsetxattr(file, &name, &attribute.1, XattrFlags::empty())?)
}

/// Sets an attribute of an entry that cannot be opened.
pub(crate) fn set_at(parent: BorrowedFd<'_>, name: &CStr, attribute: &Attribute) -> io::Result<()> {
    let key = CString::new(&attribute.0[..])?;
    Ok(rustix::fs::lsetxattr(path(parent, name)?, &key, &attribute.1, XattrFlags::empty())?)
}

/// Removes the attributes of an open folder that are not among `wanted`.
pub(crate) fn remove_others(folder: BorrowedFd<'_>, wanted: &[Attribute]) -> io::Result<()> {
    for (name, _) in AttributeReader::new().of(folder)? {
        if !wanted.iter().any(|(kept, _)| *kept == name) {
            let name = CString::new(name)?;
            match rustix::fs::fremovexattr(folder, &name) {
                Err(Errno::NODATA) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// The entry's name below its folder's descriptor: the calls for attributes know no other way to say it.
fn path(parent: BorrowedFd<'_>, name: &CStr) -> io::Result<CString> {
    let mut path = format!("/proc/self/fd/{}/", parent.as_fd().as_raw_fd()).into_bytes();
    path.extend_from_slice(name.to_bytes());
    Ok(CString::new(path)?)
}
