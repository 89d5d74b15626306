// Depthwise convolutions, NHWC. Output channel q = c * m + k reads input channel c; with m = 1 vectors run along the channels.
#include "kernels.h"

// Field order is shared with src/kernels/depthwise.ts.
typedef struct {
  int32_t n, h, w, c, m;
  int32_t kh, kw, oh, ow;
  int32_t sh, sw, dh, dw, top, left;
} Depthwise;

static inline void madd_channels(float *acc, const float *a, const float *b, int n) {
  int c = 0;
  for (; c + 4 <= n; c += 4) STORE(acc + c, MADD(LOAD(acc + c), LOAD(a + c), LOAD(b + c)));
  for (; c < n; c++) acc[c] += a[c] * b[c];
}

// Calls VISIT with the source pixel, target pixel and tap of every product of image n; rows outside are skipped.
#define FOR_EACH_PRODUCT(p, n, VISIT)                                                        \
  for (int i = 0; i < (p)->oh; i++)                                                          \
    for (int kh = 0; kh < (p)->kh; kh++) {                                                   \
      int y = i * (p)->sh + kh * (p)->dh - (p)->top;                                         \
      if ((uint32_t)y >= (uint32_t)(p)->h) continue;                                         \
      for (int j = 0; j < (p)->ow; j++)                                                      \
        for (int kw = 0; kw < (p)->kw; kw++) {                                               \
          int x = j * (p)->sw + kw * (p)->dw - (p)->left;                                    \
          if ((uint32_t)x >= (uint32_t)(p)->w) continue;                                     \
          int source = (((n) * (p)->h + y) * (p)->w + x) * (p)->c, tap = (kh * (p)->kw + kw) * (p)->c * (p)->m; \
          int target = (((n) * (p)->oh + i) * (p)->ow + j) * (p)->c * (p)->m;                \
          VISIT                                                                              \
        }                                                                                    \
    }

// One target pixel with m = 1, sixteen channels at a time in registers.
static void depthwise_pixel(const Depthwise *p, const float *image, const float *filter, int i, int j, float *out) {
  int y0 = i * p->sh - p->top, x0 = j * p->sw - p->left, c = 0;
  for (; c < p->c; c += 16) {
    int vectors = min_int(4, (p->c - c) >> 2), rest = vectors < 4 ? (p->c - c) & 3 : 0;
    v128_t s[4] = {ZERO, ZERO, ZERO, ZERO};
    float tail[3] = {0, 0, 0};
    for (int kh = 0; kh < p->kh; kh++)
      for (int kw = 0; kw < p->kw; kw++) {
        int y = y0 + kh * p->dh, x = x0 + kw * p->dw;
        if ((uint32_t)y >= (uint32_t)p->h || (uint32_t)x >= (uint32_t)p->w) continue;
        const float *v = image + (y * p->w + x) * p->c + c, *f = filter + (kh * p->kw + kw) * p->c + c;
        if (vectors == 4) {
          s[0] = MADD(s[0], LOAD(v), LOAD(f));
          s[1] = MADD(s[1], LOAD(v + 4), LOAD(f + 4));
          s[2] = MADD(s[2], LOAD(v + 8), LOAD(f + 8));
          s[3] = MADD(s[3], LOAD(v + 12), LOAD(f + 12));
        } else {
          for (int q = 0; q < vectors; q++) s[q] = MADD(s[q], LOAD(v + 4 * q), LOAD(f + 4 * q));
          for (int q = 0; q < rest; q++) tail[q] += v[4 * vectors + q] * f[4 * vectors + q];
        }
      }
    for (int q = 0; q < vectors; q++) STORE(out + c + 4 * q, s[q]);
    for (int q = 0; q < rest; q++) out[c + 4 * vectors + q] = tail[q];
  }
}

EXPORT(depthwise)(const Depthwise *p, const float *x_, const float *filter, float *out) {
  int channels = p->c * p->m;
  if (p->m == 1) {
    for (int n = 0; n < p->n; n++)
      for (int i = 0; i < p->oh; i++)
        for (int j = 0; j < p->ow; j++, out += channels)
          depthwise_pixel(p, x_ + n * p->h * p->w * p->c, filter, i, j, out);
    return;
  }
  __builtin_memset(out, 0, (uint32_t)p->n * p->oh * p->ow * channels * sizeof(float));
  for (int n = 0; n < p->n; n++) {
    FOR_EACH_PRODUCT(p, n, {
      for (int q = 0; q < channels; q++) out[target + q] += x_[source + q / p->m] * filter[tap + q];
    })
  }
}

EXPORT(depthwise_input)(const Depthwise *p, const float *dy, const float *filter, float *dx) {
  int channels = p->c * p->m;
  __builtin_memset(dx, 0, (uint32_t)p->n * p->h * p->w * p->c * sizeof(float));
  for (int n = 0; n < p->n; n++) {
    FOR_EACH_PRODUCT(p, n, {
      if (p->m == 1) madd_channels(dx + source, dy + target, filter + tap, channels);
      else for (int q = 0; q < channels; q++) dx[source + q / p->m] += dy[target + q] * filter[tap + q];
    })
  }
}

// `part` holds one image's gradient, so that long sums are taken in two levels.
EXPORT(depthwise_filter)(const Depthwise *p, const float *x_, const float *dy, float *dw, float *part) {
  int channels = p->c * p->m, size = p->kh * p->kw * channels;
  __builtin_memset(dw, 0, size * sizeof(float));
  for (int n = 0; n < p->n; n++) {
    __builtin_memset(part, 0, size * sizeof(float));
    FOR_EACH_PRODUCT(p, n, {
      if (p->m == 1) madd_channels(part + tap, x_ + source, dy + target, channels);
      else for (int q = 0; q < channels; q++) part[tap + q] += x_[source + q / p->m] * dy[target + q];
    })
    for (int q = 0; q < size; q++) dw[q] += part[q];
  }
}
