// Gradients of 3-D convolution, straight from the definition: right rather than fast, since no net here uses them in earnest.
#include "kernels.h"

// Field order is shared with src/kernels/conv3d.ts.
typedef struct {
  int32_t n, d, h, w, c;
  int32_t kd, kh, kw, od, oh, ow, o;
  int32_t sd, sh, sw, front, top, left;
} Conv3;

static float dot(const float *a, const float *b, int n) {
  float s = 0;
  for (int i = 0; i < n; i++) s += a[i] * b[i];
  return s;
}

static void add_scaled(float *d, const float *a, float scale, int n) {
  for (int i = 0; i < n; i++) d[i] += a[i] * scale;
}

// For every output position and tap inside the volume, with `at` the voxel's and `tap` the filter's offset: one of
// dw[tap, c, :] += x[c] dy[:] (where dw is given) and dx[c] += w[tap, c, :] . dy[:].
static void visit(const Conv3 *p, const float *x, const float *w, const float *dy, float *dx, float *dw) {
  for (int n = 0; n < p->n; n++)
    for (int k = 0; k < p->od; k++)
      for (int i = 0; i < p->oh; i++)
        for (int j = 0; j < p->ow; j++, dy += p->o)
          for (int t = 0; t < p->kd * p->kh * p->kw; t++) {
            int z = k * p->sd - p->front + t / (p->kh * p->kw), y = i * p->sh - p->top + t / p->kw % p->kh;
            int q = j * p->sw - p->left + t % p->kw;
            if ((uint32_t)z >= (uint32_t)p->d || (uint32_t)y >= (uint32_t)p->h || (uint32_t)q >= (uint32_t)p->w) continue;
            int at = (((n * p->d + z) * p->h + y) * p->w + q) * p->c, tap = t * p->c * p->o;
            for (int c = 0; c < p->c; c++) {
              if (dw) add_scaled(dw + tap + c * p->o, dy, x[at + c], p->o);
              else dx[at + c] += dot(w + tap + c * p->o, dy, p->o);
            }
          }
}

EXPORT(conv3d_input)(const Conv3 *p, const float *dy, const float *filter, float *dx) {
  __builtin_memset(dx, 0, (uint32_t)p->n * p->d * p->h * p->w * p->c * sizeof(float));
  visit(p, 0, filter, dy, dx, 0);
}

EXPORT(conv3d_filter)(const Conv3 *p, const float *x, const float *dy, float *dw) {
  __builtin_memset(dw, 0, (uint32_t)p->kd * p->kh * p->kw * p->c * p->o * sizeof(float));
  visit(p, x, 0, dy, 0, dw);
}
