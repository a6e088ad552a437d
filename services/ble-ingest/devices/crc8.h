/*
 * crc8 - the two check bytes of oximeters
 */
#ifndef CRC8_H
#define CRC8_H

#include <stddef.h>
#include <stdint.h>

/* Polynomial 07, from 0, not reflected: of "123456789" it is F4. */
uint8_t crc8(const uint8_t *bytes, size_t len);

/* Dallas/Maxim: polynomial 31 reflected, from 0: of "123456789" it is A1. */
uint8_t crc8_maxim(const uint8_t *bytes, size_t len);

#endif
