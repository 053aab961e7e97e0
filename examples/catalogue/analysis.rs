//! Step 4: finds problems in the files, batch by batch, and writes them to the catalogue.

use std::borrow::Cow;
use std::path::Path;

use anyhow::Result;
use progress_runtime::Progress;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::figures::{bytes, count, grouped};
use super::metadata::IMAGES;
use super::{Catalogue, paths};

/// In bytes. Hardly anybody writes a longer line by hand.
const LONG_LINE: u64 = 1000;

/// The types that an extension stands for, for extensions with one meaning only.
const EXTENSIONS: [(&str, &[&str]); 14] = [
    ("png", &["image/png"]),
    ("jpg", &["image/jpeg"]),
    ("jpeg", &["image/jpeg"]),
    ("gif", &["image/gif"]),
    ("webp", &["image/webp"]),
    ("pdf", &["application/pdf"]),
    ("zip", &["application/zip"]),
    ("gz", &["application/gzip"]),
    ("mp3", &["audio/mpeg"]),
    ("mp4", &["video/mp4", "video/x-m4v"]),
    ("wasm", &["application/wasm"]),
    ("txt", &["text/"]),
    ("md", &["text/"]),
    ("csv", &["text/"]),
];

/// The ids of files that are analysed together.
#[derive(Deserialize, Serialize)]
pub struct Batch(Vec<i64>);

impl Batch {
    /// What tells the batch apart from the others: its first id, its last one, and their number.
    pub fn key(&self) -> String {
        let id = |id: Option<&i64>| id.copied().unwrap_or_default();
        format!("{}-{} ({})", id(self.0.first()), id(self.0.last()), self.0.len())
    }
}

/// The problems that an analysis found in its batch.
#[derive(Deserialize, Serialize)]
pub struct Findings {
    pub(super) batch: Batch,
    pub(super) findings: Vec<Finding>,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Finding {
    file: i64,
    kind: Cow<'static, str>,
    detail: String,
}

/// The kind of a finding, and its detail.
type Problem = (&'static str, String);

/// All that an analysis asks of a file, so that it can run where neither the file nor the catalogue
/// is.
#[derive(Serialize, Deserialize)]
pub(super) struct File {
    id: i64,
    path: String,
    size: u64,
    /// The path of an earlier file with the same content.
    original: Option<String>,
    mime: String,
    width: Option<u32>,
    longest_line: Option<u64>,
}

pub(super) fn batches(catalogue: &Catalogue, size: usize) -> Result<Vec<Batch>> {
    let database = catalogue.database();
    let mut select = database.prepare("SELECT id FROM files WHERE NOT analysed ORDER BY id")?;
    let files = select.query_map([], |row| row.get(0))?;
    let files = files.collect::<Result<Vec<i64>, _>>()?;
    Ok(files.chunks(size).map(|batch| Batch(batch.to_vec())).collect())
}

impl Batch {
    pub(super) fn files(&self, catalogue: &Catalogue) -> Result<Vec<File>> {
        let database = catalogue.database();
        self.0.iter().map(|id| File::read(&database, *id)).collect()
    }
}

pub(super) fn analyse(files: &[File], progress: &mut Progress) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    progress.set_length(files.len() as u64);
    for file in files {
        progress.checkpoint()?;
        progress.set_message(file.path.clone());
        let found = [
            file.empty_file(),
            file.duplicate(),
            file.wrong_extension(),
            file.long_line(),
            file.broken_image(),
        ];
        let found = found.into_iter().flatten();
        findings.extend(found.map(|(kind, detail)| Finding {
            file: file.id,
            kind: kind.into(),
            detail,
        }));
        progress.inc(1);
    }
    Ok(findings)
}

pub(super) fn apply(
    catalogue: &Catalogue,
    findings: &Findings,
    progress: &mut Progress,
) -> Result<()> {
    progress.checkpoint()?;
    progress.set_message(count(findings.findings.len() as u64, "finding"));
    let mut database = catalogue.database();
    let transaction = database.transaction()?;
    for file in &findings.batch.0 {
        transaction
            .prepare_cached("DELETE FROM findings WHERE file = ?1 AND found_by = 'analysis'")?
            .execute([file])?;
        transaction
            .prepare_cached("UPDATE files SET analysed = TRUE WHERE id = ?1")?
            .execute([file])?;
    }
    for finding in &findings.findings {
        transaction
            .prepare_cached(
                "REPLACE INTO findings (file, kind, detail, found_by) VALUES (?1, ?2, ?3, 'analysis')",
            )?
            .execute(params![finding.file, finding.kind, finding.detail])?;
    }
    transaction.commit()?;
    Ok(())
}

/// A path as text.
fn shown(path: &[u8]) -> String {
    paths::from_bytes(path).display().to_string()
}

impl File {
    fn read(database: &Connection, id: i64) -> Result<Self> {
        let mut select = database.prepare_cached(
            "SELECT path, size, hash, mime, width, longest_line FROM files WHERE id = ?1",
        )?;
        let (hash, mut file) = select.query_row([id], |row| {
            let file = Self {
                id,
                path: shown(&row.get::<_, Vec<u8>>(0)?),
                size: row.get(1)?,
                original: None,
                mime: row.get(3)?,
                width: row.get(4)?,
                longest_line: row.get(5)?,
            };
            Ok((row.get::<_, Vec<u8>>(2)?, file))
        })?;
        // Of several files with the same content, the one that was catalogued first is the original.
        file.original = database
            .prepare_cached(
                "SELECT path FROM files WHERE hash = ?1 AND id < ?2 ORDER BY id LIMIT 1",
            )?
            .query_row(params![hash, id], |row| row.get::<_, Vec<u8>>(0))
            .optional()?
            .map(|path| shown(&path));
        Ok(file)
    }

    fn empty_file(&self) -> Option<Problem> {
        (self.size == 0).then(|| ("empty file", String::new()))
    }

    fn duplicate(&self) -> Option<Problem> {
        let original = self.original.as_ref().filter(|_| self.size > 0)?;
        Some(("duplicate", format!("same content as {original}")))
    }

    fn wrong_extension(&self) -> Option<Problem> {
        let extension = Path::new(&self.path).extension()?.to_str()?.to_ascii_lowercase();
        let (_, expected) = EXTENSIONS.iter().find(|(name, _)| *name == extension)?;
        let is_expected = expected.iter().any(|mime| self.mime.starts_with(mime));
        let detail = || format!("named .{extension}, and is {}", self.mime);
        (!is_expected && self.size > 0).then(|| ("wrong extension", detail()))
    }

    fn long_line(&self) -> Option<Problem> {
        let length = self.longest_line.filter(|length| *length > LONG_LINE)?;
        Some(("long line", format!("of {} bytes", grouped(length))))
    }

    fn broken_image(&self) -> Option<Problem> {
        let is_broken = IMAGES.contains(&self.mime.as_str()) && self.width.is_none();
        let detail = || format!("{}, {}, no dimensions", self.mime, bytes(self.size));
        is_broken.then(|| ("broken image", detail()))
    }
}
