// Baseline JPEG to RGB or grey with libjpeg's arithmetic: its accurate integer IDCT (jidctint), its triangle upsampling and
// its fixed-point colours, so that every byte is the one that libjpeg gives. Whatever is unusual or damaged ends with 0:
// the caller then takes another decoder.
#include "simd.h"

#define LOOKUP_BITS 10

// A Huffman table: by their first 10 bits, codes of up to 10 bits as (length << 8 | symbol); longer ones by their limits.
typedef struct {
  u16 lookup[1 << LOOKUP_BITS];
  u32 limit[18]; // left-aligned to 16 bits: codes of n bits are below limit[n]
  i32 offset[17];
  u8 symbols[256];
} Huffman;

// One component as the caller describes it.
typedef struct {
  i32 h, v;            // sampling factors
  const u16 *quant;    // 64, in zigzag order
  Huffman *dc, *ac;
  u8 *plane;
  i32 stride;
  i32 prediction;
} Component;

typedef struct {
  const u8 *at, *end;
  u64 bits; // the next bits, from the top
  i32 count;
  i32 padded; // zeros that stand for data behind a marker
} Reader;

EXPORT(huffman_bytes) i32 huffman_bytes(void) { return sizeof(Huffman); }

// From the 16 counts and the symbols of a DHT segment. 0 where libjpeg refuses them: counts that fit no code, a code of ones
// only, which is reserved, or a symbol above `largest`.
EXPORT(build_huffman)
i32 build_huffman(const u8 *counts, const u8 *symbols, i32 largest, Huffman *table) {
  for (i32 i = 0; i < 1 << LOOKUP_BITS; i++) table->lookup[i] = 0;
  u32 code = 0;
  i32 k = 0;
  for (i32 length = 1; length <= 16; length++) {
    table->offset[length] = k - (i32)code;
    for (i32 i = 0; i < counts[length - 1]; i++, k++, code++) {
      if (k > 255 || code + 1 >= 1u << length || symbols[k] > largest) return 0;
      table->symbols[k] = symbols[k];
      if (length > LOOKUP_BITS) continue;
      u32 from = code << (LOOKUP_BITS - length);
      for (u32 j = 0; j < 1u << (LOOKUP_BITS - length); j++) table->lookup[from + j] = (u16)(length << 8 | symbols[k]);
    }
    table->limit[length] = code << (16 - length);
    code <<= 1;
  }
  table->limit[17] = 0xffffffff;
  return 1;
}

static inline void refill(Reader *r) {
  if (r->end - r->at >= 8) {
    u64 next;
    __builtin_memcpy(&next, r->at, 8);
    u64 inverse = ~next;
    if (((inverse - 0x0101010101010101ull) & next & 0x8080808080808080ull) == 0) { // no byte is 0xff
      r->bits |= __builtin_bswap64(next) >> r->count;
      i32 bytes = (63 - r->count) >> 3;
      r->at += bytes;
      r->count += bytes * 8;
      return;
    }
  }
  while (r->count <= 56) {
    u64 byte = 0;
    if (r->at < r->end && *r->at != 0xff) byte = *r->at++;
    else if (r->at + 1 < r->end && r->at[1] == 0) {
      byte = 0xff;
      r->at += 2;
    } else r->padded += 8;
    r->bits |= byte << (56 - r->count);
    r->count += 8;
  }
}

static inline void drop(Reader *r, i32 n) {
  r->bits <<= n;
  r->count -= n;
}

// The next symbol, or -1. Needs 16 bits in the reader.
static inline i32 symbol(Reader *r, const Huffman *table) {
  u32 entry = table->lookup[r->bits >> (64 - LOOKUP_BITS)];
  if (entry) {
    drop(r, (i32)(entry >> 8));
    return (i32)(entry & 255);
  }
  u32 next = (u32)(r->bits >> 48);
  i32 length = LOOKUP_BITS + 1;
  while (next >= table->limit[length]) length++;
  if (length > 16) return -1;
  i32 index = (i32)(next >> (16 - length)) + table->offset[length];
  drop(r, length);
  return index < 0 || index > 255 ? -1 : table->symbols[index];
}

// A number of `size` bits (1 to 16) whose first bit says its sign.
static inline i32 number(Reader *r, i32 size) {
  i32 value = (i32)(r->bits >> (64 - size));
  drop(r, size);
  return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

static const u8 zigzag[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                              41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                              30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// Sums of up to 5800 cannot overflow 16 bits in the IDCT (4 * 1.39 * 5800 < 32768), where implementations differ. Noise
// of full contrast has about 4000.
static const i32 largest_sum = 5800;

// Coefficients of one block, dequantized, in rows. Gives the position after the last one, 0 for a damaged block.
static inline i32 read_block(Reader *r, Component *c, i16 *block) {
  refill(r);
  i32 size = symbol(r, c->dc);
  if (size < 0 || size > 11) return 0;
  if (size) c->prediction += number(r, size);
  i32 value = c->prediction * c->quant[0];
  i32 sum = value < 0 ? -value : value;
  block[0] = (i16)value;
  i32 k = 1, used = 1;
  while (k < 64) {
    if (r->count < 32) refill(r);
    i32 code = symbol(r, c->ac);
    if (code < 0) return 0;
    i32 length = code & 15;
    if (length == 0) {
      if (code != 0xf0) break;
      k += 16;
      continue;
    }
    k += code >> 4;
    if (k > 63) return 0;
    value = number(r, length) * c->quant[k];
    sum += value < 0 ? -value : value;
    if (sum > largest_sum) return 0;
    block[zigzag[k]] = (i16)value;
    used = ++k;
  }
  return sum > largest_sum ? 0 : used;
}

#define PAIR(a, b) wasm_i16x8_make(a, b, a, b, a, b, a, b)

// One pass over eight columns at a time (Loeffler, Ligtenberg, Moschytz 1989, 13-bit constants).
static inline void idct_pass(v128_t *x, i32 shift) {
  v128_t round = wasm_i32x4_splat(1 << (shift - 1));
  v128_t z3 = wasm_i16x8_add(x[7], x[3]), z4 = wasm_i16x8_add(x[5], x[1]);
  v128_t low[8], high[8];
  for (i32 half = 0; half < 2; half++) {
#define ZIP(a, b) (half ? zip_high16(a, b) : zip_low16(a, b))
#define DOT(p, a, b) wasm_i32x4_dot_i16x8(p, PAIR(a, b))
    v128_t p26 = ZIP(x[2], x[6]), p04 = ZIP(x[0], x[4]), p34 = ZIP(z3, z4), p71 = ZIP(x[7], x[1]), p53 = ZIP(x[5], x[3]);
    v128_t t3 = DOT(p26, 10703, 4433), t2 = DOT(p26, 4433, -10704);
    v128_t t0 = DOT(p04, 8192, 8192), t1 = DOT(p04, 8192, -8192);
    v128_t e0 = wasm_i32x4_add(wasm_i32x4_add(t0, t3), round), e3 = wasm_i32x4_add(wasm_i32x4_sub(t0, t3), round);
    v128_t e1 = wasm_i32x4_add(wasm_i32x4_add(t1, t2), round), e2 = wasm_i32x4_add(wasm_i32x4_sub(t1, t2), round);
    v128_t o3 = DOT(p34, -6436, 9633), o4 = DOT(p34, 9633, 6437);
    v128_t o0 = wasm_i32x4_add(DOT(p71, -4927, -7373), o3);
    v128_t o1 = wasm_i32x4_add(DOT(p53, -4176, -20995), o4);
    v128_t o2 = wasm_i32x4_add(DOT(p53, -20995, 4177), o3);
    v128_t o5 = wasm_i32x4_add(DOT(p71, -7373, 4926), o4);
    v128_t *out = half ? high : low;
    out[0] = wasm_i32x4_shr(wasm_i32x4_add(e0, o5), shift);
    out[7] = wasm_i32x4_shr(wasm_i32x4_sub(e0, o5), shift);
    out[1] = wasm_i32x4_shr(wasm_i32x4_add(e1, o2), shift);
    out[6] = wasm_i32x4_shr(wasm_i32x4_sub(e1, o2), shift);
    out[2] = wasm_i32x4_shr(wasm_i32x4_add(e2, o1), shift);
    out[5] = wasm_i32x4_shr(wasm_i32x4_sub(e2, o1), shift);
    out[3] = wasm_i32x4_shr(wasm_i32x4_add(e3, o0), shift);
    out[4] = wasm_i32x4_shr(wasm_i32x4_sub(e3, o0), shift);
  }
  for (i32 i = 0; i < 8; i++) x[i] = wasm_i16x8_narrow_i32x4(low[i], high[i]);
}

static inline void transpose(v128_t *x) {
  v128_t a[8], b[8];
  for (i32 i = 0; i < 4; i++) {
    a[2 * i] = zip_low16(x[i], x[i + 4]);
    a[2 * i + 1] = zip_high16(x[i], x[i + 4]);
  }
  for (i32 i = 0; i < 4; i++) {
    b[2 * i] = zip_low16(a[i], a[i + 4]);
    b[2 * i + 1] = zip_high16(a[i], a[i + 4]);
  }
  for (i32 i = 0; i < 4; i++) {
    x[2 * i] = zip_low16(b[i], b[i + 4]);
    x[2 * i + 1] = zip_high16(b[i], b[i + 4]);
  }
}

static inline void idct(const i16 *block, u8 *out, i32 stride) {
  v128_t x[8];
  for (i32 i = 0; i < 8; i++) x[i] = wasm_v128_load(block + 8 * i);
  idct_pass(x, 11);
  transpose(x);
  idct_pass(x, 18);
  transpose(x);
  for (i32 i = 0; i < 8; i++, out += stride) {
    v128_t bytes = wasm_i8x16_narrow_i16x8(x[i], x[i]);
    wasm_v128_store64_lane(out, wasm_v128_xor(bytes, wasm_i8x16_const_splat(-128)), 0);
  }
}

static inline void fill_block(i32 dc, u8 *out, i32 stride) {
  i32 value = ((dc + 4) >> 3) + 128;
  v128_t bytes = wasm_i8x16_splat((int8_t)(value < 0 ? 0 : value > 255 ? 255 : value));
  for (i32 i = 0; i < 8; i++, out += stride) wasm_v128_store64_lane(out, bytes, 0);
}

// All blocks of the one scan into the components' planes. Gives the bytes read up to the marker behind them, or 0.
EXPORT(decode_scan)
i32 decode_scan(const u8 *data, i32 length, Component *components, i32 count, i32 columns, i32 rows, i32 restart) {
  Reader r = {data, data + length, 0, 0, 0};
  i16 block[64] __attribute__((aligned(16)));
  const v128_t zero = wasm_i16x8_const_splat(0);
  for (i32 i = 0; i < 8; i++) wasm_v128_store(block + 8 * i, zero);
  i32 left = restart, marker = 0;
  for (i32 i = 0; i < count; i++) components[i].prediction = 0;
  for (i32 y = 0; y < rows; y++) {
    for (i32 x = 0; x < columns; x++) {
      if (restart && left-- == 0) {
        if (r.padded > r.count || r.end - r.at < 2 || r.at[0] != 0xff || r.at[1] != 0xd0 + marker) return 0;
        r = (Reader){r.at + 2, r.end, 0, 0, 0};
        marker = (marker + 1) & 7;
        left = restart - 1;
        for (i32 i = 0; i < count; i++) components[i].prediction = 0;
      }
      for (i32 i = 0; i < count; i++) {
        Component *c = components + i;
        for (i32 v = 0; v < c->v; v++) {
          u8 *out = c->plane + (y * c->v + v) * 8 * c->stride + x * c->h * 8;
          for (i32 h = 0; h < c->h; h++, out += 8) {
            i32 used = read_block(&r, c, block);
            if (used == 0) return 0;
            if (used == 1) {
              fill_block(block[0], out, c->stride);
              continue;
            }
            idct(block, out, c->stride);
            for (i32 k = 0; k < 8; k++) wasm_v128_store(block + 8 * k, zero);
          }
        }
      }
    }
    if (r.padded > r.count) return 0; // numbers were made of data that is not there
  }
  // Whole bytes that are left in the reader would be data that no block has used.
  return r.count - r.padded >= 8 ? 0 : (i32)(r.at - data);
}

// A chroma row of twice as many pixels: each is 3/4 of the nearest sample and 1/4 of the one before or after, rounded by
// those two amounts. `sums` has room for `width` + 16 samples with one more on both sides.
static inline void widen(i16 *sums, i32 width, u8 *out, i32 before, i32 after) {
  sums[-1] = sums[0];
  sums[width] = sums[width - 1];
  v128_t even = wasm_i16x8_splat((i16)before), odd = wasm_i16x8_splat((i16)after);
  i32 shift = before == 1 ? 2 : 4;
  for (i32 x = 0; x < width; x += 8) {
    v128_t this = wasm_v128_load(sums + x);
    v128_t thrice = wasm_i16x8_add(this, wasm_i16x8_add(this, this));
    v128_t a = wasm_i16x8_add(wasm_i16x8_add(thrice, wasm_v128_load(sums + x - 1)), even);
    v128_t b = wasm_i16x8_add(wasm_i16x8_add(thrice, wasm_v128_load(sums + x + 1)), odd);
    a = wasm_u16x8_shr(a, shift);
    b = wasm_u16x8_shr(b, shift);
    wasm_v128_store(out + 2 * x, wasm_v128_or(a, wasm_i16x8_shl(b, 8)));
  }
}

static inline void upsample(const u8 *near, const u8 *far, i32 width, i16 *sums, u8 *out) {
  for (i32 x = 0; x < width; x += 8) {
    v128_t a = wasm_u16x8_load8x8(near + x);
    if (far) a = wasm_i16x8_add(wasm_i16x8_add(a, wasm_i16x8_shl(a, 1)), wasm_u16x8_load8x8(far + x));
    wasm_v128_store(sums + x, a);
  }
  if (far) widen(sums, width, out, 8, 7);
  else widen(sums, width, out, 1, 2);
}

static inline v128_t scaled(v128_t x, i16 factor) {
  v128_t f = wasm_i16x8_splat(factor), half = wasm_i32x4_const_splat(32768);
  v128_t a = wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_extmul_low_i16x8(x, f), half), 16);
  v128_t b = wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_extmul_high_i16x8(x, f), half), 16);
  return wasm_i16x8_narrow_i32x4(a, b);
}

static inline v128_t green(v128_t cb, v128_t cr) {
  v128_t f = PAIR(-22554, 18734), half = wasm_i32x4_const_splat(32768);
  v128_t a = wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_dot_i16x8(zip_low16(cb, cr), f), half), 16);
  v128_t b = wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_dot_i16x8(zip_high16(cb, cr), f), half), 16);
  return wasm_i16x8_sub(wasm_i16x8_narrow_i32x4(a, b), cr);
}

// Y, Cb, Cr to RGB (JFIF). Writes up to 45 bytes past the row.
static inline void to_rgb(const u8 *luma, const u8 *blue, const u8 *red, i32 width, u8 *out) {
  const v128_t middle = wasm_i16x8_const_splat(128);
  for (i32 x = 0; x < width; x += 16, out += 48) {
    v128_t rgb[3][2];
    for (i32 half = 0; half < 2; half++) {
      v128_t y = wasm_u16x8_load8x8(luma + x + 8 * half);
      v128_t cb = wasm_i16x8_sub(wasm_u16x8_load8x8(blue + x + 8 * half), middle);
      v128_t cr = wasm_i16x8_sub(wasm_u16x8_load8x8(red + x + 8 * half), middle);
      rgb[0][half] = wasm_i16x8_add(y, wasm_i16x8_add(cr, scaled(cr, 26345)));                          // 1.402
      rgb[1][half] = wasm_i16x8_add(y, green(cb, cr));                                                  // -0.344, -0.714
      rgb[2][half] = wasm_i16x8_add(y, wasm_i16x8_add(wasm_i16x8_shl(cb, 1), scaled(cb, -14942)));      // 1.772
    }
    v128_t r = wasm_u8x16_narrow_i16x8(rgb[0][0], rgb[0][1]);
    v128_t g = wasm_u8x16_narrow_i16x8(rgb[1][0], rgb[1][1]);
    v128_t b = wasm_u8x16_narrow_i16x8(rgb[2][0], rgb[2][1]);
    v128_t p = wasm_i8x16_shuffle(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    v128_t q = wasm_i8x16_shuffle(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    v128_t s = wasm_i8x16_shuffle(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    wasm_v128_store(out, wasm_i8x16_shuffle(p, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
    wasm_v128_store(out + 16, wasm_i8x16_shuffle(q, b, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15));
    wasm_v128_store(out + 32, wasm_i8x16_shuffle(s, b, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31));
  }
}

// Planes to RGB. Chroma has the full size, half the width, or half of both. `scratch`: 8 * width + 256 bytes.
EXPORT(planes_to_rgb)
void planes_to_rgb(const Component *c, i32 width, i32 height, u8 *out, u8 *scratch) {
  i32 half_width = (width + 1) / 2, last = (height + 1) / 2 - 1;
  i16 *sums = (i16 *)(scratch + 16);
  u8 *wide[2] = {scratch + width * 2 + 96, scratch + width * 4 + 160};
  for (i32 y = 0; y < height; y++, out += 3 * width) {
    const u8 *chroma[2];
    for (i32 i = 0; i < 2; i++) {
      const Component *k = c + 1 + i;
      if (c->h == 1) {
        chroma[i] = k->plane + y * k->stride;
        continue;
      }
      i32 near = c->v == 1 ? y : y / 2;
      i32 far = near + (y & 1 ? 1 : -1);
      far = far < 0 ? 0 : far > last ? last : far;
      upsample(k->plane + near * k->stride, c->v == 1 ? 0 : k->plane + far * k->stride, half_width, sums, wide[i]);
      chroma[i] = wide[i];
    }
    to_rgb(c->plane + y * c->stride, chroma[0], chroma[1], width, out);
  }
}
