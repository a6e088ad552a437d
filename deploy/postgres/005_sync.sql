-- What makes sending again harmless, and a change easy to find.

-- One row for each person: how many bundles have come.  It is locked first in every bundle's
-- transaction, so numbers become visible in their order, and the bundles of one person wait
-- for each other instead of deadlocking.  Updated in place.
CREATE TABLE public.sync_heads (
	user_id  uuid PRIMARY KEY,
	rev      bigint NOT NULL
) WITH (fillfactor = 50);

-- One row for each bundle that is here, written in its transaction.  It is also the list of
-- changes: of what came after rev r, `user_id = ? AND rev > r ORDER BY rev` names the sessions
-- and the span of their readings.
CREATE TABLE public.sync_receipts (
	user_id     uuid NOT NULL,
	id          uuid NOT NULL,              -- the bundle's, computed from its content
	rev         bigint NOT NULL,
	session_id  uuid NOT NULL,
	gateway     text NOT NULL,
	readings    integer NOT NULL,           -- rows it brought
	from_time   timestamptz,                -- of its first reading
	to_time     timestamptz,                -- of its last
	applied_at  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, id)
);
CREATE INDEX sync_receipts_by_rev ON public.sync_receipts (user_id, rev);
