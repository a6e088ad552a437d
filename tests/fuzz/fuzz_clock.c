/* A time that is read can be written and read again the same. */
#include <string.h>

#include "common/clock.h"
#include "common/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[100], back[CLOCK_TEXT];
	int64_t us, again;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (clock_parse(text, &us) < 0)
		return 0;
	if (us < -62135596800000000 || us > 253402300799999999)
		return 0;  /* beyond the years of four digits, by the zone */
	ASSERT(clock_parse(clock_text(us, back), &again) == 0 && us == again);
	return 0;
}
