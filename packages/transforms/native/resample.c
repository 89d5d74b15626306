// PIL's two resampling passes. A weight of 23 bits is given as two of 16: weight = high * 65536 + low, both signed, so
// that one instruction multiplies and adds two taps. Sums wrap as PIL's do; the result is theirs bit for bit.
#include "simd.h"

#define SHIFT 22
#define HALF (1 << (SHIFT - 1))

static inline v128_t weigh(v128_t sum, v128_t pairs, v128_t low, v128_t high, v128_t *upper) {
  *upper = wasm_i32x4_add(*upper, wasm_i32x4_dot_i16x8(pairs, high));
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(pairs, low));
}

static inline v128_t finish(v128_t sum, v128_t upper) {
  v128_t all = wasm_i32x4_add(sum, wasm_i32x4_shl(upper, 16));
  return wasm_i32x4_shr(wasm_i32x4_add(all, wasm_i32x4_const_splat(HALF)), SHIFT);
}

// Rows of RGB along their width. `starts`: first source byte of each output pixel; `low`, `high`: `taps` weights of each
// (an even number). Reads up to 16 bytes past the rows, writes 1 byte past the result.
EXPORT(horizontal_rgb)
void horizontal_rgb(const u8 *data, u8 *out, i32 rows, i32 row_bytes, i32 width, const i32 *starts, const i16 *low,
                    const i16 *high, i32 taps) {
  const v128_t zero = wasm_i32x4_const_splat(0);
  for (i32 y = 0; y < rows; y++, data += row_bytes) {
    const i16 *l = low, *h = high;
    for (i32 x = 0; x < width; x++, out += 3) {
      const u8 *source = data + starts[x];
      v128_t sum = zero, upper = zero;
      for (i32 k = 0; k < taps; k += 2, source += 6, l += 2, h += 2) {
        v128_t bytes = wasm_v128_load64_zero(source);
        // r0 r1 g0 g1 b0 b1, each as 16 bits
        v128_t pairs = wasm_i8x16_shuffle(bytes, zero, 0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16);
        sum = weigh(sum, pairs, wasm_v128_load32_splat(l), wasm_v128_load32_splat(h), &upper);
      }
      v128_t value = finish(sum, upper);
      v128_t narrow = wasm_i16x8_narrow_i32x4(value, value);
      wasm_v128_store32_lane(out, wasm_u8x16_narrow_i16x8(narrow, narrow), 0);
    }
  }
}

// The same for one channel.
EXPORT(horizontal_gray)
void horizontal_gray(const u8 *data, u8 *out, i32 rows, i32 row_bytes, i32 width, const i32 *starts, const i32 *weights,
                     i32 taps) {
  for (i32 y = 0; y < rows; y++, data += row_bytes) {
    const i32 *w = weights;
    for (i32 x = 0; x < width; x++) {
      const u8 *source = data + starts[x];
      u32 sum = HALF;
      for (i32 k = 0; k < taps; k++) sum += (u32)source[k] * (u32)*w++;
      i32 value = (i32)sum >> SHIFT;
      *out++ = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
}

// Rows of `length` bytes, `stride` apart, along the height. Reads and writes up to 16 bytes past each row.
EXPORT(vertical)
void vertical(const u8 *data, u8 *out, i32 height, i32 stride, i32 length, const i32 *starts, const i16 *low,
              const i16 *high, i32 taps) {
  const v128_t zero = wasm_i32x4_const_splat(0);
  for (i32 y = 0; y < height; y++, out += length, low += taps, high += taps) {
    const u8 *first = data + starts[y] * stride;
    for (i32 x = 0; x < length; x += 16) {
      v128_t s0 = zero, s1 = zero, s2 = zero, s3 = zero, u0 = zero, u1 = zero, u2 = zero, u3 = zero;
      const u8 *source = first + x;
      for (i32 k = 0; k < taps; k += 2, source += 2 * stride) {
        v128_t a = wasm_v128_load(source);
        v128_t b = wasm_v128_load(source + stride);
        v128_t l = wasm_v128_load32_splat(low + k), h = wasm_v128_load32_splat(high + k);
        v128_t near = wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        v128_t far = wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        s0 = weigh(s0, wasm_u16x8_extend_low_u8x16(near), l, h, &u0);
        s1 = weigh(s1, wasm_u16x8_extend_high_u8x16(near), l, h, &u1);
        s2 = weigh(s2, wasm_u16x8_extend_low_u8x16(far), l, h, &u2);
        s3 = weigh(s3, wasm_u16x8_extend_high_u8x16(far), l, h, &u3);
      }
      v128_t first8 = wasm_i16x8_narrow_i32x4(finish(s0, u0), finish(s1, u1));
      v128_t last8 = wasm_i16x8_narrow_i32x4(finish(s2, u2), finish(s3, u3));
      wasm_v128_store(out + x, wasm_u8x16_narrow_i16x8(first8, last8));
    }
  }
}

// RGB bytes as (value / 255 - mean) / deviation, each step rounded to float32. `means` and `deviations`: those of the
// channels four times over. Reads up to 16 bytes and writes up to 12 values past the end.
EXPORT(normalize_rgb)
void normalize_rgb(const u8 *data, float *out, i32 length, const float *means, const float *deviations) {
  const v128_t whole = wasm_f32x4_const_splat(255);
  v128_t mean[3], deviation[3];
  for (i32 i = 0; i < 3; i++) {
    mean[i] = wasm_v128_load(means + 4 * i);
    deviation[i] = wasm_v128_load(deviations + 4 * i);
  }
  for (i32 at = 0; at < length; at += 12) {
    for (i32 i = 0; i < 3; i++) {
      v128_t four = wasm_v128_load32_zero(data + at + 4 * i);
      v128_t value = wasm_f32x4_convert_i32x4(wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(four)));
      value = wasm_f32x4_sub(wasm_f32x4_div(value, whole), mean[i]);
      wasm_v128_store(out + at + 4 * i, wasm_f32x4_div(value, deviation[i]));
    }
  }
}
