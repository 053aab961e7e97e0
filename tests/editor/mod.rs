//! A minimal language client for rust-analyzer, over stdio, with one document.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use std::{env, fs, thread};

/// The longest wait for an answer, which may include the first build of the macro.
const PATIENCE: Duration = Duration::from_secs(300);

/// The path of rust-analyzer, or the reason why it cannot be used.
pub fn program() -> Result<PathBuf, String> {
    const INSTALL: &str = "install it with `rustup component add rust-analyzer rust-src`, or name it in RUST_ANALYZER";
    let program =
        env::var_os("RUST_ANALYZER").map_or_else(|| "rust-analyzer".into(), PathBuf::from);
    let version = Command::new(&program).arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Err(format!("no rust-analyzer: {INSTALL}"));
    }
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot.map_err(|error| error.to_string())?.stdout;
    let sysroot = String::from_utf8_lossy(&sysroot).trim().to_owned();
    if !Path::new(&sysroot).join("lib/rustlib/src/rust/library").exists() {
        return Err(format!(
            "no sources of the standard library, of which it knows the types: {INSTALL}"
        ));
    }
    Ok(program)
}

/// The server, with a project open in it.
pub struct Editor {
    server: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    root: PathBuf,
    next: u64,
    version: u64,
    text: String,
}

/// A place in the document.
#[derive(Clone, Copy)]
pub struct Place {
    line: usize,
    column: usize,
}

impl Editor {
    /// Opens the project at `root`, of which `src/probe.rs` is the document.
    pub fn open(program: &Path, root: &Path, target: &Path) -> Self {
        let mut server = Command::new(program)
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let input = server.stdin.take().expect("it is piped");
        let mut output = BufReader::new(server.stdout.take().expect("it is piped"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let root = root.to_owned();
        let mut editor =
            Self { server, input, messages, root, next: 0, version: 0, text: String::new() };
        editor.ask(
            "initialize",
            json!({
                "processId": null,
                "rootUri": uri(&editor.root),
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "textDocument": {
                        "completion": { "completionItem": {
                            "documentationFormat": ["markdown"],
                            "resolveSupport": { "properties": ["documentation", "detail"] },
                        } },
                        "hover": { "contentFormat": ["markdown"] },
                    },
                },
                "initializationOptions": {
                    "cachePriming": { "enable": false },
                    "cargo": { "targetDir": target, "buildScripts": { "enable": true } },
                    "checkOnSave": false,
                    "procMacro": { "enable": true },
                },
            }),
        );
        editor.notify("initialized", json!({}));
        // If a document is opened before the project is loaded, the server sometimes loses the
        // positions of names in expansions.
        editor.wait_until_ready();
        let document = editor.document();
        editor.text = fs::read_to_string(&document).expect("the document is there");
        let text = editor.text.clone();
        editor.notify(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri(&document), "languageId": "rust", "version": 0, "text": text } }),
        );
        editor
    }

    fn document(&self) -> PathBuf {
        self.root.join("src/probe.rs")
    }

    fn wait_until_ready(&mut self) {
        loop {
            let message = self.messages.recv_timeout(PATIENCE).expect("the server is alive");
            self.answer(&message);
            let status = &message["params"];
            if message["method"] == "experimental/serverStatus" && status["quiescent"] == true {
                assert_ne!(status["health"], "error", "{status}");
                break;
            }
        }
    }

    /// Replaces the document by a text; `$0` marks the cursor.
    pub fn types(&mut self, text: &str) -> Place {
        let offset = text.find("$0").expect("the cursor is in the text");
        let before = &text[..offset];
        let line = before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1);
        self.text = text.replacen("$0", "", 1);
        self.version += 1;
        let params = json!({
            "textDocument": { "uri": uri(&self.document()), "version": self.version },
            "contentChanges": [{ "text": self.text }],
        });
        self.notify("textDocument/didChange", params);
        Place { line, column }
    }

    fn at(&self, place: Place) -> Value {
        json!({
            "textDocument": { "uri": uri(&self.document()) },
            "position": { "line": place.line, "character": place.column },
        })
    }

    /// The completions at a place: labels and items.
    pub fn completions(&mut self, place: Place) -> Vec<(String, Value)> {
        let answer = self.ask("textDocument/completion", self.at(place));
        let items = answer["items"].as_array().or(answer.as_array()).cloned().unwrap_or_default();
        items
            .into_iter()
            .map(|item| (item["label"].as_str().unwrap_or_default().to_owned(), item))
            .collect()
    }

    /// The documentation of a completion.
    pub fn documentation(&mut self, item: &Value) -> String {
        let resolved = self.ask("completionItem/resolve", item.clone());
        resolved["documentation"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// The hover text at a place.
    pub fn hover(&mut self, place: Place) -> String {
        let answer = self.ask("textDocument/hover", self.at(place));
        answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// The definitions of the name at a place: the path of the file, and the text of the line.
    pub fn definition(&mut self, place: Place) -> Vec<(String, String)> {
        let answer = self.ask("textDocument/definition", self.at(place));
        let targets = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
        targets
            .iter()
            .filter_map(|target| {
                let uri = target["targetUri"].as_str().or(target["uri"].as_str())?;
                let path = uri.strip_prefix("file://")?;
                let range = if target["targetSelectionRange"].is_null() {
                    &target["range"]
                } else {
                    &target["targetSelectionRange"]
                };
                let line = range["start"]["line"].as_u64()? as usize;
                let text = if Path::new(path) == self.document() {
                    self.text.clone()
                } else {
                    fs::read_to_string(path).ok()?
                };
                Some((path.to_owned(), text.lines().nth(line)?.to_owned()))
            })
            .collect()
    }

    /// The document after a rename.
    pub fn renamed(&mut self, place: Place, name: &str) -> String {
        let mut params = self.at(place);
        params["newName"] = name.into();
        let answer = self.ask("textDocument/rename", params);
        let document = uri(&self.document());
        let mut edits: Vec<Value> = Vec::new();
        for change in answer["documentChanges"].as_array().into_iter().flatten() {
            if change["textDocument"]["uri"] == document.as_str() {
                edits.extend(change["edits"].as_array().cloned().unwrap_or_default());
            }
        }
        edits.extend(answer["changes"][&document].as_array().cloned().unwrap_or_default());
        let mut edits: Vec<(usize, usize, String)> = edits
            .iter()
            .map(|edit| {
                let offset = |end: &Value| {
                    let line = end["line"].as_u64().unwrap_or_default() as usize;
                    let start: usize =
                        self.text.split_inclusive('\n').take(line).map(str::len).sum();
                    start + end["character"].as_u64().unwrap_or_default() as usize
                };
                let text = edit["newText"].as_str().unwrap_or_default().to_owned();
                (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]), text)
            })
            .collect();
        edits.sort();
        let mut text = self.text.clone();
        for (start, end, new) in edits.into_iter().rev() {
            text.replace_range(start..end, &new);
        }
        text
    }

    /// The diagnostics of the server for the document.
    pub fn diagnostics(&mut self) -> Vec<String> {
        let params = json!({ "textDocument": { "uri": uri(&self.document()) } });
        let answer = self.ask("textDocument/diagnostic", params);
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        // The server's answer when the document has changed in the meantime.
        const AGAIN: i64 = -32801;
        loop {
            self.next += 1;
            let id = self.next;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
            let answer = loop {
                let message = self.messages.recv_timeout(PATIENCE).expect("the server is alive");
                self.answer(&message);
                if message["id"] == id && message["method"].is_null() {
                    break message;
                }
            };
            if answer["error"]["code"] != AGAIN {
                return answer["result"].clone();
            }
        }
    }

    /// Answers a request of the server with null.
    fn answer(&mut self, message: &Value) {
        if !message["id"].is_null() && !message["method"].is_null() {
            let id = &message["id"];
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }));
        }
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it listens");
        self.input.flush().expect("it listens");
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
