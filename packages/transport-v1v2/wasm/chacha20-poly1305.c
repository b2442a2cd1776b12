/*
 * ChaCha20-Poly1305 (RFC 8439) for packets: ChaCha20 four blocks at a time, Poly1305 in limbs of 26 bits. No branch and
 * no index depends on a key or on a message's bytes. No library, and no memory of its own but what is below, of which
 * every secret is overwritten before a call ends.
 *
 * Built by tools/wasm/build.ts; the built bytes are in src/crypto/chacha20-poly1305.wasm.ts.
 */
#include <stdint.h>
#include <wasm_simd128.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

#define EXPORT(name) __attribute__((export_name(#name)))

/* Bytes of one part of a message, and of what it is authenticated with besides, at most: wasm-aead.ts. */
#define MAX_PART 65536
#define MAX_AAD 4096
#define TAG 16
#define QUAD 256

static u8 key[32];
static u8 nonce[12];
static u8 aad[MAX_AAD];
static u8 message[MAX_PART + TAG] __attribute__((aligned(16)));

EXPORT(key_at) u32 key_at(void) { return (u32)key; }
EXPORT(nonce_at) u32 nonce_at(void) { return (u32)nonce; }
EXPORT(aad_at) u32 aad_at(void) { return (u32)aad; }
EXPORT(message_at) u32 message_at(void) { return (u32)message; }

static u32 load(const u8 *p) {
  u32 x;
  __builtin_memcpy(&x, p, 4);
  return x;
}

/* What the compiler may not leave out, though nobody reads it again. */
static void wipe(void *p, u32 length) {
  __builtin_memset(p, 0, length);
  __asm__ volatile("" : : "r"(p) : "memory");
}

static u8 keystream[QUAD] __attribute__((aligned(16)));

#define ADD wasm_i32x4_add
#define XOR wasm_v128_xor
#define ROTL(x, n) wasm_v128_or(wasm_i32x4_shl(x, n), wasm_u32x4_shr(x, 32 - (n)))
#define ROTL16(x) wasm_i8x16_shuffle(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
#define ROTL8(x) wasm_i8x16_shuffle(x, x, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)

#define QUARTER_ROUND(a, b, c, d)                                                                              \
  a = ADD(a, b); d = ROTL16(XOR(d, a));                                                                        \
  c = ADD(c, d); b = XOR(b, c); b = ROTL(b, 12);                                                               \
  a = ADD(a, b); d = ROTL8(XOR(d, a));                                                                         \
  c = ADD(c, d); b = XOR(b, c); b = ROTL(b, 7);

/* Word i to i + 3 of each of the four blocks, which stand in the lanes of four vectors. */
#define PUT(i, a, b, c, d)                                                                                     \
  do {                                                                                                         \
    v128_t p = ADD(a, s[i]), q = ADD(b, s[i + 1]), r = ADD(c, s[i + 2]), t = ADD(d, s[i + 3]);                 \
    v128_t pq0 = wasm_i32x4_shuffle(p, q, 0, 4, 1, 5), pq1 = wasm_i32x4_shuffle(p, q, 2, 6, 3, 7);             \
    v128_t rt0 = wasm_i32x4_shuffle(r, t, 0, 4, 1, 5), rt1 = wasm_i32x4_shuffle(r, t, 2, 6, 3, 7);             \
    wasm_v128_store(keystream + 4 * (i), wasm_i64x2_shuffle(pq0, rt0, 0, 2));                                  \
    wasm_v128_store(keystream + 64 + 4 * (i), wasm_i64x2_shuffle(pq0, rt0, 1, 3));                             \
    wasm_v128_store(keystream + 128 + 4 * (i), wasm_i64x2_shuffle(pq1, rt1, 0, 2));                            \
    wasm_v128_store(keystream + 192 + 4 * (i), wasm_i64x2_shuffle(pq1, rt1, 1, 3));                            \
  } while (0)

/* Four blocks of keystream, from the block `block` on. */
static __attribute__((noinline)) void four_blocks(u32 block) {
  v128_t s[16] = {wasm_i32x4_splat(0x61707865), wasm_i32x4_splat(0x3320646e), wasm_i32x4_splat(0x79622d32),
                  wasm_i32x4_splat(0x6b206574)};
  for (int i = 0; i < 8; i++) s[4 + i] = wasm_v128_load32_splat(key + 4 * i);
  s[12] = ADD(wasm_i32x4_splat(block), wasm_i32x4_const(0, 1, 2, 3));
  for (int i = 0; i < 3; i++) s[13 + i] = wasm_v128_load32_splat(nonce + 4 * i);
  v128_t x0 = s[0], x1 = s[1], x2 = s[2], x3 = s[3], x4 = s[4], x5 = s[5], x6 = s[6], x7 = s[7];
  v128_t x8 = s[8], x9 = s[9], x10 = s[10], x11 = s[11], x12 = s[12], x13 = s[13], x14 = s[14], x15 = s[15];
  for (int i = 0; i < 10; i++) {
    QUARTER_ROUND(x0, x4, x8, x12)
    QUARTER_ROUND(x1, x5, x9, x13)
    QUARTER_ROUND(x2, x6, x10, x14)
    QUARTER_ROUND(x3, x7, x11, x15)
    QUARTER_ROUND(x0, x5, x10, x15)
    QUARTER_ROUND(x1, x6, x11, x12)
    QUARTER_ROUND(x2, x7, x8, x13)
    QUARTER_ROUND(x3, x4, x9, x14)
  }
  PUT(0, x0, x1, x2, x3);
  PUT(4, x4, x5, x6, x7);
  PUT(8, x8, x9, x10, x11);
  PUT(12, x12, x13, x14, x15);
  wipe(s, sizeof s);
}

static void xor_with(u8 *bytes, const u8 *stream, u32 length) {
  u32 i = 0;
  for (; i + 16 <= length; i += 16)
    wasm_v128_store(bytes + i, XOR(wasm_v128_load(bytes + i), wasm_v128_load(stream + i)));
  for (; i < length; i++) bytes[i] ^= stream[i];
}

/* Poly1305: the point r, the sum so far, and what is added in the end. */
static struct {
  u32 r[5], h[5], pad[4];
} poly;

static void poly_start(const u8 *secret) {
  poly.r[0] = load(secret) & 0x3ffffff;
  poly.r[1] = (load(secret + 3) >> 2) & 0x3ffff03;
  poly.r[2] = (load(secret + 6) >> 4) & 0x3ffc0ff;
  poly.r[3] = (load(secret + 9) >> 6) & 0x3f03fff;
  poly.r[4] = (load(secret + 12) >> 8) & 0x00fffff;
  for (int i = 0; i < 5; i++) poly.h[i] = 0;
  for (int i = 0; i < 4; i++) poly.pad[i] = load(secret + 16 + 4 * i);
}

#define MASK 0x3ffffff

static __attribute__((noinline)) void poly_blocks(const u8 *m, u32 count) {
  const u32 r0 = poly.r[0], r1 = poly.r[1], r2 = poly.r[2], r3 = poly.r[3], r4 = poly.r[4];
  const u32 s1 = r1 * 5, s2 = r2 * 5, s3 = r3 * 5, s4 = r4 * 5;
  u32 h0 = poly.h[0], h1 = poly.h[1], h2 = poly.h[2], h3 = poly.h[3], h4 = poly.h[4];
  for (; count; count--, m += 16) {
    h0 += load(m) & MASK;
    h1 += (load(m + 3) >> 2) & MASK;
    h2 += (load(m + 6) >> 4) & MASK;
    h3 += (load(m + 9) >> 6) & MASK;
    h4 += (load(m + 12) >> 8) | (1 << 24);
    u64 d0 = (u64)h0 * r0 + (u64)h1 * s4 + (u64)h2 * s3 + (u64)h3 * s2 + (u64)h4 * s1;
    u64 d1 = (u64)h0 * r1 + (u64)h1 * r0 + (u64)h2 * s4 + (u64)h3 * s3 + (u64)h4 * s2;
    u64 d2 = (u64)h0 * r2 + (u64)h1 * r1 + (u64)h2 * r0 + (u64)h3 * s4 + (u64)h4 * s3;
    u64 d3 = (u64)h0 * r3 + (u64)h1 * r2 + (u64)h2 * r1 + (u64)h3 * r0 + (u64)h4 * s4;
    u64 d4 = (u64)h0 * r4 + (u64)h1 * r3 + (u64)h2 * r2 + (u64)h3 * r1 + (u64)h4 * r0;
    d1 += d0 >> 26; h0 = d0 & MASK;
    d2 += d1 >> 26; h1 = d1 & MASK;
    d3 += d2 >> 26; h2 = d2 & MASK;
    d4 += d3 >> 26; h3 = d3 & MASK;
    h0 += (u32)(d4 >> 26) * 5; h4 = d4 & MASK;
    h1 += h0 >> 26; h0 &= MASK;
  }
  poly.h[0] = h0; poly.h[1] = h1; poly.h[2] = h2; poly.h[3] = h3; poly.h[4] = h4;
}

/* Takes `length` bytes, with zeros to the end of their last 16 (RFC 8439, 2.8). */
static void poly_padded(const u8 *m, u32 length) {
  poly_blocks(m, length / 16);
  u32 rest = length & 15;
  if (rest == 0) return;
  u8 last[16];
  for (u32 i = 0; i < 16; i++) last[i] = i < rest ? m[length - rest + i] : 0;
  poly_blocks(last, 1);
}

static void poly_end(u8 *tag) {
  u32 h0 = poly.h[0], h1 = poly.h[1], h2 = poly.h[2], h3 = poly.h[3], h4 = poly.h[4];
  h2 += h1 >> 26; h1 &= MASK;
  h3 += h2 >> 26; h2 &= MASK;
  h4 += h3 >> 26; h3 &= MASK;
  h0 += (h4 >> 26) * 5; h4 &= MASK;
  h1 += h0 >> 26; h0 &= MASK;
  /* g is h - p: taken where h is not below p. */
  u32 g0 = h0 + 5, g1 = h1 + (g0 >> 26), g2 = h2 + (g1 >> 26), g3 = h3 + (g2 >> 26);
  u32 g4 = h4 + (g3 >> 26) - (1 << 26);
  u32 take = (g4 >> 31) - 1;
  h0 = (h0 & ~take) | (g0 & MASK & take);
  h1 = (h1 & ~take) | (g1 & MASK & take);
  h2 = (h2 & ~take) | (g2 & MASK & take);
  h3 = (h3 & ~take) | (g3 & MASK & take);
  h4 = (h4 & ~take) | (g4 & MASK & take);
  u32 words[4] = {h0 | (h1 << 26), (h1 >> 6) | (h2 << 20), (h2 >> 12) | (h3 << 14), (h3 >> 18) | (h4 << 8)};
  u64 sum = 0;
  for (int i = 0; i < 4; i++) {
    sum = (sum >> 32) + words[i] + poly.pad[i];
    u32 word = sum;
    __builtin_memcpy(tag + 4 * i, &word, 4);
  }
}

/* Of the message under way: the next block of keystream, and the bytes so far. */
static u32 counter, total;

/* Begins a message, with what it is authenticated with besides. */
EXPORT(begin) void begin(u32 aad_length) {
  four_blocks(0);
  poly_start(keystream);
  poly_padded(aad, aad_length);
  counter = total = 0;
}

/*
 * En- or deciphers the next `length` bytes of it in place. Every part but the last is a multiple of 256 bytes, the first
 * 64 less.
 */
EXPORT(part) void part(u32 length, u32 opening) {
  if (opening) poly_padded(message, length);
  u32 at = 0;
  if (counter == 0) {
    /* Block 0 made the tag's key: the message begins at block 1. */
    at = length < QUAD - 64 ? length : QUAD - 64;
    xor_with(message, keystream + 64, at);
    counter = 4;
  }
  for (; at < length; at += QUAD, counter += 4) {
    four_blocks(counter);
    xor_with(message + at, keystream, length - at < QUAD ? length - at : QUAD);
  }
  if (!opening) poly_padded(message, length);
  total += length;
}

/* Ends it: its tag is written to `tag`, and nothing secret is left. */
static void end(u32 aad_length, u8 *tag) {
  u32 lengths[4] = {aad_length, 0, total, 0};
  poly_blocks((const u8 *)lengths, 1);
  poly_end(tag);
  wipe(&poly, sizeof poly);
  wipe(keystream, sizeof keystream);
  wipe(key, sizeof key);
}

/* Ends a message that was sealed: its tag stands in the message from `at` on. */
EXPORT(end_sealing) void end_sealing(u32 aad_length, u32 at) { end(aad_length, message + at); }

/* Ends a message that was opened, whose tag stands in the message from `at` on. @returns 0 where it is forged. */
EXPORT(end_opening) u32 end_opening(u32 aad_length, u32 at) {
  u8 tag[TAG];
  end(aad_length, tag);
  u32 difference = 0;
  for (int i = 0; i < TAG; i++) difference |= tag[i] ^ message[at + i];
  return difference == 0;
}

/* Seals the first `length` bytes of the message; its tag stands after them. */
EXPORT(seal) void seal(u32 aad_length, u32 length) {
  begin(aad_length);
  part(length, 0);
  end_sealing(aad_length, length);
}

/* Opens the first `length` bytes of the message, which their tag follows. @returns 0 where it is forged: wiped then. */
EXPORT(open) u32 open_sealed(u32 aad_length, u32 length) {
  begin(aad_length);
  part(length, 1);
  if (end_opening(aad_length, length)) return 1;
  wipe(message, length);
  return 0;
}

/* Writes `length` bytes of keystream over the message, from the block `block` on. */
EXPORT(stream) void stream(u32 block, u32 length) {
  for (u32 at = 0; at < length; at += QUAD, block += 4) {
    four_blocks(block);
    __builtin_memcpy(message + at, keystream, length - at < QUAD ? length - at : QUAD);
  }
  wipe(keystream, sizeof keystream);
  wipe(key, sizeof key);
}
