-- Paths are relative to the catalogued folder. They are bytes, because a name need not be UTF-8.

CREATE TABLE folder (
    path BLOB NOT NULL
) STRICT;

CREATE TABLE files (
    id           INTEGER PRIMARY KEY,
    path         BLOB    NOT NULL UNIQUE,
    size         INTEGER NOT NULL,
    modified     INTEGER NOT NULL, -- nanoseconds since 1970
    hash         BLOB    NOT NULL, -- BLAKE3
    mime         TEXT    NOT NULL, -- detected from the content
    width        INTEGER,
    height       INTEGER,
    lines        INTEGER,
    longest_line INTEGER,          -- bytes
    analysed     INTEGER NOT NULL DEFAULT FALSE,
    previewed    INTEGER NOT NULL DEFAULT FALSE,
    indexed      INTEGER NOT NULL DEFAULT FALSE
) STRICT;

CREATE INDEX files_by_hash ON files (hash);

-- Files that were hashed and not yet synced. If a run stops here, the next run continues with them.
CREATE TABLE incoming (
    path         BLOB    PRIMARY KEY,
    size         INTEGER NOT NULL,
    modified     INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    mime         TEXT,
    width        INTEGER,
    height       INTEGER,
    lines        INTEGER,
    longest_line INTEGER
) STRICT;

-- What the latest walk left out.
CREATE TABLE left_out (
    path   BLOB PRIMARY KEY,
    reason TEXT NOT NULL, -- link, special, unreadable, vanished
    detail TEXT
) STRICT;

CREATE TABLE findings (
    file     INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    kind     TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    found_by TEXT    NOT NULL, -- analysis, previews
    PRIMARY KEY (file, kind)
) STRICT;

CREATE TABLE previews (
    file INTEGER PRIMARY KEY REFERENCES files ON DELETE CASCADE,
    mime TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT;

-- A row has the id of its file as its rowid:
-- SELECT path, snippet(search, 1, '[', ']', '…', 8) FROM search WHERE search MATCH 'words';
CREATE VIRTUAL TABLE search USING fts5 (path, text);

CREATE TRIGGER files_leave_the_index AFTER DELETE ON files BEGIN
    DELETE FROM search WHERE rowid = old.id;
END;

CREATE TABLE runs (
    id      INTEGER PRIMARY KEY,
    ended   INTEGER NOT NULL DEFAULT (unixepoch()),
    files   INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    new     INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL
) STRICT;
