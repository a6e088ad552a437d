#include "services/ble-ingest/devices/crc8.h"

uint8_t
crc8(const uint8_t *bytes, size_t len)
{
	unsigned crc = 0, bit;

	while (len--)
		for (crc ^= *bytes++, bit = 0; bit < 8; bit++)
			crc = (crc << 1 ^ (crc & 0x80 ? 0x07 : 0)) & 0xff;
	return (uint8_t)crc;
}

uint8_t
crc8_maxim(const uint8_t *bytes, size_t len)
{
	unsigned crc = 0, bit;

	while (len--)
		for (crc ^= *bytes++, bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x8c : 0);
	return (uint8_t)crc;
}
