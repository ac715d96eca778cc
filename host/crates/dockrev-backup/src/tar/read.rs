//! Turning headers into entries.

use super::header::{GID, Header, LINK, MAJOR, MINOR, MODE, MTIME, SIZE, UID};
use super::{BLOCK_BYTES, EXTENDED_MAX_BYTES, EXTENTS_MAX, EXTENTS_MAX_BYTES, padding, pax};
use crate::entry::{Entry, Extent, Kind, Meta, PATH_MAX_BYTES, Time, printable};
use std::io::{self, BufRead};

/// An archive cannot be read further.
#[derive(Debug)]
pub(crate) enum TarError {
    /// The bytes themselves could not be had.
    Io(io::Error),
    /// They are no tar, or end too early.
    Malformed(String),
    /// An entry is one that must not be followed.
    Unsafe { entry: String, reason: String },
}

impl From<io::Error> for TarError {
    fn from(error: io::Error) -> Self {
        let is_short = error.kind() == io::ErrorKind::UnexpectedEof;
        if is_short { Self::Malformed("it ends too early".to_owned()) } else { Self::Io(error) }
    }
}

fn malformed<T>(reason: &str) -> Result<T, TarError> {
    Err(TarError::Malformed(reason.to_owned()))
}

/// Reads a tar file, member by member.
pub(crate) struct TarReader<R> {
    input: R,
    /// Bytes of the current member's data that were not taken yet.
    data: u64,
    /// Zeros that follow it.
    padding: u64,
    /// Bytes that the whole file can still have.
    limit: u64,
}

/// What extended headers say of the next member.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    modified: Option<Time>,
    accessed: Option<Time>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    sparse_version: (Option<u64>, Option<u64>),
    sparse_name: Option<Vec<u8>>,
    sparse_size: Option<u64>,
    is_other_sparse: bool,
}

impl<R: BufRead> TarReader<R> {
    /// Reads from `input`, which has at most `limit` bytes: a member that claims more is refused.
    pub(crate) fn new(input: R, limit: u64) -> Self {
        Self { input, data: 0, padding: 0, limit }
    }

    /// The next member, what is left of the current one skipped. Absent at the archive's end.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, TarError> {
        self.skip()?;
        let mut extended = Extended::default();
        loop {
            let header = self.header()?;
            if header.is_zero() {
                return Ok(None);
            }
            if !header.has_good_checksum() {
                return malformed("a header's checksum is wrong");
            }
            match header.0[super::header::TYPE] {
                b'x' => extended.take(&self.extension(&header)?)?,
                b'g' => drop(self.extension(&header)?),
                b'L' => extended.path = Some(self.long_name(&header)?),
                b'K' => extended.link = Some(self.long_name(&header)?),
                _ => return self.member(&header, &extended).map(Some),
            }
        }
    }

    /// The next bytes of the current member's data, in order; none at its end.
    pub(crate) fn chunk(&mut self) -> Result<&[u8], TarError> {
        if self.data == 0 {
            return Ok(&[]);
        }
        let length = match self.input.fill_buf()?.len() {
            0 => return malformed("it ends too early"),
            length => usize::try_from(self.data).map_or(length, |data| data.min(length)),
        };
        Ok(&self.input.fill_buf()?[..length])
    }

    /// Says that `bytes` of the last chunk were used.
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.data -= bytes as u64;
        self.limit -= bytes as u64;
    }

    /// What is read from.
    pub(crate) fn into_inner(self) -> R {
        self.input
    }

    fn skip(&mut self) -> Result<(), TarError> {
        self.data += std::mem::take(&mut self.padding);
        while self.data > 0 {
            let length = self.chunk()?.len();
            self.consume(length);
        }
        Ok(())
    }

    fn take(&mut self, out: &mut [u8]) -> Result<(), TarError> {
        if (out.len() as u64) > self.limit {
            return malformed("it is longer than it says");
        }
        self.input.read_exact(out)?;
        self.limit -= out.len() as u64;
        Ok(())
    }

    fn header(&mut self) -> Result<Header, TarError> {
        let mut block = [0; BLOCK_BYTES];
        self.take(&mut block)?;
        Ok(Header(block))
    }

    /// The body of a header that only describes the next one.
    fn extension(&mut self, header: &Header) -> Result<Vec<u8>, TarError> {
        let size = header.number(SIZE).filter(|size| *size <= EXTENDED_MAX_BYTES);
        let Some(size) = size else { return malformed("an extended header is too large") };
        let mut body = vec![0; size as usize + padding(size)];
        self.take(&mut body)?;
        body.truncate(size as usize);
        Ok(body)
    }

    /// GNU's own way to write a long name.
    fn long_name(&mut self, header: &Header) -> Result<Vec<u8>, TarError> {
        let mut name = self.extension(header)?;
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        name.truncate(end);
        Ok(name)
    }

    fn member(&mut self, header: &Header, extended: &Extended) -> Result<Entry, TarError> {
        let path = extended.path.clone().unwrap_or_else(|| header.name());
        let refuse = |reason: &str| TarError::Unsafe { entry: printable(&path), reason: reason.to_owned() };
        let size = match extended.size {
            Some(size) => size,
            None => header.number(SIZE).ok_or_else(|| refuse("its size is no number"))?,
        };
        if path.len() > PATH_MAX_BYTES {
            return Err(refuse("its name is too long"));
        }
        if size.checked_next_multiple_of(BLOCK_BYTES as u64).is_none_or(|padded| padded > self.limit) {
            return Err(refuse("it claims to be larger than the whole archive"));
        }
        let link = extended.link.clone().unwrap_or_else(|| header.text(LINK).to_vec());
        if link.len() > PATH_MAX_BYTES {
            return Err(refuse("it points to a name that is too long"));
        }
        let device = |field| header.number(field).and_then(|number| u32::try_from(number).ok());
        let devices = || device(MAJOR).zip(device(MINOR)).ok_or_else(|| refuse("its device number is none"));
        let kind = match header.0[super::header::TYPE] {
            b'0' | b'7' | 0 if path.ends_with(b"/") && size == 0 => Kind::Directory,
            b'0' | b'7' | 0 => Kind::File { size },
            b'1' => Kind::HardLink { to: link },
            b'2' => Kind::Symlink { to: link },
            b'3' => devices().map(|(major, minor)| Kind::CharDevice { major, minor })?,
            b'4' => devices().map(|(major, minor)| Kind::BlockDevice { major, minor })?,
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            other => return Err(refuse(&format!("its type {other:#04x} is not known"))),
        };
        if !matches!(kind, Kind::File { .. }) && size != 0 {
            return Err(refuse("it has data although it is no file"));
        }
        let meta = extended.meta(header).ok_or_else(|| refuse("its owner, mode or time is no number"))?;
        self.data = size;
        self.padding = padding(size) as u64;
        let entry = Entry { path, kind, meta };
        match extended.sparse_version {
            (None, None) if !extended.is_other_sparse => Ok(entry),
            (Some(1), Some(0)) => self.sparse(entry, extended),
            _ => Err(TarError::Unsafe {
                entry: printable(&entry.path),
                reason: "it is a sparse file of a kind that is not read here".to_owned(),
            }),
        }
    }

    /// Reads the map that a sparse file's data begins with.
    fn sparse(&mut self, mut entry: Entry, extended: &Extended) -> Result<Entry, TarError> {
        entry.path = extended.sparse_name.clone().unwrap_or(entry.path);
        let refuse =
            |entry: &Entry, reason: &str| TarError::Unsafe { entry: printable(&entry.path), reason: reason.to_owned() };
        let is_file = matches!(entry.kind, Kind::File { .. });
        let Some(size) = extended.sparse_size.filter(|size| is_file && i64::try_from(*size).is_ok()) else {
            return Err(refuse(&entry, "it is a sparse file without a size"));
        };
        let mut map = MapReader::default();
        while !map.is_done() {
            let mut block = [0; BLOCK_BYTES];
            if self.data < BLOCK_BYTES as u64 || map.bytes > EXTENTS_MAX_BYTES {
                return Err(refuse(&entry, "the map of its holes does not end"));
            }
            self.take(&mut block)?;
            self.data -= BLOCK_BYTES as u64;
            map.feed(&block).map_err(|reason| refuse(&entry, reason))?;
        }
        let extents = map.extents(size, self.data).map_err(|reason| refuse(&entry, reason))?;
        entry.kind = Kind::Sparse { size, extents };
        Ok(entry)
    }
}

impl Extended {
    fn take(&mut self, body: &[u8]) -> Result<(), TarError> {
        for record in pax::records(body) {
            let Some((key, value)) = record else { return malformed("an extended header cannot be read") };
            let number = || pax::number(value).ok_or_else(|| TarError::Malformed("a number is none".to_owned()));
            let time = || pax::parse_time(value).ok_or_else(|| TarError::Malformed("a time is none".to_owned()));
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = Some(number()?),
                b"uid" => self.uid = Some(number()?),
                b"gid" => self.gid = Some(number()?),
                b"mtime" => self.modified = Some(time()?),
                b"atime" => self.accessed = Some(time()?),
                b"GNU.sparse.major" => self.sparse_version.0 = Some(number()?),
                b"GNU.sparse.minor" => self.sparse_version.1 = Some(number()?),
                b"GNU.sparse.name" => self.sparse_name = Some(value.to_vec()),
                b"GNU.sparse.realsize" => self.sparse_size = Some(number()?),
                _ if key.starts_with(b"GNU.sparse.") => self.is_other_sparse = true,
                _ => {
                    if let Some(name) = key.strip_prefix(pax::XATTR) {
                        self.xattrs.push((name.to_vec(), value.to_vec()));
                    }
                }
            }
        }
        Ok(())
    }

    fn meta(&self, header: &Header) -> Option<Meta> {
        let id = |record: Option<u64>, field| u32::try_from(record.or_else(|| header.number(field))?).ok();
        let seconds = || i64::try_from(header.number(MTIME)?).ok();
        Some(Meta {
            mode: u32::try_from(header.number(MODE)?).ok()? & 0o7777,
            uid: id(self.uid, UID)?,
            gid: id(self.gid, GID)?,
            modified: match self.modified {
                Some(modified) => modified,
                None => Time { seconds: seconds()?, nanoseconds: 0 },
            },
            accessed: self.accessed,
            xattrs: self.xattrs.clone(),
        })
    }
}

/// Reads the numbers of a sparse file's map: how many runs, then offset and length of each, one a line.
#[derive(Default)]
struct MapReader {
    numbers: Vec<u64>,
    digits: Vec<u8>,
    bytes: u64,
}

impl MapReader {
    fn is_done(&self) -> bool {
        self.numbers.first().is_some_and(|count| (self.numbers.len() as u64 - 1) / 2 == *count)
    }

    fn feed(&mut self, block: &[u8]) -> Result<(), &'static str> {
        self.bytes += block.len() as u64;
        for byte in block {
            match byte {
                _ if self.is_done() => return Ok(()),
                b'\n' => {
                    self.numbers.push(pax::number(&self.digits).ok_or("the map of its holes has no numbers")?);
                    self.digits.clear();
                }
                _ if self.digits.len() < 20 => self.digits.push(*byte),
                _ => return Err("the map of its holes has no numbers"),
            }
        }
        match self.numbers.first() {
            Some(count) if *count > EXTENTS_MAX as u64 + 1 => Err("the map of its holes is too long"),
            Some(_) | None => Ok(()),
        }
    }

    /// The runs, if they lie one after the other within `size` bytes and have `stored` bytes altogether.
    fn extents(&self, size: u64, stored: u64) -> Result<Vec<Extent>, &'static str> {
        let mut end = 0_u64;
        let mut sum = 0_u64;
        let mut extents = Vec::with_capacity(self.numbers.len() / 2);
        for pair in self.numbers[1..].chunks_exact(2) {
            let extent = Extent { offset: pair[0], length: pair[1] };
            let next = extent.offset.checked_add(extent.length).filter(|next| extent.offset >= end && *next <= size);
            end = next.ok_or("the map of its holes has overlapping runs")?;
            sum += extent.length;
            if extent.length > 0 {
                extents.push(extent);
            }
        }
        if sum == stored { Ok(extents) } else { Err("the map of its holes does not fit its data") }
    }
}
