// Convolutions as matrix products whose left side is gathered from the image while it is packed (no im2col buffer).
#include "kernels.h"

// The `run` pixels from (y, x) on, contiguous: in place, or copied to `patch` with zeros for pixels outside.
static const float *pixels_at(const Conv *p, const float *image, int y, int x, float *patch) {
  if ((uint32_t)y >= (uint32_t)p->h) return p->ws->zeros;
  const float *row = image + (y * p->w + x) * p->c;
  if (x >= 0 && x + p->run <= p->w) return row;
  if (x <= -p->run || x >= p->w) return p->ws->zeros;
  for (int t = 0; t < p->run; t++)
    for (int c = 0; c < p->c; c++) patch[t * p->c + c] = (uint32_t)(x + t) < (uint32_t)p->w ? row[t * p->c + c] : 0;
  return patch;
}

static void pack_patches(const Conv *p, const float *x_, int m0, int mc, int k0, int kc, float *d) {
  int pixels = p->oh * p->ow, size = p->h * p->w * p->c, width = p->run * p->c;
  for (int i = 0; i < mc; i += MR) {
    const float *image[MR];
    int y[MR], x[MR], rows = min_int(MR, mc - i);
    for (int r = 0; r < rows; r++) {
      int m = m0 + i + r, n = m / pixels, q = m - n * pixels;
      image[r] = x_ + n * size;
      y[r] = q / p->ow * p->sh;
      x[r] = q % p->ow * p->sw;
    }
    for (int k = k0; k < k0 + kc;) {
      int group = k / width, c = k - group * width, n = min_int(width - c, k0 + kc - k);
      const Tap *tap = p->taps + group * p->run;
      const float *s[MR];
      for (int r = 0; r < MR; r++)
        s[r] = r < rows ? pixels_at(p, image[r], y[r] + tap->dy, x[r] + tap->dx, p->ws->patch[r]) : p->ws->zeros;
      for (int r = 0; r < MR; r++)
        if (s[r] != p->ws->zeros) s[r] += c;
      interleave6(s, n, d);
      d += n * MR;
      k += n;
    }
  }
}

EXPORT(conv_gemm)(const Conv *p, const float *x, const float *filter, float *out) {
  int m = p->n * p->oh * p->ow, k = p->num_taps * p->c;
  Workspace *ws = p->ws;
  for (int n0 = 0; n0 < p->o; n0 += NC) {
    int nc = min_int(NC, p->o - n0);
    for (int k0 = 0; k0 < k; k0 += KC) {
      int kc = min_int(KC, k - k0);
      for (int j = 0; j < nc; j += NR)
        pack_b(filter + k0 * p->o + n0 + j, p->o, 1, kc, min_int(NR, nc - j), ws->b + j * kc);
      for (int m0 = 0; m0 < m; m0 += MC) {
        int mc = min_int(MC, m - m0);
        pack_patches(p, x, m0, mc, k0, kc, ws->a);
        for (int i = 0; i < mc; i++) ws->rows[i] = out + (m0 + i) * p->o;
        multiply_packed(mc, nc, kc, ws->a, ws->b, ws->rows, n0, k0 > 0);
      }
    }
  }
}

// Six rows (tap, c) of the gathered matrix, transposed: d[k * 6 + r] for the kc output pixels in ws.
static void pack_patches_transposed(const Conv *p, int r0, int rows, int kc, float *d) {
  Workspace *ws = p->ws;
  int width = p->run * p->c;
  for (int r = 0; r < MR;) {
    if (r >= rows) {
      for (int k = 0; k < kc; k++)
        for (int i = r; i < MR; i++) d[k * MR + i] = 0;
      return;
    }
    int group = (r0 + r) / width, c = (r0 + r) - group * width, n = min_int(rows - r, width - c);
    const Tap *tap = p->taps + group * p->run;
    for (int k = 0; k < kc; k++) {
      const float *s = pixels_at(p, ws->image[k], ws->y[k] + tap->dy, ws->x[k] + tap->dx, ws->patch[0]);
      if (s != ws->zeros) s += c;
      float *q = d + k * MR + r;
      if (n == MR) {
        STORE(q, LOAD(s));
        wasm_v128_store64_lane(q + 4, wasm_v128_load64_zero(s + 4), 0);
      } else {
        for (int i = 0; i < n; i++) q[i] = s[i];
      }
    }
    r += n;
  }
}

// dw[(tap, c), o] = sum over output pixels of the image pixel times dy.
EXPORT(conv_filter_gemm)(const Conv *p, const float *x, const float *dy, float *dw) {
  int pixels = p->oh * p->ow, total = p->n * pixels, m = p->num_taps * p->c;
  Workspace *ws = p->ws;
  for (int n0 = 0; n0 < p->o; n0 += NC) {
    int nc = min_int(NC, p->o - n0);
    for (int k0 = 0; k0 < total; k0 += KC) {
      int kc = min_int(KC, total - k0);
      for (int j = 0; j < nc; j += NR)
        pack_b(dy + k0 * p->o + n0 + j, p->o, 1, kc, min_int(NR, nc - j), ws->b + j * kc);
      for (int k = 0; k < kc; k++) {
        int n = (k0 + k) / pixels, q = (k0 + k) - n * pixels;
        ws->image[k] = x + n * p->h * p->w * p->c;
        ws->y[k] = q / p->ow * p->sh;
        ws->x[k] = q % p->ow * p->sw;
      }
      for (int m0 = 0; m0 < m; m0 += MC) {
        int mc = min_int(MC, m - m0);
        for (int i = 0; i < mc; i += MR) pack_patches_transposed(p, m0 + i, min_int(MR, mc - i), kc, ws->a + i * kc);
        for (int i = 0; i < mc; i++) ws->rows[i] = dw + (m0 + i) * p->o;
        multiply_packed(mc, nc, kc, ws->a, ws->b, ws->rows, n0, k0 > 0);
      }
    }
  }
}

static void add_row(float *d, const float *s, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) STORE(d + i, wasm_f32x4_add(LOAD(d + i), LOAD(s + i)));
  for (; i < n; i++) d[i] += s[i];
}

// Adds one output pixel's [tap, c] contributions to the image.
static void scatter(const Conv *p, float *image, int y, int x, const float *row) {
  for (int t = 0; t < p->num_taps; t += p->run, row += p->run * p->c) {
    int yt = y + p->taps[t].dy, xt = x + p->taps[t].dx;
    if ((uint32_t)yt >= (uint32_t)p->h) continue;
    int first = xt < 0 ? -xt : 0, end = min_int(p->run, p->w - xt);
    if (first < end) add_row(image + (yt * p->w + xt + first) * p->c, row + first * p->c, (end - first) * p->c);
  }
}

// Image gradient: dy times the transposed filter, a block of rows at a time, each row added up in the image where its pixels lie.
// The same for every stride, dilation and padding, and without products that fall outside.
// Scratch: the packed filter and one block of products.
EXPORT(conv_input_gemm)(const Conv *p, const float *dy, const float *weights, float *dx) {
  int pixels = p->oh * p->ow, total = p->n * pixels, cols = p->num_taps * p->c, padded = (cols + NR - 1) / NR * NR;
  int size = p->h * p->w * p->c;
  float *filter = p->scratch, *products = filter + padded * p->o;
  Workspace *ws = p->ws;
  __builtin_memset(dx, 0, (uint32_t)p->n * size * sizeof(float));
  for (int k0 = 0; k0 < p->o; k0 += KC) {
    int kc = min_int(KC, p->o - k0);
    for (int j = 0; j < cols; j += NR)
      pack_b(weights + j * p->o + k0, 1, p->o, kc, min_int(NR, cols - j), filter + k0 * padded + j * kc);
  }
  for (int m0 = 0; m0 < total; m0 += MC) {
    int mc = min_int(MC, total - m0);
    for (int i = 0; i < mc; i++) ws->rows[i] = products + i * cols;
    for (int k0 = 0; k0 < p->o; k0 += KC) {
      int kc = min_int(KC, p->o - k0);
      pack_a(dy + m0 * p->o + k0, p->o, 1, mc, kc, ws->zeros, ws->a);
      multiply_packed(mc, cols, kc, ws->a, filter + k0 * padded, ws->rows, 0, k0 > 0);
    }
    for (int i = 0; i < mc; i++) {
      int n = (m0 + i) / pixels, q = (m0 + i) - n * pixels;
      scatter(p, dx + n * size, q / p->ow * p->sh, q % p->ow * p->sw, products + i * cols);
    }
  }
}
