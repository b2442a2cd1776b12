/*
 * Double SHA-256 (FIPS 180-4) of many messages at once: four lanes of a 128-bit vector, a message in each. Besides
 * it a single message of any length, for runtimes that have nothing faster. No library, and no memory of its own but
 * what is below.
 *
 * Built by tools/wasm/build.ts; the built bytes are in src/crypto/sha256d.wasm.ts.
 */
#include <stdint.h>
#include <wasm_simd128.h>

typedef uint32_t u32;
typedef uint8_t u8;
/* The same word of four messages. */
typedef u32 lanes __attribute__((vector_size(16)));

#define EXPORT(name) __attribute__((export_name(#name)))
#define LANES 4
#define BLOCK 64
#define HASH 32
#define HEADER 80

/* Bytes and messages of one batch, at most: WINDOW and MAX_MESSAGES of wasm-hashes.ts. */
#define WINDOW 131072
#define MAX_MESSAGES 2048

static u8 input[WINDOW] __attribute__((aligned(16)));
static u8 output[MAX_MESSAGES * HASH] __attribute__((aligned(16)));

/* A message: four bytes from `start`, those from `body` to `body_end`, and the four before `end`. */
typedef struct {
  u32 start, body, body_end, end;
} cuts;

static cuts messages[MAX_MESSAGES];

EXPORT(input_at) u32 input_at(void) { return (u32)input; }
EXPORT(output_at) u32 output_at(void) { return (u32)output; }
EXPORT(messages_at) u32 messages_at(void) { return (u32)messages; }

static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static const u32 IV[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static u32 load(const u8 *p) {
  u32 x;
  __builtin_memcpy(&x, p, 4);
  return __builtin_bswap32(x);
}

static void store(u8 *p, u32 x) {
  x = __builtin_bswap32(x);
  __builtin_memcpy(p, &x, 4);
}

#define ROT(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define S0(x) (ROT(x, 2) ^ ROT(x, 13) ^ ROT(x, 22))
#define S1(x) (ROT(x, 6) ^ ROT(x, 11) ^ ROT(x, 25))
#define s0(x) (ROT(x, 7) ^ ROT(x, 18) ^ ((x) >> 3))
#define s1(x) (ROT(x, 17) ^ ROT(x, 19) ^ ((x) >> 10))
#define CH(e, f, g) ((g) ^ ((e) & ((f) ^ (g))))
#define MAJ(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))

#define ROUND(a, b, c, d, e, f, g, h, i)                                                                     \
  do {                                                                                                       \
    t = h + S1(e) + CH(e, f, g) + K[i] + w[(i) & 15];                                                        \
    d += t;                                                                                                  \
    h = t + S0(a) + MAJ(a, b, c);                                                                            \
  } while (0)

#define EIGHT(i)                                                                                             \
  ROUND(a, b, c, d, e, f, g, h, (i) + 0);                                                                    \
  ROUND(h, a, b, c, d, e, f, g, (i) + 1);                                                                    \
  ROUND(g, h, a, b, c, d, e, f, (i) + 2);                                                                    \
  ROUND(f, g, h, a, b, c, d, e, (i) + 3);                                                                    \
  ROUND(e, f, g, h, a, b, c, d, (i) + 4);                                                                    \
  ROUND(d, e, f, g, h, a, b, c, (i) + 5);                                                                    \
  ROUND(c, d, e, f, g, h, a, b, (i) + 6);                                                                    \
  ROUND(b, c, d, e, f, g, h, a, (i) + 7)

#define NEXT(j) w[j] += s1(w[((j) + 14) & 15]) + w[((j) + 9) & 15] + s0(w[((j) + 1) & 15])

/* One block of 16 words, which are used up: of one message, or of four. */
#define COMPRESS(name, word)                                                                                 \
  static __attribute__((noinline)) void name(word s[8], word w[16]) {                                        \
    word a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7], t;                  \
    EIGHT(0);                                                                                                \
    EIGHT(8);                                                                                                \
    for (int i = 16; i < 64; i += 16) {                                                                      \
      NEXT(0); NEXT(1); NEXT(2); NEXT(3); NEXT(4); NEXT(5); NEXT(6); NEXT(7);                                \
      EIGHT(i);                                                                                              \
      NEXT(8); NEXT(9); NEXT(10); NEXT(11); NEXT(12); NEXT(13); NEXT(14); NEXT(15);                          \
      EIGHT(i + 8);                                                                                          \
    }                                                                                                        \
    s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;                  \
  }

COMPRESS(compress_one, u32)
COMPRESS(compress_four, lanes)

#define SWAP(x) wasm_i8x16_shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)

/* The first 16 * `quarters` bytes at each of four places, as words of four lanes. */
static void gather(lanes *w, const u8 *const *at, int quarters) {
  for (int i = 0; i < quarters; i++, w += 4) {
    v128_t a = SWAP(wasm_v128_load(at[0] + 16 * i)), b = SWAP(wasm_v128_load(at[1] + 16 * i));
    v128_t c = SWAP(wasm_v128_load(at[2] + 16 * i)), d = SWAP(wasm_v128_load(at[3] + 16 * i));
    v128_t ab0 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
    v128_t cd0 = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd1 = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
    w[0] = (lanes)wasm_i64x2_shuffle(ab0, cd0, 0, 2);
    w[1] = (lanes)wasm_i64x2_shuffle(ab0, cd0, 1, 3);
    w[2] = (lanes)wasm_i64x2_shuffle(ab1, cd1, 0, 2);
    w[3] = (lanes)wasm_i64x2_shuffle(ab1, cd1, 1, 3);
  }
}

static void begin(lanes s[8]) {
  for (int j = 0; j < 8; j++) s[j] = (lanes){0} + IV[j];
}

/* What follows the first `used` words of a last block: the padding of messages of `bytes` bytes. */
static void pad_four(lanes w[16], int used, u32 bytes) {
  w[used] = (lanes){0} + 0x80000000u;
  for (int j = used + 1; j < 15; j++) w[j] = (lanes){0};
  w[15] = (lanes){0} + bytes * 8;
}

/* The second of the two hashes. */
static void again(lanes s[8], lanes w[16]) {
  for (int j = 0; j < 8; j++) w[j] = s[j];
  pad_four(w, 8, HASH);
  begin(s);
  compress_four(s, w);
}

/* Hashes `count` messages of one size, 64 or 80 bytes, `stride` apart at the start of the input, into `out`. */
static void hash_equal(u32 count, u32 stride, int is_header, u8 *out) {
  for (u32 i = 0; i < count; i += LANES) {
    const u8 *at[LANES];
    lanes s[8], w[16];
    for (u32 l = 0; l < LANES; l++) at[l] = input + stride * (i + l < count ? i + l : count - 1);
    begin(s);
    gather(w, at, 4);
    compress_four(s, w);
    if (is_header) {
      for (int l = 0; l < LANES; l++) at[l] += BLOCK;
      gather(w, at, 1);
      pad_four(w, 4, HEADER);
    } else {
      pad_four(w, 0, BLOCK);
    }
    compress_four(s, w);
    again(s, w);
    /* Never ahead of what is still to be read, where `out` is the input: 32 bytes are written for 64. */
    for (u32 l = 0; l < LANES && i + l < count; l++)
      for (int j = 0; j < 8; j++) store(out + HASH * (i + l) + 4 * j, s[j][l]);
  }
}

/* Hashes `count` pairs of hashes of the input; the results take the place of the first half of it. */
EXPORT(merkle_level) void merkle_level(u32 count) { hash_equal(count, BLOCK, 0, input); }

/* Hashes `count` block headers, `stride` apart at the start of the input, into the output. */
EXPORT(hash_headers) void hash_headers(u32 count, u32 stride) { hash_equal(count, stride, 1, output); }

/*
 * What is left of the message that a lane works on: whole blocks where they lie, then its end with the padding, in a
 * copy. `again` is set while its first hash is hashed.
 */
typedef struct {
  const u8 *at, *tail_at;
  u32 blocks, tail_blocks, again;
  int message;
  u8 tail[2 * BLOCK];
} lane;

static lane work[LANES];
static const u8 nothing[BLOCK];

/* Fills `tail` with the last `length % 64` bytes of a message and its padding. @returns its blocks. */
static u32 pad(u8 *tail, const u8 *end, u32 length) {
  u32 rest = length & (BLOCK - 1), size = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;
  __builtin_memcpy(tail, end - rest, rest);
  tail[rest] = 0x80;
  __builtin_memset(tail + rest + 1, 0, size - rest - 1);
  store(tail + size - 8, length >> 29);
  store(tail + size - 4, length << 3);
  return size / BLOCK;
}

static void start(lane *l, int message) {
  const cuts *m = &messages[message];
  u8 *first = input + m->body - 4;
  u32 head, last, length = m->body_end - m->body + 8;
  /* What is between head and body, and between body and end, is left out: they are moved to the body. */
  __builtin_memcpy(&head, input + m->start, 4);
  __builtin_memcpy(&last, input + m->end - 4, 4);
  __builtin_memcpy(first, &head, 4);
  __builtin_memcpy(input + m->body_end, &last, 4);
  l->at = first;
  l->blocks = length / BLOCK;
  l->tail_blocks = pad(l->tail, first + length, length);
  l->tail_at = l->tail;
  l->again = 0;
  l->message = message;
}

/*
 * Hashes the first `count` messages, whose cuts are told from the start of the input, into the output. The input is
 * changed. A lane whose message ends takes the next.
 */
EXPORT(hash_many) void hash_many(int count) {
  lanes s[8], w[16];
  int next = 0, live = 0;
  begin(s);
  for (int l = 0; l < LANES; l++) {
    if (next < count) {
      start(&work[l], next++);
      live++;
    } else {
      work[l].message = -1;
    }
  }
  while (live) {
    const u8 *at[LANES];
    /* As many blocks as every lane has before its tail: no lane needs a look before they are done. */
    u32 least = 0xffffffff;
    for (int l = 0; l < LANES; l++)
      if (work[l].message >= 0 && work[l].blocks < least) least = work[l].blocks;
    if (least) {
      u32 step[LANES];
      for (int l = 0; l < LANES; l++) {
        lane *x = &work[l];
        step[l] = x->message < 0 ? 0 : BLOCK;
        at[l] = x->message < 0 ? nothing : x->at;
        x->at += BLOCK * least;
        x->blocks -= least;
      }
      for (; least; least--) {
        gather(w, at, 4);
        compress_four(s, w);
        for (int l = 0; l < LANES; l++) at[l] += step[l];
      }
      continue;
    }
    for (int l = 0; l < LANES; l++) {
      lane *x = &work[l];
      if (x->message < 0) {
        at[l] = nothing;
      } else if (x->blocks) {
        at[l] = x->at;
        x->at += BLOCK;
        x->blocks--;
      } else {
        at[l] = x->tail_at;
        x->tail_at += BLOCK;
        x->tail_blocks--;
      }
    }
    gather(w, at, 4);
    compress_four(s, w);
    for (int l = 0; l < LANES; l++) {
      lane *x = &work[l];
      if (x->message < 0 || x->blocks || x->tail_blocks) continue;
      u8 *hash = x->again ? output + HASH * x->message : x->tail;
      for (int j = 0; j < 8; j++) {
        store(hash + 4 * j, s[j][l]);
        s[j][l] = IV[j];
      }
      if (!x->again) {
        x->tail_blocks = pad(x->tail, x->tail + HASH, HASH);
        x->tail_at = x->tail;
        x->again = 1;
      } else if (next < count) {
        start(x, next++);
      } else {
        x->message = -1;
        live--;
      }
    }
  }
}

static u32 single[8];

static void compress_at(const u8 *p) {
  u32 w[16];
  for (int j = 0; j < 16; j++) w[j] = load(p + 4 * j);
  compress_one(single, w);
}

/* Begins a single message. */
EXPORT(one_start) void one_start(void) { __builtin_memcpy(single, IV, sizeof single); }

/* Takes `count` blocks of it from the input. */
EXPORT(one_blocks) void one_blocks(u32 count) {
  for (u32 i = 0; i < count; i++) compress_at(input + BLOCK * i);
}

/* Ends it with the first `rest` bytes of the input, fewer than 64; `length` bytes in all. Its hash is the output's first. */
EXPORT(one_end) void one_end(u32 rest, u32 length) {
  u8 tail[2 * BLOCK];
  u32 blocks = pad(tail, input + rest, length);
  for (u32 i = 0; i < blocks; i++) compress_at(tail + BLOCK * i);
  for (int j = 0; j < 8; j++) store(output + 4 * j, single[j]);
}
