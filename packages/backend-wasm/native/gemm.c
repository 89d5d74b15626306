#include "kernels.h"

void interleave6(const float *const p[MR], int n, float *d) {
  int k = 0;
  for (; k + 4 <= n; k += 4, d += 24) {
    v128_t a = LOAD(p[0] + k), b = LOAD(p[1] + k), c = LOAD(p[2] + k);
    v128_t e = LOAD(p[3] + k), f = LOAD(p[4] + k), g = LOAD(p[5] + k);
    v128_t ab0 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
    v128_t ce0 = wasm_i32x4_shuffle(c, e, 0, 4, 1, 5), ce1 = wasm_i32x4_shuffle(c, e, 2, 6, 3, 7);
    v128_t fg0 = wasm_i32x4_shuffle(f, g, 0, 4, 1, 5), fg1 = wasm_i32x4_shuffle(f, g, 2, 6, 3, 7);
    STORE(d, wasm_i64x2_shuffle(ab0, ce0, 0, 2));
    wasm_v128_store64_lane(d + 4, fg0, 0);
    STORE(d + 6, wasm_i64x2_shuffle(ab0, ce0, 1, 3));
    wasm_v128_store64_lane(d + 10, fg0, 1);
    STORE(d + 12, wasm_i64x2_shuffle(ab1, ce1, 0, 2));
    wasm_v128_store64_lane(d + 16, fg1, 0);
    STORE(d + 18, wasm_i64x2_shuffle(ab1, ce1, 1, 3));
    wasm_v128_store64_lane(d + 22, fg1, 1);
  }
  for (; k < n; k++, d += MR)
    for (int r = 0; r < MR; r++) d[r] = p[r][k];
}

static void pack_b_transposed(const float *b, int cs, int n, float *d) {
  int k = 0;
  for (; k + 4 <= n; k += 4) {
    for (int half = 0; half < 2; half++) {
      const float *s = b + half * 4 * cs + k;
      float *t = d + k * NR + half * 4;
      v128_t a = LOAD(s), e = LOAD(s + cs), f = LOAD(s + 2 * cs), g = LOAD(s + 3 * cs);
      v128_t ae0 = wasm_i32x4_shuffle(a, e, 0, 4, 1, 5), ae1 = wasm_i32x4_shuffle(a, e, 2, 6, 3, 7);
      v128_t fg0 = wasm_i32x4_shuffle(f, g, 0, 4, 1, 5), fg1 = wasm_i32x4_shuffle(f, g, 2, 6, 3, 7);
      STORE(t, wasm_i64x2_shuffle(ae0, fg0, 0, 2));
      STORE(t + NR, wasm_i64x2_shuffle(ae0, fg0, 1, 3));
      STORE(t + 2 * NR, wasm_i64x2_shuffle(ae1, fg1, 0, 2));
      STORE(t + 3 * NR, wasm_i64x2_shuffle(ae1, fg1, 1, 3));
    }
  }
  for (; k < n; k++)
    for (int j = 0; j < NR; j++) d[k * NR + j] = b[k + j * cs];
}

void pack_b(const float *b, int rs, int cs, int n, int cols, float *d) {
  if (cols == NR && cs == 1) {
    for (int k = 0; k < n; k++, b += rs, d += NR) {
      STORE(d, LOAD(b));
      STORE(d + 4, LOAD(b + 4));
    }
  } else if (cols == NR && rs == 1) {
    pack_b_transposed(b, cs, n, d);
  } else {
    for (int k = 0; k < n; k++, b += rs, d += NR) {
      for (int j = 0; j < cols; j++) d[j] = b[j * cs];
      for (int j = cols; j < NR; j++) d[j] = 0;
    }
  }
}

void pack_a(const float *a, int rs, int cs, int m, int n, const float *zeros, float *d) {
  for (int i = 0; i < m; i += MR, d += MR * n) {
    const float *s = a + i * rs;
    int rows = min_int(MR, m - i);
    if (cs == 1) {
      const float *p[MR];
      for (int r = 0; r < MR; r++) p[r] = r < rows ? s + r * rs : zeros;
      interleave6(p, n, d);
    } else if (rs == 1 && rows == MR) {
      for (int k = 0; k < n; k++) {
        STORE(d + k * MR, LOAD(s + k * cs));
        wasm_v128_store64_lane(d + k * MR + 4, wasm_v128_load64_zero(s + k * cs + 4), 0);
      }
    } else {
      for (int k = 0; k < n; k++)
        for (int r = 0; r < MR; r++) d[k * MR + r] = r < rows ? s[r * rs + k * cs] : 0;
    }
  }
}

static inline void put(float *c, v128_t lo, v128_t hi, int accumulate) {
  if (accumulate) {
    lo = wasm_f32x4_add(LOAD(c), lo);
    hi = wasm_f32x4_add(LOAD(c + 4), hi);
  }
  STORE(c, lo);
  STORE(c + 4, hi);
}

static void multiply_tile(int kc, const float *a, const float *b, float *const *rows, int n0, int mr, int nr, int accumulate) {
  v128_t c00 = ZERO, c01 = ZERO, c10 = ZERO, c11 = ZERO, c20 = ZERO, c21 = ZERO;
  v128_t c30 = ZERO, c31 = ZERO, c40 = ZERO, c41 = ZERO, c50 = ZERO, c51 = ZERO;
  for (int k = 0; k < kc; k++, a += MR, b += NR) {
    v128_t b0 = LOAD(b), b1 = LOAD(b + 4), s;
    s = SPLAT(a);
    c00 = MADD(c00, s, b0);
    c01 = MADD(c01, s, b1);
    s = SPLAT(a + 1);
    c10 = MADD(c10, s, b0);
    c11 = MADD(c11, s, b1);
    s = SPLAT(a + 2);
    c20 = MADD(c20, s, b0);
    c21 = MADD(c21, s, b1);
    s = SPLAT(a + 3);
    c30 = MADD(c30, s, b0);
    c31 = MADD(c31, s, b1);
    s = SPLAT(a + 4);
    c40 = MADD(c40, s, b0);
    c41 = MADD(c41, s, b1);
    s = SPLAT(a + 5);
    c50 = MADD(c50, s, b0);
    c51 = MADD(c51, s, b1);
  }
  if (mr == MR && nr == NR) {
    put(rows[0] + n0, c00, c01, accumulate);
    put(rows[1] + n0, c10, c11, accumulate);
    put(rows[2] + n0, c20, c21, accumulate);
    put(rows[3] + n0, c30, c31, accumulate);
    put(rows[4] + n0, c40, c41, accumulate);
    put(rows[5] + n0, c50, c51, accumulate);
    return;
  }
  float tile[MR][NR];
  put(tile[0], c00, c01, 0);
  put(tile[1], c10, c11, 0);
  put(tile[2], c20, c21, 0);
  put(tile[3], c30, c31, 0);
  put(tile[4], c40, c41, 0);
  put(tile[5], c50, c51, 0);
  for (int r = 0; r < mr; r++) {
    float *c = rows[r] + n0;
    for (int j = 0; j < nr; j++) c[j] = accumulate ? c[j] + tile[r][j] : tile[r][j];
  }
}

// A tile adds up RUN products at a time before they join the sum. Errors grow with the length of a run and with the number of
// runs, so that runs near the square root of the depth (30 to 50 for most nets) lose least; shorter ones also cost time.
void multiply_packed(int mc, int nc, int kc, const float *a, const float *b, float *const *rows, int n0, int accumulate) {
  for (int j = 0; j < nc; j += NR)
    for (int i = 0; i < mc; i += MR)
      for (int k = 0; k < kc; k += RUN)
        multiply_tile(min_int(RUN, kc - k), a + i * kc + k * MR, b + j * kc + k * NR, rows + i, n0 + j,
                      min_int(MR, mc - i), min_int(NR, nc - j), accumulate || k > 0);
}

// A few rows times a row-major B: packing would cost more than the product.
static void multiply_few_rows(const float *a, int ars, int acs, const float *b, int brs, float *c, int ldc, int m, int n, int k) {
  for (int i = 0; i < m; i++, a += ars, c += ldc) {
    int j = 0;
    for (; j + 16 <= n; j += 16) {
      v128_t s0 = ZERO, s1 = ZERO, s2 = ZERO, s3 = ZERO;
      const float *p = b + j;
      for (int l = 0; l < k; l++, p += brs) {
        v128_t x = SPLAT(a + l * acs);
        s0 = MADD(s0, x, LOAD(p));
        s1 = MADD(s1, x, LOAD(p + 4));
        s2 = MADD(s2, x, LOAD(p + 8));
        s3 = MADD(s3, x, LOAD(p + 12));
      }
      STORE(c + j, s0);
      STORE(c + j + 4, s1);
      STORE(c + j + 8, s2);
      STORE(c + j + 12, s3);
    }
    for (; j < n; j++) {
      float s = 0;
      for (int l = 0; l < k; l++) s += a[l * acs] * b[l * brs + j];
      c[j] = s;
    }
  }
}

// c[m, n] = a[m, k] b[k, n]; a and b by row and column strides, so that any transposition is free. c has contiguous rows.
EXPORT(sgemm)(const float *a, int ars, int acs, const float *b, int brs, int bcs, float *c, int m, int n, int k, Workspace *ws) {
  if (k == 0) {
    __builtin_memset(c, 0, (uint32_t)m * n * sizeof(float));
    return;
  }
  if (m < 4 && bcs == 1) {
    multiply_few_rows(a, ars, acs, b, brs, c, n, m, n, k);
    return;
  }
  for (int n0 = 0; n0 < n; n0 += NC) {
    int nc = min_int(NC, n - n0);
    for (int k0 = 0; k0 < k; k0 += KC) {
      int kc = min_int(KC, k - k0);
      for (int j = 0; j < nc; j += NR)
        pack_b(b + k0 * brs + (n0 + j) * bcs, brs, bcs, kc, min_int(NR, nc - j), ws->b + j * kc);
      for (int m0 = 0; m0 < m; m0 += MC) {
        int mc = min_int(MC, m - m0);
        pack_a(a + m0 * ars + k0 * acs, ars, acs, mc, kc, ws->zeros, ws->a);
        for (int i = 0; i < mc; i++) ws->rows[i] = c + (m0 + i) * n;
        multiply_packed(mc, nc, kc, ws->a, ws->b, ws->rows, n0, k0 > 0);
      }
    }
  }
}

// The same for 32-bit integers, wrapping on overflow.
EXPORT(igemm)(const int32_t *a, int ars, int acs, const int32_t *b, int brs, int bcs, int32_t *c, int m, int n, int k) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      uint32_t s = 0;
      for (int l = 0; l < k; l++) s += (uint32_t)a[i * ars + l * acs] * (uint32_t)b[l * brs + j * bcs];
      c[i * n + j] = (int32_t)s;
    }
}
