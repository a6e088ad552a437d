/*
 * objects - what bluetoothd says about one of its objects, as a struct
 *
 * Parses `a{sv}` of the interfaces Adapter1, Device1, Battery1, GattService1 and
 * GattCharacteristic1 (adapter-api, device-api and gatt-api of BlueZ 5.66), whole or as
 * changes: `has` tells which properties were there.
 */
#ifndef OBJECTS_H
#define OBJECTS_H

#include <stdint.h>
#include <systemd/sd-bus.h>

#include "common/err.h"

#define OBJECT_PATH     160
#define OBJECT_SERVICES 32     /* service UUIDs of a device; more are not looked at */
#define UUID_TEXT       37

enum object_what {             /* interfaces */
	OBJECT_ADAPTER = 1, OBJECT_DEVICE = 2, OBJECT_SERVICE = 4, OBJECT_CHARACTERISTIC = 8,
};

enum object_has {
	HAS_ADDRESS = 1, HAS_NAME = 1 << 1, HAS_UUIDS = 1 << 2, HAS_RSSI = 1 << 3,
	HAS_CONNECTED = 1 << 4, HAS_RESOLVED = 1 << 5, HAS_PAIRED = 1 << 6, HAS_MAKER = 1 << 7,
	HAS_POWERED = 1 << 8, HAS_DISCOVERING = 1 << 9, HAS_BATTERY = 1 << 10,
	HAS_ADVERTISED = 1 << 11,   /* data that only an advertisement brings */
	HAS_VALUE = 1 << 12,
};

enum object_flag {             /* of a characteristic */
	FLAG_READ = 1, FLAG_WRITE = 2, FLAG_WRITE_QUICK = 4, FLAG_NOTIFY = 8, FLAG_INDICATE = 16,
	FLAG_ACQUIRE = 32,         /* AcquireNotify is offered */
};

struct object {
	char path[OBJECT_PATH];
	unsigned what;             /* object_what */
	unsigned has;              /* object_has */
	char address[18];          /* lower case */
	char name[65];
	char uuids[OBJECT_SERVICES][UUID_TEXT];
	unsigned n_uuids;
	int rssi, manufacturer, battery;
	int is_connected, is_resolved, is_paired, is_powered, is_discovering;
	char uuid[UUID_TEXT];      /* of a service or characteristic */
	char service[OBJECT_PATH]; /* a characteristic's */
	unsigned flags;
	uint8_t value[512];        /* PropertiesChanged of a characteristic */
	size_t len;
};

/* At "{sa{sv}}" items: all interfaces of one object.  Adds to *object. -1 and err. */
int objects_read_interfaces(sd_bus_message *m, struct object *object, struct err *err);

/* At "a{sv}": the properties of one interface. */
int objects_read_properties(sd_bus_message *m, const char *interface, struct object *object,
			    struct err *err);

/* An empty one; 0 when the path is too long for us. */
int objects_clear(struct object *object, const char *path);

/* The bit of object_what; 0: none of ours. */
unsigned objects_what(const char *interface);

#endif
