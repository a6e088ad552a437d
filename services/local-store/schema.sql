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

-- What a session breathed when, so that a late reading gets the phase of its own time.
CREATE TABLE IF NOT EXISTS phases (
	session        INTEGER NOT NULL,
	from_us        INTEGER NOT NULL,
	phase          INTEGER NOT NULL,        -- place in the vocabulary `phase`
	cycle          INTEGER,
	altitude_level INTEGER,
	PRIMARY KEY (session, from_us)
) STRICT, WITHOUT ROWID;
