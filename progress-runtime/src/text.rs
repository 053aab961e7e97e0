//! Text from jobs, made harmless and bounded.
//!
//! Titles, messages and errors are shown in terminals, logs and browsers. A file name in one of
//! them must not move a cursor, begin a line, change the direction of the text after it, or fill a
//! disk.

use std::borrow::{Borrow, Cow};
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// The length to which a message, title, reason or error is cut, in bytes.
pub(crate) const MAX_MESSAGE: usize = 1024;

/// Returns the text as one line of at most `max_bytes` bytes, without characters that control a
/// terminal.
///
/// - Line breaks and tabs become spaces.
/// - Escape sequences, such as those that set a colour, are removed whole.
/// - Other control characters become their pictures (`␇`).
/// - C1 controls, direction marks and Unicode's own line breaks become `U+FFFD`.
/// - A longer text is cut between two characters, and ends in `…`.
pub(crate) fn clean(text: &str, max_bytes: usize) -> Cow<'_, str> {
    let is_plain = || text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if text.len() <= max_bytes && (is_plain() || text.chars().all(|char| harmless(char) == char)) {
        return Cow::Borrowed(text);
    }
    let ellipsis = if max_bytes < '…'.len_utf8() { "" } else { "…" };
    let mut out = String::with_capacity(text.len().min(max_bytes));
    let mut cut = 0;
    for char in (WithoutEscapes { rest: text }).map(harmless) {
        if out.len() + char.len_utf8() > max_bytes {
            out.truncate(cut);
            out.push_str(ellipsis);
            break;
        }
        out.push(char);
        if out.len() + ellipsis.len() <= max_bytes {
            cut = out.len();
        }
    }
    Cow::Owned(out)
}

/// Formats a text. Where a `Display` of the user's fails, what it has written stands.
pub(crate) fn formatted(text: fmt::Arguments<'_>) -> String {
    let mut out = String::new();
    let _ = out.write_fmt(text);
    out
}

/// Whether nothing of a text can be seen once it is [`clean`].
pub(crate) fn is_blank(text: &str) -> bool {
    let begins_visibly = text.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    !begins_visibly && (WithoutEscapes { rest: text }).map(harmless).all(is_invisible)
}

/// Whether a character shows nothing by itself: a blank, one that Unicode has ignored by default,
/// or a mark on the character before it.
fn is_invisible(char: char) -> bool {
    char.is_whitespace()
        || matches!(
            char,
            '\u{ad}'
                | '\u{300}'..='\u{36f}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200d}'
                | '\u{2060}'..='\u{206f}'
                | '\u{20d0}'..='\u{20f0}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{fe20}'..='\u{fe2f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The characters of a text that are not part of an escape sequence (ECMA-48).
struct WithoutEscapes<'a> {
    rest: &'a str,
}

impl Iterator for WithoutEscapes<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            let mut chars = self.rest.chars();
            let char = chars.next()?;
            match after_escape(char, chars.as_str()) {
                Some(rest) => self.rest = rest,
                None => {
                    self.rest = chars.as_str();
                    return Some(char);
                }
            }
        }
    }
}

/// Returns what follows the escape sequence that begins with `first`; `None` where none does.
fn after_escape(first: char, rest: &str) -> Option<&str> {
    if first != '\u{1b}' {
        return match first {
            '\u{9b}' => after_control_sequence(rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => after_control_string(rest),
            _ => None,
        };
    }
    let mut chars = rest.chars();
    match chars.next()? {
        '[' => after_control_sequence(chars.as_str()),
        'P' | 'X' | ']'..='_' => after_control_string(chars.as_str()),
        '0'..='~' => Some(chars.as_str()),
        // Intermediate characters, as in the choice of a character set.
        ' '..='/' => {
            let rest = rest.trim_start_matches(is_intermediate);
            rest.strip_prefix(|char| matches!(char, '0'..='~'))
        }
        _ => None,
    }
}

fn is_intermediate(char: char) -> bool {
    matches!(char, ' '..='/')
}

/// Returns what follows the parameters, the intermediate characters and the final one. A sequence
/// without a final character ends where one is missing.
fn after_control_sequence(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(|char| matches!(char, '0'..='?'));
    let rest = rest.trim_start_matches(is_intermediate);
    Some(rest.strip_prefix(|char| matches!(char, '@'..='~')).unwrap_or(rest))
}

/// Returns what follows the terminator; `None` without one, so that no text is lost.
fn after_control_string(rest: &str) -> Option<&str> {
    let end = rest.find(['\u{7}', '\u{1b}', '\u{9c}', '\n'])?;
    let rest = &rest[end..];
    let terminators = ["\u{7}", "\u{1b}\\", "\u{9c}"];
    terminators.iter().find_map(|terminator| rest.strip_prefix(terminator))
}

/// Returns the character to show in place of this one, or this one if it controls nothing.
fn harmless(char: char) -> char {
    match char {
        ' '..='~' => char,
        '\t' | '\n' | '\r' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(char)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => char,
    }
}

/// A text of a [`Snapshot`](crate::Snapshot): an immutable string that is cheap to create and to
/// clone.
///
/// A literal is not copied, a short text is stored in place, and a long one is shared. A `Text`
/// dereferences to `str`, and compares with `str` and `String`.
///
/// ```
/// use progress_runtime::snapshot::Text;
/// use progress_runtime::Run;
///
/// let (run, progress) = Run::start("Import");
/// let title: Text = run.snapshot().title.clone();
/// assert_eq!(title, "Import");
/// assert_eq!(title.len(), 6);
/// assert_eq!(title.to_string(), "Import");
/// # progress.finish();
/// ```
#[derive(Clone)]
pub struct Text(Form);

/// The longest text that is stored in place, in bytes. It makes a `Text` as large as a `String`.
const SHORT: usize = 22;

#[derive(Clone)]
enum Form {
    Static(&'static str),
    Short { len: u8, bytes: [u8; SHORT] },
    Shared(Arc<str>),
}

impl Text {
    /// Creates a text from a literal, without a copy.
    ///
    /// ```
    /// use progress_runtime::snapshot::Text;
    ///
    /// const TITLE: Text = Text::from_static("Fetching the index of all pages");
    /// assert_eq!(TITLE.as_str(), "Fetching the index of all pages");
    /// ```
    pub const fn from_static(text: &'static str) -> Self {
        Self(Form::Static(text))
    }

    /// Returns the text as a `&str`.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Static(text) => text,
            // Only whole texts are stored there, so this is UTF-8.
            Form::Short { len, bytes } => {
                str::from_utf8(&bytes[..usize::from(*len)]).unwrap_or_default()
            }
            Form::Shared(text) => text,
        }
    }

    /// Creates a text from a job's text, which [`clean`] makes harmless.
    pub(crate) fn clean(text: &str) -> Self {
        Self::from(&*clean(text, MAX_MESSAGE))
    }

    /// The text, if it is harmless; a copy that is, if not. Nothing of a blank one is kept.
    pub(crate) fn cleaned(self) -> Self {
        let text = self.as_str();
        if is_blank(text) {
            return Self::default();
        }
        match clean(text, MAX_MESSAGE) {
            Cow::Borrowed(_) => self,
            Cow::Owned(text) => text.into(),
        }
    }

    /// Creates a text from a literal, which is copied only if it is not harmless.
    pub(crate) fn clean_static(text: &'static str) -> Self {
        match clean(text, MAX_MESSAGE) {
            Cow::Borrowed(text) => Self::from_static(text),
            Cow::Owned(text) => Self::from(text),
        }
    }

    /// Formats a number, with the total if there is one: `7`, `7 of 50`.
    pub(crate) fn number(number: u64, of: Option<u64>) -> Self {
        const OF: &[u8] = b" of ";
        let (first, of_len) = (width(number), of.map_or(0, |of| OF.len() + width(of)));
        let mut bytes = [0; SHORT];
        let Some((place, rest)) =
            bytes.get_mut(..first + of_len).map(|all| all.split_at_mut(first))
        else {
            let of = of.map_or_else(String::new, |of| format!(" of {of}"));
            return format!("{number}{of}").into();
        };
        digits(place, number);
        if let Some(of) = of {
            let (word, place) = rest.split_at_mut(OF.len());
            word.copy_from_slice(OF);
            digits(place, of);
        }
        Self(Form::Short { len: (first + of_len) as u8, bytes })
    }
}

/// Returns how many digits a number has.
fn width(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Writes the digits of a number into a slice of exactly their width.
fn digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..text.len()) {
            Some(place) => place.copy_from_slice(text.as_bytes()),
            None => return Self(Form::Shared(text.into())),
        }
        Self(Form::Short { len: text.len() as u8, bytes })
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        Self::from(&*text)
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self(Form::Shared(text))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().to_owned()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::from_static("")
    }
}

impl Eq for Text {}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        **self == **other
    }
}

impl PartialEq<Text> for str {
    fn eq(&self, other: &Text) -> bool {
        *self == **other
    }
}

impl PartialEq<Text> for &str {
    fn eq(&self, other: &Text) -> bool {
        **self == **other
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests;
