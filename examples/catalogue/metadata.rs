//! Step 2: detects the type of each new file by its content, not by its name.

use std::path::Path;

use anyhow::Result;
use image::ImageReader;
use progress_runtime::Progress;
use rusqlite::{Connection, params};

use super::downloads::LeftOut;
use super::reading::{ReadError, head, read};
use super::{Catalogue, paths};

/// How many files to examine between two writes to the catalogue.
const BATCH: usize = 100;

/// How many bytes at the start of a file to examine for its type.
const HEAD: u64 = 8 * 1024;

/// The types that have dimensions and get a thumbnail.
pub(super) const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The properties of a file's content.
#[derive(Default)]
struct Metadata {
    mime: String,
    dimensions: Option<(u32, u32)>,
    lines: Option<Lines>,
}

#[derive(Default)]
struct Lines {
    number: u64,
    /// In bytes.
    longest: u64,
    /// The length of the last line so far, which has not ended yet.
    current: u64,
}

pub(super) fn scan(catalogue: &Catalogue, progress: &mut Progress) -> Result<()> {
    let new = unscanned(&catalogue.database())?;
    progress.set_length(new.len() as u64);
    for batch in new.chunks(BATCH) {
        let mut scanned = Vec::with_capacity(batch.len());
        for (bytes, size) in batch {
            progress.checkpoint()?;
            let path = paths::from_bytes(bytes);
            progress.set_message(path.display().to_string());
            let mut share = progress.split(1);
            let metadata = examine(&catalogue.folder().join(&path), *size, &mut share);
            share.finish();
            match metadata {
                Ok(metadata) => scanned.push((bytes, Ok(metadata))),
                Err(ReadError::Interrupted(interrupted)) => return Err(interrupted.into()),
                Err(ReadError::Vanished) => scanned.push((bytes, Err(LeftOut::vanished(&path)))),
                Err(ReadError::Unreadable(error)) => {
                    progress.record_error(format!("{}: {error}", path.display()));
                    scanned.push((bytes, Err(LeftOut::unreadable(&path, &error))));
                }
            }
        }
        write(&mut catalogue.database(), &scanned)?;
    }
    Ok(())
}

fn unscanned(database: &Connection) -> Result<Vec<(Vec<u8>, u64)>> {
    let mut select = database.prepare("SELECT path, size FROM incoming WHERE mime IS NULL")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Examines one file. `progress` is the share of this file.
fn examine(path: &Path, size: u64, progress: &mut Progress) -> Result<Metadata, ReadError> {
    if size == 0 {
        return Ok(Metadata { mime: "inode/x-empty".to_owned(), ..Metadata::default() });
    }
    let mime = mime(&head(path, HEAD)?);
    let dimensions = if IMAGES.contains(&mime) { dimensions(path) } else { None };
    let lines = if mime.starts_with("text/") {
        progress.set_length(size);
        Some(lines(path, size, progress)?)
    } else {
        None
    };
    Ok(Metadata { mime: mime.to_owned(), dimensions, lines })
}

fn mime(head: &[u8]) -> &'static str {
    let is_text = content_inspector::inspect(head).is_text();
    match infer::get(head).map(|kind| kind.mime_type()) {
        // A signature of two or three letters also begins words: "BM" of a bitmap begins "BMW".
        Some(mime) if !is_text || mime.starts_with("text/") || head.starts_with(b"%PDF") => mime,
        _ if is_text => "text/plain",
        _ => "application/octet-stream",
    }
}

/// Returns `None` if the header is unreadable, which the analysis reports.
fn dimensions(path: &Path) -> Option<(u32, u32)> {
    let reader = ImageReader::open(path).ok()?.with_guessed_format().ok()?;
    reader.into_dimensions().ok()
}

fn lines(path: &Path, size: u64, progress: &mut Progress) -> Result<Lines, ReadError> {
    let mut lines = Lines::default();
    read(path, size, progress, |piece| lines.add(piece))?;
    lines.finish();
    Ok(lines)
}

impl Lines {
    fn add(&mut self, piece: &[u8]) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            self.current += (end - start) as u64;
            self.number += 1;
            self.longest = self.longest.max(self.current);
            self.current = 0;
            start = end + 1;
        }
        self.current += (piece.len() - start) as u64;
    }

    /// Counts a last line without a line break.
    fn finish(&mut self) {
        self.number += u64::from(self.current > 0);
        self.longest = self.longest.max(self.current);
    }
}

fn write(
    database: &mut Connection,
    scanned: &[(&Vec<u8>, Result<Metadata, LeftOut>)],
) -> Result<()> {
    let transaction = database.transaction()?;
    for (path, metadata) in scanned {
        match metadata {
            Ok(metadata) => {
                let (width, height) = metadata.dimensions.unzip();
                let lines = metadata.lines.as_ref();
                transaction
                    .prepare_cached(
                        "UPDATE incoming
                         SET mime = ?2, width = ?3, height = ?4, lines = ?5, longest_line = ?6
                         WHERE path = ?1",
                    )?
                    .execute(params![
                        path,
                        metadata.mime,
                        width,
                        height,
                        lines.map(|lines| lines.number),
                        lines.map(|lines| lines.longest),
                    ])?;
            }
            Err(left_out) => {
                left_out.insert(&transaction)?;
                transaction.execute("DELETE FROM incoming WHERE path = ?1", [path])?;
            }
        }
    }
    transaction.commit()?;
    Ok(())
}
