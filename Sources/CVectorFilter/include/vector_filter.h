#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are read behind the last window of a text, whatever they are. */
#define REMPART_PADDING 72

/* The filter that tells 64 places of a text at once: three tables of 2,048 bits, one for each hash of a window.
   A hash is the sum in GF(2) of one matrix for each byte of the window; the bit in a table's byte is chosen by the
   next hash. */
struct rempart_bloom {
    uint8_t tables[3][256];
    uint64_t matrices[3][4];
};

/* Whether the processor has what rempart_probe() needs (AVX-512 VBMI, VBMI2 and GFNI). */
bool rempart_has_vectors(void);

/* Writes the places in [first, last] whose window of `width` (2 to 4) bytes passes the filter and then has its bit in
   `bits`, where a window, little endian, hashes to (window * multiplier) >> shift. Returns how many.
   `places` has room for last - first + 2. */
size_t rempart_probe(
    const struct rempart_bloom *bloom, const uint8_t *text, size_t first, size_t last, unsigned width,
    const uint64_t *bits, uint64_t multiplier, unsigned shift, int32_t *places);

/* Copies with the letters of ASCII in lower case. */
void rempart_fold(const uint8_t *text, size_t count, uint8_t *folded);
