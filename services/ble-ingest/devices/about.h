/*
 * about - Battery (0x180F) and Device Information (0x180A), which any device may offer
 *
 * A kind that wants them ends its table of ports with ABOUT_PORTS and gives what is heard on
 * one of these to about_heard().  Serial numbers are left alone: they name a person's thing.
 */
#ifndef ABOUT_H
#define ABOUT_H

#include "services/ble-ingest/devices/say.h"

#define ABOUT_PORTS                                                             \
	{GATT_UUID("180f"), GATT_UUID("2a19"), PORT_READ | PORT_HEAR},          \
	{GATT_UUID("180a"), GATT_UUID("2a29"), PORT_READ},                      \
	{GATT_UUID("180a"), GATT_UUID("2a24"), PORT_READ},                      \
	{GATT_UUID("180a"), GATT_UUID("2a26"), PORT_READ}
#define ABOUT_N_PORTS 4

/* Text of a device, cut and made printable; none when it is empty. */
void about_text(struct say *say, const char *what, const void *text, size_t len);

/* nth of the ports above.  0 and says it, or -1 and says what is wrong. */
int about_heard(struct say *say, unsigned nth, const uint8_t *bytes, size_t len);

#endif
