// The physical limit beside `block-check`: all that has to be hashed of a block, and its merkle trees, by the
// processor's own instructions for SHA-256 (Intel SDM, SHA256RNDS2 and its sisters). Nothing is decoded.
//
// Each line of the standard input is one piece of work and how often to do it; the answer is the seconds that
// one took. `load 1 PATH` reads a file: a count of trees, and for each a count of messages, and for each its
// length and its bytes; numbers are of 32 bits, little-endian.

#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The state as the instructions have it: words 5, 4, 1, 0 and 7, 6, 3, 2.
typedef struct {
  __m128i abef, cdgh;
} state;

static state start(void) {
  return (state){_mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
                 _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19)};
}

static state compress(state s, const uint8_t *data, size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  for (; blocks > 0; blocks--, data += 64) {
    state before = s;
    __m128i w[4];
    for (int i = 0; i < 4; i++)
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(data + 16 * i)), swap);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      __m128i k = _mm_add_epi32(w[i & 3], _mm_loadu_si128((const __m128i *)(K + 4 * i)));
      s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, k);
      s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(k, 0x0e));
      if (i < 12)
        w[i & 3] = _mm_sha256msg2_epu32(
            _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]), _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4)),
            w[(i + 3) & 3]);
    }
    s.abef = _mm_add_epi32(s.abef, before.abef);
    s.cdgh = _mm_add_epi32(s.cdgh, before.cdgh);
  }
  return s;
}

static void write_hash(state s, uint8_t out[32]) {
  uint32_t words[8], abef[4], cdgh[4];
  _mm_storeu_si128((__m128i *)abef, s.abef);
  _mm_storeu_si128((__m128i *)cdgh, s.cdgh);
  uint32_t in_order[8] = {abef[3], abef[2], cdgh[3], cdgh[2], abef[1], abef[0], cdgh[1], cdgh[0]};
  for (int i = 0; i < 8; i++) words[i] = __builtin_bswap32(in_order[i]);
  memcpy(out, words, 32);
}

static void sha256(const uint8_t *data, size_t length, uint8_t out[32]) {
  uint8_t last[128] = {0};
  size_t whole = length / 64, rest = length % 64, blocks = rest < 56 ? 1 : 2;
  state s = compress(start(), data, whole);
  memcpy(last, data + 64 * whole, rest);
  last[rest] = 0x80;
  uint64_t bits = __builtin_bswap64((uint64_t)length * 8);
  memcpy(last + 64 * blocks - 8, &bits, 8);
  write_hash(compress(s, last, blocks), out);
}

static void sha256d(const uint8_t *data, size_t length, uint8_t out[32]) {
  uint8_t once[32];
  sha256(data, length, once);
  sha256(once, 32, out);
}

static uint32_t number(const uint8_t **at) {
  uint32_t value;
  memcpy(&value, *at, 4);
  *at += 4;
  return value;
}

static uint8_t *file, *nodes;

static void load(const char *path) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL) exit(1);
  fseek(stream, 0, SEEK_END);
  long size = ftell(stream);
  rewind(stream);
  file = realloc(file, (size_t)size);
  nodes = realloc(nodes, (size_t)size + 64);
  if (fread(file, 1, (size_t)size, stream) != (size_t)size) exit(1);
  fclose(stream);
}

static uint8_t check(void) {
  const uint8_t *at = file;
  uint8_t seen = 0;
  for (uint32_t trees = number(&at); trees > 0; trees--) {
    uint32_t count = number(&at);
    for (uint32_t i = 0; i < count; i++) {
      uint32_t length = number(&at);
      sha256d(at, length, nodes + 32 * i);
      at += length;
    }
    for (; count > 1; count = (count + 1) / 2) {
      if (count % 2 == 1) memcpy(nodes + 32 * count, nodes + 32 * (count - 1), 32);
      for (uint32_t i = 0; i < (count + 1) / 2; i++) sha256d(nodes + 64 * i, 64, nodes + 32 * i);
    }
    seen ^= nodes[0];
  }
  return seen;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(void) {
  char work[32], path[4096];
  unsigned count;
  volatile uint8_t kept = 0;
  while (scanf("%31s %u %4095s", work, &count, path) == 3) {
    double begun = now();
    if (strcmp(work, "load") == 0) load(path);
    else if (strcmp(work, "root") == 0) {
      // For who wants to know whether it is right: of a file with one tree, its root.
      check();
      for (int i = 0; i < 32; i++) fprintf(stderr, "%02x", nodes[i]);
    } else
      for (unsigned i = 0; i < count; i++) kept ^= check();
    printf("%.12f\n", (now() - begun) / count);
    fflush(stdout);
  }
  return 0;
}
