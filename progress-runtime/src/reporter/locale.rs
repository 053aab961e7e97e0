//! The character set of the locale, from the variables that POSIX names.

/// Whether the locale of this process has UTF-8.
pub(super) fn is_utf8() -> bool {
    is_utf8_in(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
}

/// Whether a locale has UTF-8. Without any of the variables it is the locale `C`, which has not.
pub(super) fn is_utf8_in(var: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |value: &String| !value.is_empty();
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| var(name).filter(is_set));
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    // A modifier may follow: `de_DE.UTF-8@euro`.
    let locale = locale.split('@').next().unwrap_or_default();
    locale.ends_with("utf-8") || locale.ends_with("utf8")
}

#[cfg(test)]
mod tests {
    use super::is_utf8_in;

    fn is_utf8(variables: &[(&str, &str)]) -> bool {
        is_utf8_in(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        assert!(is_utf8(&[("LANG", "C.UTF-8")]));
        assert!(is_utf8(&[("LC_ALL", ""), ("LC_CTYPE", "en_GB.utf8"), ("LANG", "C")]));
        assert!(is_utf8(&[("LANG", "de_DE.UTF-8@euro")]));
        assert!(!is_utf8(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]));
        assert!(!is_utf8(&[("LC_CTYPE", "POSIX"), ("LANG", "C.UTF-8")]));
        assert!(!is_utf8(&[("LANG", "de_DE")]));
        assert!(!is_utf8(&[]));
    }
}
