#include "kernels.h"

// Pools over volumes; images have depth one. Field order is shared with src/kernels/pool.ts.
typedef struct {
  int32_t n, d, h, w, c;
  int32_t kd, kh, kw, od, oh, ow;
  int32_t sd, sh, sw, front, top, left;
} Pool;

// The part of one window that lies inside the volume; empty where any start reaches its end.
typedef struct {
  int z0, z1, y0, y1, x0, x1;
} Window;

static inline int clamp_start(int v) { return v < 0 ? 0 : v; }

static Window window_at(const Pool *p, int k, int i, int j) {
  int z = k * p->sd - p->front, y = i * p->sh - p->top, x = j * p->sw - p->left;
  return (Window){clamp_start(z), min_int(z + p->kd, p->d), clamp_start(y), min_int(y + p->kh, p->h),
                  clamp_start(x), min_int(x + p->kw, p->w)};
}

static inline int pixel_at(const Pool *p, int n, int z, int y, int x) {
  return (((n * p->d + z) * p->h + y) * p->w + x) * p->c;
}

#define FOR_EACH_WINDOW(p)                   \
  for (int n = 0; n < (p)->n; n++)           \
    for (int k = 0; k < (p)->od; k++)        \
      for (int i = 0; i < (p)->oh; i++)      \
        for (int j = 0; j < (p)->ow; j++, dy += (p)->c)

#define FOR_EACH_PIXEL(v)                    \
  for (int z = (v).z0; z < (v).z1; z++)      \
    for (int y = (v).y0; y < (v).y1; y++)    \
      for (int q = (v).x0; q < (v).x1; q++)

static inline int is_empty(Window v) { return v.z0 >= v.z1 || v.y0 >= v.y1 || v.x0 >= v.x1; }

// The gradient goes to the first largest value of each window in row-major order; NaN counts as largest, the last one wins.
EXPORT(max_pool_grad)(const Pool *p, const float *x, const float *dy, float *dx) {
  __builtin_memset(dx, 0, (uint32_t)p->n * p->d * p->h * p->w * p->c * sizeof(float));
  FOR_EACH_WINDOW(p) {
    Window v = window_at(p, k, i, j);
    if (is_empty(v)) continue;
    int first = pixel_at(p, n, v.z0, v.y0, v.x0), c = 0;
    for (; c + 4 <= p->c; c += 4) {
      v128_t best = LOAD(x + first + c), where = wasm_i32x4_splat(first);
      FOR_EACH_PIXEL(v) {
        int at = pixel_at(p, n, z, y, q);
        v128_t s = LOAD(x + at + c), better = wasm_v128_or(wasm_f32x4_gt(s, best), wasm_f32x4_ne(s, s));
        best = wasm_v128_bitselect(s, best, better);
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
      FOR_EACH_PIXEL(v) {
        int at = pixel_at(p, n, z, y, q);
        float s = x[at + c];
        if (s > best || s != s) {
          best = s;
          where = at;
        }
      }
      dx[where + c] += dy[c];
    }
  }
}

// The gradient of the mean over each window's pixels inside the volume, or over the whole window with `whole`.
EXPORT(avg_pool_grad)(const Pool *p, int whole, const float *dy, float *dx) {
  __builtin_memset(dx, 0, (uint32_t)p->n * p->d * p->h * p->w * p->c * sizeof(float));
  FOR_EACH_WINDOW(p) {
    Window v = window_at(p, k, i, j);
    if (is_empty(v)) continue;
    int inside = (v.z1 - v.z0) * (v.y1 - v.y0) * (v.x1 - v.x0);
    float share = 1.0f / (whole ? p->kd * p->kh * p->kw : inside);
    v128_t shares = wasm_f32x4_splat(share);
    FOR_EACH_PIXEL(v) {
      float *d = dx + pixel_at(p, n, z, y, q);
      int c = 0;
      for (; c + 4 <= p->c; c += 4) STORE(d + c, wasm_f32x4_add(LOAD(d + c), wasm_f32x4_mul(LOAD(dy + c), shares)));
      for (; c < p->c; c++) d[c] += dy[c] * share;
    }
  }
}

// The part of a window inside the volume: rows of pixels that lie `step` numbers apart.
typedef struct {
  const float *first;
  int planes, rows, columns, plane_step, row_step, step;
} Inside;

static inline Inside inside_of(const Pool *p, const float *x, int n, Window v) {
  int empty = is_empty(v), row = p->w * p->c;
  return (Inside){x + pixel_at(p, n, v.z0, v.y0, v.x0), empty ? 0 : v.z1 - v.z0, v.y1 - v.y0, v.x1 - v.x0,
                  p->h * row, row, p->c};
}

#define FOR_EACH_ROW(v)                         \
  for (int z = 0; z < (v)->planes; z++)         \
    for (int y = 0; y < (v)->rows; y++)

static inline const float *row_at(const Inside *v, int z, int y) { return v->first + z * v->plane_step + y * v->row_step; }

// pmax passes over NaN, so NaN is noted apart; a number with all bits set is one.
static inline v128_t max4(const Inside *v, int c) {
  v128_t best = wasm_f32x4_const_splat(-__builtin_inff()), nan = ZERO;
  FOR_EACH_ROW(v) {
    const float *s = row_at(v, z, y) + c;
    for (int q = 0; q < v->columns; q++, s += v->step) {
      v128_t value = LOAD(s);
      best = wasm_f32x4_pmax(best, value);
      nan = wasm_v128_or(nan, wasm_f32x4_ne(value, value));
    }
  }
  return wasm_v128_or(best, nan);
}

static inline float max1(const Inside *v, int c) {
  float best = -__builtin_inff();
  FOR_EACH_ROW(v) {
    const float *s = row_at(v, z, y) + c;
    for (int q = 0; q < v->columns; q++, s += v->step)
      if (*s > best || *s != *s) best = *s;
  }
  return best;
}

static inline float count_of(const Inside *v) { return (float)(v->planes * v->rows * v->columns); }

// Row by row, which keeps rounding errors of large windows small.
static inline v128_t mean4(const Inside *v, int c) {
  v128_t total = ZERO;
  FOR_EACH_ROW(v) {
    const float *s = row_at(v, z, y) + c;
    v128_t sum = ZERO;
    for (int q = 0; q < v->columns; q++, s += v->step) sum = wasm_f32x4_add(sum, LOAD(s));
    total = wasm_f32x4_add(total, sum);
  }
  return wasm_f32x4_div(total, wasm_f32x4_splat(count_of(v)));
}

static inline float mean1(const Inside *v, int c) {
  float total = 0;
  FOR_EACH_ROW(v) {
    const float *s = row_at(v, z, y) + c;
    float sum = 0;
    for (int q = 0; q < v->columns; q++, s += v->step) sum += *s;
    total += sum;
  }
  return total / count_of(v);
}

#define POOL(name, four, one)                                            \
  EXPORT(name)(const Pool *p, const float *x, float *dy) {               \
    FOR_EACH_WINDOW(p) {                                                 \
      Inside v = inside_of(p, x, n, window_at(p, k, i, j));              \
      int c = 0;                                                         \
      for (; c + 4 <= p->c; c += 4) STORE(dy + c, four(&v, c));          \
      if (c < p->c && c > 0) STORE(dy + p->c - 4, four(&v, p->c - 4));   \
      else                                                               \
        for (; c < p->c; c++) dy[c] = one(&v, c);                        \
    }                                                                    \
  }

POOL(max_pool, max4, max1)
// The mean over each window's pixels inside the volume.
POOL(avg_pool, mean4, mean1)
