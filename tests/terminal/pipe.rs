//! Without a terminal the output is plain lines, JSON or annotations, as the environment selects.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
use std::process::{Child, Command, Output, Stdio};
#[cfg(unix)]
use std::thread;

use crate::stage::has_styles;

/// Starts the scene without a terminal. Returns it with the socket for its orders.
fn piped_scene(variables: &[(&str, &str)], stderr: Stdio) -> (Child, TcpStream) {
    scene_with(variables, Stdio::piped(), stderr)
}

fn scene_with(variables: &[(&str, &str)], stdout: Stdio, stderr: Stdio) -> (Child, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_scene"))
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("SCENE_ORDERS", listener.local_addr().unwrap().to_string())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .unwrap();
    (child, listener.accept().unwrap().0)
}

/// Runs the scene without a terminal, and sends it all orders at once.
fn piped(variables: &[(&str, &str)], stderr: Stdio, orders: &str) -> Output {
    let (child, mut socket) = piped_scene(variables, stderr);
    socket.write_all(orders.as_bytes()).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    child.wait_with_output().unwrap()
}

/// The standard error of the scene without a terminal; its standard output must be empty.
pub fn stderr_of(variables: &[(&str, &str)], orders: &str) -> String {
    let output = piped(variables, Stdio::piped(), orders);
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn in_a_pipe_the_display_is_plain_lines() {
    for variables in [&[][..], &[("TERM", "xterm"), ("CI", "true")], &[("PROGRESS", "plain")]] {
        let text = stderr_of(variables, "done\ndone\n");
        assert!(text.starts_with("[00:00]   0.00% 0/2 Scene · started\n"), "{text}");
        assert!(text.contains("% 2/2 Publish · completed in "), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
    }
}

#[test]
fn the_environment_selects_json_or_no_output() {
    assert_eq!(stderr_of(&[("PROGRESS", "quiet")], "done\ndone\n"), "");
    let output = piped(&[("PROGRESS", "json")], Stdio::piped(), "log a line\ndone\ndone\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "a line\n");
    let json = String::from_utf8(output.stdout).unwrap();
    assert!(json.lines().all(|line| line.starts_with("{\"v\":1,")), "{json}");
    assert!(json.lines().last().unwrap().contains(r#""status":"completed","progress":10000"#));
}

#[test]
fn the_environment_selects_bars_in_a_pipe_and_colour_separately() {
    let plain = stderr_of(&[("PROGRESS", "tty")], "done\ndone\n");
    assert!(plain.contains("✓ Scene  completed in ") && !has_styles(&plain), "{plain}");
    let colour = stderr_of(&[("PROGRESS", "tty"), ("CLICOLOR_FORCE", "1")], "done\ndone\n");
    assert!(colour.contains("\x1b[32m✓"), "{colour:?}");
}

#[test]
fn github_actions_gets_groups_and_annotations() {
    let text = stderr_of(
        &[("GITHUB_ACTIONS", "true"), ("CI", "true")],
        "done\nfail 50% ##[debug] ::error::x\n",
    );
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[1], "::group::Fetch");
    assert_eq!(lines[4], "::endgroup::");
    assert_eq!(lines[5], "::group::Publish");
    assert_eq!(lines[8], "::endgroup::");
    assert_eq!(lines[9], "::error::Publish: 50%25 ## [debug] ::error::x");
    let scene = lines.iter().filter(|line| !line.starts_with("error: "));
    let commands = scene.clone().filter(|line| line.starts_with("::")).count();
    assert_eq!(commands, 5, "{text}");
    assert!(!scene.clone().any(|line| line.contains("##[")), "{text}");
}

#[test]
fn a_terminal_that_fails_does_not_affect_the_run() {
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let output = piped(&[("PROGRESS", "tty")], full.into(), "length 2\ninc 1\ndone\ndone\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_terminal_that_takes_no_more_holds_up_no_job() {
    let (mut child, mut socket) = piped_scene(&[("PROGRESS", "tty")], Stdio::piped());
    let mut bars = BufReader::new(child.stderr.take().unwrap());
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains("Scene") {
        bars.read_until(b'l', &mut shown).unwrap();
    }
    // From here on nobody reads, and a thread of the scene fills the pipe.
    socket.write_all(b"flood\nlength 10\ninc 4\ndone\nmessage last words\ndone\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(bars);
}

/// One end for the scene, which does not block, and one to read from.
#[cfg(unix)]
fn stream_that_does_not_block() -> (Stdio, UnixStream) {
    let (scene, ours) = UnixStream::pair().unwrap();
    scene.set_nonblocking(true).unwrap();
    (OwnedFd::from(scene).into(), ours)
}

#[cfg(unix)]
#[test]
fn streams_that_do_not_block_get_every_line() {
    // Far more than a stream takes at once.
    let long = "0123456789 ".repeat(200_000);
    for mode in ["plain", "tty", "quiet"] {
        let (stdout, printed) = stream_that_does_not_block();
        let (stderr, logged) = stream_that_does_not_block();
        let (mut child, mut socket) = scene_with(&[("PROGRESS", mode)], stdout, stderr);
        let read = |mut stream: UnixStream| {
            thread::spawn(move || {
                let mut text = String::new();
                stream.read_to_string(&mut text).unwrap();
                text
            })
        };
        let (printed, logged) = (read(printed), read(logged));
        let orders = format!("print {long}.\nlog {long}.\ndone\ndone\n");
        socket.write_all(orders.as_bytes()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{mode}");
        let printed = printed.join().unwrap();
        assert!(printed == format!("{long}.\n"), "{mode}: {} bytes", printed.len());
        let logged = logged.join().unwrap();
        assert!(logged.contains(&format!("{long}.")), "{mode}: {} bytes", logged.len());
    }
}
