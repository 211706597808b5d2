// What W draws of a stage are and remember from one month to the next, and the workplace of their month.

#pragma once

#include <algorithm>
#include <cmath>

#include "interface.hpp"
#include "lanes.hpp"

namespace {

/// The rules of W draws.
struct Pace {
  Lane learning, reversion, log_floor, response, release_time, rebuild_time, max_build, expectation_gain, kappa,
      qualification, log_scarce, long_run_multiple, long_run_months, log_invest, invest_after, invest_share,
      curvature, responding, at_once, cargo_follows;
};

/// What a stage of W draws is and remembers: `State` of state.py, and the stage's numbers that a draw may change.
struct State {
  Lane sigma, longest, before;
  Row S0, K, eps, trend, stocking, D0, eta, vcap, cover, growth, piles;
  Row log_q, home, usual, fresh, year, U, V, rent, stock, under_way, expected, long_run, strategic, kept, owed, unmet,
      made, tight, awake, built, coming, agreed, ahead_U, ahead_V, change_U, change_V, turn_U, turn_V, spend, duty;
  std::vector<double> base_bought, base_made;
  bool new_links = false;
  int slots = 1;  // months that the pipeline reaches ahead, and this one
};

/// What a stage's month begins with and leaves for later stages and the books, by node; `fixed` is what stockpiles and
/// purchases (`transfer`, `hoard`) ask of the market whatever its price.
struct Month {
  Row base_K, base_S0, K, S0, D0, grown, wanted, transfer, hoard, fixed, used, short_of, adapted, price, spent, reserve,
      carried, contract;
};

/// The market of one stage and W draws, and Newton's workplace. One for all stages: it is filled anew every time.
struct Market {
  int s = 0, b = 0, g = 0, count = 0;
  bool sellers_go = true, limited = false;
  std::vector<int> place, seller, buyer, start, cap_start, cap_of;
  Row q, reference, T, L, H, promised, option, x, C, paid;              // by link
  Row S0, live, U, eU, A, gU, step_U, new_U, try_U, cut, sold;            // by supplier
  Row vmax, target, answering, lead, position, held, left, V, eV, D, gV, step_V, new_V, try_V, bought, due;  // by buyer
  Row limit, on, rent, eW, gW, step_W, new_W, try_W;                     // by cap
  Row matrix, right, inverse, cap_row;
  Lane total;
};

struct Group {
  Pace pace;
  std::vector<State> states;
};

struct Part {
  std::vector<Stage> stages;
  Rules rules;
  Rescue rescue;
  int draws, padded, months, counted_from;
  std::vector<Group> groups;
  std::vector<Month> month;
  Market market;
};

void take(Row &row, const double *table, int rows, int padded, int first) {
  row.resize(rows);
  for (int r = 0; r < rows; r++) row[r] = load(table + size_t(r) * padded + first);
}

Lane at(const double *table, int row, int padded, int first) { return load(table + size_t(row) * padded + first); }

Pace pace_of(const Rules &r, int d) {
  return {load(r.learning + d), load(r.reversion + d), logarithm(load(r.floor + d)), load(r.response + d),
          load(r.release_time + d), load(r.rebuild_time + d), load(r.max_build + d), load(r.expectation_gain + d),
          load(r.kappa + d), load(r.qualification + d), logarithm(load(r.scarce_above + d)),
          load(r.long_run_multiple + d), load(r.long_run_months + d), logarithm(load(r.invest_above + d)),
          load(r.invest_after + d), load(r.invest_share + d), load(r.curvature + d),
          load(r.responding + d), load(r.at_once + d), load(r.cargo_follows + d)};
}

/// The state in which the base year repeats itself: stocks on target, the pipeline full, prices at zero.
void opening(const Stage &g, State &t, int padded, int d) {
  const int s = g.suppliers, b = g.buyers, links = s * b;
  t.sigma = load(g.sigma + d);
  t.longest = load(g.longest + d);
  take(t.S0, g.S0, s, padded, d), take(t.K, g.K, s, padded, d), take(t.eps, g.eps, s, padded, d);
  take(t.trend, g.trend, s, padded, d), take(t.stocking, g.stocking, s, padded, d);
  take(t.D0, g.D0, b, padded, d), take(t.eta, g.eta, b, padded, d);
  take(t.vcap, g.vcap, b, padded, d), take(t.cover, g.cover, b, padded, d), take(t.growth, g.growth, b, padded, d);
  take(t.piles, g.piles, 6 * g.stockpiles, padded, d);
  for (Row *row : {&t.log_q, &t.home, &t.usual, &t.fresh, &t.year}) row->assign(links, Lane{});
  for (Row *row : {&t.U, &t.made, &t.tight, &t.awake, &t.built, &t.ahead_U, &t.change_U, &t.turn_U})
    row->assign(s, Lane{});
  for (Row *row : {&t.V, &t.stock, &t.expected, &t.long_run, &t.kept, &t.owed, &t.unmet, &t.ahead_V, &t.change_V,
                   &t.turn_V, &t.spend, &t.duty})
    row->assign(b, Lane{});
  t.agreed.assign(b, all(1.0)), t.rent.assign(g.caps, Lane{}), t.coming.assign(size_t(g.openings) * s, Lane{});
  t.strategic.assign(g.stockpiles, Lane{}), t.base_bought.assign(b, 0.0), t.base_made.assign(s, 0.0);
  for (int l = 0; l < W; l++) t.slots = std::max(t.slots, int(t.longest[l]) + 1);
  t.under_way.assign(size_t(t.slots) * b, Lane{});
  for (int j = 0; j < b; j++) t.stock[j] = t.cover[j] * t.D0[j];
  for (int p = 0; p < g.stockpiles; p++) t.strategic[p] = t.piles[6 * p];
  for (int p = 0; p < links; p++)
    if (g.q[p] > 0.0) {
      const int i = p / b, j = p % b;
      const Lane lead = g.lead_by_draw ? at(g.lead_by_draw, p, padded, d) : all(g.lead[p]);
      t.usual[p] = all(g.q[p]), t.home[p] = t.log_q[p] = logarithm(all(g.q[p]));
      t.base_bought[j] += g.q[p], t.base_made[i] += g.q[p];
      for (int k = 0; k < t.slots; k++) t.under_way[k * b + j] += lead > double(k) ? all(g.q[p]) : Lane{};
    }
  for (int i = 0; i < s; i++) t.made[i] = all(t.base_made[i]);
}

/// Tonnes in stock, under way, in strategic stockpiles and kept outside the market.
Lane holdings(const Stage &g, const State &t) {
  Lane held{};
  for (int j = 0; j < g.buyers; j++) {
    held += t.stock[j] + t.kept[j];
    for (int k = 0; k < t.slots; k++) held += t.under_way[k * g.buyers + j];
  }
  for (const Lane &pile : t.strategic) held += pile;
  return held;
}

}  // namespace
