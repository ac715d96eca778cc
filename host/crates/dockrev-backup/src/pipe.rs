//! A bounded pipe between two threads that hands whole buffers over instead of copying bytes.

use crate::Control;
use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Size of one buffer: large enough that handing it over costs nothing beside filling it.
const CHUNK_BYTES: usize = 512 * 1024;

/// Full buffers that may wait, so that neither side stands still for the other's short pauses.
const CHUNKS_WAITING: usize = 4;

enum Message {
    Data(Vec<u8>),
    End,
    Failed(io::Error),
}

/// The end that is written to. It has to be finished: just dropping it is an error for the reader.
pub(crate) struct Filler {
    buffer: Vec<u8>,
    filled: usize,
    full: SyncSender<Message>,
    empty: Receiver<Vec<u8>>,
    control: Control,
}

/// The end that is read from.
pub(crate) struct Drain {
    buffer: Vec<u8>,
    used: usize,
    is_at_end: bool,
    full: Receiver<Message>,
    empty: SyncSender<Vec<u8>>,
}

/// Makes a pipe. Filling it fails once `control` is cancelled.
pub(crate) fn pipe(control: &Control) -> (Filler, Drain) {
    let (full, full_out) = sync_channel(CHUNKS_WAITING);
    let (empty, empty_out) = sync_channel(CHUNKS_WAITING);
    let filler = Filler { buffer: vec![0; CHUNK_BYTES], filled: 0, full, empty: empty_out, control: control.clone() };
    (filler, Drain { buffer: Vec::new(), used: 0, is_at_end: false, full: full_out, empty })
}

impl Filler {
    /// Room for at least one byte. What is put there counts once [`Filler::advance`] says so.
    pub(crate) fn space(&mut self) -> io::Result<&mut [u8]> {
        if self.filled == self.buffer.len() {
            self.hand_over()?;
        }
        Ok(&mut self.buffer[self.filled..])
    }

    /// Says that `bytes` of the room were filled.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.filled += bytes;
    }

    /// Hands over what is left and ends the stream.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.hand_over()?;
        self.send(Message::End)
    }

    /// Makes the reader fail with `error`.
    pub(crate) fn fail(self, error: io::Error) {
        // The reader may have gone first; then nobody needs the error.
        let _ = self.full.send(Message::Failed(error));
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if self.control.is_cancelled() {
            return Err(io::Error::other("stopped as asked"));
        }
        let mut next = self.empty.try_recv().unwrap_or_default();
        next.resize(CHUNK_BYTES, 0);
        let mut full = std::mem::replace(&mut self.buffer, next);
        full.truncate(self.filled);
        self.control.add_bytes(self.filled);
        self.filled = 0;
        self.send(Message::Data(full))
    }

    fn send(&self, message: Message) -> io::Result<()> {
        self.full.send(message).map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads any more"))
    }
}

impl Write for Filler {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let space = self.space()?;
        let length = space.len().min(bytes.len());
        space[..length].copy_from_slice(&bytes[..length]);
        self.advance(length);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BufRead for Drain {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.used == self.buffer.len() && !self.is_at_end {
            match self.full.recv() {
                Ok(Message::Data(buffer)) => {
                    let used = std::mem::replace(&mut self.buffer, buffer);
                    self.used = 0;
                    // A pipe that has buffers enough lets this one go.
                    let _ = self.empty.try_send(used);
                }
                Ok(Message::End) => self.is_at_end = true,
                Ok(Message::Failed(error)) => return Err(error),
                Err(_) => return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the writer stopped half-way")),
            }
        }
        Ok(&self.buffer[self.used..])
    }

    fn consume(&mut self, bytes: usize) {
        self.used += bytes;
    }
}

impl Read for Drain {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let buffer = self.fill_buf()?;
        let length = buffer.len().min(out.len());
        out[..length].copy_from_slice(&buffer[..length]);
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn what_goes_in_comes_out() {
        let (mut filler, mut drain) = pipe(&Control::new());
        let bytes: Vec<u8> = (0..3 * CHUNK_BYTES + 7).map(|index| (index % 251) as u8).collect();
        let sent = bytes.clone();
        let writer = thread::spawn(move || filler.write_all(&sent).and_then(|()| filler.finish()));
        let mut read = Vec::new();
        drain.read_to_end(&mut read).unwrap();
        writer.join().unwrap().unwrap();
        assert!(read == bytes);
    }

    #[test]
    fn an_end_that_goes_away_is_an_error_for_the_other() {
        let (filler, mut drain) = pipe(&Control::new());
        drop(filler);
        assert!(drain.read_to_end(&mut Vec::new()).is_err());

        let (filler, mut drain) = pipe(&Control::new());
        filler.fail(io::Error::new(io::ErrorKind::InvalidData, "bad"));
        assert_eq!(drain.read_to_end(&mut Vec::new()).unwrap_err().to_string(), "bad");

        let (mut filler, drain) = pipe(&Control::new());
        drop(drain);
        assert!(filler.write_all(&vec![0; 2 * CHUNK_BYTES]).is_err());
    }

    #[test]
    fn a_cancelled_pipe_takes_no_more() {
        let control = Control::new();
        let (mut filler, _drain) = pipe(&control);
        filler.write_all(b"x").unwrap();
        control.cancel();
        assert!(filler.finish().is_err());
    }
}
