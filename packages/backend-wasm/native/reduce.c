// Sums in two levels: float32 over short blocks, float64 over the blocks.
#include "kernels.h"

enum { BLOCK = 64, FLAT = 64 };

static double sum_row(const float *x, int n) {
  double total = 0;
  int i = 0;
  while (i + 4 <= n) {
    int end = min_int(n & ~3, i + 4 * BLOCK);
    v128_t s = ZERO;
    for (; i < end; i += 4) s = wasm_f32x4_add(s, LOAD(x + i));
    total += (double)horizontal_sum(s);
  }
  for (; i < n; i++) total += x[i];
  return total;
}

static void sum_wide_columns(const float *x, int rows, int cols, float *out, double scale) {
  for (int c = 0; c < cols; c += 4) {
    int lanes = min_int(4, cols - c);
    double total[4] = {0, 0, 0, 0};
    for (int r0 = 0; r0 < rows; r0 += BLOCK) {
      int r1 = min_int(rows, r0 + BLOCK);
      if (lanes == 4) {
        v128_t s = ZERO;
        for (int r = r0; r < r1; r++) s = wasm_f32x4_add(s, LOAD(x + r * cols + c));
        float part[4];
        STORE(part, s);
        for (int l = 0; l < 4; l++) total[l] += part[l];
      } else {
        for (int l = 0; l < lanes; l++) {
          float s = 0;
          for (int r = r0; r < r1; r++) s += x[r * cols + c + l];
          total[l] += s;
        }
      }
    }
    for (int l = 0; l < lanes; l++) out[c + l] = (float)(total[l] * scale);
  }
}

// Few columns: four rows at a time are a whole number of vectors.
static void sum_narrow_columns(const float *x, int rows, int cols, float *out, double scale) {
  double total[FLAT] = {0};
  v128_t part[FLAT];
  int r = 0;
  while (r + 4 <= rows) {
    int end = min_int(rows & ~3, r + 4 * BLOCK);
    for (int v = 0; v < cols; v++) part[v] = ZERO;
    for (; r < end; r += 4)
      for (int v = 0; v < cols; v++) part[v] = wasm_f32x4_add(part[v], LOAD(x + r * cols + 4 * v));
    const float *lanes = (const float *)part;
    for (int q = 0; q < 4; q++)
      for (int c = 0; c < cols; c++) total[c] += lanes[q * cols + c];
  }
  for (; r < rows; r++)
    for (int c = 0; c < cols; c++) total[c] += x[r * cols + c];
  for (int c = 0; c < cols; c++) out[c] = (float)(total[c] * scale);
}

// out[o, c] = scale * sum over r of x[o, r, c].
EXPORT(sum_middle)(const float *x, int outer, int rows, int cols, double scale, float *out) {
  for (int o = 0; o < outer; o++, x += rows * cols, out += cols) {
    if (cols == 1) *out = (float)(sum_row(x, rows) * scale);
    else if (cols <= FLAT) sum_narrow_columns(x, rows, cols, out, scale);
    else sum_wide_columns(x, rows, cols, out, scale);
  }
}

// out[id[i], :] += x[i, :]; ids outside [0, segments) are dropped.
EXPORT(segment_sum)(const float *x, const int32_t *ids, int n, int cols, int segments, float *out) {
  __builtin_memset(out, 0, (uint32_t)segments * cols * sizeof(float));
  for (int i = 0; i < n; i++, x += cols) {
    if ((uint32_t)ids[i] >= (uint32_t)segments) continue;
    float *d = out + ids[i] * cols;
    int c = 0;
    for (; c + 4 <= cols; c += 4) STORE(d + c, wasm_f32x4_add(LOAD(d + c), LOAD(x + c)));
    for (; c < cols; c++) d[c] += x[c];
  }
}

EXPORT(segment_sum_int)(const int32_t *x, const int32_t *ids, int n, int cols, int segments, int32_t *out) {
  __builtin_memset(out, 0, (uint32_t)segments * cols * sizeof(int32_t));
  for (int i = 0; i < n; i++, x += cols) {
    if ((uint32_t)ids[i] >= (uint32_t)segments) continue;
    int32_t *d = out + ids[i] * cols;
    for (int c = 0; c < cols; c++) d[c] = (int32_t)((uint32_t)d[c] + (uint32_t)x[c]);
  }
}
