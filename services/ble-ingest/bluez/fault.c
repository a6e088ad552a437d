#include "services/ble-ingest/bluez/fault.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name, *text;  /* text: somewhere in the message; NULL: any */
	enum fault fault;
} faults[] = {
	{"org.bluez.Error.NotPermitted", "aired", FAULT_UNPAIRED},
	{"org.bluez.Error.NotPermitted", NULL, FAULT_UNSUPPORTED},
	{"org.bluez.Error.NotAuthorized", NULL, FAULT_UNPAIRED},
	{"org.bluez.Error.Failed", "0x05", FAULT_UNPAIRED},
	{"org.bluez.Error.Failed", "0x0c", FAULT_UNPAIRED},
	{"org.bluez.Error.Failed", "0x0f", FAULT_UNPAIRED},
	{"org.bluez.Error.Failed", "Not connected", FAULT_GONE},
	{"org.bluez.Error.AuthenticationFailed", NULL, FAULT_REFUSED},
	{"org.bluez.Error.AuthenticationRejected", NULL, FAULT_REFUSED},
	{"org.bluez.Error.AuthenticationCanceled", NULL, FAULT_REFUSED},
	{"org.bluez.Error.AuthenticationTimeout", NULL, FAULT_REFUSED},
	{"org.bluez.Error.ConnectionAttemptFailed", NULL, FAULT_REFUSED},
	{"org.bluez.Error.AlreadyExists", NULL, FAULT_ALREADY},
	{"org.bluez.Error.AlreadyConnected", NULL, FAULT_ALREADY},
	{"org.bluez.Error.InProgress", NULL, FAULT_BUSY},
	{"org.bluez.Error.NotReady", NULL, FAULT_NOT_READY},
	{"org.bluez.Error.NotSupported", NULL, FAULT_UNSUPPORTED},
	{"org.bluez.Error.NotConnected", NULL, FAULT_GONE},
	{"org.bluez.Error.DoesNotExist", NULL, FAULT_GONE},
	{"org.freedesktop.DBus.Error.UnknownObject", NULL, FAULT_GONE},
	{"org.freedesktop.DBus.Error.UnknownInterface", NULL, FAULT_GONE},
	{"org.freedesktop.DBus.Error.UnknownMethod", NULL, FAULT_GONE},
	{"org.freedesktop.DBus.Error.ServiceUnknown", NULL, FAULT_GONE},
	{"org.freedesktop.DBus.Error.NameHasNoOwner", NULL, FAULT_GONE},
};

enum fault
fault_of(const char *name, const char *message)
{
	size_t i;

	if (!name)
		return FAULT_NONE;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strcmp(faults[i].name, name) &&
		    (!faults[i].text || (message && strstr(message, faults[i].text))))
			return faults[i].fault;
	return FAULT_OTHER;
}
