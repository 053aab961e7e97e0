//! The latest message of a share: written without a lock, and read whole.
//!
//! A cell has two buffers of atomic words. Only the share's owner writes: it fills the buffer that
//! is not current, then makes it current by counting the version on (an even version lies in the
//! first buffer, an odd one in the second). A reader reads the version, the buffer and the version
//! again. If both versions are the same, nothing was written into that buffer meanwhile, and the
//! text is whole; otherwise the reader starts over.
//!
//! # Invariants
//!
//! - The words are atomic, so a reader that is overtaken reads a mixture, which it throws away, and
//!   never a torn word.
//! - A text that does not fit into the words lies under a lock, which is held while the version
//!   counts on.
//!
//! Why two fences suffice: Hans-J. Boehm, *Can Seqlocks Get Along With Programming Language Memory
//! Models?* (2012).

use std::array;
use std::fmt::{self, Write};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::sync::lock;
use crate::sync::{AtomicU64, Mutex, fence, yield_now};
use crate::text;

/// The words of a buffer.
const WORDS: usize = 12;

/// The longest text, in bytes, that fits into a buffer.
const SHORT: usize = WORDS * 8;

/// Numbers messages and starts of steps, so that the latest of several is known.
static ORDER: Order = Order(std::sync::atomic::AtomicU64::new(0));

/// Alone on its cache line, since every thread that sets a message reads it.
#[repr(align(64))]
struct Order(std::sync::atomic::AtomicU64);

/// The number of a message that is set, or of a step that starts, now. `own` is the number that the
/// same share has. If it is still the latest of all, it stays, so a share that sets message after
/// message makes no read-modify-write.
pub(crate) fn next_order(own: u64) -> u64 {
    if own > 0 && ORDER.0.load(Relaxed) == own { own } else { ORDER.0.fetch_add(1, Relaxed) + 1 }
}

#[derive(Debug)]
pub(crate) struct MessageCell {
    /// How many messages there were.
    version: AtomicU64,
    buffers: [Buffer; 2],
    /// The latest text that does not fit into a buffer.
    long: Mutex<String>,
}

#[derive(Debug)]
struct Buffer {
    /// The message's number among all of the process; 0 for no message.
    order: AtomicU64,
    /// The length of the text, in bytes.
    len: AtomicU64,
    words: [AtomicU64; WORDS],
}

impl MessageCell {
    pub(crate) fn new() -> Self {
        let word = || AtomicU64::new(0);
        let buffer = |_| Buffer { order: word(), len: word(), words: array::from_fn(|_| word()) };
        Self { version: word(), buffers: array::from_fn(buffer), long: Mutex::new(String::new()) }
    }

    /// Sets the message.
    #[inline]
    pub(crate) fn set(&self, text: &str) {
        self.change(next_order(self.order()), |message| message.push(text));
    }

    /// Formats the message into its buffer. No lock is held while the caller's own code formats.
    #[inline]
    pub(crate) fn write(&self, text: fmt::Arguments<'_>) {
        self.change(next_order(self.order()), |message| {
            // This fails only where a `Display` of the caller's does; what that wrote stands.
            let _ = message.write_fmt(text);
        });
    }

    /// Removes the message.
    pub(crate) fn clear(&self) {
        if self.order() > 0 {
            self.change(0, |_| {});
        }
    }

    #[inline]
    fn change(&self, order: u64, fill: impl FnOnce(&mut Message<'_>)) {
        let next = self.version() + 1;
        let buffer = self.buffer(next);
        // A reader that sees any word stored below also sees the version advance, and starts over.
        fence(Release);
        let mut message = Message { words: &buffer.words, len: 0, last: 0, long: String::new() };
        fill(&mut message);
        let (len, long) = message.finish();
        buffer.order.store(order, Relaxed);
        buffer.len.store(len as u64, Relaxed);
        if len > SHORT {
            // A reader that holds the lock sees the text and its version together.
            let mut kept = lock(&self.long);
            let before = std::mem::replace(&mut *kept, long);
            self.version.store(next, Release);
            drop(kept);
            drop(before);
        } else {
            self.version.store(next, Release);
        }
    }

    fn buffer(&self, version: u64) -> &Buffer {
        &self.buffers[(version % 2) as usize]
    }

    /// How many messages there were.
    fn version(&self) -> u64 {
        self.version.load(Relaxed)
    }

    /// The message's number among all, and a number that depends on its text alone; `None` without
    /// a message. It allocates nothing.
    pub(crate) fn fingerprint(&self) -> Option<(u64, u64)> {
        loop {
            let version = self.version.load(Acquire);
            let buffer = self.buffer(version);
            let order = buffer.order.load(Relaxed);
            let len = buffer.len.load(Relaxed);
            let mut text = Fingerprint(len);
            if len > SHORT as u64 {
                text.write(lock(&self.long).as_bytes());
            } else {
                let words = buffer.words.iter().take((len as usize).div_ceil(8));
                words.for_each(|word| text.add(word.load(Relaxed)));
            }
            // The text is read before the version is read again.
            fence(Acquire);
            if self.version() == version {
                return (order > 0).then_some((order, text.0));
            }
            yield_now();
        }
    }

    /// The message's number among all, for its owner; 0 without a message.
    fn order(&self) -> u64 {
        self.buffer(self.version()).order.load(Relaxed)
    }

    /// Calls `read` with the message and its number, if that is later than `after` and something of
    /// the message can be seen: a blank one takes the message back. Starts over when the owner sets
    /// another message meanwhile.
    pub(crate) fn read<R>(&self, after: u64, read: impl FnOnce(u64, &str) -> R) -> Option<R> {
        loop {
            let version = self.version.load(Acquire);
            let buffer = self.buffer(version);
            let order = buffer.order.load(Relaxed);
            let len = if order > after { buffer.len.load(Relaxed) as usize } else { 0 };
            let mut short = [0; SHORT];
            let mut long = String::new();
            if len > SHORT {
                lock(&self.long).clone_into(&mut long);
            } else {
                let (parts, _) = short.as_chunks_mut();
                for (part, word) in parts.iter_mut().zip(&buffer.words).take(len.div_ceil(8)) {
                    *part = word.load(Relaxed).to_le_bytes();
                }
            }
            // The text is read before the version is read again.
            fence(Acquire);
            if self.version() == version {
                let text = if len > SHORT { &*long } else { utf8(&short[..len]) };
                return (order > after && !text::is_blank(text)).then(|| read(order, text));
            }
            yield_now();
        }
    }
}

/// A hash of words, in the manner of FNV-1a.
struct Fingerprint(u64);

impl Fingerprint {
    fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            self.add(part.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }
}

/// The text of a message that was read whole, and so is the UTF-8 that was written.
fn utf8(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

/// A message on its way into the words of a buffer. Bytes are joined to words in registers: a word
/// that was read back from bytes just written would stall until they have arrived in the cache.
struct Message<'a> {
    words: &'a [AtomicU64; WORDS],
    len: usize,
    /// The bytes of the word that is not full yet.
    last: u64,
    /// The whole text, if it is too long for the words.
    long: String,
}

impl Message<'_> {
    #[inline]
    fn push(&mut self, text: &str) {
        let mut bytes = text.as_bytes();
        if self.len + bytes.len() > SHORT {
            return self.push_long(text);
        }
        while let Some((eight, rest)) = bytes.split_first_chunk() {
            self.put(u64::from_le_bytes(*eight), 8);
            bytes = rest;
        }
        self.put(few(bytes), bytes.len());
    }

    /// Up to eight bytes, which fit.
    #[inline]
    fn put(&mut self, word: u64, len: usize) {
        let (at, shift) = (self.len / 8, self.len % 8 * 8);
        let full = self.last | word << shift;
        if let Some(slot) = self.words.get(at) {
            slot.store(full, Relaxed);
        }
        self.len += len;
        self.last = if self.len / 8 > at { word >> 1 >> (63 - shift) } else { full };
    }

    #[cold]
    fn push_long(&mut self, text: &str) {
        if self.long.is_empty() {
            self.put(0, 0);
            let bytes = self.words.iter().flat_map(|word| word.load(Relaxed).to_le_bytes());
            let bytes: Vec<u8> = bytes.take(self.len).collect();
            self.long.push_str(utf8(&bytes));
        }
        self.long.push_str(text);
        self.len += text.len();
    }

    /// The length of the message, and its text if that is too long for the words.
    fn finish(mut self) -> (usize, String) {
        self.put(0, 0);
        (self.len, self.long)
    }
}

/// Fewer than eight bytes as a word. The two parts may overlap: they hold the same bytes there.
#[inline]
fn few(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let [first, last] = [first, last].map(|four| u64::from(u32::from_le_bytes(*four)));
        return first | last << (8 * (bytes.len() - 4));
    }
    let byte = |at: usize| bytes.get(at).map_or(0, |byte| u64::from(*byte) << (8 * at));
    byte(0) | byte(1) | byte(2)
}

impl Write for Message<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}
