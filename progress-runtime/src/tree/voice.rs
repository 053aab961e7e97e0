//! The latest message of a share: said without a lock, and read whole.
//!
//! A sequence lock, as in Hans-J. Boehm, *Can Seqlocks Get Along With Programming Language Memory Models?* (2012). The
//! text lies in atomic words, so that a reader that is overtaken reads nothing but a mixture, which it then throws away:
//! the count of changes is odd while there is one, and another one after it. Only the owner of the share writes.

use std::fmt::{self, Write};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::{array, mem};

use super::lock;
use crate::sync::{AtomicU64, Mutex, fence, yield_now};

/// The words that the text of a message lies in …
const WORDS: usize = 14;

/// … and the bytes: a longer text is put under a lock.
const SHORT: usize = WORDS * 8;

/// Numbers messages and starts of steps, so that of several the latest can be told.
static ORDER: Latest = Latest(std::sync::atomic::AtomicU64::new(0));

/// Alone on its cache line: all threads that say something look at it.
#[repr(align(64))]
struct Latest(std::sync::atomic::AtomicU64);

/// The number of what is said or begun now. Who has had the last word has it still: `own`, the number of what the same
/// speaker said or began before, if nobody has said anything since.
pub(crate) fn next_order(own: u64) -> u64 {
    if own > 0 && ORDER.0.load(Relaxed) == own { own } else { ORDER.0.fetch_add(1, Relaxed) + 1 }
}

#[derive(Debug)]
pub(crate) struct Voice {
    /// How often it has begun and ended to change.
    changes: AtomicU64,
    /// Which message of all it is; 0 while there is none.
    order: AtomicU64,
    len: AtomicU64,
    words: [AtomicU64; WORDS],
    long: Mutex<String>,
}

impl Voice {
    pub(crate) fn new() -> Self {
        Self {
            changes: AtomicU64::new(0),
            order: AtomicU64::new(0),
            len: AtomicU64::new(0),
            words: array::from_fn(|_| AtomicU64::new(0)),
            long: Mutex::new(String::new()),
        }
    }

    pub(crate) fn say(&self, text: &str) {
        let mut message = Message::new();
        message.push(text);
        self.change(next_order(self.order()), message);
    }

    /// Says what is formatted. No lock is held while the caller's own code formats.
    pub(crate) fn write(&self, text: fmt::Arguments<'_>) {
        let mut message = Message::new();
        // Writing a message fails only where a `Display` of the caller's does; what it wrote stands.
        let _ = message.write_fmt(text);
        self.change(next_order(self.order()), message);
    }

    /// Says nothing any more: the share is another one's.
    pub(crate) fn fall_silent(&self) {
        if self.order() > 0 {
            self.change(0, Message::new());
        }
    }

    #[inline]
    fn change(&self, order: u64, mut message: Message) {
        let mut long = message.is_long().then(|| lock(&self.long));
        let changes = self.changes.load(Relaxed);
        self.changes.store(changes + 1, Relaxed);
        // Who reads a word of this change reads that there is one.
        fence(Release);
        self.order.store(order, Relaxed);
        self.len.store(message.len() as u64, Relaxed);
        for (word, bytes) in self.words.iter().zip(message.words()) {
            word.store(u64::from_le_bytes(*bytes), Relaxed);
        }
        if let Some(long) = &mut long {
            mem::swap(&mut **long, &mut message.long);
        }
        self.changes.store(changes + 2, Release);
        drop(long);
        drop(message); // the long text before, outside the lock
    }

    /// Which message of all it is; 0 where there is none.
    pub(crate) fn order(&self) -> u64 {
        self.order.load(Relaxed)
    }

    /// A number that is another one after each change.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Relaxed)
    }

    /// The message, and which of all it is.
    pub(crate) fn read<R>(&self, hear: impl FnOnce(u64, &str) -> R) -> Option<R> {
        loop {
            let changes = self.changes.load(Acquire);
            let order = self.order();
            let len = self.len.load(Relaxed) as usize;
            let mut short = [0; SHORT];
            let mut long = String::new();
            if len > SHORT {
                lock(&self.long).clone_into(&mut long);
            } else {
                for (bytes, word) in
                    short.chunks_exact_mut(8).zip(&self.words).take(len.div_ceil(8))
                {
                    bytes.copy_from_slice(&word.load(Relaxed).to_le_bytes());
                }
            }
            // What was read is read before it is asked whether it has changed meanwhile.
            fence(Acquire);
            if changes.is_multiple_of(2) && self.changes.load(Relaxed) == changes {
                if order == 0 {
                    return None;
                }
                let text = if len > SHORT { &*long } else { utf8(&short[..len]) };
                return Some(hear(order, text));
            }
            yield_now();
        }
    }
}

/// The text of a message that was read whole, which is UTF-8 as it was said.
fn utf8(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

/// A message on its way: short, or long and elsewhere.
struct Message {
    short: [u8; SHORT],
    len: usize,
    long: String,
}

impl Message {
    #[inline]
    fn new() -> Self {
        Self { short: [0; SHORT], len: 0, long: String::new() }
    }

    #[inline]
    fn push(&mut self, text: &str) {
        match self.short.get_mut(self.len..self.len + text.len()) {
            Some(short) => short.copy_from_slice(text.as_bytes()),
            _ => self.push_long(text),
        }
        self.len += text.len();
    }

    #[cold]
    fn push_long(&mut self, text: &str) {
        if self.long.is_empty() {
            self.long.push_str(utf8(&self.short[..self.len]));
        }
        self.long.push_str(text);
    }

    fn is_long(&self) -> bool {
        self.len > SHORT
    }

    fn len(&self) -> usize {
        self.len
    }

    /// The words of a short text.
    fn words(&self) -> impl Iterator<Item = &[u8; 8]> {
        let (words, _) = self.short.as_chunks();
        words.iter().take(if self.is_long() { 0 } else { self.len.div_ceil(8) })
    }
}

impl Write for Message {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}
