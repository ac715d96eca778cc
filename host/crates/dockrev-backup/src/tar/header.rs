//! The block of 512 bytes that every member begins with.

use super::BLOCK_BYTES;
use std::ops::Range;

pub(super) const NAME: Range<usize> = 0..100;
pub(super) const MODE: Range<usize> = 100..108;
pub(super) const UID: Range<usize> = 108..116;
pub(super) const GID: Range<usize> = 116..124;
pub(super) const SIZE: Range<usize> = 124..136;
pub(super) const MTIME: Range<usize> = 136..148;
const CHECKSUM: Range<usize> = 148..156;
pub(super) const TYPE: usize = 156;
pub(super) const LINK: Range<usize> = 157..257;
const MAGIC: Range<usize> = 257..265;
pub(super) const MAJOR: Range<usize> = 329..337;
pub(super) const MINOR: Range<usize> = 337..345;
pub(super) const PREFIX: Range<usize> = 345..500;

/// Marks a header with a `prefix` field.
const USTAR: &[u8; 8] = b"ustar\x0000";

/// A header.
#[derive(Clone, Debug)]
pub(super) struct Header(pub(super) [u8; BLOCK_BYTES]);

impl Header {
    pub(super) fn new(kind: u8) -> Self {
        let mut block = [0; BLOCK_BYTES];
        block[TYPE] = kind;
        block[MAGIC].copy_from_slice(USTAR);
        Self(block)
    }

    /// Puts `bytes` into a field, cut to its length.
    pub(super) fn set_text(&mut self, field: Range<usize>, bytes: &[u8]) {
        let length = bytes.len().min(field.len());
        self.0[field.start..field.start + length].copy_from_slice(&bytes[..length]);
    }

    /// Puts a number into a field, in octal. Gives whether it fits; what does not becomes 0.
    pub(super) fn set_number(&mut self, field: Range<usize>, number: u64) -> bool {
        let digits = field.len() - 1;
        let fits = number.checked_shr(3 * digits as u32).unwrap_or(0) == 0;
        let mut rest = if fits { number } else { 0 };
        for index in (field.start..field.start + digits).rev() {
            self.0[index] = b'0' + (rest & 7) as u8;
            rest >>= 3;
        }
        fits
    }

    /// The block, checksum filled in.
    pub(super) fn finish(mut self) -> [u8; BLOCK_BYTES] {
        let sum = self.sum();
        self.set_number(CHECKSUM.start..CHECKSUM.end - 1, sum);
        self.0[CHECKSUM.end - 1] = b' ';
        self.0
    }

    /// The sum of all bytes, the checksum's own read as spaces.
    fn sum(&self) -> u64 {
        let all: u64 = self.0.iter().map(|byte| u64::from(*byte)).sum();
        let own: u64 = self.0[CHECKSUM].iter().map(|byte| u64::from(*byte)).sum();
        all - own + CHECKSUM.len() as u64 * u64::from(b' ')
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    pub(super) fn has_good_checksum(&self) -> bool {
        self.number(CHECKSUM).is_some_and(|stored| stored == self.sum())
    }

    /// A field's bytes up to the first zero.
    pub(super) fn text(&self, field: Range<usize>) -> &[u8] {
        let field = &self.0[field];
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        &field[..end]
    }

    /// The name, with the prefix if the header has one.
    pub(super) fn name(&self) -> Vec<u8> {
        let prefix = if &self.0[MAGIC] == USTAR { self.text(PREFIX) } else { b"" };
        if prefix.is_empty() { self.text(NAME).to_vec() } else { [prefix, self.text(NAME)].join(&b'/') }
    }

    /// A field's number: octal, or GNU's base-256 without a sign. Absent if it is neither, or too large.
    pub(super) fn number(&self, field: Range<usize>) -> Option<u64> {
        let field = &self.0[field];
        if field[0] == 0x80 {
            return field[1..].iter().try_fold(0_u64, |number, byte| Some(number.checked_mul(256)? | u64::from(*byte)));
        }
        let digits = field.trim_ascii_start();
        let end = digits.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(digits.len());
        digits[..end].iter().try_fold(0_u64, |number, byte| match byte {
            b'0'..=b'7' => Some(number.checked_mul(8)? | u64::from(byte - b'0')),
            _ => None,
        })
    }
}
