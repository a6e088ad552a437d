/*
 * fault - what an error of bluetoothd means to us
 *
 * Names: org.bluez.Error.*, org.freedesktop.DBus.Error.*.  bluetoothd 5.66 tells a refusal by
 * the remote end as NotPermitted "Not paired" (ATT 0x05, 0x0c, 0x0f) or, in other places, as
 * Failed with the ATT code in its text.
 */
#ifndef FAULT_H
#define FAULT_H

enum fault {
	FAULT_NONE,
	FAULT_UNPAIRED,    /* insufficient authentication or encryption: pair first */
	FAULT_REFUSED,     /* pairing was tried and refused, or timed out */
	FAULT_ALREADY,     /* it is so already: as good as done */
	FAULT_BUSY,        /* something like it is under way */
	FAULT_NOT_READY,   /* the adapter is off */
	FAULT_GONE,        /* no such object, no such service: it will be told by signals too */
	FAULT_UNSUPPORTED, /* not this way */
	FAULT_OTHER,
};

enum fault fault_of(const char *name, const char *message);

#endif
