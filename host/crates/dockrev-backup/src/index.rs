//! The closing record of an artifact, and the checksum beside it.
//!
//! The record is a skippable frame, which every `zstd` passes over: magic, length, JSON, and a foot of 16 bytes (length
//! of the JSON, format, `DOCKREV1`) by which it is found from the file's end without unpacking anything.
//!
//! <https://datatracker.ietf.org/doc/html/rfc8878#section-3.1.2>

use crate::artifact::{corrupt, sum_path};
use crate::manifest::MANIFEST_MAX_BYTES;
use crate::{BackupError, Index, SCHEMA};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// First of a skippable frame's four bytes of magic; the other 15 are for other programs.
const FRAME_MAGIC: u32 = 0x184D_2A5D;
const FRAME_HEAD_BYTES: u64 = 8;

const FOOT_MAGIC: &[u8; 8] = b"DOCKREV1";
const FOOT_BYTES: u64 = 16;

/// Longest checksum file that is read, in bytes: a digest, two spaces and a name.
const SUM_MAX_BYTES: u64 = 1024;

/// A SHA-256.
pub(crate) type Sum = [u8; 32];

/// The record as it is appended to the compressed archive.
pub(crate) fn frame(index: &Index) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(index)?;
    let too_large = || io::Error::other("the closing record is too large");
    let length = u32::try_from(json.len()).ok().filter(|length| u64::from(*length) <= MANIFEST_MAX_BYTES);
    let length = length.ok_or_else(too_large)?;
    let mut frame = Vec::with_capacity(json.len() + 24);
    frame.extend_from_slice(&FRAME_MAGIC.to_le_bytes());
    frame.extend_from_slice(&(length + FOOT_BYTES as u32).to_le_bytes());
    frame.extend_from_slice(&json);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&SCHEMA.to_le_bytes());
    frame.extend_from_slice(FOOT_MAGIC);
    Ok(frame)
}

/// Reads the record of an artifact, and the length of the compressed archive before it.
pub(crate) fn read_index(path: &Path, file: &mut File) -> Result<(Index, u64), BackupError> {
    let failed = |source| BackupError::file("read", path, source);
    let length = file.metadata().map_err(failed)?.len();
    let Some(foot_at) = length.checked_sub(FOOT_BYTES) else { return Err(corrupt(path, "it is cut short")) };
    let mut foot = [0; FOOT_BYTES as usize];
    file.seek(SeekFrom::Start(foot_at)).and_then(|_| file.read_exact(&mut foot)).map_err(failed)?;
    if &foot[8..] != FOOT_MAGIC {
        return Err(corrupt(path, "it has no end: it is cut short, or none of Dockrev's"));
    }
    let number = |at: usize| u32::from_le_bytes([foot[at], foot[at + 1], foot[at + 2], foot[at + 3]]);
    let (json_bytes, schema) = (u64::from(number(0)), number(4));
    if schema != SCHEMA {
        return Err(BackupError::Schema { path: path.to_owned(), found: schema, known: SCHEMA });
    }
    let archive_end = foot_at.checked_sub(json_bytes + FRAME_HEAD_BYTES).filter(|_| json_bytes <= MANIFEST_MAX_BYTES);
    let Some(archive_end) = archive_end else { return Err(corrupt(path, "its closing record has no place in it")) };
    let mut frame = vec![0; (FRAME_HEAD_BYTES + json_bytes) as usize];
    file.seek(SeekFrom::Start(archive_end)).and_then(|_| file.read_exact(&mut frame)).map_err(failed)?;
    let frame_bytes = (json_bytes + FOOT_BYTES) as u32;
    let head = [FRAME_MAGIC.to_le_bytes(), frame_bytes.to_le_bytes()].concat();
    if frame[..FRAME_HEAD_BYTES as usize] != head {
        return Err(corrupt(path, "its closing record is damaged"));
    }
    let index: Index = serde_json::from_slice(&frame[FRAME_HEAD_BYTES as usize..])
        .map_err(|error| corrupt(path, format!("its closing record cannot be read: {error}")))?;
    if index.totals.len() != index.manifest.targets.len() {
        return Err(corrupt(path, "its closing record does not fit its manifest"));
    }
    Ok((index, archive_end))
}

/// The text of a checksum file, as `sha256sum` writes and checks it.
pub(crate) fn sum_text(sum: &Sum, artifact: &Path) -> String {
    let name = artifact.file_name().unwrap_or_default().to_string_lossy();
    format!("{}  {name}\n", hex(sum))
}

/// Hexadecimal digits of a checksum.
pub(crate) fn hex(sum: &Sum) -> String {
    sum.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads the checksum beside an artifact.
pub(crate) fn read_sum(artifact: &Path) -> Result<Sum, BackupError> {
    let bad = |reason: String| BackupError::NoChecksum { path: artifact.to_owned(), reason };
    let path = sum_path(artifact);
    let meta = fs::metadata(&path).map_err(|error| bad(format!("`{}`: {error}", path.display())))?;
    if meta.len() > SUM_MAX_BYTES {
        return Err(bad("it is too long".to_owned()));
    }
    let text = fs::read_to_string(&path).map_err(|error| bad(error.to_string()))?;
    let name = artifact.file_name().unwrap_or_default().to_string_lossy();
    let digits = text.strip_suffix('\n').unwrap_or(&text).strip_suffix(&*name).map(str::trim_end);
    // `*` marks a file read as it is, which is how all are read here.
    let digits = digits.map(|digits| digits.trim_end_matches('*').trim_end());
    digits.and_then(unhex).ok_or_else(|| bad("it is not a SHA-256 of this file".to_owned()))
}

fn unhex(digits: &str) -> Option<Sum> {
    let mut sum = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in sum.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(sum)
}
