#include "services/http-api/export/thrift.h"
#include "tests/unit/test.h"

TEST(the_compact_protocol_byte_by_byte)
{
	/* doc/specs/thrift-compact-protocol.md: a field is its step and type, numbers are zigzag */
	static const uint8_t want[] = {
		0x15, 0x02,                    /* 1: i32 1 */
		0x26, 0x03,                    /* 3: i64 -2 */
		0x18, 0x02, 'h', 'i',          /* 4: "hi" */
		0x11,                          /* 5: true */
		0x1c, 0x15, 0x80, 0x01, 0x00,  /* 6: {1: i32 64} */
		0x19, 0x25, 0x00, 0x05,        /* 7: [0, -3] */
		0x89, 0xfc, 0x0f,              /* 15: 15 structs, */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x00,
	};
	struct bytes out = {0};
	struct thrift t;
	int i;

	thrift_begin(&t, &out);
	thrift_i32(&t, 1, 1);
	thrift_i64(&t, 3, -2);
	thrift_text(&t, 4, "hi");
	thrift_true(&t, 5);
	thrift_struct(&t, 6);
	thrift_i32(&t, 1, 64);
	thrift_stop(&t);
	thrift_list(&t, 7, THRIFT_I32, 2);
	thrift_item_i32(&t, 0);
	thrift_item_i32(&t, -3);
	thrift_list(&t, 15, THRIFT_STRUCT, 15);
	for (i = 0; i < 15; i++) {
		thrift_element(&t);
		thrift_stop(&t);
	}
	thrift_stop(&t);
	is_int(out.n, sizeof(want));
	ok(out.n == sizeof(want) && !memcmp(out.at, want, sizeof(want)));
	bytes_release(&out);
}

TEST(varints_have_seven_bits_a_byte)
{
	static const uint8_t want[] = {0x00, 0x7f, 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
	struct bytes out = {0};

	bytes_varint(&out, 0);
	bytes_varint(&out, 127);
	bytes_varint(&out, 128);
	bytes_varint(&out, UINT64_MAX);
	ok(out.n == sizeof(want) && !memcmp(out.at, want, sizeof(want)), "%zu", out.n);
	bytes_release(&out);
}

int
main(void)
{
	RUN(the_compact_protocol_byte_by_byte);
	RUN(varints_have_seven_bits_a_byte);
	return test_done();
}
