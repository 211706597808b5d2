// W draws side by side, and the functions of one number that the month needs.

#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#ifndef LANES
#define LANES 4
#endif

constexpr int W = LANES;
typedef double Lane __attribute__((vector_size(8 * W)));
typedef int64_t Mask __attribute__((vector_size(8 * W)));

namespace {

constexpr double INF = std::numeric_limits<double>::infinity();
using Row = std::vector<Lane>;

inline Lane all(double a) { return Lane{} + a; }
inline Lane most(Lane a, Lane b) { return a > b ? a : b; }
inline Lane least(Lane a, Lane b) { return a < b ? a : b; }
inline Lane size_of(Lane a) { return most(a, -a); }
inline Lane positive(Lane a) { return most(a, Lane{}); }
inline Lane within(Lane a, Lane low, Lane high) { return least(most(a, low), high); }
inline Lane share_of(Lane part, Lane whole) { return least(all(1.0), part / most(whole, all(1e-300))); }
inline bool any(Mask m) {
  int64_t found = 0;
  for (int l = 0; l < W; l++) found |= m[l];
  return found != 0;
}
inline Lane load(const double *from) {
  Lane a;
  std::memcpy(&a, from, sizeof a);
  return a;
}

/// e^x to rounding, x held within +-700: a power of two times a polynomial.
inline Lane exponential(Lane x) {
  x = within(x, all(-700.0), all(700.0));
  const double shift = 6755399441055744.0;  // rounds to whole numbers, which end in the lowest bits
  const Lane turned = x * 1.4426950408889634 + shift, whole = turned - shift;
  const Lane r = (x - whole * 6.93147180369123816490e-01) - whole * 1.90821492927058770002e-10;
  const Lane square = r * r, fourth = square * square;  // four terms at a time wait less for each other than one by one
  const Lane first = (1.0 / 24 + r * (1.0 / 120)) + square * (1.0 / 720 + r * (1.0 / 5040));
  const Lane last = (1.0 / 40320 + r * (1.0 / 362880)) + square * (1.0 / 3628800 + r * (1.0 / 39916800));
  const Lane tail = first + fourth * (last + fourth * (1.0 / 479001600 + r * (1.0 / 6227020800.0)));
  const Lane s = 1.0 + (r + square * ((0.5 + r * (1.0 / 6)) + square * tail));
  return (Lane)((Mask)s + ((Mask)turned << 52));
}

/// ln v to rounding for positive v: the exponent, and a series in (m - 1) / (m + 1) of the mantissa m.
inline Lane logarithm(Lane v) {
  const Mask root = Mask{} + 0x3FE6A09E667F3BCDLL, bits = (Mask)v - root;
  const double shift = 6755399441055744.0;
  const Lane n = (Lane)((bits >> 52) + (Mask)all(shift)) - shift;
  const Lane m = (Lane)((bits & 0x000FFFFFFFFFFFFFLL) + root);
  const Lane s = (m - 1.0) / (m + 1.0), z = s * s;
  const Lane square = z * z, fourth = square * square;
  const Lane first = (1.0 / 3 + z * (1.0 / 5)) + square * (1.0 / 7 + z * (1.0 / 9));
  const Lane last = (1.0 / 11 + z * (1.0 / 13)) + square * (1.0 / 15 + z * (1.0 / 17));
  const Lane tail = first + fourth * (last + fourth * (1.0 / 19 + z * (1.0 / 21)));
  return n * 6.93147180369123816490e-01 + (2.0 * s + (2.0 * s * z * tail + n * 1.90821492927058770002e-10));
}

}  // namespace
