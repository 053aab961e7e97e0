//! The latest message of a share: said without a lock, and read whole.
//!
//! There are two places for it. The owner, who alone writes, puts the next message into the one that is not read, and
//! then says so by a count: an even count says that the message lies in the first place, an odd one in the second. A
//! reader that finds the count as it was before it read has read a whole message: nobody writes where it lies before the
//! count has gone on. The text lies in atomic words, so that a reader that is overtaken reads nothing but a mixture,
//! which it throws away; why the fences suffice is told in Hans-J. Boehm, *Can Seqlocks Get Along With Programming
//! Language Memory Models?* (2012).

use std::array;
use std::fmt::{self, Write};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::sync::lock;
use crate::sync::{AtomicU64, Mutex, fence, yield_now};

/// The words that the text of a message lies in …
const WORDS: usize = 12;

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
pub(crate) struct MessageCell {
    /// How many messages there were.
    count: AtomicU64,
    places: [Place; 2],
    long: Mutex<String>,
}

/// Where a message lies.
#[derive(Debug)]
struct Place {
    /// Which message of all it is; 0 for none.
    order: AtomicU64,
    len: AtomicU64,
    words: [AtomicU64; WORDS],
}

impl MessageCell {
    pub(crate) fn new() -> Self {
        let word = || AtomicU64::new(0);
        let place = |_| Place { order: word(), len: word(), words: array::from_fn(|_| word()) };
        Self { count: word(), places: array::from_fn(place), long: Mutex::new(String::new()) }
    }

    #[inline]
    pub(crate) fn say(&self, text: &str) {
        self.change(next_order(self.order()), |message| message.push(text));
    }

    /// Says what is formatted. No lock is held while the caller's own code formats.
    #[inline]
    pub(crate) fn write(&self, text: fmt::Arguments<'_>) {
        self.change(next_order(self.order()), |message| {
            // Writing a message fails only where a `Display` of the caller's does; what it wrote stands.
            let _ = message.write_fmt(text);
        });
    }

    /// Says nothing any more: the share is another one's.
    pub(crate) fn fall_silent(&self) {
        if self.order() > 0 {
            self.change(0, |_| {});
        }
    }

    #[inline]
    fn change(&self, order: u64, say: impl FnOnce(&mut Message<'_>)) {
        let count = self.count();
        let place = self.place(count + 1);
        // Who reads a word that is written from here on finds that the count has gone on since that place was read.
        fence(Release);
        let mut message = Message { words: &place.words, len: 0, last: 0, long: String::new() };
        say(&mut message);
        let (len, long) = message.finish();
        place.order.store(order, Relaxed);
        place.len.store(len as u64, Relaxed);
        if len > SHORT {
            // The text and the count go on together, for who holds the lock.
            let mut kept = lock(&self.long);
            let before = std::mem::replace(&mut *kept, long);
            self.count.store(count + 1, Release);
            drop(kept);
            drop(before);
        } else {
            self.count.store(count + 1, Release);
        }
    }

    fn place(&self, count: u64) -> &Place {
        &self.places[(count % 2) as usize]
    }

    /// How many messages there were.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }

    /// Which message of all it is, as its owner knows; 0 where there is none.
    fn order(&self) -> u64 {
        self.place(self.count()).order.load(Relaxed)
    }

    /// The message, and which of all it is, if it is later than `after`. Begins anew where another one is said meanwhile.
    pub(crate) fn read<R>(&self, after: u64, hear: impl FnOnce(u64, &str) -> R) -> Option<R> {
        loop {
            let count = self.count.load(Acquire);
            let place = self.place(count);
            let order = place.order.load(Relaxed);
            let len = if order > after { place.len.load(Relaxed) as usize } else { 0 };
            let mut short = [0; SHORT];
            let mut long = String::new();
            if len > SHORT {
                lock(&self.long).clone_into(&mut long);
            } else {
                let (parts, _) = short.as_chunks_mut();
                for (part, word) in parts.iter_mut().zip(&place.words).take(len.div_ceil(8)) {
                    *part = word.load(Relaxed).to_le_bytes();
                }
            }
            // What was read is read before it is asked whether it is whole.
            fence(Acquire);
            if self.count() == count {
                let text = if len > SHORT { &*long } else { utf8(&short[..len]) };
                return (order > after).then(|| hear(order, text));
            }
            yield_now();
        }
    }
}

/// The text of a message that was read whole, which is UTF-8 as it was said.
fn utf8(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

/// A message that is being said, into the words of its place. Bytes are put together to words here: words read from bytes
/// that were just written would wait for them.
struct Message<'a> {
    words: &'a [AtomicU64; WORDS],
    len: usize,
    /// The bytes of the word that is not full yet.
    last: u64,
    /// All of it, where it is too long for the words.
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
        if let Some(place) = self.words.get(at) {
            place.store(full, Relaxed);
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

    /// How long the message is, and its text if that is too long for the words.
    fn finish(mut self) -> (usize, String) {
        self.put(0, 0);
        (self.len, self.long)
    }
}

/// Less than eight bytes as a word. Parts that overlap say the same where they do.
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
