#include "kernels.h"

// Field order is shared with src/kernels/pool.ts.
typedef struct {
  int32_t n, h, w, c;
  int32_t kh, kw, oh, ow;
  int32_t sh, sw, top, left;
} Pool;

static inline int clamp_start(int v) { return v < 0 ? 0 : v; }

// The gradient goes to the first largest value of each window in row-major order; NaN counts as largest, the last one wins.
EXPORT(max_pool_grad)(const Pool *p, const float *x, const float *dy, float *dx) {
  __builtin_memset(dx, 0, (uint32_t)p->n * p->h * p->w * p->c * sizeof(float));
  for (int n = 0; n < p->n; n++)
    for (int i = 0; i < p->oh; i++)
      for (int j = 0; j < p->ow; j++, dy += p->c) {
        int y0 = i * p->sh - p->top, x0 = j * p->sw - p->left;
        int y1 = min_int(y0 + p->kh, p->h), x1 = min_int(x0 + p->kw, p->w);
        y0 = clamp_start(y0);
        x0 = clamp_start(x0);
        if (y0 >= y1 || x0 >= x1) continue;
        int first = ((n * p->h + y0) * p->w + x0) * p->c, c = 0;
        for (; c + 4 <= p->c; c += 4) {
          v128_t best = LOAD(x + first + c), where = wasm_i32x4_splat(first);
          for (int y = y0; y < y1; y++)
            for (int q = x0; q < x1; q++) {
              int at = ((n * p->h + y) * p->w + q) * p->c;
              v128_t v = LOAD(x + at + c), better = wasm_v128_or(wasm_f32x4_gt(v, best), wasm_f32x4_ne(v, v));
              best = wasm_v128_bitselect(v, best, better);
              where = wasm_v128_bitselect(wasm_i32x4_splat(at), where, better);
            }
          dx[wasm_i32x4_extract_lane(where, 0) + c] += dy[c];
          dx[wasm_i32x4_extract_lane(where, 1) + c + 1] += dy[c + 1];
          dx[wasm_i32x4_extract_lane(where, 2) + c + 2] += dy[c + 2];
          dx[wasm_i32x4_extract_lane(where, 3) + c + 3] += dy[c + 3];
        }
        for (; c < p->c; c++) {
          float best = x[first + c];
          int where = first;
          for (int y = y0; y < y1; y++)
            for (int q = x0; q < x1; q++) {
              int at = ((n * p->h + y) * p->w + q) * p->c;
              float v = x[at + c];
              if (v > best || v != v) {
                best = v;
                where = at;
              }
            }
          dx[where + c] += dy[c];
        }
      }
}

// The gradient of the mean over each window's pixels inside the image, or over the whole window with `whole`.
EXPORT(avg_pool_grad)(const Pool *p, int whole, const float *dy, float *dx) {
  __builtin_memset(dx, 0, (uint32_t)p->n * p->h * p->w * p->c * sizeof(float));
  for (int n = 0; n < p->n; n++)
    for (int i = 0; i < p->oh; i++)
      for (int j = 0; j < p->ow; j++, dy += p->c) {
        int y0 = i * p->sh - p->top, x0 = j * p->sw - p->left;
        int y1 = min_int(y0 + p->kh, p->h), x1 = min_int(x0 + p->kw, p->w);
        y0 = clamp_start(y0);
        x0 = clamp_start(x0);
        if (y0 >= y1 || x0 >= x1) continue;
        float share = 1.0f / (whole ? p->kh * p->kw : (y1 - y0) * (x1 - x0));
        v128_t shares = wasm_f32x4_splat(share);
        for (int y = y0; y < y1; y++)
          for (int q = x0; q < x1; q++) {
            float *d = dx + ((n * p->h + y) * p->w + q) * p->c;
            int c = 0;
            for (; c + 4 <= p->c; c += 4) STORE(d + c, wasm_f32x4_add(LOAD(d + c), wasm_f32x4_mul(LOAD(dy + c), shares)));
            for (; c < p->c; c++) d[c] += dy[c] * share;
          }
      }
}
