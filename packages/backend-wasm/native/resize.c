#include "kernels.h"

// One output line along an axis: the two input lines it mixes and the weight of the second.
typedef struct {
  int32_t first, second;
  float weight;
} Mix;

// Field order is shared with src/kernels/resize-grad.ts; the mixes of rows, then of columns, follow the struct.
typedef struct {
  int32_t n, h, w, c, oh, ow;
} Resize;

EXPORT(resize_grad)(const Resize *p, const float *dy, float *dx) {
  const Mix *rows = (const Mix *)(p + 1), *cols = rows + p->oh;
  __builtin_memset(dx, 0, (uint32_t)p->n * p->h * p->w * p->c * sizeof(float));
  for (int n = 0; n < p->n; n++, dx += p->h * p->w * p->c)
    for (int i = 0; i < p->oh; i++)
      for (int j = 0; j < p->ow; j++, dy += p->c) {
        Mix r = rows[i], s = cols[j];
        float *a = dx + (r.first * p->w + s.first) * p->c, *b = dx + (r.first * p->w + s.second) * p->c;
        float *d = dx + (r.second * p->w + s.first) * p->c, *e = dx + (r.second * p->w + s.second) * p->c;
        // The four pixels may be the same one, so they are updated one after another.
        for (int c = 0; c < p->c; c++) {
          float lower = dy[c] * r.weight, upper = dy[c] - lower;
          a[c] += upper * (1 - s.weight);
          b[c] += upper * s.weight;
          d[c] += lower * (1 - s.weight);
          e[c] += lower * s.weight;
        }
      }
}
