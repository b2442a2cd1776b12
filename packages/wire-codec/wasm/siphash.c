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

/* Bytes and items of one batch, at most: hash/ranged-hash.ts. */
#define WINDOW 65536
#define MAX_ITEMS 4096

/* The items, one after the other, with room for the last word. */
static u8 items[WINDOW + 8] __attribute__((aligned(8)));
/* Where each of them ends. */
static u32 ends[MAX_ITEMS];
static double values[MAX_ITEMS];

EXPORT(items_at) u32 items_at(void) { return (u32)items; }
EXPORT(ends_at) u32 ends_at(void) { return (u32)ends; }
EXPORT(values_at) u32 values_at(void) { return (u32)values; }

#define ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))

#define ROUND(v)                                                                                                       \
  v##0 += v##1; v##1 = ROTL(v##1, 13) ^ v##0; v##0 = ROTL(v##0, 32);                                                   \
  v##2 += v##3; v##3 = ROTL(v##3, 16) ^ v##2;                                                                          \
  v##0 += v##3; v##3 = ROTL(v##3, 21) ^ v##0;                                                                          \
  v##2 += v##1; v##1 = ROTL(v##1, 17) ^ v##2; v##2 = ROTL(v##2, 32);

#define BEGIN(v)                                                                                                       \
  u64 v##0 = k0 ^ 0x736f6d6570736575, v##1 = k1 ^ 0x646f72616e646f6d;                                                  \
  u64 v##2 = k0 ^ 0x6c7967656e657261, v##3 = k1 ^ 0x7465646279746573;

static u64 load(const u8 *p) {
  u64 x;
  __builtin_memcpy(&x, p, 8);
  return x;
}

/* The word with which an item ends: what is left of its bytes, and its length. */
static u64 last_word(const u8 *rest, u32 length) {
  return (load(rest) & ((1ull << length % 8 * 8) - 1)) | (u64)length << 56;
}

/*
 * A hash spread over 0 to `range` - 1: the upper 64 bits of their product. The range is below 2^53, and so is the
 * result, which is therefore exact.
 */
static double spread(u64 hash, u64 range) {
  const u64 a0 = (u32)hash, a1 = hash >> 32, b0 = (u32)range, b1 = range >> 32;
  const u64 middle = a1 * b0 + (a0 * b0 >> 32);
  /* As a signed number: the processor has no instruction for the other. */
  return (double)(int64_t)(a1 * b1 + (middle >> 32) + (((u32)middle + a0 * b1) >> 32));
}

static double ranged_one(const u8 *at, u32 length, u64 k0, u64 k1, u64 range) {
  BEGIN(v)
  for (u32 words = length / 8; words; words--, at += 8) {
    const u64 word = load(at);
    v3 ^= word;
    ROUND(v) ROUND(v)
    v0 ^= word;
  }
  const u64 last = last_word(at, length);
  v3 ^= last;
  ROUND(v) ROUND(v)
  v0 ^= last;
  v2 ^= 0xff;
  ROUND(v) ROUND(v) ROUND(v) ROUND(v)
  return spread(v0 ^ v1 ^ v2 ^ v3, range);
}

/*
 * As `ranged_one`, of two items that have as many whole words. A round waits for itself most of the time: two at once
 * take little longer than one.
 */
static void ranged_pair(const u8 *a, u32 a_length, const u8 *b, u32 b_length, u64 k0, u64 k1, u64 range, double *into) {
  BEGIN(v)
  BEGIN(w)
  for (u32 words = a_length / 8; words; words--, a += 8, b += 8) {
    const u64 x = load(a), y = load(b);
    v3 ^= x;
    w3 ^= y;
    ROUND(v) ROUND(w) ROUND(v) ROUND(w)
    v0 ^= x;
    w0 ^= y;
  }
  const u64 x = last_word(a, a_length), y = last_word(b, b_length);
  v3 ^= x;
  w3 ^= y;
  ROUND(v) ROUND(w) ROUND(v) ROUND(w)
  v0 ^= x;
  w0 ^= y;
  v2 ^= 0xff;
  w2 ^= 0xff;
  ROUND(v) ROUND(w) ROUND(v) ROUND(w) ROUND(v) ROUND(w) ROUND(v) ROUND(w)
  into[0] = spread(v0 ^ v1 ^ v2 ^ v3, range);
  into[1] = spread(w0 ^ w1 ^ w2 ^ w3, range);
}

/*
 * The hash of each of the first `count` items, whose ends have been told, spread over 0 to `range` - 1. The key's words
 * come in halves.
 */
EXPORT(ranged) void ranged(u32 count, u32 k0_low, u32 k0_high, u32 k1_low, u32 k1_high, double range) {
  const u64 k0 = k0_low | (u64)k0_high << 32, k1 = k1_low | (u64)k1_high << 32;
  u32 start = 0;
  for (u32 i = 0; i < count;) {
    const u32 end = ends[i], length = end - start;
    const u32 after = i + 1 < count ? ends[i + 1] : end, next = after - end;
    if (i + 1 < count && length / 8 == next / 8) {
      ranged_pair(items + start, length, items + end, next, k0, k1, (u64)range, values + i);
      start = after;
      i += 2;
    } else {
      values[i] = ranged_one(items + start, length, k0, k1, (u64)range);
      start = end;
      i++;
    }
  }
}
