-- What local-store keeps, besides one table for each kind of record, which table.c makes
-- from messages.def (session, survey, event, phase_stats, progression, gap: a column per
-- field, words as text, plus hlc and synced_hlc).
--
-- A reading is written once and never again: how far its session has come in Postgres stands
-- in the session's row, as the id up to which everything is there.  The unique key begins
-- with the time, so that a thousand sessions side by side append to one end of it (a key that
-- begins with the session is five times slower).

CREATE TABLE IF NOT EXISTS readings (
	id              INTEGER PRIMARY KEY,    -- order of arrival: the log that is synced
	taken_us        INTEGER NOT NULL,       -- when received, us since 1970 UTC
	session         INTEGER NOT NULL,       -- session.no
	epoch           INTEGER NOT NULL,       -- one life of seq
	seq             INTEGER NOT NULL,       -- the device's dense count
	device_us       INTEGER,                -- the device's own clock
	spo2            REAL,                   -- %
	heart_rate      REAL,                   -- beats/min
	perfusion_index REAL,                   -- %
	motion          REAL,
	signal_strength INTEGER,
	battery         INTEGER,                -- %
	status          INTEGER,                -- PLX status bits
	invalid         INTEGER NOT NULL,       -- place in the vocabulary `invalid`
	data_source     INTEGER NOT NULL,       -- place in the vocabulary `data_source`
	phase_type      INTEGER NOT NULL,       -- place in the vocabulary `phase`
	cycle_number    INTEGER,
	altitude_level  INTEGER,
	rr              INTEGER,                -- up to three intervals between beats, see messages.def
	UNIQUE (taken_us, session, epoch, seq)
) STRICT;

-- How far each ble-ingest has been heard: written in the same commit as its readings.
CREATE TABLE IF NOT EXISTS spools (
	spool  INTEGER PRIMARY KEY,
	upto   INTEGER NOT NULL
) STRICT;

-- Sessions that got readings late: their figures are yet to be counted again.
CREATE TABLE IF NOT EXISTS stale (
	session  INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE IF NOT EXISTS settings (
	name   TEXT PRIMARY KEY,
	value  INTEGER NOT NULL
) STRICT;

-- Readings up to this one may have been sent by a version that did not note it.
INSERT OR IGNORE INTO settings SELECT 'sent_upto', coalesce(max(id), 0) FROM readings;

-- What a session breathed when, so that a late reading gets the phase of its own time.
CREATE TABLE IF NOT EXISTS phases (
	session        INTEGER NOT NULL,
	from_us        INTEGER NOT NULL,
	phase          INTEGER NOT NULL,        -- place in the vocabulary `phase`
	cycle          INTEGER,
	altitude_level INTEGER,
	PRIMARY KEY (session, from_us)
) STRICT, WITHOUT ROWID;

-- Commands for a phase that were taken: one that comes again, late, does not begin its phase again.
CREATE TABLE IF NOT EXISTS phase_requests (
	session  INTEGER NOT NULL,
	request  TEXT NOT NULL,
	PRIMARY KEY (session, request)
) STRICT, WITHOUT ROWID;

-- Readings that have left for a file (proto/archive.h).  They leave in several transactions:
-- `gone` and `digest` say which are not in `readings` any more, so that both together are all
-- there are, at every moment.
CREATE TABLE IF NOT EXISTS archive (
	no        INTEGER PRIMARY KEY,
	session   INTEGER NOT NULL,       -- session.no
	part      INTEGER NOT NULL,       -- 1, 2, …: in its file's name
	state     TEXT NOT NULL CHECK (state IN ('leaving', 'archived', 'back')),
	readings  INTEGER NOT NULL,       -- in the file
	from_us   INTEGER NOT NULL,
	to_us     INTEGER NOT NULL,
	bytes     INTEGER NOT NULL,
	sha256    TEXT NOT NULL,          -- as in the file's first line
	gone      INTEGER NOT NULL,
	digest    TEXT NOT NULL,          -- of those gone, see proto/digest.h
	at_us     INTEGER NOT NULL,
	complete  INTEGER NOT NULL,       -- 1: nothing of the session was left behind
	UNIQUE (session, part)
) STRICT;
CREATE INDEX IF NOT EXISTS archive_leaving ON archive (no) WHERE state = 'leaving';

-- The clock a session goes by, which is never set back (docs/decisions/0013).  UTC less the steady
-- clock of that boot, at its most; by how much values of its device are behind it now, and were at
-- most.
CREATE TABLE IF NOT EXISTS clocks (
	session     INTEGER PRIMARY KEY,
	boot        TEXT NOT NULL,
	lead_us     INTEGER NOT NULL,
	behind_us   INTEGER NOT NULL,
	most_us     INTEGER NOT NULL
) STRICT;

-- Rows that Postgres will not take, as receipts name them; the rows themselves stay where they
-- are.  A record that is held or dropped counts as synced in its own table.
CREATE TABLE IF NOT EXISTS quarantine (
	no        INTEGER PRIMARY KEY AUTOINCREMENT,
	kind      TEXT NOT NULL,          -- 'reading', or the table of the record
	row       INTEGER NOT NULL,       -- readings.id, or `no` in that table
	session   INTEGER NOT NULL,       -- session.no
	taken_us  INTEGER,                -- of a reading
	hlc       INTEGER NOT NULL,       -- the version that was refused; 0 of what never changes
	sqlstate  TEXT NOT NULL,
	text      TEXT NOT NULL,          -- Postgres' own words
	first_us  INTEGER NOT NULL,
	last_us   INTEGER NOT NULL,
	tries     INTEGER NOT NULL,
	state     TEXT NOT NULL CHECK (state IN ('held', 'replay', 'dropped')),
	UNIQUE (kind, row)
) STRICT;
CREATE INDEX IF NOT EXISTS quarantine_session ON quarantine (session, state);

-- Rows of an app's batch that could not be read as what they should be: as they came.
CREATE TABLE IF NOT EXISTS misfits (
	no         INTEGER PRIMARY KEY,
	at_us      INTEGER NOT NULL,
	session_id TEXT NOT NULL,         -- whose batch it came in; '' unknown
	kind       TEXT NOT NULL,         -- the batch's type
	row        TEXT NOT NULL,         -- JSON
	field      TEXT NOT NULL,         -- which was wrong
	why        TEXT NOT NULL,
	UNIQUE (kind, row, session_id)
) STRICT;

-- Which request a caller's Idempotency-Key stands for; the latest 100 000.
CREATE TABLE IF NOT EXISTS request_keys (
	no     INTEGER PRIMARY KEY,
	key    TEXT NOT NULL UNIQUE,      -- computed from the caller and their key
	digest INTEGER NOT NULL           -- of all that the request says
) STRICT;

-- Who did what with rows of `quarantine`; kept for ever.
CREATE TABLE IF NOT EXISTS quarantine_log (
	no        INTEGER PRIMARY KEY,
	at_us     INTEGER NOT NULL,
	who       TEXT NOT NULL,
	action    TEXT NOT NULL,          -- replay, fix, drop; landed: Postgres has taken it
	entry     INTEGER NOT NULL,       -- quarantine.no
	kind      TEXT NOT NULL,
	row       INTEGER NOT NULL,
	session   INTEGER NOT NULL,
	sqlstate  TEXT NOT NULL,
	reason    TEXT,
	before    TEXT,                   -- fix: the record as JSON
	after     TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS quarantine_log_row ON quarantine_log (kind, row);
