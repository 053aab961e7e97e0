//! Step 5, branch 1: creates thumbnails of images, and keeps the first lines of texts.

use std::io::Cursor;
use std::path::Path;

use anyhow::Result;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use progress_runtime::Progress;
use rusqlite::{Connection, params};

use super::metadata::IMAGES;
use super::reading::{ReadError, head};
use super::{Catalogue, paths};

/// How many previews to create between two writes to the catalogue.
const BATCH: usize = 32;

/// The longer side of a thumbnail, in pixels.
const SIDE: u32 = 160;

/// In bytes. An image that needs more memory gets no thumbnail.
const MAX_MEMORY: u64 = 1 << 30;

/// How many lines of a text to keep, from at most this many bytes.
const MAX_LINES: usize = 20;
const MAX_TEXT: u64 = 2048;

struct Pending {
    id: i64,
    path: Vec<u8>,
    mime: String,
}

enum Preview {
    Thumbnail(Vec<u8>),
    FirstLines(String),
    /// An image that cannot be decoded, with the reason.
    Broken(String),
    None,
}

/// Creates the missing previews, and returns their number.
pub(super) fn generate(catalogue: &Catalogue, progress: &mut Progress) -> Result<u64> {
    let pending = pending(&catalogue.database())?;
    let mut made = 0;
    progress.set_length(pending.len() as u64);
    for batch in pending.chunks(BATCH) {
        let mut previews = Vec::with_capacity(batch.len());
        for file in batch {
            progress.checkpoint()?;
            let path = paths::from_bytes(&file.path);
            progress.set_message(path.display().to_string());
            match preview(&catalogue.folder().join(&path), &file.mime) {
                Ok(preview) => previews.push((file.id, preview)),
                Err(ReadError::Interrupted(interrupted)) => return Err(interrupted.into()),
                // The next run removes it from the catalogue.
                Err(ReadError::Vanished) => {}
                Err(ReadError::Unreadable(error)) => {
                    progress.record_error(format!("{}: {error}", path.display()));
                }
            }
            progress.inc(1);
        }
        made += write(&mut catalogue.database(), &previews)?;
    }
    Ok(made)
}

fn pending(database: &Connection) -> Result<Vec<Pending>> {
    let mut select =
        database.prepare("SELECT id, path, mime FROM files WHERE NOT previewed ORDER BY id")?;
    let rows = select.query_map([], |row| {
        Ok(Pending { id: row.get(0)?, path: row.get(1)?, mime: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn preview(path: &Path, mime: &str) -> Result<Preview, ReadError> {
    if IMAGES.contains(&mime) {
        let image = ImageReader::open(path)?.with_guessed_format()?;
        return Ok(match thumbnail(image) {
            Ok(png) => Preview::Thumbnail(png),
            Err(error) => Preview::Broken(error.to_string()),
        });
    }
    if mime.starts_with("text/") {
        return Ok(Preview::FirstLines(first_lines(&head(path, MAX_TEXT)?)));
    }
    Ok(Preview::None)
}

fn thumbnail(
    mut reader: ImageReader<impl std::io::BufRead + std::io::Seek>,
) -> image::ImageResult<Vec<u8>> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let small = reader.decode()?.thumbnail(SIDE, SIDE).to_rgba8();
    let mut png = Cursor::new(Vec::new());
    DynamicImage::ImageRgba8(small).write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

fn first_lines(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    let lines: Vec<_> = text.lines().take(MAX_LINES).collect();
    lines.join("\n")
}

fn write(database: &mut Connection, previews: &[(i64, Preview)]) -> Result<u64> {
    let transaction = database.transaction()?;
    let mut made = 0;
    for (id, preview) in previews {
        let (mime, data) = match preview {
            Preview::Thumbnail(png) => ("image/png", png.as_slice()),
            Preview::FirstLines(text) => ("text/plain", text.as_bytes()),
            Preview::Broken(_) | Preview::None => ("", [].as_slice()),
        };
        if !mime.is_empty() {
            transaction
                .prepare_cached("REPLACE INTO previews (file, mime, data) VALUES (?1, ?2, ?3)")?
                .execute(params![id, mime, data])?;
            made += 1;
        }
        if let Preview::Broken(error) = preview {
            transaction
                .prepare_cached(
                    "REPLACE INTO findings (file, kind, detail, found_by)
                     VALUES (?1, 'broken image', ?2, 'previews')",
                )?
                .execute(params![id, error])?;
        }
        transaction
            .prepare_cached("UPDATE files SET previewed = TRUE WHERE id = ?1")?
            .execute([id])?;
    }
    transaction.commit()?;
    Ok(made)
}
