#include "vector_filter.h"

void rempart_fold(const uint8_t *text, size_t count, uint8_t *folded)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t isUpper = (uint8_t)(text[i] - 'A') < 26;
        folded[i] = text[i] | (uint8_t)(isUpper << 5);
    }
}

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define VECTORS __attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,gfni,bmi,bmi2,popcnt")))
/* Places that are told before their bits are asked for. */
#define BLOCK 2048

bool rempart_has_vectors(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2")
        && __builtin_cpu_supports("gfni") && __builtin_cpu_supports("bmi2");
}

struct tables { __m512i part[3][4]; };

VECTORS static inline __m512i look_up(const __m512i part[4], __m512i hash)
{
    __m512i low = _mm512_permutex2var_epi8(part[0], hash, part[1]);
    __m512i high = _mm512_permutex2var_epi8(part[2], hash, part[3]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(hash), low, high);
}

VECTORS static inline __m512i sum(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

VECTORS static inline __attribute__((always_inline)) __m512i
hash(const uint64_t matrices[4], const __m512i window[4], unsigned width)
{
    __m512i part[4];
    for (unsigned i = 0; i < width; i++)
        part[i] = _mm512_gf2p8affine_epi64_epi8(window[i], _mm512_set1_epi64((long long)matrices[i]), 0);
    if (width == 2) return _mm512_xor_si512(part[0], part[1]);
    __m512i first = sum(part[0], part[1], part[2]);
    return width == 3 ? first : _mm512_xor_si512(first, part[3]);
}

/* The places of `text`, one bit each, whose windows may be known. */
VECTORS static inline __attribute__((always_inline)) uint64_t
tell(const struct rempart_bloom *bloom, const struct tables *tables, const uint8_t *text, unsigned width)
{
    const __m512i bits = _mm512_set1_epi64((long long)0x8040201008040201ull);
    __m512i window[4];
    for (unsigned i = 0; i < width; i++) window[i] = _mm512_loadu_si512(text + i);
    __m512i h0 = hash(bloom->matrices[0], window, width);
    __m512i h1 = hash(bloom->matrices[1], window, width);
    __m512i h2 = hash(bloom->matrices[2], window, width);
    __mmask64 told = _mm512_test_epi8_mask(look_up(tables->part[0], h0), _mm512_permutexvar_epi8(h1, bits));
    told = _mm512_mask_test_epi8_mask(told, look_up(tables->part[1], h1), _mm512_permutexvar_epi8(h2, bits));
    return _mm512_mask_test_epi8_mask(told, look_up(tables->part[2], h2), _mm512_permutexvar_epi8(h0, bits));
}

VECTORS static inline __attribute__((always_inline)) size_t
probe(
    const struct rempart_bloom *bloom, const uint8_t *text, size_t first, size_t last, const unsigned width,
    const uint64_t *bits, uint64_t multiplier, unsigned shift, int32_t *places)
{
    uint16_t told[BLOCK + 64];
    uint16_t ascending[64];
    struct tables tables;
    for (unsigned i = 0; i < 64; i++) ascending[i] = (uint16_t)i;
    for (unsigned t = 0; t < 3; t++)
        for (unsigned i = 0; i < 4; i++) tables.part[t][i] = _mm512_loadu_si512(bloom->tables[t] + 64 * i);
    const __m512i low = _mm512_loadu_si512(ascending), high = _mm512_loadu_si512(ascending + 32);
    const uint32_t mask = width == 4 ? UINT32_MAX : (1u << (8 * width)) - 1;
    size_t count = 0;

    for (size_t start = first; start <= last; start += BLOCK) {
        size_t end = last - start < BLOCK ? last - start + 1 : BLOCK, found = 0;
        for (size_t place = 0; place < end; place += 64) {
            uint64_t here = tell(bloom, &tables, text + start + place, width);
            if (end - place < 64) here &= (1ull << (end - place)) - 1;
            if (here == 0) continue;
            __m512i base = _mm512_set1_epi16((short)place);
            _mm512_storeu_si512(
                told + found, _mm512_maskz_compress_epi16((__mmask32)here, _mm512_add_epi16(low, base)));
            found += (size_t)__builtin_popcount((uint32_t)here);
            _mm512_storeu_si512(
                told + found, _mm512_maskz_compress_epi16((__mmask32)(here >> 32), _mm512_add_epi16(high, base)));
            found += (size_t)__builtin_popcount((uint32_t)(here >> 32));
        }
        for (size_t i = 0; i < found; i++) {
            uint32_t window;
            memcpy(&window, text + start + told[i], 4);
            uint64_t hash = ((window & mask) * multiplier) >> shift;
            places[count] = (int32_t)(start + told[i]);
            count += bits[hash >> 6] >> (hash & 63) & 1;
        }
    }
    return count;
}

VECTORS size_t rempart_probe(
    const struct rempart_bloom *bloom, const uint8_t *text, size_t first, size_t last, unsigned width,
    const uint64_t *bits, uint64_t multiplier, unsigned shift, int32_t *places)
{
    switch (width) {
    case 2: return probe(bloom, text, first, last, 2, bits, multiplier, shift, places);
    case 3: return probe(bloom, text, first, last, 3, bits, multiplier, shift, places);
    case 4: return probe(bloom, text, first, last, 4, bits, multiplier, shift, places);
    default: return 0;
    }
}
#else
bool rempart_has_vectors(void) { return false; }

size_t rempart_probe(
    const struct rempart_bloom *bloom, const uint8_t *text, size_t first, size_t last, unsigned width,
    const uint64_t *bits, uint64_t multiplier, unsigned shift, int32_t *places)
{
    (void)bloom, (void)text, (void)first, (void)last, (void)width, (void)bits, (void)multiplier, (void)shift;
    (void)places;
    return 0;
}
#endif
