#include "kernels.h"

// Codes are shared with src/native/activation.ts.
enum { LINEAR, RELU, RELU6, LEAKY_RELU };

static inline v128_t activate(v128_t v, int kind, v128_t alpha) {
  v128_t positive = wasm_f32x4_gt(v, ZERO), nan = wasm_f32x4_ne(v, v);
  if (kind == RELU) return wasm_v128_and(v, wasm_v128_or(positive, nan));
  if (kind == RELU6) return wasm_f32x4_pmin(wasm_f32x4_pmax(v, ZERO), wasm_f32x4_const_splat(6));
  if (kind == LEAKY_RELU) return wasm_v128_bitselect(v, wasm_f32x4_mul(v, alpha), positive);
  return v;
}

enum { NARROW = 64 };

// out[r, c] = activation(x[r, c] + bias[c]); no bias where it is null. `out` may be `x`.
EXPORT(bias_activation)(const float *x, int rows, int cols, const float *bias, int kind, float alpha, float *out) {
  v128_t a = wasm_f32x4_splat(alpha);
  int r = 0;
  if (cols <= NARROW) {
    // Four rows at a time are a whole number of vectors.
    float tile[4 * NARROW];
    for (int q = 0; q < 4; q++)
      for (int c = 0; c < cols; c++) tile[q * cols + c] = bias ? bias[c] : 0;
    for (; r + 4 <= rows; r += 4, x += 4 * cols, out += 4 * cols)
      for (int v = 0; v < 4 * cols; v += 4) STORE(out + v, activate(wasm_f32x4_add(LOAD(x + v), LOAD(tile + v)), kind, a));
  }
  for (; r < rows; r++, x += cols, out += cols) {
    int c = 0;
    for (; c + 4 <= cols; c += 4) {
      v128_t v = LOAD(x + c);
      if (bias) v = wasm_f32x4_add(v, LOAD(bias + c));
      STORE(out + c, activate(v, kind, a));
    }
    for (; c < cols; c++) {
      v128_t v = wasm_f32x4_splat(bias ? x[c] + bias[c] : x[c]);
      out[c] = wasm_f32x4_extract_lane(activate(v, kind, a), 0);
    }
  }
}

// Larger or smaller ones of two vectors; NaN where either is.
#define EXTREME(name, pick, other)                                                             \
  EXPORT(name)(const float *a, const float *b, int n, float *out) {                            \
    int i = 0;                                                                                 \
    for (; i + 4 <= n; i += 4) STORE(out + i, pick(LOAD(a + i), LOAD(b + i)));                 \
    for (; i < n; i++) out[i] = a[i] other b[i] || a[i] != a[i] ? a[i] : b[i];                 \
  }

EXTREME(maximum, wasm_f32x4_max, >)
EXTREME(minimum, wasm_f32x4_min, <)

// NaN stays NaN: the operand order of pmin and pmax decides.
EXPORT(clip)(const float *x, int n, float lo, float hi, float *out) {
  v128_t lows = wasm_f32x4_splat(lo), highs = wasm_f32x4_splat(hi);
  int i = 0;
  for (; i + 4 <= n; i += 4) STORE(out + i, wasm_f32x4_pmin(wasm_f32x4_pmax(LOAD(x + i), lows), highs));
  for (; i < n; i++) out[i] = x[i] < lo ? lo : x[i] > hi ? hi : x[i];
}
