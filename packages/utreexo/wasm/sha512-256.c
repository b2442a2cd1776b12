/*
 * SHA-512/256 (FIPS 180-4, 5.3.6.2) for the accumulator: batches of nodes, each the hash of two hashes side by side, and leaves,
 * each behind the tag that BIP182 puts before it. No library, no memory of its own but what is below.
 *
 * Built by tools/wasm/build.ts; the built bytes are in src/crypto/sha512-256.wasm.ts.
 */
#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

#define EXPORT(name) __attribute__((export_name(#name)))

/* Pairs of one batch, at most: 64 bytes in and 32 bytes out for each. MAX_PAIRS of wasm-hashes.ts. */
#define MAX_PAIRS 1024
/* Bytes of one leaf behind its tag, at most, so that its padding fits as well. MAX_LEAF of wasm-hashes.ts. */
#define MAX_LEAF (MAX_PAIRS * 64 - 256)

static u8 buffer[MAX_PAIRS * 64];
static u64 tagged[8];

EXPORT(buffer_at) u32 buffer_at(void) { return (u32)buffer; }

static const u64 K[80] = {
    0x428a2f98d728ae22ULL, 0x7137449123ef65cdULL, 0xb5c0fbcfec4d3b2fULL, 0xe9b5dba58189dbbcULL,
    0x3956c25bf348b538ULL, 0x59f111f1b605d019ULL, 0x923f82a4af194f9bULL, 0xab1c5ed5da6d8118ULL,
    0xd807aa98a3030242ULL, 0x12835b0145706fbeULL, 0x243185be4ee4b28cULL, 0x550c7dc3d5ffb4e2ULL,
    0x72be5d74f27b896fULL, 0x80deb1fe3b1696b1ULL, 0x9bdc06a725c71235ULL, 0xc19bf174cf692694ULL,
    0xe49b69c19ef14ad2ULL, 0xefbe4786384f25e3ULL, 0x0fc19dc68b8cd5b5ULL, 0x240ca1cc77ac9c65ULL,
    0x2de92c6f592b0275ULL, 0x4a7484aa6ea6e483ULL, 0x5cb0a9dcbd41fbd4ULL, 0x76f988da831153b5ULL,
    0x983e5152ee66dfabULL, 0xa831c66d2db43210ULL, 0xb00327c898fb213fULL, 0xbf597fc7beef0ee4ULL,
    0xc6e00bf33da88fc2ULL, 0xd5a79147930aa725ULL, 0x06ca6351e003826fULL, 0x142929670a0e6e70ULL,
    0x27b70a8546d22ffcULL, 0x2e1b21385c26c926ULL, 0x4d2c6dfc5ac42aedULL, 0x53380d139d95b3dfULL,
    0x650a73548baf63deULL, 0x766a0abb3c77b2a8ULL, 0x81c2c92e47edaee6ULL, 0x92722c851482353bULL,
    0xa2bfe8a14cf10364ULL, 0xa81a664bbc423001ULL, 0xc24b8b70d0f89791ULL, 0xc76c51a30654be30ULL,
    0xd192e819d6ef5218ULL, 0xd69906245565a910ULL, 0xf40e35855771202aULL, 0x106aa07032bbd1b8ULL,
    0x19a4c116b8d2d0c8ULL, 0x1e376c085141ab53ULL, 0x2748774cdf8eeb99ULL, 0x34b0bcb5e19b48a8ULL,
    0x391c0cb3c5c95a63ULL, 0x4ed8aa4ae3418acbULL, 0x5b9cca4f7763e373ULL, 0x682e6ff3d6b2b8a3ULL,
    0x748f82ee5defb2fcULL, 0x78a5636f43172f60ULL, 0x84c87814a1f0ab72ULL, 0x8cc702081a6439ecULL,
    0x90befffa23631e28ULL, 0xa4506cebde82bde9ULL, 0xbef9a3f7b2c67915ULL, 0xc67178f2e372532bULL,
    0xca273eceea26619cULL, 0xd186b8c721c0c207ULL, 0xeada7dd6cde0eb1eULL, 0xf57d4f7fee6ed178ULL,
    0x06f067aa72176fbaULL, 0x0a637dc5a2c898a6ULL, 0x113f9804bef90daeULL, 0x1b710b35131c471bULL,
    0x28db77f523047d84ULL, 0x32caab7b40c72493ULL, 0x3c9ebe0a15c9bebcULL, 0x431d67c49c100d4cULL,
    0x4cc5d4becb3e42b6ULL, 0x597f299cfc657e2aULL, 0x5fcb6fab3ad6faecULL, 0x6c44198c4a475817ULL};

static const u64 IV[8] = {0x22312194fc2bf72cULL, 0x9f555fa3c84c64c2ULL, 0x2393b86b6f53b151ULL, 0x963877195940eabdULL,
                          0x96283ee2a88effe3ULL, 0xbe5e1e2553863992ULL, 0x2b0199fc2c85b8aaULL, 0x0eb72ddc81c52ca2ULL};

#define BE(x) __builtin_bswap64(x)
#define ROT(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
#define S0(x) (ROT(x, 28) ^ ROT(x, 34) ^ ROT(x, 39))
#define S1(x) (ROT(x, 14) ^ ROT(x, 18) ^ ROT(x, 41))
#define s0(x) (ROT(x, 1) ^ ROT(x, 8) ^ ((x) >> 7))
#define s1(x) (ROT(x, 19) ^ ROT(x, 61) ^ ((x) >> 6))
#define CH(e, f, g) ((g) ^ ((e) & ((f) ^ (g))))
#define MAJ(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))

static u64 load(const u8 *p) {
  u64 x;
  __builtin_memcpy(&x, p, 8);
  return BE(x);
}

static void store(u8 *p, u64 x) {
  x = BE(x);
  __builtin_memcpy(p, &x, 8);
}

#define ROUND(a, b, c, d, e, f, g, h, i)                                                                       \
  do {                                                                                                         \
    u64 t = h + S1(e) + CH(e, f, g) + K[i] + w[(i) & 15];                                                      \
    d += t;                                                                                                    \
    h = t + S0(a) + MAJ(a, b, c);                                                                              \
  } while (0)

#define EIGHT(i)                                                                                               \
  do {                                                                                                         \
    ROUND(a, b, c, d, e, f, g, h, (i) + 0);                                                                    \
    ROUND(h, a, b, c, d, e, f, g, (i) + 1);                                                                    \
    ROUND(g, h, a, b, c, d, e, f, (i) + 2);                                                                    \
    ROUND(f, g, h, a, b, c, d, e, (i) + 3);                                                                    \
    ROUND(e, f, g, h, a, b, c, d, (i) + 4);                                                                    \
    ROUND(d, e, f, g, h, a, b, c, (i) + 5);                                                                    \
    ROUND(c, d, e, f, g, h, a, b, (i) + 6);                                                                    \
    ROUND(b, c, d, e, f, g, h, a, (i) + 7);                                                                    \
  } while (0)

#define NEXT(j) w[j] += s1(w[((j) + 14) & 15]) + w[((j) + 9) & 15] + s0(w[((j) + 1) & 15])

/* One block of 16 words, which are used up. */
static __attribute__((noinline)) void compress(u64 s[8], u64 w[16]) {
  u64 a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  EIGHT(0);
  EIGHT(8);
  for (int i = 16; i < 80; i += 16) {
    NEXT(0); NEXT(1); NEXT(2); NEXT(3); NEXT(4); NEXT(5); NEXT(6); NEXT(7);
    NEXT(8); NEXT(9); NEXT(10); NEXT(11); NEXT(12); NEXT(13); NEXT(14); NEXT(15);
    EIGHT(i);
    EIGHT(i + 8);
  }
  s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;
}

/* Hashes `count` pairs of the buffer, 64 bytes each; the results, 32 bytes each, take the place of the first half of it. */
EXPORT(hash_pairs) void hash_pairs(u32 count) {
  for (u32 i = 0; i < count; i++) {
    const u8 *in = buffer + i * 64;
    u64 w[16], s[8];
    for (int j = 0; j < 8; j++) {
      w[j] = load(in + j * 8);
      s[j] = IV[j];
    }
    w[8] = 0x8000000000000000ULL;
    for (int j = 9; j < 15; j++) w[j] = 0;
    w[15] = 512;
    compress(s, w);
    /* Never ahead of what is still to be read: 32 bytes are written for 64. */
    for (int j = 0; j < 4; j++) store(buffer + i * 32 + j * 8, s[j]);
  }
}

/* Takes the block at the start of the buffer, 128 bytes, as what stands before every leaf. */
EXPORT(set_tag) void set_tag(void) {
  u64 w[16];
  for (int j = 0; j < 8; j++) tagged[j] = IV[j];
  for (int j = 0; j < 16; j++) w[j] = load(buffer + j * 8);
  compress(tagged, w);
}

/* Hashes the tag and the first `length` bytes of the buffer (at most MAX_LEAF); the result stands at the start of it. */
EXPORT(hash_leaf) void hash_leaf(u32 length) {
  u64 s[8], w[16];
  u32 padded = (length + 17 + 127) & ~127u;
  for (u32 i = length; i < padded; i++) buffer[i] = 0;
  buffer[length] = 0x80;
  store(buffer + padded - 8, ((u64)length + 128) * 8);
  for (int j = 0; j < 8; j++) s[j] = tagged[j];
  for (u32 at = 0; at < padded; at += 128) {
    for (int j = 0; j < 16; j++) w[j] = load(buffer + at + j * 8);
    compress(s, w);
  }
  for (int j = 0; j < 4; j++) store(buffer + j * 8, s[j]);
}
