/*
 * SipHash-2-4 (https://www.aumasson.jp/siphash/siphash.pdf), spread over a range as BIP158 does it
 * (https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki): what a filter's items are compared by. No library. What
 * was hashed stays in its memory: scripts, which are public.
 *
 * Built by tools/wasm/build.ts; the built bytes are in src/crypto/siphash.wasm.ts.
 */
#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

#define EXPORT(name) __attribute__((export_name(#name)))

/* Bytes of an item at most: hash/ranged-hash.ts. */
#define MAX_ITEM 1024

/* With room for the last word. */
static u8 item[MAX_ITEM + 8] __attribute__((aligned(8)));

EXPORT(item_at) u32 item_at(void) { return (u32)item; }

#define ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))

#define ROUND                                                                                                          \
  v0 += v1; v1 = ROTL(v1, 13) ^ v0; v0 = ROTL(v0, 32);                                                                 \
  v2 += v3; v3 = ROTL(v3, 16) ^ v2;                                                                                    \
  v0 += v3; v3 = ROTL(v3, 21) ^ v0;                                                                                    \
  v2 += v1; v1 = ROTL(v1, 17) ^ v2; v2 = ROTL(v2, 32);

/* The upper 64 bits of a product. */
static u64 multiply_high(u64 a, u64 b) {
  const u64 a0 = (u32)a, a1 = a >> 32, b0 = (u32)b, b1 = b >> 32;
  const u64 middle = a1 * b0 + (a0 * b0 >> 32);
  return a1 * b1 + (middle >> 32) + (((u32)middle + a0 * b1) >> 32);
}

/*
 * The hash of the item's `length` bytes, spread over 0 to `range` - 1. The key's words come in halves; the range is a whole
 * number below 2^53, and so is the result exact.
 */
EXPORT(ranged) double ranged(u32 length, u32 k0_low, u32 k0_high, u32 k1_low, u32 k1_high, double range) {
  const u64 k0 = k0_low | (u64)k0_high << 32, k1 = k1_low | (u64)k1_high << 32;
  u64 v0 = k0 ^ 0x736f6d6570736575, v1 = k1 ^ 0x646f72616e646f6d;
  u64 v2 = k0 ^ 0x6c7967656e657261, v3 = k1 ^ 0x7465646279746573;
  const u64 *words = (const u64 *)item;
  const u32 whole = length / 8;
  for (u32 i = 0; i < whole; i++) {
    v3 ^= words[i];
    ROUND ROUND
    v0 ^= words[i];
  }
  const u32 bits = length % 8 * 8;
  const u64 last = (words[whole] & ((1ull << bits) - 1)) | (u64)length << 56;
  v3 ^= last;
  ROUND ROUND
  v0 ^= last;
  v2 ^= 0xff;
  ROUND ROUND ROUND ROUND
  return multiply_high(v0 ^ v1 ^ v2 ^ v3, range);
}
