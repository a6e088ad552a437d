#include "services/sync-worker/faults.h"
#include "tests/unit/test.h"

TEST(each_sqlstate_has_its_consequence)
{
	static const struct {
		const char *sqlstate, *constraint;
		enum fault fault;
	} rows[] = {
		{"", "", FAULT_RETRY},        /* the connection went */
		{"08006", "", FAULT_RETRY},   /* connection failure */
		{"40001", "", FAULT_RETRY},   /* serialization */
		{"40P01", "", FAULT_RETRY},   /* deadlock */
		{"53100", "", FAULT_RETRY},   /* disk full */
		{"53300", "", FAULT_RETRY},   /* too many connections */
		{"55P03", "", FAULT_RETRY},   /* lock not available */
		{"57014", "", FAULT_RETRY},   /* statement timeout */
		{"57P01", "", FAULT_RETRY},   /* shutting down */
		{"57P03", "", FAULT_RETRY},   /* starting up */
		{"58030", "", FAULT_RETRY},   /* I/O error */
		{"25006", "", FAULT_RETRY},   /* read only */
		{"25P03", "", FAULT_RETRY},   /* idle in transaction */
		{"26000", "", FAULT_SETUP},   /* no such prepared statement */
		{"28P01", "", FAULT_SETUP},   /* wrong password */
		{"3D000", "", FAULT_SETUP},   /* no such database */
		{"3F000", "", FAULT_SETUP},   /* no such schema */
		{"42501", "", FAULT_SETUP},   /* no right */
		{"42703", "", FAULT_SETUP},   /* no such column */
		{"42883", "", FAULT_SETUP},   /* no such function */
		{"42P01", "", FAULT_SETUP},   /* no such table */
		{"22003", "", FAULT_REFUSE},  /* number out of range */
		{"22P02", "", FAULT_REFUSE},  /* no JSON */
		{"23502", "", FAULT_REFUSE},  /* NULL where none may be */
		{"23503", "sessions_fkey", FAULT_REFUSE},
		{"23514", "sessions_status_check", FAULT_REFUSE},
		{"23514", "", FAULT_RETRY},   /* no partition */
		{"23505", "sessions_pkey", FAULT_REFUSE},
		{"23505", "sessions_one_active", FAULT_RETRY},
		{"25P02", "", FAULT_RETRY},
		{"55000", "", FAULT_SETUP},   /* not in its place */
		{"0A000", "", FAULT_SETUP},   /* cannot do it */
		{"F0001", "", FAULT_SETUP},   /* a lock file */
		{"XX000", "", FAULT_SETUP},   /* broken */
		{"XX001", "", FAULT_SETUP},   /* its data, too */
		{"72000", "", FAULT_RETRY},   /* snapshot too old */
		{"21000", "", FAULT_REFUSE},  /* cardinality */
		{"38000", "", FAULT_REFUSE},  /* a function of somebody's trigger */
		{"39P01", "", FAULT_REFUSE},
		{"44000", "", FAULT_REFUSE},  /* a view's check */
		{"54000", "", FAULT_REFUSE},  /* too long for an index */
		{"P0001", "", FAULT_REFUSE},  /* raised by a trigger */
		{"IH001", "", FAULT_REFUSE},  /* the same with a code of its own */
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(fault_of(rows[i].sqlstate, rows[i].constraint) == rows[i].fault, "%s %s",
		   rows[i].sqlstate, rows[i].constraint);
}

TEST(a_refused_log_in_is_known_by_its_words)
{
	static const struct {
		const char *text, *sqlstate;
	} rows[] = {
		{"FATAL:  password authentication failed for user \"ihht_sync\"", "28P01"},
		{"FATAL:  SCRAM authentication failed", "28P01"},
		{"fe_sendauth: no password supplied", "28P01"},
		{"FATAL:  no pg_hba.conf entry for host \"10.0.0.1\", user \"ihht_sync\"", "28000"},
		{"FATAL:  role \"ihht_sync\" is not permitted to log in", "28000"},
		{"FATAL:  role \"ihht_sync\" does not exist", "3D000"},
		{"FATAL:  database \"ihht\" does not exist", "3D000"},
		{"FATAL:  sorry, too many clients already", ""},
		{"could not connect to server: Connection refused", ""},
		{"", ""},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_str(fault_of_login(rows[i].text), rows[i].sqlstate);
}

TEST(what_a_person_must_do_is_said)
{
	has_str(fault_cure("42P01"), "ihht schema apply");
	has_str(fault_cure("3F000"), "ihht schema apply");
	has_str(fault_cure("3D000"), "ihht schema apply");
	has_str(fault_cure("28P01"), "password");
	has_str(fault_cure("26000"), "sync-worker/prepare");
}

int
main(void)
{
	RUN(each_sqlstate_has_its_consequence);
	RUN(a_refused_log_in_is_known_by_its_words);
	RUN(what_a_person_must_do_is_said);
	return test_done();
}
