/*
 * What a BIP324 handshake needs of secp256k1 (SEC 2): public keys, x-only Diffie-Hellman, ElligatorSwift. No library, and
 * no memory of its own but what is below.
 *
 * Field elements are nine limbs of 29 bits. Points are added by the complete formulas of Renes, Costello and Batina
 * (https://eprint.iacr.org/2015/1060.pdf, algorithms 7 to 9), which have no case apart. With a secret scalar no branch is
 * taken and no index is made of it: digits are odd and signed, tables are read whole. What is secret is overwritten before
 * a call ends, the stack included. ElligatorSwift (https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki) takes
 * its time by its input, which is public.
 *
 * Built by tools/wasm/build.ts; the built bytes are in src/crypto/secp256k1.wasm.ts.
 */
#include <stdint.h>
#include <wasm_simd128.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

#define EXPORT(name) __attribute__((export_name(#name)))
#define APART static __attribute__((noinline))

/* Input and output. Numbers are big-endian. */
static u8 scalar_in[32];
static u8 x_io[32];
static u8 encoding_in[64];

EXPORT(scalar_at) u32 scalar_at(void) { return (u32)scalar_in; }
EXPORT(x_at) u32 x_at(void) { return (u32)x_io; }
EXPORT(encoding_at) u32 encoding_at(void) { return (u32)encoding_in; }

static u32 load_be(const u8 *p) {
  u32 x;
  __builtin_memcpy(&x, p, 4);
  return __builtin_bswap32(x);
}

static void store_be(u8 *p, u32 x) {
  x = __builtin_bswap32(x);
  __builtin_memcpy(p, &x, 4);
}

extern u8 __data_end;

/* What the compiler may not leave out, though nobody reads it again. */
APART void wipe(void *p, u32 length) {
  __builtin_memset(p, 0, length);
  __asm__ volatile("" : : "r"(p) : "memory");
}

/* Overwrites the scalar, and all that calls before have left on the stack, which lies behind the data and grows down. */
static void wipe_secrets(void) {
  wipe(scalar_in, sizeof scalar_in);
  wipe(&__data_end, (u8 *)__builtin_frame_address(0) - &__data_end);
}

/* ---- The field: integers modulo p = 2^256 - 2^32 - 977 ---- */

#define BITS 29
#define MASK 0x1fffffffu
#define TOP_BITS 24
#define TOP_MASK 0xffffffu
/* 2^256 modulo p is FOLD_0 + FOLD_1 * 2^29; 2^261 is HIGH_0 + 2^8 * 2^29. */
#define FOLD_0 977
#define FOLD_1 8
#define HIGH_0 (977 << 5)
#define HIGH_1_SHIFT 8

/*
 * Sum of n[i] * 2^29i, i below 9; the rest is 0, and makes whole vectors. A magnitude m says that no limb is above
 * m * 2^29, nor the last above m * 2^24, but for a few units. What a multiplication takes may have magnitudes whose product
 * is 7 at most (where it takes two pairs, their products' sum); what it gives has magnitude 1.
 */
typedef struct {
  u32 n[12];
} __attribute__((aligned(16))) fe;

/* Of the 32-bit words of a number below p, the highest first. */
#define FE(w7, w6, w5, w4, w3, w2, w1, w0)                                                                             \
  {{(w0)&MASK, ((w0) >> 29 | (w1) << 3) & MASK, ((w1) >> 26 | (w2) << 6) & MASK, ((w2) >> 23 | (w3) << 9) & MASK,      \
    ((w3) >> 20 | (w4) << 12) & MASK, ((w4) >> 17 | (w5) << 15) & MASK, ((w5) >> 14 | (w6) << 18) & MASK,              \
    ((w6) >> 11 | (w7) << 21) & MASK, (w7) >> 8}}

static const fe ONE = {{1}};
static const fe SEVEN = {{7}};
/* A square root of -3, the constant c of XSwiftEC; (1 - c) / 2 and (1 + c) / 2; 1 / 2. */
static const fe SQRT_MINUS_3 = FE(0x0a2d2ba9u, 0x3507f1dfu, 0x233770c2u, 0xa797962cu, 0xc61f6d15u, 0xda14ecd4u, 0x7d8d27aeu,
                                  0x1cd5f852u);
static const fe HALF = FE(0x7fffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu,
                          0x7ffffe18u);
/* A cube root of 1: (x, y) -> (BETA x, y) multiplies a point by LAMBDA. */
static const fe BETA = FE(0x7ae96a2bu, 0x657c0710u, 0x6e64479eu, 0xac3434e9u, 0x9cf04975u, 0x12f58995u, 0xc1396c28u,
                          0x719501eeu);
static const fe GENERATOR_X = FE(0x79be667eu, 0xf9dcbbacu, 0x55a06295u, 0xce870b07u, 0x029bfcdbu, 0x2dce28d9u, 0x59f2815bu,
                                 0x16f81798u);
static const fe GENERATOR_Y = FE(0x483ada77u, 0x26a3c465u, 0x5da4fbfcu, 0x0e1108a8u, 0xfd17b448u, 0xa6855419u, 0x9c47d08fu,
                                 0xfb10d4b8u);

/* Sums of the products of two limbs that stand 2^29i high. */
#define C0(a, b) (a##0 * b##0)
#define C1(a, b) (a##0 * b##1 + a##1 * b##0)
#define C2(a, b) (a##0 * b##2 + a##1 * b##1 + a##2 * b##0)
#define C3(a, b) (a##0 * b##3 + a##1 * b##2 + a##2 * b##1 + a##3 * b##0)
#define C4(a, b) (a##0 * b##4 + a##1 * b##3 + a##2 * b##2 + a##3 * b##1 + a##4 * b##0)
#define C5(a, b) (a##0 * b##5 + a##1 * b##4 + a##2 * b##3 + a##3 * b##2 + a##4 * b##1 + a##5 * b##0)
#define C6(a, b) (a##0 * b##6 + a##1 * b##5 + a##2 * b##4 + a##3 * b##3 + a##4 * b##2 + a##5 * b##1 + a##6 * b##0)
#define C7(a, b)                                                                                                       \
  (a##0 * b##7 + a##1 * b##6 + a##2 * b##5 + a##3 * b##4 + a##4 * b##3 + a##5 * b##2 + a##6 * b##1 + a##7 * b##0)
#define C8(a, b)                                                                                                       \
  (a##0 * b##8 + a##1 * b##7 + a##2 * b##6 + a##3 * b##5 + a##4 * b##4 + a##5 * b##3 + a##6 * b##2 + a##7 * b##1 +     \
   a##8 * b##0)
#define C9(a, b)                                                                                                       \
  (a##1 * b##8 + a##2 * b##7 + a##3 * b##6 + a##4 * b##5 + a##5 * b##4 + a##6 * b##3 + a##7 * b##2 + a##8 * b##1)
#define C10(a, b) (a##2 * b##8 + a##3 * b##7 + a##4 * b##6 + a##5 * b##5 + a##6 * b##4 + a##7 * b##3 + a##8 * b##2)
#define C11(a, b) (a##3 * b##8 + a##4 * b##7 + a##5 * b##6 + a##6 * b##5 + a##7 * b##4 + a##8 * b##3)
#define C12(a, b) (a##4 * b##8 + a##5 * b##7 + a##6 * b##6 + a##7 * b##5 + a##8 * b##4)
#define C13(a, b) (a##5 * b##8 + a##6 * b##7 + a##7 * b##6 + a##8 * b##5)
#define C14(a, b) (a##6 * b##8 + a##7 * b##7 + a##8 * b##6)
#define C15(a, b) (a##7 * b##8 + a##8 * b##7)
#define C16(a, b) (a##8 * b##8)

#define LOAD(a, from)                                                                                                  \
  const u64 a##0 = from->n[0], a##1 = from->n[1], a##2 = from->n[2], a##3 = from->n[3], a##4 = from->n[4],             \
            a##5 = from->n[5], a##6 = from->n[6], a##7 = from->n[7], a##8 = from->n[8]

/* Stores limbs l0 to l7 and what is above them, t, of which what is above 2^256 comes round. */
#define STORE_FOLDED(r, more)                                                                                          \
  do {                                                                                                                 \
    u64 top = (t >> TOP_BITS) + (more);                                                                                \
    r->n[8] = t & TOP_MASK;                                                                                            \
    t = l0 + top * FOLD_0; r->n[0] = t & MASK;                                                                         \
    t = (t >> BITS) + l1 + top * FOLD_1; r->n[1] = t & MASK;                                                           \
    t = (t >> BITS) + l2; r->n[2] = t & MASK;                                                                          \
    r->n[3] = l3 + (t >> BITS); r->n[4] = l4; r->n[5] = l5; r->n[6] = l6; r->n[7] = l7;                                \
  } while (0)

/* Stores the sum of LOW(0) to LOW(8) and HIGH(9) to HIGH(16), each 2^29i high. */
#define STORE_REDUCED(r, LOW, HIGH)                                                                                    \
  u64 t = HIGH(9), h0 = t & MASK;                                                                                      \
  t = (t >> BITS) + HIGH(10); const u64 h1 = t & MASK;                                                                 \
  t = (t >> BITS) + HIGH(11); const u64 h2 = t & MASK;                                                                 \
  t = (t >> BITS) + HIGH(12); const u64 h3 = t & MASK;                                                                 \
  t = (t >> BITS) + HIGH(13); const u64 h4 = t & MASK;                                                                 \
  t = (t >> BITS) + HIGH(14); const u64 h5 = t & MASK;                                                                 \
  t = (t >> BITS) + HIGH(15); const u64 h6 = t & MASK;                                                                 \
  t = (t >> BITS) + HIGH(16); const u64 h7 = t & MASK, h8 = t >> BITS;                                                 \
  t = LOW(0) + h0 * HIGH_0; const u64 l0 = t & MASK;                                                                   \
  t = (t >> BITS) + LOW(1) + h1 * HIGH_0 + (h0 << HIGH_1_SHIFT); const u64 l1 = t & MASK;                              \
  t = (t >> BITS) + LOW(2) + h2 * HIGH_0 + (h1 << HIGH_1_SHIFT); const u64 l2 = t & MASK;                              \
  t = (t >> BITS) + LOW(3) + h3 * HIGH_0 + (h2 << HIGH_1_SHIFT); const u64 l3 = t & MASK;                              \
  t = (t >> BITS) + LOW(4) + h4 * HIGH_0 + (h3 << HIGH_1_SHIFT); const u64 l4 = t & MASK;                              \
  t = (t >> BITS) + LOW(5) + h5 * HIGH_0 + (h4 << HIGH_1_SHIFT); const u64 l5 = t & MASK;                              \
  t = (t >> BITS) + LOW(6) + h6 * HIGH_0 + (h5 << HIGH_1_SHIFT); const u64 l6 = t & MASK;                              \
  t = (t >> BITS) + LOW(7) + h7 * HIGH_0 + (h6 << HIGH_1_SHIFT); const u64 l7 = t & MASK;                              \
  t = (t >> BITS) + LOW(8) + h8 * HIGH_0 + (h7 << HIGH_1_SHIFT);                                                       \
  STORE_FOLDED(r, h8 << (HIGH_1_SHIFT + BITS - TOP_BITS))

/* r = ab */
APART void mul(fe *r, const fe *x, const fe *y) {
  LOAD(a, x);
  LOAD(b, y);
#define PRODUCT(i) C##i(a, b)
  STORE_REDUCED(r, PRODUCT, PRODUCT);
}

/* r = ab + e */
APART void mul_plus(fe *r, const fe *x, const fe *y, const fe *z) {
  LOAD(a, x);
  LOAD(b, y);
  LOAD(e, z);
#define PRODUCT_PLUS(i) C##i(a, b) + e##i
  STORE_REDUCED(r, PRODUCT_PLUS, PRODUCT);
}

/* r = ab + cd */
APART void mul_twice(fe *r, const fe *x, const fe *y, const fe *z, const fe *w) {
  LOAD(a, x);
  LOAD(b, y);
  LOAD(c, z);
  LOAD(d, w);
#define PRODUCTS(i) C##i(a, b) + C##i(c, d)
  STORE_REDUCED(r, PRODUCTS, PRODUCTS);
}

/* r = aa */
APART void sqr(fe *r, const fe *x) {
  LOAD(a, x);
  const u64 d0 = a0 * 2, d1 = a1 * 2, d2 = a2 * 2, d3 = a3 * 2, d4 = a4 * 2, d5 = a5 * 2, d6 = a6 * 2, d7 = a7 * 2;
#define S0 (a0 * a0)
#define S1 (d0 * a1)
#define S2 (d0 * a2 + a1 * a1)
#define S3 (d0 * a3 + d1 * a2)
#define S4 (d0 * a4 + d1 * a3 + a2 * a2)
#define S5 (d0 * a5 + d1 * a4 + d2 * a3)
#define S6 (d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3)
#define S7 (d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4)
#define S8 (d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4)
#define S9 (d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5)
#define S10 (d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5)
#define S11 (d3 * a8 + d4 * a7 + d5 * a6)
#define S12 (d4 * a8 + d5 * a7 + a6 * a6)
#define S13 (d5 * a8 + d6 * a7)
#define S14 (d6 * a8 + a7 * a7)
#define S15 (d7 * a8)
#define S16 (a8 * a8)
#define SQUARE(i) S##i
  STORE_REDUCED(r, SQUARE, SQUARE);
}

/* r = ka + e for a k below 2^24; any magnitude is taken, 1 is given. */
APART void mul_small(fe *r, const fe *x, u64 k, const fe *z) {
  LOAD(a, x);
  LOAD(e, z);
  u64 t = a0 * k + e0;
#define NEXT(i) t = (t >> BITS) + a##i * k + e##i
  const u64 l0 = t & MASK; NEXT(1);
  const u64 l1 = t & MASK; NEXT(2);
  const u64 l2 = t & MASK; NEXT(3);
  const u64 l3 = t & MASK; NEXT(4);
  const u64 l4 = t & MASK; NEXT(5);
  const u64 l5 = t & MASK; NEXT(6);
  const u64 l6 = t & MASK; NEXT(7);
  const u64 l7 = t & MASK; NEXT(8);
  STORE_FOLDED(r, 0);
}

static const fe ZERO;

/* r = a + b: the magnitudes add up. */
static inline void add(fe *r, const fe *a, const fe *b) {
  for (int i = 0; i < 12; i += 4)
    wasm_v128_store(r->n + i, wasm_i32x4_add(wasm_v128_load(a->n + i), wasm_v128_load(b->n + i)));
}

static const fe PRIME = FE(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xfffffffeu,
                           0xfffffc2fu);

/* r = -a, of an a of magnitude m: m + 1. */
static inline void negate(fe *r, const fe *a, u32 m) {
  for (int i = 0; i < 12; i += 4)
    wasm_v128_store(r->n + i, wasm_i32x4_sub(wasm_i32x4_mul(wasm_v128_load(PRIME.n + i), wasm_i32x4_splat(m + 1)),
                                             wasm_v128_load(a->n + i)));
}

/* r = a - b, of a b of magnitude 1: that of a, and 2. */
static inline void sub(fe *r, const fe *a, const fe *b) {
  fe minus;
  negate(&minus, b, 1);
  add(r, a, &minus);
}

/* Magnitude 1 again. */
static inline void carry(fe *a) { mul_small(a, a, 1, &ZERO); }

/* The only form of a number: 64-bit words, the lowest first, below p. In constant time. */
static void to_words(u64 *w, const fe *a) {
  fe c;
  mul_small(&c, a, 1, &ZERO);
  /* Now below 2p. Once more, for a carry that runs through all limbs. */
  mul_small(&c, &c, 1, &ZERO);
  u64 n[9];
  for (int i = 0; i < 9; i++) n[i] = c.n[i];
  /* Adding 2^256 - p carries out of the last limb where it is not below p. */
  u64 m[9];
  m[0] = n[0] + FOLD_0;
  m[1] = n[1] + FOLD_1 + (m[0] >> BITS);
  for (int i = 2; i < 9; i++) m[i] = n[i] + (m[i - 1] >> BITS);
  const u64 take = -(u64)(m[8] >> TOP_BITS != 0);
  for (int i = 0; i < 9; i++) n[i] = (n[i] & ~take) | (m[i] & (i == 8 ? TOP_MASK : MASK) & take);
  w[0] = n[0] | n[1] << 29 | n[2] << 58;
  w[1] = n[2] >> 6 | n[3] << 23 | n[4] << 52;
  w[2] = n[4] >> 12 | n[5] << 17 | n[6] << 46;
  w[3] = n[6] >> 18 | n[7] << 11 | n[8] << 40;
}

/* From 32 bytes; what is not below p is taken modulo p. */
static void from_bytes(fe *r, const u8 *bytes) {
  u32 w[8];
  for (int i = 0; i < 8; i++) w[i] = load_be(bytes + 28 - 4 * i);
  const fe a = FE(w[7], w[6], w[5], w[4], w[3], w[2], w[1], w[0]);
  *r = a;
}

static void to_bytes(u8 *bytes, const fe *a) {
  u64 w[4];
  to_words(w, a);
  for (int i = 0; i < 4; i++) {
    store_be(bytes + 28 - 8 * i, w[i]);
    store_be(bytes + 24 - 8 * i, w[i] >> 32);
  }
}

static int is_zero(const fe *a) {
  u64 w[4];
  to_words(w, a);
  return (w[0] | w[1] | w[2] | w[3]) == 0;
}

static void sqr_times(fe *r, const fe *a, int count) {
  sqr(r, a);
  while (--count) sqr(r, r);
}

/*
 * r = a^((p - 3) / 4), in binary 223 ones, a zero, 22 ones, 000010, 11. Of a square, ra is a root and rr the inverse; of
 * any, r^4 a is the inverse. In constant time.
 */
APART void power(fe *r, const fe *a) {
  fe x2, x3, x6, x9, x11, x22, x44, x88, x176, t;
  sqr(&t, a);
  mul(&x2, &t, a);
  sqr(&t, &x2);
  mul(&x3, &t, a);
  sqr_times(&t, &x3, 3);
  mul(&x6, &t, &x3);
  sqr_times(&t, &x6, 3);
  mul(&x9, &t, &x3);
  sqr_times(&t, &x9, 2);
  mul(&x11, &t, &x2);
  sqr_times(&t, &x11, 11);
  mul(&x22, &t, &x11);
  sqr_times(&t, &x22, 22);
  mul(&x44, &t, &x22);
  sqr_times(&t, &x44, 44);
  mul(&x88, &t, &x44);
  sqr_times(&t, &x88, 88);
  mul(&x176, &t, &x88);
  sqr_times(&t, &x176, 44);
  mul(&t, &t, &x44);
  sqr_times(&t, &t, 3);
  mul(&t, &t, &x3);
  sqr_times(&t, &t, 23);
  mul(&t, &t, &x22);
  sqr_times(&t, &t, 5);
  mul(&t, &t, a);
  sqr_times(&t, &t, 3);
  mul(r, &t, &x2);
}

/* r = 1 / a, 0 of 0. In constant time. */
static void invert(fe *r, const fe *a) {
  fe t;
  power(&t, a);
  sqr_times(&t, &t, 2);
  mul(r, &t, a);
}

/* Whether a is a square, 0 included: its Jacobi symbol is not -1. Takes its time by a. */
APART int is_square(const fe *a) {
  u64 x[4], y[4] = {0xfffffffefffffc2full, ~0ull, ~0ull, ~0ull};
  to_words(x, a);
  u32 negative = 0;
  for (;;) {
    if (x[0] == 0) {
      if ((x[1] | x[2] | x[3]) == 0) return !(negative & 1);
      x[0] = x[1]; x[1] = x[2]; x[2] = x[3]; x[3] = 0;
      continue;
    }
    const u32 zeros = __builtin_ctzll(x[0]);
    if (zeros) {
      x[0] = x[0] >> zeros | x[1] << (64 - zeros);
      x[1] = x[1] >> zeros | x[2] << (64 - zeros);
      x[2] = x[2] >> zeros | x[3] << (64 - zeros);
      x[3] >>= zeros;
      /* (2/y) is -1 where y is 3 or 5 modulo 8. */
      negative ^= zeros & (u32)((y[0] >> 1) ^ (y[0] >> 2));
    }
    u64 d[4], borrow = 0;
    for (int i = 0; i < 4; i++) {
      const u64 part = x[i] - y[i], less = (x[i] < y[i]) | (part < borrow);
      d[i] = part - borrow;
      borrow = less;
    }
    if (borrow) {
      /* x is below y: they change places, and (x/y)(y/x) is -1 where both are 3 modulo 4. */
      negative ^= (u32)(x[0] & y[0]) >> 1;
      u64 c = 1;
      for (int i = 0; i < 4; i++) {
        y[i] = x[i];
        x[i] = ~d[i] + c;
        c = c && x[i] == 0;
      }
    } else {
      for (int i = 0; i < 4; i++) x[i] = d[i];
    }
  }
}

/* ---- Points: X/Z, Y/Z ---- */

typedef struct {
  fe x, y, z;
} point;
typedef struct {
  fe x, y;
} affine;

/* 3b, of the curve y^2 = x^3 + b. */
#define B3 21

/* What adding two points comes to in the end. t0 = x1x2, t1 = y1y2, t2 = z1z2, and the sums of products crosswise. */
static inline void add_end(point *r, const fe *t0, const fe *t1, const fe *t2, const fe *xy, const fe *yz, const fe *xz) {
  fe minus, u, v, w, triple;
  negate(&minus, t2, 1);
  mul_small(&u, &minus, B3, t1);
  mul_small(&v, t2, B3, t1);
  mul_small(&w, xz, B3, &ZERO);
  add(&triple, t0, t0);
  add(&triple, &triple, t0);
  negate(&minus, yz, 1);
  mul_twice(&r->x, xy, &u, &minus, &w);
  mul_twice(&r->y, &u, &v, &w, &triple);
  mul_twice(&r->z, &v, yz, &triple, xy);
}

/* r = ab + a'b', by (a + a')(b' + b) less both others, which are of magnitude 1. */
static inline void cross(fe *r, const fe *a1, const fe *b1, const fe *a2, const fe *b2, const fe *aa, const fe *bb) {
  fe s1, s2, both;
  add(&s1, a1, b1);
  add(&s2, a2, b2);
  add(&both, aa, bb);
  negate(&both, &both, 2);
  mul_plus(r, &s1, &s2, &both);
}

/* r = a + b, whatever they are. The y of b may have magnitude 2. */
APART void add_points(point *r, const point *a, const point *b) {
  fe t0, t1, t2, xy, yz, xz;
  mul(&t0, &a->x, &b->x);
  mul(&t1, &a->y, &b->y);
  mul(&t2, &a->z, &b->z);
  cross(&xy, &a->x, &a->y, &b->x, &b->y, &t0, &t1);
  cross(&yz, &a->y, &a->z, &b->y, &b->z, &t1, &t2);
  cross(&xz, &a->x, &a->z, &b->x, &b->z, &t0, &t2);
  add_end(r, &t0, &t1, &t2, &xy, &yz, &xz);
}

/* The same where b is not at infinity. */
APART void add_affine(point *r, const point *a, const affine *b) {
  fe t0, t1, xy, yz, xz;
  mul(&t0, &a->x, &b->x);
  mul(&t1, &a->y, &b->y);
  cross(&xy, &a->x, &a->y, &b->x, &b->y, &t0, &t1);
  mul_plus(&yz, &b->y, &a->z, &a->y);
  mul_plus(&xz, &b->x, &a->z, &a->x);
  add_end(r, &t0, &t1, &a->z, &xy, &yz, &xz);
}

/* r = 2a, whatever it is. */
APART void double_point(point *r, const point *a) {
  fe yy, yz, bzz, xy, eight, d, s;
  sqr(&yy, &a->y);
  mul(&yz, &a->y, &a->z);
  mul(&xy, &a->x, &a->y);
  sqr(&bzz, &a->z);
  mul_small(&bzz, &bzz, B3, &ZERO);
  mul_small(&eight, &yy, 8, &ZERO);
  negate(&d, &bzz, 1);
  mul_small(&d, &d, 3, &yy);
  add(&s, &yy, &bzz);
  mul_twice(&r->y, &d, &s, &bzz, &eight);
  mul(&r->z, &yz, &eight);
  add(&xy, &xy, &xy);
  mul(&r->x, &d, &xy);
}

/* ---- Scalars: integers modulo n, the order of the curve, as eight 32-bit words, the lowest first. Constant time. ---- */

static const u32 ORDER[8] = {0xd0364141, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff};

/* r = a - n. @returns the borrow, 1 where a is below n. */
static u32 less_order(u32 *r, const u32 *a) {
  u64 t = 0;
  for (int i = 0; i < 8; i++) {
    t = (u64)a[i] - ORDER[i] - (t >> 63);
    r[i] = t;
  }
  return t >> 63;
}

/* The scalar that was put in. @returns 0 where it is no secret key: zero, or not below n. */
static u32 load_scalar(u32 *k) {
  u32 any = 0, rest[8];
  for (int i = 0; i < 8; i++) any |= k[i] = load_be(scalar_in + 28 - 4 * i);
  return less_order(rest, k) & (any != 0);
}

/* s = (k + c) / 2 modulo n, of c below n. */
static void halved_sum(u32 *s, const u32 *k, const u32 *c) {
  u64 t = 0;
  for (int i = 0; i < 8; i++) {
    t = (u64)k[i] + c[i] + (t >> 32);
    s[i] = t;
  }
  u32 high = t >> 32, rest[8];
  /* Less n where that does not leave it negative. */
  const u32 take = -(u32)(high | (less_order(rest, s) ^ 1));
  for (int i = 0; i < 8; i++) s[i] = (s[i] & ~take) | (rest[i] & take);
  const u32 odd = -(s[0] & 1);
  t = 0;
  for (int i = 0; i < 8; i++) {
    t = (u64)s[i] + (ORDER[i] & odd) + (t >> 32);
    s[i] = t;
  }
  high = t >> 32;
  for (int i = 0; i < 8; i++) s[i] = s[i] >> 1 | (i < 7 ? s[i + 1] : high) << 31;
}

/* `width` bits of a scalar of `words` words, from the bit `at` on. */
static u32 window(const u32 *k, u32 words, u32 at, u32 width) {
  const u32 i = at >> 5, shift = at & 31;
  const u64 both = k[i] | (u64)(i + 1 < words ? k[i + 1] : 0) << 32;
  return (u32)(both >> shift) & ((1 << width) - 1);
}

/*
 * A scalar is written with odd digits: w bits b stand for 2b - (2^w - 1). No digit is zero. The digit is negative where the
 * highest bit is 0; its entry in a table of odd multiples, from 1 on, is this.
 */
static inline u32 is_negative(u32 bits, u32 width) { return (bits >> (width - 1)) ^ 1; }
static inline u32 entry_of(u32 bits, u32 width) {
  return (bits ^ -is_negative(bits, width)) & ((1 << (width - 1)) - 1);
}

/* r = table[wanted] of `vectors` vectors each, all of the table being read. */
static inline void pick(void *r, const void *table, u32 count, u32 vectors, u32 stride, u32 wanted) {
  const v128_t *from = table;
  v128_t *to = r;
  v128_t sum[6];
  for (u32 j = 0; j < vectors; j++) sum[j] = wasm_i32x4_splat(0);
  for (u32 i = 0; i < count; i++, from += stride) {
    const v128_t mask = wasm_i32x4_eq(wasm_i32x4_splat(i), wasm_i32x4_splat(wanted));
    for (u32 j = 0; j < vectors; j++) sum[j] = wasm_v128_or(sum[j], wasm_v128_and(from[j], mask));
  }
  for (u32 j = 0; j < vectors; j++) to[j] = sum[j];
}

/* y = -y where `negative` is 1. Magnitude 2. */
static inline void negate_where(fe *y, u32 negative) {
  fe minus;
  negate(&minus, y, 1);
  const v128_t mask = wasm_i32x4_splat(-negative);
  for (int i = 0; i < 12; i += 4)
    wasm_v128_store(y->n + i, wasm_v128_bitselect(wasm_v128_load(minus.n + i), wasm_v128_load(y->n + i), mask));
}

/* ---- Multiples of the generator ---- */

#define G_WIDTH 6
#define G_WINDOWS 43
#define G_ENTRIES 32

/* (2j + 1) 64^i G. Made when it is first needed. */
static affine g_table[G_WINDOWS][G_ENTRIES];
static u32 g_ready;
/* What the entries' Z come to, multiplied up to each. */
static fe g_products[G_ENTRIES];
static point g_points[G_ENTRIES];

APART void make_g_table(void) {
  point base = {GENERATOR_X, GENERATOR_Y, ONE};
  for (int i = 0; i < G_WINDOWS; i++) {
    point twice;
    double_point(&twice, &base);
    g_points[0] = base;
    g_products[0] = base.z;
    for (int j = 1; j < G_ENTRIES; j++) {
      add_points(&g_points[j], &g_points[j - 1], &twice);
      mul(&g_products[j], &g_products[j - 1], &g_points[j].z);
    }
    /* One inversion for all of them. */
    fe inverse, one;
    invert(&inverse, &g_products[G_ENTRIES - 1]);
    for (int j = G_ENTRIES - 1; j >= 0; j--) {
      if (j > 0) mul(&one, &inverse, &g_products[j - 1]);
      else one = inverse;
      mul(&inverse, &inverse, &g_points[j].z);
      mul(&g_table[i][j].x, &g_points[j].x, &one);
      mul(&g_table[i][j].y, &g_points[j].y, &one);
    }
    for (int j = 0; j < G_WIDTH; j++) double_point(&base, &base);
  }
  g_ready = 1;
}

/* 2^258 - 1 modulo n: with it a scalar is written in 43 digits. */
static const u32 G_OFFSET[8] = {0xbf26fafb, 0x00b685cc, 0x42dd7f11, 0x15448c65, 0x00000005, 0, 0, 0};

static void pick_g(affine *r, const u32 *s, int i) {
  const u32 bits = window(s, 8, i * G_WIDTH, G_WIDTH);
  pick(r, g_table[i], G_ENTRIES, 6, 6, entry_of(bits, G_WIDTH));
  negate_where(&r->y, is_negative(bits, G_WIDTH));
}

APART u32 multiply_generator(void) {
  u32 k[8], s[8];
  if (!load_scalar(k)) return 0;
  halved_sum(s, k, G_OFFSET);
  affine entry;
  point sum;
  pick_g(&entry, s, 0);
  sum.x = entry.x;
  sum.y = entry.y;
  carry(&sum.y);
  sum.z = ONE;
  for (int i = 1; i < G_WINDOWS; i++) {
    pick_g(&entry, s, i);
    add_affine(&sum, &sum, &entry);
  }
  fe inverse, x;
  invert(&inverse, &sum.z);
  mul(&x, &sum.x, &inverse);
  to_bytes(x_io, &x);
  return 1;
}

/* x = that of the scalar times the generator. @returns 0 where the scalar is no secret key. */
EXPORT(public_key) u32 public_key(void) {
  if (!g_ready) make_g_table();
  const u32 valid = multiply_generator();
  wipe_secrets();
  return valid;
}

/* ---- Multiples of any point ---- */

#define P_WIDTH 5
#define P_WINDOWS 26
#define P_ENTRIES 16

/* (2^129 - 1)(1 + LAMBDA) modulo n. */
static const u32 P_OFFSET[8] = {0xde9798d9, 0xb5c2c1dc, 0x26ba29e4, 0x589ae848, 0x7c118d6b, 0xc2bdd6bf, 0xcb13034e, 0xa4e88a7d};

/*
 * A scalar s is v1 + v2 LAMBDA, both of about half its length: with the short vectors (a1, b1), (a2, b2) of the lattice of
 * what comes to 0, v1 = s - c1 a1 - c2 a2 and v2 = -c1 b1 - c2 b2, where ci is s gi / 2^384, rounded. a2 is a word longer.
 */
static const u32 SPLIT_A1[4] = {0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221};
static const u32 SPLIT_MINUS_B1[4] = {0x0abfe4c3, 0x6f547fa9, 0x010e8828, 0xe4437ed6};
static const u32 SPLIT_A2[5] = {0x9d44cfd8, 0x57c1108d, 0xa8e2f3f6, 0x14ca50f7, 0x00000001};
static const u32 SPLIT_G1[8] = {0x45dbb031, 0xe893209a, 0x71e8ca7f, 0x3daa8a14, 0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221};
static const u32 SPLIT_G2[8] = {0x8ac47f71, 0x1571b4ae, 0x9df506c6, 0x221208ac, 0x0abfe4c4, 0x6f547fa9, 0x010e8828, 0xe4437ed6};

/* c = ag / 2^384, rounded: four words. */
static void scaled(u32 *c, const u32 *a, const u32 *g) {
  u32 product[16] = {0};
  for (int i = 0; i < 8; i++) {
    u64 t = 0;
    for (int j = 0; j < 8; j++) {
      t = (u64)a[i] * g[j] + product[i + j] + (t >> 32);
      product[i + j] = t;
    }
    product[i + 8] = t >> 32;
  }
  u64 t = (u64)(product[11] >> 31) << 32;
  for (int i = 0; i < 4; i++) {
    t = product[12 + i] + (t >> 32);
    c[i] = t;
  }
}

/* v += ab or v -= ab, modulo 2^160. */
static void accumulate(u32 *v, const u32 *a, const u32 *b, int words, int minus) {
  for (int i = 0; i < 4; i++) {
    u32 high = 0;
    for (int j = 0; i + j < 5; j++) {
      const u64 product = (j < words ? (u64)a[i] * b[j] : 0) + high;
      const u64 t = minus ? (u64)v[i + j] - (u32)product : (u64)v[i + j] + (u32)product;
      v[i + j] = t;
      high = (u32)(product >> 32) + (u32)(t >> 32 & 1);
    }
  }
}

/* v1 + 2^128 and v2 + 2^128, which are not negative and below 2^129. */
static void split(u32 *v1, u32 *v2, const u32 *s) {
  u32 c1[4], c2[4];
  scaled(c1, s, SPLIT_G1);
  scaled(c2, s, SPLIT_G2);
  for (int i = 0; i < 5; i++) {
    v1[i] = s[i];
    v2[i] = 0;
  }
  v1[4] += 1;
  v2[4] += 1;
  accumulate(v1, c1, SPLIT_A1, 4, 1);
  accumulate(v1, c2, SPLIT_A2, 5, 1);
  accumulate(v2, c1, SPLIT_MINUS_B1, 4, 0);
  accumulate(v2, c2, SPLIT_A1, 4, 1);
}

/* Odd multiples of a point, and their x times BETA. */
typedef struct {
  point of[P_ENTRIES];
  fe beta_x[P_ENTRIES];
} multiples;

static void pick_p(point *r, const multiples *m, const u32 *v, int i, int times_lambda) {
  const u32 bits = window(v, 5, i * P_WIDTH, P_WIDTH), entry = entry_of(bits, P_WIDTH);
  pick(&r->y, &m->of[0].y, P_ENTRIES, 6, 9, entry);
  if (times_lambda) pick(&r->x, m->beta_x, P_ENTRIES, 3, 3, entry);
  else pick(&r->x, &m->of[0].x, P_ENTRIES, 3, 9, entry);
  negate_where(&r->y, is_negative(bits, P_WIDTH));
}

/* x = that of the scalar times `base`. @returns 0 where the scalar is no secret key. */
APART u32 multiply_point(const point *base) {
  u32 k[8], s[8], v1[5], v2[5];
  if (!load_scalar(k)) return 0;
  halved_sum(s, k, P_OFFSET);
  split(v1, v2, s);
  multiples table;
  point twice, sum, entry;
  double_point(&twice, base);
  table.of[0] = *base;
  for (int i = 1; i < P_ENTRIES; i++) add_points(&table.of[i], &table.of[i - 1], &twice);
  for (int i = 0; i < P_ENTRIES; i++) mul(&table.beta_x[i], &table.of[i].x, &BETA);
  for (int i = P_WINDOWS - 1; i >= 0; i--) {
    pick_p(&entry, &table, v1, i, 0);
    if (i == P_WINDOWS - 1) {
      sum = entry;
      carry(&sum.y);
    } else {
      for (int j = 0; j < P_WIDTH; j++) double_point(&sum, &sum);
      add_points(&sum, &sum, &entry);
    }
    pick_p(&entry, &table, v2, i, 1);
    add_points(&sum, &sum, &entry);
  }
  fe inverse, x;
  invert(&inverse, &sum.z);
  mul(&x, &sum.x, &inverse);
  to_bytes(x_io, &x);
  return 1;
}

/* ---- ElligatorSwift ---- */

/* r = a^3 + 7 */
static void curve_side(fe *r, const fe *a) {
  fe t;
  sqr(&t, a);
  mul_plus(r, &t, a, &SEVEN);
}

/* v = (n^3 + 7d^3)d, a square just where n/d is the x of a point. */
static int is_on_curve(fe *v, const fe *n, const fe *d) {
  fe t, ddd;
  sqr(&t, d);
  mul(&ddd, &t, d);
  mul_small(&ddd, &ddd, 7, &ZERO);
  sqr(&t, n);
  mul_plus(&t, &t, n, &ddd);
  mul(v, &t, d);
  return is_square(v);
}

/*
 * BIP324's XSwiftEC: X = (u^3 + 7 - t^2) / 2t and Y = (X + t) / cu, and the first of u + 4Y^2, (-X/Y - u) / 2 and
 * (X/Y - u) / 2 that is the x of a point: n/d, with v as above.
 */
static void x_swift_ec(fe *n, fe *d, fe *v) {
  fe u, t, tt, g, s, a, b;
  from_bytes(&u, encoding_in);
  from_bytes(&t, encoding_in + 32);
  if (is_zero(&u)) u = ONE;
  if (is_zero(&t)) t = ONE;
  curve_side(&g, &u);
  sqr(&tt, &t);
  add(&s, &g, &tt);
  if (is_zero(&s)) {
    add(&t, &t, &t);
    carry(&t);
    sqr(&tt, &t);
    add(&s, &g, &tt);
  }
  carry(&s);
  /* With s = g + t^2: Y = s/2tcu, so 4Y^2 = -s^2 / 3(tu)^2, and X/Y = cu(g - t^2)/s. */
  mul(&a, &t, &u);
  sqr(&a, &a);
  mul_small(d, &a, 3, &ZERO);
  negate(&b, &s, 1);
  mul_twice(n, &u, d, &b, &s);
  if (is_on_curve(v, n, d)) return;
  add(d, &s, &s);
  carry(d);
  sub(&a, &g, &tt);
  mul(&b, &SQRT_MINUS_3, &a);
  add(&a, &b, &s);
  negate(&a, &a, 2);
  mul(n, &u, &a);
  if (is_on_curve(v, n, d)) return;
  sub(&a, &b, &s);
  mul(n, &u, &a);
  is_on_curve(v, n, d);
}

APART u32 multiply_encoded(void) {
  fe n, d, v, w;
  point base;
  x_swift_ec(&n, &d, &v);
  /* y^2 = (n/d)^3 + 7 = v/d^4. */
  power(&w, &v);
  mul(&base.x, &n, &d);
  mul(&base.y, &w, &v);
  sqr(&base.z, &d);
  return multiply_point(&base);
}

/*
 * x = that of the scalar times the point that the encoding stands for: of either point with its x, which makes no
 * difference. @returns 0 where the scalar is no secret key.
 */
EXPORT(shared_x) u32 shared_x(void) {
  const u32 valid = multiply_encoded();
  wipe_secrets();
  return valid;
}

/* Cases 0, 1, 4, 5 of XSwiftECInv: v = x, w a root of -(u^3 + 7) / (u^2 + uv + v^2). */
static int from_first_root(fe *w, const fe *x, const fe *u) {
  fe d, g, s, t, minus;
  sqr(&t, u);
  add(&d, u, x);
  mul_plus(&d, &d, x, &t);
  curve_side(&g, u);
  negate(&g, &g, 1);
  mul(&s, &g, &d);
  /* s of the BIP is this one divided by d^2: both are squares or neither is. */
  if (!is_square(&s)) return 0;
  add(&t, u, x);
  negate(&t, &t, 2);
  carry(&t);
  curve_side(&t, &t);
  if (is_square(&t)) return 0;
  /* root / d = s y (-g / s) with 1/s = y^2, but for their signs: w = g s y^3. */
  power(&t, &s);
  sqr(&minus, &t);
  mul(&minus, &minus, &g);
  mul(&t, &t, &s);
  mul(w, &t, &minus);
  /* Of the two roots the BIP takes the one that is a square itself. */
  if (!is_square(&d)) {
    negate(w, w, 1);
    carry(w);
  }
  return 1;
}

/* Cases 2, 3, 6, 7: s = x - u, w its root, v = (-u + r/s) / 2 with r^2 = -s(4(u^3 + 7) + 3su^2). */
static int from_other_roots(fe *w, fe *v, const fe *x, const fe *u, u32 branch) {
  fe s, rr, t, g, r;
  sub(&s, x, u);
  carry(&s);
  if (is_zero(&s) || !is_square(&s)) return 0;
  curve_side(&g, u);
  sqr(&t, u);
  mul(&t, &t, &s);
  add(&g, &g, &g);
  add(&g, &g, &g);
  mul_small(&t, &t, 3, &g);
  negate(&t, &t, 1);
  mul(&rr, &t, &s);
  if (!is_square(&rr)) return 0;
  if ((branch & 1) && is_zero(&rr)) return 0;
  power(&t, &rr);
  mul(&r, &t, &rr);
  power(&t, &s);
  mul(w, &t, &s);
  sqr(&t, &t);
  negate(&g, u, 1);
  mul_plus(&t, &r, &t, &g);
  mul(v, &t, &HALF);
  return 1;
}

/*
 * BIP324's XSwiftECInv: writes the t for which XSwiftEC(u, t) = x, of the eight that there can be the one that `branch`
 * names, as the second half of the encoding, whose first half is u. @returns 0 where there is none.
 */
EXPORT(inverse) u32 inverse(u32 branch) {
  fe x, u, w, v, factor, t;
  from_bytes(&x, x_io);
  from_bytes(&u, encoding_in);
  /* A u of 0 is read as 1. */
  if (is_zero(&u)) return 0;
  if (branch & 2) {
    if (!from_other_roots(&w, &v, &x, &u, branch)) return 0;
  } else {
    if (!from_first_root(&w, &x, &u)) return 0;
    v = x;
  }
  /* t = w (u (1 -+ c) / 2 + v), negated or not. */
  if (branch & 1) add(&factor, &ONE, &SQRT_MINUS_3);
  else sub(&factor, &ONE, &SQRT_MINUS_3);
  carry(&factor);
  mul(&factor, &factor, &HALF);
  mul_plus(&t, &u, &factor, &v);
  mul(&t, &t, &w);
  if ((branch & 5) == 0 || (branch & 5) == 5) negate(&t, &t, 1);
  to_bytes(encoding_in + 32, &t);
  return 1;
}
