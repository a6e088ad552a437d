#include "tests/unit/test.h"

#include "services/ble-ingest/bluez/fault.h"

#define BLUEZ "org.bluez.Error."
#define DBUS  "org.freedesktop.DBus.Error."

TEST(each_error_of_bluetoothd_has_its_meaning)
{
	static const struct { const char *name, *text; enum fault fault; } rows[] = {
		{NULL, NULL, FAULT_NONE},
		{BLUEZ "NotPermitted", "Not paired", FAULT_UNPAIRED},
		{BLUEZ "NotPermitted", "Read not permitted", FAULT_UNSUPPORTED},
		{BLUEZ "NotPermitted", NULL, FAULT_UNSUPPORTED},
		{BLUEZ "NotAuthorized", "Not authorized", FAULT_UNPAIRED},
		{BLUEZ "Failed", "Operation failed with ATT error: 0x05", FAULT_UNPAIRED},
		{BLUEZ "Failed", "Operation failed with ATT error: 0x0c", FAULT_UNPAIRED},
		{BLUEZ "Failed", "Operation failed with ATT error: 0x0f", FAULT_UNPAIRED},
		{BLUEZ "Failed", "Operation failed with ATT error: 0x0e", FAULT_OTHER},
		{BLUEZ "Failed", "le-connection-abort-by-local", FAULT_OTHER},
		{BLUEZ "Failed", "Not connected", FAULT_GONE},
		{BLUEZ "Failed", NULL, FAULT_OTHER},
		{BLUEZ "AuthenticationFailed", "", FAULT_REFUSED},
		{BLUEZ "AuthenticationRejected", "", FAULT_REFUSED},
		{BLUEZ "AuthenticationCanceled", "", FAULT_REFUSED},
		{BLUEZ "AuthenticationTimeout", "", FAULT_REFUSED},
		{BLUEZ "ConnectionAttemptFailed", "Page Timeout", FAULT_REFUSED},
		{BLUEZ "AlreadyExists", "Already Exists", FAULT_ALREADY},
		{BLUEZ "AlreadyConnected", "Already Connected", FAULT_ALREADY},
		{BLUEZ "InProgress", "In Progress", FAULT_BUSY},
		{BLUEZ "NotReady", "Resource Not Ready", FAULT_NOT_READY},
		{BLUEZ "NotSupported", "Operation is not supported", FAULT_UNSUPPORTED},
		{BLUEZ "NotConnected", "Not Connected", FAULT_GONE},
		{BLUEZ "DoesNotExist", "Does Not Exist", FAULT_GONE},
		{DBUS "UnknownObject", "", FAULT_GONE},
		{DBUS "UnknownInterface", "", FAULT_GONE},
		{DBUS "UnknownMethod", "", FAULT_GONE},
		{DBUS "ServiceUnknown", "", FAULT_GONE},
		{DBUS "NameHasNoOwner", "", FAULT_GONE},
		{DBUS "NoReply", "", FAULT_OTHER},
		{"", "", FAULT_OTHER},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(fault_of(rows[i].name, rows[i].text) == rows[i].fault, "%s %s: %d", rows[i].name,
		   rows[i].text, fault_of(rows[i].name, rows[i].text));
}

int
main(void)
{
	RUN(each_error_of_bluetoothd_has_its_meaning);
	return test_done();
}
