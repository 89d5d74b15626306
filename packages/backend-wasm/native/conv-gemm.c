// Convolutions as matrix products whose left side is gathered from the image while it is packed (no im2col buffer).
#include "kernels.h"

static inline const float *pixel(const Conv *p, const float *image, int y, int x) {
  return (uint32_t)y < (uint32_t)p->h && (uint32_t)x < (uint32_t)p->w ? image + (y * p->w + x) * p->c : 0;
}

static void pack_patches(const Conv *p, int m0, int mc, int k0, int kc, float *d) {
  int pixels = p->ph * p->pw, size = p->h * p->w * p->c;
  for (int i = 0; i < mc; i += MR) {
    const float *image[MR];
    int y[MR], x[MR], rows = min_int(MR, mc - i);
    for (int r = 0; r < rows; r++) {
      int m = m0 + i + r, n = m / pixels, q = m - n * pixels;
      image[r] = p->src + n * size;
      y[r] = q / p->pw * p->sh;
      x[r] = q % p->pw * p->sw;
    }
    for (int k = k0; k < k0 + kc;) {
      int t = k / p->c, c = k - t * p->c, run = min_int(p->c - c, k0 + kc - k);
      const float *s[MR];
      for (int r = 0; r < MR; r++) {
        const float *q = r < rows ? pixel(p, image[r], y[r] + p->taps[t].dy, x[r] + p->taps[t].dx) : 0;
        s[r] = q ? q + c : p->ws->zeros;
      }
      interleave6(s, run, d);
      d += run * MR;
      k += run;
    }
  }
}

static void pack_weights(const Conv *p, int k0, int kc, int n0, int nc, float *d) {
  for (int j = 0; j < nc; j += NR)
    for (int k = k0; k < k0 + kc;) {
      int t = k / p->c, c = k - t * p->c, run = min_int(p->c - c, k0 + kc - k);
      const float *w = p->weights + p->taps[t].weights + c * p->wc + (n0 + j) * p->wo;
      pack_b(w, p->wc, p->wo, run, min_int(NR, nc - j), d);
      d += run * NR;
      k += run;
    }
}

EXPORT(conv_gemm)(const Conv *p) {
  int pixels = p->ph * p->pw, m = p->n * pixels, k = p->num_taps * p->c;
  Workspace *ws = p->ws;
  for (int n0 = 0; n0 < p->o; n0 += NC) {
    int nc = min_int(NC, p->o - n0);
    for (int k0 = 0; k0 < k; k0 += KC) {
      int kc = min_int(KC, k - k0);
      pack_weights(p, k0, kc, n0, nc, ws->b);
      for (int m0 = 0; m0 < m; m0 += MC) {
        int mc = min_int(MC, m - m0);
        pack_patches(p, m0, mc, k0, kc, ws->a);
        for (int i = 0; i < mc; i++) {
          int n = (m0 + i) / pixels, q = (m0 + i) - n * pixels;
          ws->rows[i] = p->dst + n * p->dn + q / p->pw * p->di + q % p->pw * p->dj;
        }
        multiply_packed(mc, nc, kc, ws->a, ws->b, ws->rows, n0, k0 > 0);
      }
    }
  }
}

// Six rows (tap, c) of the gathered matrix, transposed: d[k * 6 + r] for the kc target pixels in ws.
static void pack_patches_transposed(const Conv *p, int r0, int rows, int kc, float *d) {
  const Workspace *ws = p->ws;
  for (int r = 0; r < MR;) {
    int t = (r0 + r) / p->c, c = (r0 + r) - t * p->c, run = min_int(MR - r, p->c - c);
    if (r >= rows) {
      for (int k = 0; k < kc; k++)
        for (int i = r; i < MR; i++) d[k * MR + i] = 0;
      return;
    }
    run = min_int(run, rows - r);
    for (int k = 0; k < kc; k++) {
      const float *s = pixel(p, ws->image[k], ws->y[k] + p->taps[t].dy, ws->x[k] + p->taps[t].dx);
      s = s ? s + c : ws->zeros;
      float *q = d + k * MR + r;
      if (run == MR) {
        STORE(q, LOAD(s));
        wasm_v128_store64_lane(q + 4, wasm_v128_load64_zero(s + 4), 0);
      } else {
        for (int i = 0; i < run; i++) q[i] = s[i];
      }
    }
    r += run;
  }
}

// Filter gradient: dst[(tap, c), o] = sum over target pixels of source times dy, where dy is `weights`, [n, ph, pw, o].
EXPORT(conv_filter_gemm)(const Conv *p) {
  int pixels = p->ph * p->pw, total = p->n * pixels, m = p->num_taps * p->c;
  Workspace *ws = p->ws;
  for (int n0 = 0; n0 < p->o; n0 += NC) {
    int nc = min_int(NC, p->o - n0);
    for (int k0 = 0; k0 < total; k0 += KC) {
      int kc = min_int(KC, total - k0);
      for (int j = 0; j < nc; j += NR)
        pack_b(p->weights + k0 * p->o + n0 + j, p->o, 1, kc, min_int(NR, nc - j), ws->b + j * kc);
      for (int k = 0; k < kc; k++) {
        int n = (k0 + k) / pixels, q = (k0 + k) - n * pixels;
        ws->image[k] = p->src + n * p->h * p->w * p->c;
        ws->y[k] = q / p->pw * p->sh;
        ws->x[k] = q % p->pw * p->sw;
      }
      for (int m0 = 0; m0 < m; m0 += MC) {
        int mc = min_int(MC, m - m0);
        for (int i = 0; i < mc; i += MR) pack_patches_transposed(p, m0 + i, min_int(MR, mc - i), kc, ws->a + i * kc);
        for (int i = 0; i < mc; i++) ws->rows[i] = p->dst + (m0 + i) * p->o;
        multiply_packed(mc, nc, kc, ws->a, ws->b, ws->rows, n0, k0 > 0);
      }
    }
  }
}
