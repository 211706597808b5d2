// What crosses the border between Python and the compiled month; library.py has the same structures.
//
// Tables that come from Python are [row][draw], padded to whole groups of W draws. A link has the place i * buyers + j.

#pragma once

#include <cstdint>

extern "C" {

/// One product's market: `Stage` of stage.py, and the arrays of its `History`, [month][draw][node], to be filled; those
/// by buyer have the `kept` buyers in `keeps`. The caps over link p are `cap_of`, from `cap_start`[p] to that of p + 1.
struct Stage {
  int32_t suppliers, buyers, stockpiles, caps, inputs, feeds, watched, host_stage, openings, kept;
  const double *q, *home, *links, *feed_yield, *output_yield, *share, *customers, *worth;
  const int32_t *lead, *build_lead, *host, *feed_supplier, *feed_stage, *feed_buyer, *output_stage, *makes, *watch,
      *keeps, *cap_start, *cap_of;
  const uint8_t *concerns;  // [caps][buyers]
  double term_share, tenor;
  const double *sigma, *S0, *K, *eps, *trend, *stocking, *D0, *eta, *vcap, *cover, *growth, *lead_by_draw, *longest,
      *piles;
  double *made, *limit, *flow, *carried, *delivered, *spend, *duty, *watched_flow, *steps;
  double *reference, *used, *short_of, *adapted, *rationed, *stock, *reserve, *spot, *contract;
};

/// What the effects of one month ask of one stage; null where they ask for nothing. K becomes share * K + more, and so
/// do S0 and D0.
struct Levers {
  int32_t equities, terms;
  const double *K_share, *K_more, *S0_share, *S0_more, *D0_share, *D0_more, *vcap, *eager, *release, *kept;
  const double *cost, *duty, *allowed, *floor, *option, *late, *longest, *limit, *of_demand;
  const double *equity, *term;  // by contract 7 rows (share, most, level, K_share, K_more, S0_share, S0_more) and 3
  const int32_t *equity_place, *term_place;
};

/// A part of a chain: `Chain` and `Rules` of stage.py. `rules` has a row for each number of `Pace`.
struct Chain {
  int32_t stages, draws, padded, months, counted_from, learns, invests;
  const Stage *stage;
  const double *rules;
};

/// A market that one draw could not clear, and where to put what NumPy's solver finds: tables [node][number] with
/// the columns of `LINK`, `SELLER`, `BUYER` and `CAP` in library.py.
struct Stuck {
  int32_t stage, month, draw;
  double sigma;
  double *links, *sellers, *buyers, *caps;
};

/// Called for a market that does not clear; returns the steps it took, or -1 where NumPy gave up as well.
typedef int (*Rescue)(const Stuck *);

/// Why the months stopped: `fault` 0 nothing, 1 the rescue failed, 2 mass was created or lost, 3 a stock below nothing.
struct Verdict {
  int32_t fault, stage, month, draw;
  double size;
};
}
