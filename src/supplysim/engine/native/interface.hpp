// What crosses the border between Python and the compiled month; library.py has the same structures.
//
// Tables that come from Python are [row][draw], padded to whole groups of W draws. A link has the place i * buyers + j.

#pragma once

#include <cstdint>

extern "C" {

/// One product's market: `Stage` of stage.py, and the arrays of its `History`, [month][draw][node], to be filled; those
/// by buyer have the `kept` buyers in `keeps`.
struct Stage {
  int32_t suppliers, buyers, stockpiles, caps, inputs, feeds, watched, host_stage, openings, kept;
  const double *q, *links, *feed_yield, *output_yield, *share, *customers, *worth;
  const int32_t *lead, *build_lead, *host, *feed_supplier, *feed_stage, *feed_buyer, *output_stage, *makes, *watch, *keeps;
  const uint8_t *under;  // [caps][links]
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

/// `Rules` of stage.py, one row of draws each, in this order.
struct Rules {
  int32_t learns, invests;
  const double *learning, *reversion, *floor, *response, *release_time, *rebuild_time, *max_build, *expectation_gain,
      *kappa, *qualification, *scarce_above, *long_run_multiple, *long_run_months, *invest_above, *invest_after,
      *invest_share, *curvature, *responding, *at_once, *cargo_follows;
};

/// A market that one draw could not clear, and where to put what NumPy's solver finds; arrays as in `Market`.
struct Stuck {
  int32_t stage, month, draw, caps;
  const double *q, *S0, *K, *eps, *D0, *eta, *vcap, *T, *L, *H, *F, *target, *position, *held, *expected, *max_build,
      *answering, *lead, *limits;
  double sigma;
  double *x, *U, *V, *rent, *unmet;
};

/// Called for a market that does not clear; returns the steps it took, or -1 where NumPy gave up as well.
typedef int (*Rescue)(const Stuck *);

/// Why the months stopped: `fault` 0 nothing, 1 the rescue failed, 2 mass was created or lost, 3 a stock below nothing.
struct Verdict {
  int32_t fault, stage, month, draw;
  double size, worst;
};
}
