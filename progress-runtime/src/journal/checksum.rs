//! The checksum of a line in a file.
//!
//! `{"step":…}` is written as `{"crc":"89abcdef","step":…}`: the CRC-32 of all that follows the
//! comma, in eight digits. So the line is a JSON object still, and the order of its members decides.

const HEAD: &str = "{\"crc\":\"";
const DIGITS: usize = 8;
const BEHIND: &str = "\",";

/// The line with its checksum, and its end. The line is a JSON object with at least one member.
pub(super) fn sealed(line: &str) -> String {
    let rest = line.strip_prefix('{').unwrap_or(line);
    let sum = crc32fast::hash(rest.as_bytes());
    format!("{HEAD}{sum:08x}{BEHIND}{rest}\n")
}

/// The line without its checksum.
///
/// # Errors
///
/// Returns what is wrong with the line.
pub(super) fn opened(line: &[u8]) -> Result<String, String> {
    let line = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    let parts = line.strip_prefix(HEAD).and_then(|line| {
        let (digits, line) = line.split_at_checked(DIGITS)?;
        Some((u32::from_str_radix(digits, 16).ok()?, line.strip_prefix(BEHIND)?))
    });
    let (sum, rest) = parts.ok_or("it does not begin with a checksum")?;
    match crc32fast::hash(rest.as_bytes()) == sum {
        true => Ok(format!("{{{rest}")),
        false => Err("its checksum does not fit".to_owned()),
    }
}

/// Whether lines begin here: a whole one, a torn one, or bytes that a loss of power has left empty.
pub(super) fn begins_lines(bytes: &[u8]) -> bool {
    let head = &HEAD.as_bytes()[..HEAD.len().min(bytes.len())];
    bytes.starts_with(head) || bytes.starts_with(b"\0")
}

#[cfg(test)]
mod tests {
    use super::{begins_lines, opened, sealed};

    #[test]
    fn a_torn_line_begins_as_ours_do_and_what_another_program_wrote_does_not() {
        let sealed = sealed("{\"shown\":1}");
        for end in 0..=sealed.len() {
            assert!(begins_lines(&sealed.as_bytes()[..end]), "cut at {end}");
        }
        assert!(begins_lines(&[0; 512]));
        for line in ["thesis", "{", "{\"step\":1}", "[package]"] {
            assert_eq!(begins_lines(line.as_bytes()), line == "{", "{line}");
        }
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_no_byte_can_change() {
        let line = r#"{"step":"load","value":{"héllo":[1,2]}}"#;
        let sealed = sealed(line);
        let written = sealed.strip_suffix('\n').unwrap();
        assert_eq!(opened(written.as_bytes()).unwrap(), line);
        for at in 0..written.len() {
            let mut bytes = written.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(opened(&bytes).is_err(), "byte {at}");
            assert!(opened(&written.as_bytes()[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_line_of_another_program_is_damaged() {
        for line in ["", "{}", "{\"crc\":\"xyz\",}", "\0\0\0\0"] {
            assert!(opened(line.as_bytes()).is_err(), "{line:?}");
        }
    }
}
