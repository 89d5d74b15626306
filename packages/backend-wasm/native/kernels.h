#pragma once
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) void name

#ifdef __wasm_relaxed_simd__
#define MADD(acc, a, b) wasm_f32x4_relaxed_madd(a, b, acc)
#else
#define MADD(acc, a, b) wasm_f32x4_add(acc, wasm_f32x4_mul(a, b))
#endif

#define LOAD(p) wasm_v128_load(p)
#define STORE(p, v) wasm_v128_store(p, v)
#define SPLAT(p) wasm_v128_load32_splat(p)
#define ZERO wasm_f32x4_const_splat(0)

static inline int min_int(int a, int b) { return a < b ? a : b; }

static inline float horizontal_sum(v128_t v) {
  v128_t pairs = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  return wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
}

// Blocking of the matrix product: a panel of MC x KC of A and of KC x NC of B stay in the second-level cache.
enum { MR = 6, NR = 8, MC = 96, KC = 256, NC = 256, RUN = 48 };

// Private memory of the products, allocated once per backend.
typedef struct {
  float a[MC * KC];
  float b[KC * NC];
  float zeros[KC];
  float patch[MR][KC];
  float *rows[MC];
  int32_t y[KC], x[KC];
  const float *image[KC];
} Workspace;

// One filter tap: offset of the source pixel it reads.
typedef struct {
  int32_t dy, dx;
} Tap;

// A convolution as a sum over taps: output pixel (n, i, j) reads image pixel (n, i * sh + tap.dy, j * sw + tap.dx); outside is zero.
// Field order is shared with src/native/conv-plan.ts.
typedef struct {
  int32_t n, h, w, c; // image
  int32_t oh, ow, o;  // output
  int32_t sh, sw;
  const Tap *taps; // in the filter's order, [taps, c, o]
  int32_t num_taps;
  int32_t run; // taps that follow one another along x, pixel by pixel: contiguous in the image
  // Planar variant: the image split into zero-padded planes of hq x wq per channel and stride phase.
  int32_t min_dy, min_dx, hq, wq;
  float *scratch;
  Workspace *ws;
} Conv;

// Packs `n` steps of six rows: d[k * 6 + r] = p[r][k].
void interleave6(const float *const p[MR], int n, float *d);
// Packs `n` steps of the `m` rows of a matrix by row and column strides, in panels of six.
void pack_a(const float *a, int rs, int cs, int m, int n, const float *zeros, float *d);
// Packs `n` steps of eight columns of which `cols` exist: d[k * 8 + j] = b[k * rs + j * cs], zero beyond.
void pack_b(const float *b, int rs, int cs, int n, int cols, float *d);
// rows[r][n0 + j] (+)= packed A times packed B.
void multiply_packed(int mc, int nc, int kc, const float *a, const float *b, float *const *rows, int n0, int accumulate);
