#include "kernels.h"

// out[b, o, i, :] = x[b, o, ids[b, i], :]; slices of `bytes` bytes, ids checked by the caller.
EXPORT(gather)(const uint8_t *x, const int32_t *ids, int batch, int outer, int dim, int count, int bytes, uint8_t *out) {
  for (int b = 0; b < batch; b++, ids += count)
    for (int o = 0; o < outer; o++, x += dim * bytes)
      for (int i = 0; i < count; i++, out += bytes) {
        const uint8_t *s = x + ids[i] * bytes;
        if (bytes == 4) wasm_v128_store32_lane(out, wasm_v128_load32_zero(s), 0);
        else __builtin_memcpy(out, s, bytes);
      }
}
