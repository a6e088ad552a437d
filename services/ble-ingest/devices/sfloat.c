#include "services/ble-ingest/devices/sfloat.h"

#include <math.h>

double
sfloat_value(uint16_t word)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
	int mantissa = word & 0x0fff, exponent = word >> 12;

	if (word >= 0x07fe && word <= 0x0802)
		return (double)NAN;
	if (mantissa >= 0x0800)
		mantissa -= 0x1000;
	if (exponent >= 8)
		exponent -= 16;
	return exponent < 0 ? mantissa / tens[-exponent] : mantissa * tens[exponent];
}
