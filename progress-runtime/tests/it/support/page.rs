//! An output that a reporter writes and a test reads.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A writer whose text a test can read.
#[derive(Clone, Default)]
pub(crate) struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let text = self.text();
        assert!(text.ends_with('\n'));
        text.lines().map(str::to_owned).collect()
    }
}
