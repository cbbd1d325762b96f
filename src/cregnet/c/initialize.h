/* Initial weights: normal and uniform draws from Philox4x32-10, as a function of seed, stream and element.
 *
 * A stream is a purpose and a layer, purpose * 2^28 + layer. Word w of the counter (c, 0, stream), where c is a
 * 64-bit number in the first two words, belongs to element 4 c + w: these are the words of `random_words` at
 * step 0. Normal elements come in pairs of a cosine and a sine, from a radius and a direction in two words.
 *
 * The bits are the same on every instruction set. initialize.c is therefore compiled without contraction of
 * products and sums into fused operations, which some instruction sets have and others lack.
 */
#ifndef CREGNET_INITIALIZE_H
#define CREGNET_INITIALIZE_H

#include <stddef.h>
#include <stdint.h>

enum { DRAWS_AT_ONCE = 1024 };

/* W has elements first to first + n - 1 of the stream; first is a multiple of DRAWS_AT_ONCE. */
void normal_weights_f32(float *W, ptrdiff_t first, ptrdiff_t n, double scale, uint64_t seed, uint32_t stream);
void normal_weights_f64(double *W, ptrdiff_t first, ptrdiff_t n, double scale, uint64_t seed, uint32_t stream);
void uniform_weights_f32(float *W, ptrdiff_t first, ptrdiff_t n, double limit, uint64_t seed, uint32_t stream);
void uniform_weights_f64(double *W, ptrdiff_t first, ptrdiff_t n, double limit, uint64_t seed, uint32_t stream);

#endif
