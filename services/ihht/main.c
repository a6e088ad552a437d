/*
 * ihht - the operator's command
 *
 *	in      beats from every process; news (reply) from local-store; the SQLite file, read-only
 *	out     commands to local-store
 *	owns    nothing
 *
 * One verb a run: the table below, one file each.  Exit codes: 0 done and well, 1 what was
 * asked about is not well or was refused, 2 wrong words, 100 fix the settings, 111 try again.
 * Only `demo` runs until it is told to stop.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/ihht/fields.h"
#include "services/ihht/schema.h"
#include "services/ihht/verb.h"

static const struct conf_key keys[] = {
	{"processes", CONF_TEXT,
	 "ble-ingest local-store sync-worker dedupe-auditor realtime-fanout http-api", 0, 300, NULL,
	 "what should run here, for status"},
};

static const struct process_manual manual = {
	.name = "ihht", .text = "the operator's command", .keys = keys,
	.n_keys = sizeof(keys) / sizeof(keys[0])};

static int schema_run(struct ihht *me, const struct verb *verb, int argc, char **argv);

/* SESSION: see find.h */
#define SESSION_TEXT                                                                          \
	"SESSION is an id, the first 4 or more characters of one, a local id (IHHT_...), or\n" \
	"the device of a running session.\n"

static const struct verb verbs[] = {
	{"status", "[--watch | --wait [SECONDS]]", "each process, each link, and what Postgres lacks",
	 "Listens to the beats for 1.3 s and reads the SQLite file; asks nobody, so it works\n"
	 "whatever is down.  --watch repeats until Ctrl-C.  --wait returns as soon as every\n"
	 "process in the setting ihht/processes is ready, or names what is missing (60 s).\n"
	 "Exit code 1: something is not ready.\n\n"
	 "  ihht status\n"
	 "  ihht status --wait 30 && echo ready\n", status_run, NULL},
	{"doctor", "", "the first hop that is broken, and what to do",
	 "Walks device, spool, store, worker, Postgres and watcher: says what was seen of each in\n"
	 "the last 3 s, and of the first that is broken the cure.  Asks nobody, so it works\n"
	 "whatever is down.  Exit code 1: a hop is broken.\n\n"
	 "  ihht doctor\n"
	 "  ihht doctor --json | jq -r .first_broken\n", doctor_run, NULL},
	{"alerts", "[--follow [--run COMMAND]]", "what somebody should look at",
	 "The alerts that stand now, as local-store tells them: rows that wait too long for\n"
	 "Postgres, bundles that fail, a backlog that grows, rows in quarantine, a disk that\n"
	 "fills or refuses, a clock that was set, a database near its cap, an archive that grows\n"
	 "or cannot be written.  --follow tells each as it begins, changes or ends, until Ctrl-C;\n"
	 "--run has sh run COMMAND for it, with ALERT_NAME, ALERT_LEVEL (info: over), ALERT_TEXT\n"
	 "and ALERT_GATEWAY.  Exit code 1: an alert stands.\n\n"
	 "  ihht alerts\n"
	 "  ihht alerts --follow --run 'echo \"$ALERT_TEXT\" | mail -s \"$ALERT_NAME\" root'\n",
	 alerts_run, NULL},
	{"devices test", "ADDRESS [VALUES]", "what one oximeter sends, and what it is understood as",
	 "Shows ten values as they come, each with the bytes it was made of.  The device must be\n"
	 "one that is used: `ihht devices`.  Exit code 1: none came for 30 s.\n\n"
	 "  ihht devices test aa:bb:cc:dd:ee:ff\n"
	 "  ihht devices test mock-001 3 --json\n", devices_test_run, NULL},
	{"devices", "[--scan [SECONDS]]", "the oximeters there are, and how they are doing",
	 "Heard from ble-ingest; of one that is not here the last value stored is shown.  --scan\n"
	 "listens for 10 s and shows all that is around, also what the settings do not allow:\n"
	 "state `seen`.  What one of them sends: `ihht devices test`.  Exit code 1: ble-ingest is\n"
	 "not heard.\n\n"
	 "  ihht devices --scan 30\n"
	 "  ihht devices --json | jq '.[] | select(.battery < 20) | .device_id'\n", devices_run, NULL},
	{"session start", "USER DEVICE [FIELD=VALUE]...", "begin a session, or get the running one",
	 "A person and a device have one running session at most: starting again returns it.\n\n"
	 "  ihht session start 8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11 mock-001\n"
	 "  ihht session start 8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11 mock-001 total_cycles=5 "
	 "hypoxic_duration=420\n", command_run, &msg_session_start},
	{"session phase", "SESSION PHASE [FIELD=VALUE]...", "the next phase begins now",
	 SESSION_TEXT "\n"
	 "  ihht session phase mock-001 ALTITUDE cycle=1 altitude_level=6\n"
	 "  ihht session phase 1f6b RECOVERY\n", command_run, &msg_session_phase},
	{"session stop", "SESSION [FIELD=VALUE]...", "end a session",
	 SESSION_TEXT "\n"
	 "  ihht session stop mock-001\n"
	 "  ihht session stop 1f6b status=abandoned\n", command_run, &msg_session_stop},
	{"session list", "[--active]", "the sessions of this gateway, newest first",
	 "Read from the SQLite file; no process needs to run.  At most 100, or all running ones.\n\n"
	 "  ihht session list --active\n"
	 "  ihht session list --json | jq '.[].id'\n", session_list_run, NULL},
	{"session show", "SESSION", "one session with its surveys, events and phases",
	 SESSION_TEXT "\n"
	 "  ihht session show mock-001\n"
	 "  ihht session show 1f6b --json\n", session_show_run, NULL},
	{"survey", "pre|intra|post SESSION [FIELD=VALUE]...", "what the person feels",
	 SESSION_TEXT
	 "The same survey again replaces the one before.\n\n"
	 "  ihht survey pre mock-001 clarity=4 energy=3 stress=2\n"
	 "  ihht survey intra mock-001 phase_number=2 clarity=4 energy=4 stress_perception=2 "
	 "sensations=zen+tingling\n"
	 "  ihht survey post mock-001 clarity=5 energy=4 stress=1 overall_rating=5\n", command_run,
	 &msg_survey},
	{"event", "SESSION EVENT_TYPE [FIELD=VALUE]...", "a mask lift, a dial adjustment ...",
	 SESSION_TEXT "\n"
	 "  ihht event mock-001 mask_lift altitude_phase_number=2 spo2_value=81\n"
	 "  ihht event mock-001 dial_adjustment current_altitude_level=7\n", command_run, &msg_event},
	{"progression", "SESSION LEVEL RECOMMENDED [FIELD=VALUE]...", "the dial for the next session",
	 SESSION_TEXT
	 "LEVEL is the dial (0 to 11) at its end, RECOMMENDED the one to start the next with.\n\n"
	 "  ihht progression 1f6b 6 7 performance=GOOD score=65\n"
	 "  ihht progression mock-001 6 6 reason=\"two mask lifts\"\n", command_run, &msg_progression},
	{"import app-database", "FILE [--user USER] [OPTIONS]", "the old app's own database",
	 "Takes a vitaliti.db: sessions, readings, surveys, events and phases, by the rules that\n"
	 "`ihht migrate` repairs the app's cloud database with.  What was told several times comes\n"
	 "once, what no rule can place is listed and left.  The same file again adds nothing.\n"
	 "An oximeter's own recordings: `ihht import`.\n\n"
	 "  --user USER      whose it is, where its readings do not say\n"
	 "  --abandoned      sessions the app never ended too: as abandoned at their last reading\n"
	 "  --device NAME    of the oximeter, which the app did not keep (vitaliti-app)\n"
	 "  --dry-run        says what would be imported\n\n"
	 "  ihht import app-database --dry-run vitaliti.db\n"
	 "  ihht import app-database vitaliti.db --user 8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11\n",
	 import_app_run, NULL},
	{"import", "FILE... --user USER | --session SESSION [OPTIONS]", "recordings that you have as files",
	 "Takes .vld files and the CSV files of ViHealth and O2 Insight (Viatom, Wellue: O2Ring,\n"
	 "Checkme O2, SleepU ...).  With --user a session is made of each recording's span; with\n"
	 "--session its readings go into that one.  The same file again adds nothing.  The old app's\n"
	 "vitaliti.db: `ihht import app-database`.\n\n"
	 "  --zone ZONE      what the device's clock showed: Europe/Berlin or +02:00; else that\n"
	 "                   of this machine\n"
	 "  --dates ORDER    day-first or month-first, where the file does not tell\n"
	 "  --device NAME    else the name is taken from the file's\n"
	 "  --dry-run        says what would be imported\n\n"
	 "  ihht import --dry-run --user 8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11 \\\n"
	 "      'O2Ring 0009_1678139232000.csv'\n"
	 "  ihht import 20230306214712.vld --session 1f6b --zone Europe/Berlin\n", import_run, NULL},
	{"export", "FORMAT OUT [OPTIONS]", "sessions in the format of your tool",
	 "Out of the SQLite file; no process needs to run.  OUT is a folder for csv, parquet (a file\n"
	 "a table; csv with a data dictionary) and edf (a file a session), else a file; - is standard\n"
	 "output.  What the formats hold: docs/export.md.\n\n"
	 "  csv       tables as text, csv-metadata.json beside them says what the columns mean\n"
	 "  parquet   tables for DuckDB, pandas, Spark\n"
	 "  json      one document, under the names of the API\n"
	 "  edf       EDF+ with annotations, for viewers of recordings\n"
	 "  fhir      an HL7 FHIR R4 Bundle\n"
	 "  omh       data points of Open mHealth\n\n"
	 "  --session SESSION, --user USER   only that one, only that person's\n"
	 "  --from TIME, --to TIME           sessions that began in between; --to is not in it\n"
	 "  --table NAME                     csv, parquet: one table, OUT is its file: sessions, surveys,\n"
	 "                                   events, phase_stats, progression, gaps, readings\n"
	 "  --mock                           made-up data too; else they are left out\n"
	 "  --force                          replaces what is there\n\n"
	 "  ihht export csv november/ --from 2026-11-01 --to 2026-12-01\n"
	 "  ihht export edf recordings/ --session 1f6b\n", export_run, NULL},
	{"restore", "--user USER [--sessions N | --all] [--follow]", "a person's sessions, back out of Postgres",
	 "For a gateway that is new or has lost its disk: brings the last 30 sessions of that\n"
	 "person that are over, or so many, or all, with readings, surveys, events, phases and\n"
	 "progression.  What is here already stays as it is and nothing is sent back, so after an\n"
	 "interruption run it again.  Reads as http-api does (postgres/http-api in ihht.conf, else\n"
	 "postgres/url), and only what that person may.  Exit code 1: something was not restored.\n"
	 "--follow then brings what other gateways write, a second later, until it is stopped;\n"
	 "while Postgres or local-store is away it says so and waits.\n\n"
	 "  ihht restore --user 8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11\n"
	 "  ihht restore --user 8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11 --all && ihht verify\n",
	 restore_run, NULL},
	{"archive list", "[SESSION | --user USER]", "readings that have left the database for files",
	 "What is over and in Postgres for local-store/keep-days leaves the SQLite file; so does what\n"
	 "Postgres has when the file nears its cap.  A file holds up to 5000 readings of one session.\n"
	 "archived: they stand there.  leaving: some still stand in the database.  back: all stand in\n"
	 "the database again.  unknown: the database knows nothing of it.  Needs no process.\n\n"
	 "  ihht archive list\n"
	 "  ihht archive list --json | jq '.[] | select(.state == \"unknown\") | .file'\n",
	 archive_list_run, NULL},
	{"archive verify", "[SESSION | --user USER]", "are these files whole, and are they all there?",
	 "Reads every byte of each: its SHA-256, its manifest against the rows that unpack, and both\n"
	 "against what local-store noted when it wrote it.  Each file that is damaged, gone or another\n"
	 "one is named.  Exit code 1: there is one.  Its readings are in Postgres, too:\n"
	 "`ihht restore --user USER` brings them back from there.\n\n"
	 "  ihht archive verify\n"
	 "  ihht archive verify --json | jq -r '.bad[].file'\n",
	 archive_verify_run, NULL},
	{"archive restore", "SESSION | --user USER | --all", "readings out of these files, back into the database",
	 "Each file is checked first, and goes to local-store, which takes what it lacks.  It counts as\n"
	 "synced and stays for local-store/keep-days; again is harmless.  Also for a gateway that knows\n"
	 "nothing of the session: its row, surveys and events stand in the file.  SESSION is an id, the\n"
	 "first 4 or more characters of one, or a local id.  Exit code 1: something was not restored.\n\n"
	 "  ihht archive restore 7cc0f726\n"
	 "  ihht archive restore --all && ihht verify\n", archive_restore_run, NULL},
	{"verify", "[--session ID] [--repair]", "do SQLite and Postgres hold the same rows?",
	 "Runs dedupe-auditor's check of every session, or of one, by count and digest; names\n"
	 "the range that differs and, with --repair, has it sent again.  Exit code 1: there is a\n"
	 "difference.\n\n"
	 "  ihht verify\n"
	 "  ihht verify --session 7cc0f726-87c0-55cc-ba75-13641548d415 --repair\n", verify_run, NULL},
	{"quarantine list", "[--all]", "rows that Postgres, or the reader of batches, will not take",
	 "Read from the SQLite file; no process needs to run.  Each row has a number, and what\n"
	 "Postgres said.  b1, b2 ... are rows of an app's batch (POST /api/sync/batch) as they came,\n"
	 "and what was wrong with them.  held: it waits for you.  replay: it is on its way again.\n"
	 "--all shows dropped and taken ones, too.\n\n"
	 "  ihht quarantine list\n"
	 "  ihht quarantine list --json | jq '.[] | select(.sqlstate == \"23514\") | .entry'\n",
	 quarantine_list_run, NULL},
	{"quarantine show", "ENTRY", "one of them, with its values and what was done with it",
	 "  ihht quarantine show 7\n"
	 "  ihht quarantine show b3 --json\n", quarantine_show_run, NULL},
	{"quarantine replay", "ENTRY|all [reason=TEXT]", "send it again, as it is",
	 "For when Postgres takes it now: a constraint has gone, a column is wider.  What is\n"
	 "refused again comes back.  Who, when and why is kept, as with fix and drop.\n\n"
	 "  ihht quarantine replay 7\n"
	 "  ihht quarantine replay all reason=\"column widened\"\n", quarantine_act_run, NULL},
	{"quarantine fix", "ENTRY FIELD=VALUE... [reason=TEXT]", "change a record, and send it",
	 "A survey, event, progression, phase or session gets new values, as a newer version of\n"
	 "it; the old one is kept.  Readings and gaps are what happened and are never changed.\n"
	 "A row of a batch is mended by the app's own names, and taken; FIELD= leaves one out.\n\n"
	 "  ihht quarantine fix 7 clarity=4\n"
	 "  ihht quarantine fix b3 notes_post=\"slept well\" reason=\"asked her\"\n",
	 quarantine_act_run, NULL},
	{"quarantine drop", "ENTRY [reason=TEXT]", "leave it out of Postgres, for good",
	 "It stays on this gateway, and can still be replayed.\n\n"
	 "  ihht quarantine drop 7\n"
	 "  ihht quarantine drop 7 reason=\"a test\"\n", quarantine_act_run, NULL},
	{"audit", "[check] [OPTIONS]", "what the auditor found and did",
	 "Shows the last entries of the audit log, and what the rules of `ihht migrate` find in the\n"
	 "app's old database while an old app still writes to it.  `ihht audit check` shows that\n"
	 "no entry of the log was changed, taken out or put in; it needs nothing but the file.\n"
	 "`dedupe-auditor audit --help` has every option.\n\n"
	 "  ihht audit\n"
	 "  ihht audit check --log /backup/audit.log\n", audit_run, NULL},
	{"migrate", "plan|apply|undo|verify [PLAN] [OPTIONS]", "repair the app's old cloud database",
	 "Sessions twice, readings under the wrong twin, surveys under ids of nothing: `plan` reads\n"
	 "the database (postgres/migrate in ihht.conf, else postgres/url) and the app's SQLite\n"
	 "files, and writes what it would do as text to read and to edit.  `apply` takes a backup\n"
	 "and does it, `undo` puts it back, `verify` shows that nothing was lost.\n"
	 "docs/migration.md walks through it; `dedupe-auditor migrate --help` has every option.\n\n"
	 "  ihht migrate plan --phone vitaliti.db --out old.plan\n"
	 "  ihht migrate apply old.plan --sessions 100\n", migrate_run, NULL},
	{"report", "[--since TIME] [--until TIME]", "does it do what it is for?",
	 "Measures from the data: sessions without a duplicate, sessions with readings in Postgres,\n"
	 "surveys there within a minute, progression, the last 30 sessions as an agent reads them;\n"
	 "and live latency, which is known of now only.  Counted are sessions that began, and\n"
	 "surveys taken, in that time; TIME is ISO 8601, or 7d, 12h, 30m ago.  Exit code 1: a\n"
	 "target is missed.\n\n"
	 "  ihht report --since 30d\n"
	 "  ihht report --since 2026-11-01 --until 2026-12-01 --json\n", report_run, NULL},
	{"check-config", "", "all complaints about ihht.conf at once",
	 "Every process checks its own section.  Exit code 100: something must be fixed.\n\n"
	 "  ihht check-config\n"
	 "  ihht --config /tmp/new.conf check-config --json\n", check_config_run, NULL},
	{"schema", "apply|status|lint [OPTIONS]", "the tables of Postgres",
	 "Applies the numbered migrations, each once, or says which are missing.\n\n"
	 "  ihht schema apply\n"
	 "  ihht schema status\n", schema_run, NULL},
	{"keys", "NAME", "a certificate for links over tcp://",
	 "Writes keys/NAME.key (public) and keys/NAME.key_secret beside ihht.conf and prints the\n"
	 "settings to add.  An existing key is never replaced.\n\n"
	 "  ihht keys gateway-1\n"
	 "  ihht --config /etc/ihht/ihht.conf keys hub\n", keys_run, NULL},
	{"token", "person|coach|admin [USER] [PERSON...] [OPTIONS]", "a key to the page, the streams and the API",
	 "Prints a token that http-api and realtime-fanout take: a person sees their own, a coach\n"
	 "their own and those of the people named, an admin all.  The first one makes the keys\n"
	 "(access/keys in ihht.conf): who can read the one called _secret can make tokens.  Tokens\n"
	 "cannot be taken back one by one; remove both files and make new ones to end all, and\n"
	 "with them the streams they opened.\n\n"
	 "  --days N         how long it holds (30)\n"
	 "  --link URL       as an address to open in a browser, which then is signed in\n\n"
	 "  ihht token person 8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11 --days 365\n"
	 "  ihht token admin --link http://127.0.0.1:8080/\n"
	 "  curl -H \"Authorization: Bearer $(ihht token admin --days 1)\" http://127.0.0.1:8080/api/sessions\n",
	 token_run, NULL},
	{"demo", "", "sessions for the mock's devices, until it is stopped",
	 "Plays the people and the app around `ble-ingest` with source mock: starts a session\n"
	 "for each of ble-ingest's devices, follows the mock's timetable, answers surveys, and\n"
	 "starts again.\n\n"
	 "  ihht demo\n"
	 "  ihht --config var/ihht.conf demo\n", demo_run, NULL},
	{"version", "", "which version this is", "  ihht version\n", NULL, NULL},
	{"help", "[VERB]", "what a verb does, with examples",
	 "  ihht help session start\n  ihht survey --help\n", NULL, NULL},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* ---- words */

static void
print_overview(void)
{
	const struct verb *v;

	printf("ihht - look after the sessions and the processes that keep them\n\n"
	       "usage: ihht [--config FILE] [--json] VERB [ARGUMENTS]\n\n");
	for (v = verbs; v < verbs + N_VERBS; v++)
		printf("  %-18s %s\n", v->name, v->purpose);
	printf("\n`ihht help VERB` explains one, with examples.  Without --config: $IHHT_CONF, else\n"
	       "/etc/ihht/ihht.conf.  --json: for programs; on every verb that prints.\n"
	       "Exit codes: 0 done and well, 1 not well or refused, 2 wrong words, 100 fix the\n"
	       "settings, 111 try again.\n\nSettings in the section ihht of ihht.conf:\n");
	conf_help(stdout, keys, sizeof(keys) / sizeof(keys[0]));
}

static void
print_verb(const struct verb *v)
{
	printf("ihht %s - %s\n\nusage: ihht %s%s%s\n\n%s", v->name, v->purpose, v->name,
	       *v->arguments ? " " : "", v->arguments, v->text);
	if (v->message) {
		printf("\nFields:\n");
		fields_help(stdout, v->message);
	}
}

/* ---- which verb */

/* How many of the words make the verb's name: 0 no match. */
static int
match(const struct verb *verb, int argc, char **argv)
{
	size_t n = strcspn(verb->name, " ");

	if (argc < 1 || strlen(argv[0]) != n || strncmp(argv[0], verb->name, n))
		return 0;
	if (!verb->name[n])
		return 1;
	return argc > 1 && !strcmp(argv[1], verb->name + n + 1) ? 2 : 0;
}

static const struct verb *
find_verb(int argc, char **argv, int *n_words)
{
	const struct verb *v;

	for (v = verbs; v < verbs + N_VERBS; v++)
		if ((*n_words = match(v, argc, argv)))
			return v;
	return NULL;
}

/* `ihht session`: the first word of several verbs. 0 when it is of none. */
static int
print_family(const char *word, FILE *to)
{
	const struct verb *v;
	size_t n = strlen(word);
	int found = 0;

	for (v = verbs; v < verbs + N_VERBS; v++)
		if (!strncmp(v->name, word, n) && v->name[n] == ' ' && ++found)
			fprintf(to, "  ihht %s %s\n  %-4s %s\n", v->name, v->arguments, "", v->purpose);
	return found;
}

static int
no_such_verb(int argc, char **argv)
{
	fprintf(stderr, "ihht: %s%s%s: no such verb%s\n", argv[0], argc > 1 ? " " : "",
		argc > 1 ? argv[1] : "", "; there are:");
	if (!print_family(argv[0], stderr))
		fprintf(stderr, "  those that `ihht help` shows\n");
	return IHHT_USAGE;
}

static int
help(int argc, char **argv)
{
	const struct verb *v;
	int n_words;

	if (!argc)
		return print_overview(), IHHT_OK;
	if ((v = find_verb(argc, argv, &n_words)))
		return print_verb(v), IHHT_OK;
	if (argc == 1 && print_family(argv[0], stdout))
		return IHHT_OK;
	return no_such_verb(argc, argv);
}

/* ---- main */

/* Takes --config FILE, --json and --help out of argv, wherever they stand.  -1: wrong. */
static int
take_options(struct ihht *me, int *argc, char **argv, int *wants_help)
{
	int i, n = 0;

	for (i = 0; i < *argc; i++) {
		if (!strcmp(argv[i], "--config") && ++i == *argc)
			return -1;
		else if (i && !strcmp(argv[i - 1], "--config"))
			me->config = argv[i];
		else if (!strncmp(argv[i], "--config=", 9))
			me->config = argv[i] + 9;
		else if (!strcmp(argv[i], "--json"))
			me->json = 1;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			*wants_help = 1;
		else
			argv[n++] = argv[i];
	}
	*argc = n;
	return 0;
}

static int
schema_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	(void)verb;
	/* the verb's own words, name included */
	return schema_main(me->process, argc + 1, argv - 1);
}

static int
run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct err err;
	int code;

	if (!strcmp(verb->name, "help"))
		return help(argc, argv);
	if (!strcmp(verb->name, "version"))
		return puts("ihht " VERSION), IHHT_OK;
	if (!(me->process = process_open_quietly(&manual, me->config, &err)))
		return verb_fail(verb, PROCESS_FIX_CONFIG, &err);
	code = verb->run(me, verb, argc, argv);
	process_close(&me->process);
	return code;
}

int
main(int argc, char **argv)
{
	struct ihht me = {0};
	const struct verb *verb;
	int wants_help = 0, n_words;

	argc--;
	argv++;
	if (argc == 1 && !strcmp(argv[0], "--version"))
		argv[0] += strlen("--");
	if (take_options(&me, &argc, argv, &wants_help) < 0) {
		fprintf(stderr, "ihht: --config needs a FILE\n");
		return IHHT_USAGE;
	}
	if (wants_help || !argc)
		return help(argc, argv);
	if (!(verb = find_verb(argc, argv, &n_words)))
		return no_such_verb(argc, argv);
	return run(&me, verb, argc - n_words, argv + n_words);
}
