#include "proto/vld.h"

#include <errno.h>
#include <math.h>
#include <time.h>

static unsigned
u16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t
u32(const uint8_t *p)
{
	return u16(p) | (uint32_t)u16(p + 2) << 16;
}

/* Every device's clock begins somewhere: before 2010 there were no such rings. */
static int
read_start(const uint8_t *head, int64_t *local_s, struct err *err)
{
	unsigned year = u16(head + 2);
	struct tm tm = {.tm_year = (int)year - 1900, .tm_mon = head[4] - 1, .tm_mday = head[5],
			.tm_hour = head[6], .tm_min = head[7], .tm_sec = head[8]};

	if (year < 2010 || year > 2099)
		return err_set(err, EBADMSG, "byte 2: year %u; the clock of the device was not set, "
			       "or this is no recording", year);
	if (head[4] < 1 || head[4] > 12 || head[6] > 23 || head[7] > 59 || head[8] > 59)
		return err_set(err, EBADMSG, "byte 4: no date and time (month %u, %u:%u:%u)", head[4],
			       head[6], head[7], head[8]);
	*local_s = timegm(&tm);  /* moves 30 February into March */
	if (!head[5] || tm.tm_mday != head[5])
		return err_set(err, EBADMSG, "byte 5: month %u of %u has no day %u", head[4], year, head[5]);
	return 0;
}

static int64_t
step(const struct vld *vld, int64_t n)
{
	int64_t s = (vld->length_s + n / 2) / n;

	return s == 1 || s == 2 || s == 4 ? s : vld->version == 3 ? 4 : 2;
}

static int
check_version(const uint8_t *head, struct err *err)
{
	if (head[0] == 1 && head[1] == 3)
		return err_set(err, EBADMSG, "byte 0: a recording of an O2Ring S, which is another format; "
			       "have its app export it as CSV");
	if (head[0] != 3 && head[0] != 5 && head[0] != 6)
		return err_set(err, EBADMSG, "byte 0: version %u; only 3, 5 and 6 are known", head[0]);
	return 0;
}

int
vld_head(struct vld *vld, const uint8_t head[VLD_HEAD], uint64_t len, struct err *err)
{
	struct vld v = {.version = head[0], .length_s = u16(head + 13)};
	uint64_t told = u32(head + 9), n = len < VLD_HEAD ? 0 : (len - VLD_HEAD) / VLD_RECORD;

	if (check_version(head, err) < 0 || read_start(head, &v.local_s, err) < 0)
		return -1;
	if (!n)
		return err_set(err, EBADMSG, "byte %d: no records", VLD_HEAD);
	if (n > VLD_MOST_RECORDS)
		return err_set(err, EBADMSG, "%llu records; a recording has %d at most",
			       (unsigned long long)n, VLD_MOST_RECORDS);
	v.n_records = (int64_t)n;
	told = told < VLD_HEAD ? 0 : (told - VLD_HEAD) / VLD_RECORD;
	v.n_missing = told > n && told <= VLD_MOST_RECORDS ? (int64_t)(told - n) : 0;
	v.step_s = step(&v, v.n_records + v.n_missing);
	*vld = v;
	return 0;
}

void
vld_record(const struct vld *vld, int64_t i, const uint8_t bytes[VLD_RECORD],
	   struct vld_record *out)
{
	unsigned spo2 = bytes[0], pulse = u16(bytes + 1), motion = bytes[3];

	out->local_s = vld->local_s + i * vld->step_s;
	/* what is beyond a field's limits is some "none" of the maker's: 127, 255, 65535 */
	out->spo2 = spo2 && spo2 <= 100 ? (double)spo2 : (double)NAN;
	out->heart_rate = pulse && pulse <= 500 && pulse != 255 ? (double)pulse : (double)NAN;
	out->motion = motion == 255 ? (double)NAN : (double)motion;
}
