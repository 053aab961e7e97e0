//! A pseudo-terminal with an emulator, and the scene that runs in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// The longest wait for output; longer than anything takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the scene and then waits, because the system discards unread output of a terminal when the
/// leader of its session exits.
const SHELL: &str = r#"trap : INT; "$0"; printf '\033]0;status %d\007' $?; read -r _"#;
const STATUS: &str = "\x1b]0;status ";

/// The end of a frame.
const FRAME: &[u8] = b"\x1b[?2026l";

/// The variables that select the display; a scene inherits none of them.
const VARIABLES: [&str; 18] = [
    "CI",
    "GITHUB_ACTIONS",
    "PROGRESS",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
    "TMUX",
    "TERM_PROGRAM",
    "TERM_FEATURES",
    "VTE_VERSION",
    "WT_SESSION",
    "XTERM_VERSION",
    "ConEmuANSI",
    "TERM",
    "RUST_BACKTRACE",
];

pub const WIDE: (u16, u16) = (80, 24);

pub struct Stage {
    master: Box<dyn MasterPty>,
    keyboard: Box<dyn Write>,
    output: Receiver<Vec<u8>>,
    child: Box<dyn Child + Send + Sync>,
    orders: TcpStream,
    /// The process id of the scene.
    scene: String,
    emulator: vt100::Parser,
    /// All output, and how much of it the emulator has processed.
    pub bytes: Vec<u8>,
    seen: usize,
    shown: u32,
    deadline: Instant,
}

impl Stage {
    /// A scene in a terminal of this size, with these variables.
    pub fn new((width, height): (u16, u16), variables: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(size(width, height)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", SHELL, env!("CARGO_BIN_EXE_scene")]);
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.env("TERM", "vt220");
        command.env("LANG", "C.UTF-8");
        command.env("SCENE_ORDERS", listener.local_addr().unwrap().to_string());
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);

        let (sender, output) = channel();
        let mut reader = pair.master.try_clone_reader().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        let orders = listener.accept().unwrap().0;
        let mut scene = String::new();
        BufReader::new(&orders).read_line(&mut scene).unwrap();
        Self {
            keyboard: pair.master.take_writer().unwrap(),
            master: pair.master,
            output,
            child,
            orders,
            scene: scene.trim_end().to_owned(),
            emulator: vt100::Parser::new(height, width, 1_000),
            bytes: Vec::new(),
            seen: 0,
            shown: 0,
            deadline: Instant::now() + LIMIT,
        }
    }

    pub fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
    }

    /// The scene's reply to the order to reply, which it gets to after all orders before.
    #[track_caller]
    pub fn reply(&mut self) -> String {
        self.order("reply here");
        self.orders.set_read_timeout(Some(LIMIT)).unwrap();
        let mut reply = String::new();
        BufReader::new(&self.orders).read_line(&mut reply).expect("the scene goes on");
        reply.trim_end().to_owned()
    }

    pub fn press(&mut self, key: &[u8]) {
        self.keyboard.write_all(key).unwrap();
        self.keyboard.flush().unwrap();
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        self.master.resize(size(width, height)).unwrap();
        self.emulator.screen_mut().set_size(height, width);
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.scene]).status().unwrap().success());
    }

    /// Waits for a frame that contains all of these texts.
    #[track_caller]
    pub fn until(&mut self, wanted: &[&str]) -> String {
        self.until_screen(&format!("{wanted:?}"), |screen| {
            wanted.iter().all(|wanted| screen.contains(wanted))
        })
    }

    #[track_caller]
    pub fn until_screen(&mut self, what: &str, is: impl Fn(&str) -> bool) -> String {
        loop {
            while self.next_frame() {
                if is(&self.screen()) {
                    return self.screen();
                }
            }
            if !self.receive() {
                panic!("{what} never appeared:\n{}", self.screen());
            }
        }
    }

    /// Waits for the end of the scene, and returns its exit status and the final screen.
    #[track_caller]
    pub fn end(&mut self) -> (u32, String) {
        let status = loop {
            while self.next_frame() {}
            let rest = String::from_utf8_lossy(&self.bytes[self.seen..]);
            let status = rest.split_once(STATUS).and_then(|(_, rest)| rest.split_once('\x07'));
            if let Some((status, _)) = status {
                break status.parse().unwrap();
            }
            assert!(self.receive(), "the scene has no end:\n{}", self.screen());
        };
        self.emulator.process(&self.bytes[self.seen..]);
        self.seen = self.bytes.len();
        assert!(!self.emulator.screen().hide_cursor());
        assert_eq!(self.emulator.screen().cursor_position().1, 0, "{}", self.screen());
        (status, self.screen())
    }

    /// The screen and all lines that have scrolled out of it.
    pub fn scrollback(&mut self) -> String {
        let screen = self.emulator.screen_mut();
        let (height, width) = screen.size();
        screen.set_scrollback(usize::MAX);
        let mut lines = Vec::new();
        for above in (0..=screen.scrollback()).rev() {
            screen.set_scrollback(above);
            let rows = if above == 0 { height.into() } else { 1 };
            lines.extend(screen.rows(0, width).take(rows).map(|row| row.trim_end().to_owned()));
        }
        lines.join("\n").trim_end().to_owned()
    }

    pub fn cell(&self, row: u16, column: u16) -> &vt100::Cell {
        self.emulator.screen().cell(row, column).unwrap()
    }

    pub fn screen(&self) -> String {
        let contents = self.emulator.screen().contents();
        contents.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// Receives more output; `false` at its end.
    #[track_caller]
    fn receive(&mut self) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(left) {
            Ok(bytes) => {
                self.bytes.extend(bytes);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => panic!("nothing came in time:\n{}", self.screen()),
        }
    }

    /// Passes one more frame to the emulator, and asserts that the percentage does not fall.
    fn next_frame(&mut self) -> bool {
        let rest = &self.bytes[self.seen..];
        let Some(end) = rest.windows(FRAME.len()).position(|bytes| bytes == FRAME) else {
            return false;
        };
        self.emulator.process(&rest[..end + FRAME.len()]);
        self.seen += end + FRAME.len();
        let screen = self.screen();
        let head = screen.lines().find(|line| line.contains("Scene") && line.contains('%'));
        if let Some(percent) = head.and_then(percent) {
            assert!(percent >= self.shown, "it fell from {}:\n{screen}", self.shown);
            self.shown = percent;
        }
        true
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn percent(head: &str) -> Option<u32> {
    head.split_whitespace().find_map(|word| word.strip_suffix('%')?.parse().ok())
}

/// Whether a text contains `ESC [ … m`, which selects a colour or style.
pub fn has_styles(text: &str) -> bool {
    text.split("\x1b[").skip(1).any(|rest| {
        rest.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';').starts_with('m')
    })
}

#[track_caller]
pub fn assert_taskbar_was_cleared(stage: &Stage) {
    let text = String::from_utf8_lossy(&stage.bytes);
    let last = text.rfind("\x1b]9;4;").map(|start| &text[start..]);
    assert!(last.is_some_and(|last| last.starts_with("\x1b]9;4;0;")), "{last:?}");
}
