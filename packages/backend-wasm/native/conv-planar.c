// Convolutions of images with few channels, where gathering patches costs more than multiplying them.
// Each image is split into zero-padded planes, one per channel and stride phase. On the flat grid of wq columns every tap is then a
// constant offset, and vectors run along the pixels; the columns past ow are computed and dropped.
#include "kernels.h"

enum { OB = 6, PIXELS = 8 };

// Floats of all planes, with room for the vectors that read past the last one.
static int planar_size(const Conv *p) { return p->c * p->sh * p->sw * p->hq * p->wq + p->wq + 2 * PIXELS; }

static void split_planes(const Conv *p, const float *image, float *planes) {
  int plane = p->hq * p->wq;
  for (int y = 0; y < p->h; y++) {
    int r = y - p->min_dy, qr = r / p->sh, pr = r % p->sh;
    if (r < 0 || qr >= p->hq) continue;
    int first = p->min_dx > 0 ? p->min_dx : 0, qs = (first - p->min_dx) / p->sw, ps = (first - p->min_dx) % p->sw;
    for (int x = first; x < p->w && qs < p->wq; x++) {
      float *d = planes + (pr * p->sw + ps) * plane + qr * p->wq + qs;
      const float *v = image + (y * p->w + x) * p->c;
      for (int c = 0; c < p->c; c++, d += p->sh * p->sw * plane) *d = v[c];
      if (++ps == p->sw) {
        ps = 0;
        qs++;
      }
    }
  }
}

static void tap_offsets(const Conv *p, int32_t *offsets) {
  int plane = p->hq * p->wq;
  for (int t = 0; t < p->num_taps; t++) {
    int r = p->taps[t].dy - p->min_dy, s = p->taps[t].dx - p->min_dx;
    int phase = (r % p->sh) * p->sw + s % p->sw, inside = r / p->sh * p->wq + s / p->sw;
    for (int c = 0; c < p->c; c++) *offsets++ = (c * p->sh * p->sw + phase) * plane + inside;
  }
}

static void pack_filter(const Conv *p, const float *filter, float *d) {
  for (int o = 0; o < p->o; o += OB)
    for (int k = 0; k < p->num_taps * p->c; k++)
      for (int j = 0; j < OB; j++) *d++ = o + j < p->o ? filter[k * p->o + o + j] : 0;
}

// Writes four pixels of up to six channels, from grid position (i, j) on; `a` .. `f` hold one channel each.
static void put_pixels(const Conv *p, float *image, int i, int j, v128_t a, v128_t b, v128_t c, v128_t d, v128_t e, v128_t f, int channels) {
  v128_t ab0 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
  v128_t cd0 = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd1 = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
  v128_t ef0 = wasm_i32x4_shuffle(e, f, 0, 4, 1, 5), ef1 = wasm_i32x4_shuffle(e, f, 2, 6, 3, 7);
  v128_t four[4] = {wasm_i64x2_shuffle(ab0, cd0, 0, 2), wasm_i64x2_shuffle(ab0, cd0, 1, 3),
                    wasm_i64x2_shuffle(ab1, cd1, 0, 2), wasm_i64x2_shuffle(ab1, cd1, 1, 3)};
  v128_t two[4] = {ef0, wasm_i64x2_shuffle(ef0, ef0, 1, 1), ef1, wasm_i64x2_shuffle(ef1, ef1, 1, 1)};
  for (int q = 0; q < 4; q++, j++) {
    if (j == p->wq) {
      j = 0;
      i++;
    }
    if (j >= p->ow || i >= p->oh) continue;
    float *t = image + (i * p->ow + j) * p->o;
    if (channels >= 4) {
      STORE(t, four[q]);
      if (channels == 6) wasm_v128_store64_lane(t + 4, two[q], 0);
      else if (channels == 5) wasm_v128_store32_lane(t + 4, two[q], 0);
    } else {
      wasm_v128_store32_lane(t, four[q], 0);
      if (channels > 1) wasm_v128_store32_lane(t + 1, four[q], 1);
      if (channels > 2) wasm_v128_store32_lane(t + 2, four[q], 2);
    }
  }
}

EXPORT(conv_planar)(const Conv *p, const float *x_, const float *filter, float *out) {
  int k = p->num_taps * p->c, positions = (p->oh - 1) * p->wq + p->ow;
  int panels = (p->o + OB - 1) / OB, planes_size = planar_size(p);
  float *planes = p->scratch, *weights = planes + planes_size;
  int32_t *offsets = (int32_t *)(weights + panels * OB * k);
  __builtin_memset(planes, 0, planes_size * sizeof(float));
  pack_filter(p, filter, weights);
  tap_offsets(p, offsets);
  for (int n = 0; n < p->n; n++) {
    split_planes(p, x_ + n * p->h * p->w * p->c, planes);
    float *image = out + n * p->oh * p->ow * p->o;
    for (int q = 0; q < positions; q += PIXELS) {
      int i = q / p->wq, j = q - i * p->wq;
      const float *x = planes + q, *w = weights;
      for (int o = 0; o < p->o; o += OB) {
        v128_t a0 = ZERO, a1 = ZERO, b0 = ZERO, b1 = ZERO, c0 = ZERO, c1 = ZERO;
        v128_t d0 = ZERO, d1 = ZERO, e0 = ZERO, e1 = ZERO, f0 = ZERO, f1 = ZERO;
        for (int l = 0; l < k; l++, w += OB) {
          const float *s = x + offsets[l];
          v128_t x0 = LOAD(s), x1 = LOAD(s + 4), v;
          v = SPLAT(w);
          a0 = MADD(a0, v, x0);
          a1 = MADD(a1, v, x1);
          v = SPLAT(w + 1);
          b0 = MADD(b0, v, x0);
          b1 = MADD(b1, v, x1);
          v = SPLAT(w + 2);
          c0 = MADD(c0, v, x0);
          c1 = MADD(c1, v, x1);
          v = SPLAT(w + 3);
          d0 = MADD(d0, v, x0);
          d1 = MADD(d1, v, x1);
          v = SPLAT(w + 4);
          e0 = MADD(e0, v, x0);
          e1 = MADD(e1, v, x1);
          v = SPLAT(w + 5);
          f0 = MADD(f0, v, x0);
          f1 = MADD(f1, v, x1);
        }
        int channels = min_int(OB, p->o - o), i1 = i, j1 = j + 4;
        for (; j1 >= p->wq; j1 -= p->wq) i1++;
        put_pixels(p, image + o, i, j, a0, b0, c0, d0, e0, f0, channels);
        put_pixels(p, image + o, i1, j1, a1, b1, c1, d1, e1, f1, channels);
      }
    }
  }
}

enum { KB = 4, GB = 3 };

// dw[(tap, c), o] = sum over output pixels of the image pixel times dy.
EXPORT(conv_filter_planar)(const Conv *p, const float *x_, const float *dy, float *dw) {
  int k = p->num_taps * p->c, length = (p->oh * p->wq + 3) & ~3;
  int planes_size = planar_size(p);
  float *planes = p->scratch, *grads = planes + planes_size;
  int32_t *offsets = (int32_t *)(grads + p->o * length);
  __builtin_memset(planes, 0, (planes_size + p->o * length) * sizeof(float));
  __builtin_memset(dw, 0, k * p->o * sizeof(float));
  tap_offsets(p, offsets);
  for (int n = 0; n < p->n; n++) {
    split_planes(p, x_ + n * p->h * p->w * p->c, planes);
    for (int i = 0; i < p->oh; i++)
      for (int j = 0; j < p->ow; j++)
        for (int o = 0; o < p->o; o++) grads[o * length + i * p->wq + j] = *dy++;
    for (int o = 0; o < p->o; o += GB) {
      const float *g0 = grads + o * length;
      const float *g1 = grads + min_int(o + 1, p->o - 1) * length, *g2 = grads + min_int(o + 2, p->o - 1) * length;
      for (int l = 0; l < k; l += KB) {
        const float *x[KB];
        for (int r = 0; r < KB; r++) x[r] = planes + offsets[min_int(l + r, k - 1)];
        const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
        v128_t s[KB * GB];
        v128_t a0 = ZERO, a1 = ZERO, a2 = ZERO, b0 = ZERO, b1 = ZERO, b2 = ZERO;
        v128_t c0 = ZERO, c1 = ZERO, c2 = ZERO, d0 = ZERO, d1 = ZERO, d2 = ZERO;
        for (int q = 0; q < length; q += 4) {
          v128_t u = LOAD(g0 + q), v = LOAD(g1 + q), w = LOAD(g2 + q), y;
          y = LOAD(x0 + q);
          a0 = MADD(a0, y, u);
          a1 = MADD(a1, y, v);
          a2 = MADD(a2, y, w);
          y = LOAD(x1 + q);
          b0 = MADD(b0, y, u);
          b1 = MADD(b1, y, v);
          b2 = MADD(b2, y, w);
          y = LOAD(x2 + q);
          c0 = MADD(c0, y, u);
          c1 = MADD(c1, y, v);
          c2 = MADD(c2, y, w);
          y = LOAD(x3 + q);
          d0 = MADD(d0, y, u);
          d1 = MADD(d1, y, v);
          d2 = MADD(d2, y, w);
        }
        s[0] = a0, s[1] = a1, s[2] = a2, s[3] = b0, s[4] = b1, s[5] = b2;
        s[6] = c0, s[7] = c1, s[8] = c2, s[9] = d0, s[10] = d1, s[11] = d2;
        for (int r = 0; r < KB && l + r < k; r++)
          for (int j = 0; j < GB && o + j < p->o; j++) dw[(l + r) * p->o + o + j] += horizontal_sum(s[r * GB + j]);
      }
    }
  }
}
