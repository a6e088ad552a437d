/*
 * plx_bits - `status` of a sample: the bits of the Pulse Oximeter Service 1.0.1
 *
 * 0-15 are its measurement status, 16-39 its device and sensor status.  A maker's own flags are
 * put where they mean the same.
 */
#ifndef PLX_BITS_H
#define PLX_BITS_H

enum {
	PLX_STORED = 1 << 9, PLX_DEMO = 1 << 10, PLX_TESTING = 1 << 11, PLX_CALIBRATING = 1 << 12,
	PLX_NOT_AVAILABLE = 1 << 13, PLX_NOT_VALID = 1 << 15,
	PLX_FULLY_QUALIFIED = 1 << 8,
};

/* Of the device and sensor status: shifted by 16 in a sample. */
enum {
	PLX_MALFUNCTION = 1 << 1, PLX_IRREGULAR = 1 << 2, PLX_INADEQUATE = 1 << 3, PLX_POOR = 1 << 4,
	PLX_LOW_PERFUSION = 1 << 5, PLX_ERRATIC = 1 << 6, PLX_NOT_PULSATILE = 1 << 7,
	PLX_DOUBTFUL = 1 << 8, PLX_ANALYSING = 1 << 9, PLX_INTERFERENCE = 1 << 10,
	PLX_NO_USER = 1 << 11, PLX_DISPLACED = 1 << 13, PLX_SENSOR_BROKEN = 1 << 14,
	PLX_SENSOR_OUT = 1 << 15,
};
#define PLX_SENSOR_SHIFT 16

#endif
