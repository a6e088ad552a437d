/*
 * sfloat - the 16-bit decimal numbers of Bluetooth health profiles
 *
 * Top four bits a signed exponent, the other twelve a signed mantissa: m * 10^e.  Five words
 * are no number: 07FF, 0800, 07FE, 0802 and 0801.  Source: IEEE 11073-20601, SFLOAT-Type.
 */
#ifndef SFLOAT_H
#define SFLOAT_H

#include <stdint.h>

/* The double nearest to it; NAN for what is no number. */
double sfloat_value(uint16_t word);

#endif
