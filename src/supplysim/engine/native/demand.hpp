// Before the market: what effects ask for, what buyers ask for, what stockpiles and purchases move.

#pragma once

#include "state.hpp"

namespace {

/// Where the work is: the part, a group of draws, and the month.
struct Here {
  Part &part;
  Group &group;
  const Levers *levers;  // of all stages
  int first, month;      // first draw of the group

  Lane row(const double *table, int r) const { return at(table, r, part.padded, first); }
};

Lane changed(const Here &h, Lane base, const double *share, const double *more, int row) {
  return share ? base * h.row(share, row) + h.row(more, row) : base;
}

/// The part of a shortfall of stocks that has been asked for by a month.
Lane asked_for(const Here &h, int month) {
  Lane left = all(1.0);
  for (int k = 0; k < month; k++) left *= 1.0 - 1.0 / h.group.pace.rebuild_time;
  return 1.0 - left;
}

/// Supply at base prices over the base year's: it follows use, and the stocks that grow with use.
Lane supply_growth(const State &t, int i, int month, Lane asked) {
  return exponential(t.trend[i] * double(month)) * (1.0 + t.stocking[i] * asked);
}

/// One capacity moves a by-product or joint product with its host, as far as the host was made last month.
void follow_host(const Here &h, const Stage &g, int i, Month &m) {
  const State &host = h.group.states[g.host_stage];
  const int other = g.host[i], last = std::max(h.month - 1, 0);
  const Lane ratio = host.made[other] / (host.base_made[other] * supply_growth(host, other, last, asked_for(h, last)));
  m.base_K[i] *= ratio, m.base_S0[i] *= ratio;
}

/// Base-year data of a stage with growth, what was built and what this month's effects ask for.
void pull_levers(const Here &h, int k) {
  const Stage &g = h.part.stages[k];
  const Levers &lever = h.levers[k];
  State &t = h.group.states[k];
  Month &m = h.part.month[k];
  for (Row *row : {&m.base_K, &m.base_S0, &m.K, &m.S0}) row->resize(g.suppliers);
  m.D0.resize(g.buyers), m.grown.resize(g.buyers);
  const Lane asked = asked_for(h, h.month);
  for (int i = 0; i < g.suppliers; i++) {
    const Lane trend = supply_growth(t, i, h.month, asked);
    const Lane idle = t.K[i] < INF ? positive(t.K[i] - t.S0[i]) * trend : Lane{};
    m.base_K[i] = t.K[i] * trend + t.built[i];
    m.base_S0[i] = t.S0[i] * trend + t.built[i] + t.awake[i] * idle;
    if (g.host_stage >= 0 && g.host[i] >= 0) follow_host(h, g, i, m);
    m.K[i] = changed(h, m.base_K[i], lever.K_share, lever.K_more, i);
    m.S0[i] = changed(h, m.base_S0[i], lever.S0_share, lever.S0_more, i);
  }
  for (int j = 0; j < g.buyers; j++) {
    m.grown[j] = exponential(t.growth[j] * double(h.month));
    m.D0[j] = changed(h, t.D0[j] * m.grown[j], lever.D0_share, lever.D0_more, j);
  }
}

constexpr double DUST = 1e-9, EMPTY = 1e-3, SAME = 1e-6, REMAINS = 0.05, SHORT = 1e-6, NEED_SHARE = 0.9;

/// The part of its input from stage `k` for which plant `i` of stage `other` had all others last month, used or in the
/// yard; no limit where that input is itself the scarcest. `own` is its yield.
Lane matched(const Here &h, int k, int other, int i, double own) {
  const Stage &g = h.part.stages[other];
  Lane scarcest = all(INF), here = all(INF);
  for (int f = 0; f < g.feeds; f++) {
    if (g.feed_supplier[f] != i) continue;
    const Lane left = h.group.states[g.feed_stage[f]].stock[g.feed_buyer[f]] * g.feed_yield[f];
    scarcest = least(scarcest, left);
    if (g.feed_stage[f] == k) here = left;
  }
  const State &made = h.group.states[other];
  return here <= scarcest + SAME * made.base_made[i] ? all(INF) : (made.made[i] + scarcest) / own;
}

/// Reference demand: users' as it is, plants' from what they plan to make at last month's price of their product.
void demand(const Here &h, int k) {
  const Stage &g = h.part.stages[k];
  const State &t = h.group.states[k];
  Month &m = h.part.month[k];
  m.wanted.resize(g.buyers);
  for (int j = 0; j < g.buyers; j++) {
    if (g.makes[j] < 0) {
      m.wanted[j] = m.D0[j] * exponential(t.long_run[j]);
      continue;
    }
    const int other = g.output_stage[j], i = g.makes[j];
    const State &made = h.group.states[other];
    const Month &plans = h.part.month[other];
    const Lane plan = least(plans.K[i], plans.S0[i] * exponential(made.eps[i] * made.U[i]));
    m.wanted[j] = plan / g.output_yield[j];
    if (h.part.stages[other].inputs > 1) {
      const Lane idle = t.stock[j] / h.group.pace.release_time + t.under_way[j];
      const Lane enough = most(matched(h, k, other, i, g.output_yield[j]), idle + REMAINS * t.D0[j]);
      m.wanted[j] = least(m.wanted[j], enough);
    }
  }
}

/// Tonnes to move into (positive) or out of strategic stockpiles, by buyer: a stockpile releases by its rule and by the
/// month's events, up to what it holds and its buyers need; it buys only where it neither releases nor is asked to.
void stockpile_transfer(const Here &h, int k) {
  const Stage &g = h.part.stages[k];
  const Levers &lever = h.levers[k];
  State &t = h.group.states[k];
  Month &m = h.part.month[k];
  m.transfer.assign(g.buyers, Lane{});
  Row out(g.stockpiles ? g.buyers : 0);
  for (int p = 0; p < g.stockpiles; p++) {
    const Lane *rule = &t.piles[6 * p];  // initial, target, log prices of release and refill, months of either
    const double *share = g.share + p * g.buyers;
    Lane price = all(-INF), sum{};
    Mask tight{}, asked{};
    for (int j = 0; j < g.buyers; j++)
      if (share[j] > 0) {
        price = most(price, t.V[j]);
        tight |= t.unmet[j] > SHORT * m.wanted[j];
      }
    tight |= price > rule[2];
    const Lane rate = tight ? most(rule[0], rule[1]) / rule[4] : Lane{};
    for (int j = 0; j < g.buyers; j++) {
      out[j] = rate * share[j];
      if (lever.release && share[j] > 0) out[j] += h.row(lever.release, j);
      asked |= out[j] != 0.0;
      out[j] = least(out[j], NEED_SHARE * m.wanted[j]);
      sum += out[j];
    }
    const Lane held = t.strategic[p], there = share_of(held, sum);
    const Lane fill = (~asked & (price < rule[3])) ? within(rule[1] - held, Lane{}, rule[1] / rule[5]) : Lane{};
    for (int j = 0; j < g.buyers; j++) m.transfer[j] += fill * share[j] - out[j] * there;
  }
}

/// Tonnes that purchases buy (positive) or sell back; what is sold back leaves room for a market, as releases do.
void kept_out(const Here &h, int k) {
  const Stage &g = h.part.stages[k];
  const double *kept = h.levers[k].kept;
  const State &t = h.group.states[k];
  Month &m = h.part.month[k];
  m.hoard.resize(g.buyers), m.fixed.resize(g.buyers);
  for (int j = 0; j < g.buyers; j++) {
    const Lane due = (kept ? h.row(kept, j) : Lane{}) - (t.kept[j] + t.owed[j]);
    const Lane room = positive(NEED_SHARE * m.wanted[j] - positive(-m.transfer[j]));
    m.hoard[j] = most(due, -least(room, t.kept[j]));
    m.fixed[j] = m.transfer[j] + m.hoard[j];
  }
}

/// Plants make at most what the scarcest of the inputs in their yard allows.
void bound_by_inputs(const Here &h, int k) {
  const Stage &g = h.part.stages[k];
  Month &m = h.part.month[k];
  for (int f = 0; f < g.feeds; f++) {
    const int i = g.feed_supplier[f];
    const Lane allows = h.group.states[g.feed_stage[f]].stock[g.feed_buyer[f]] * g.feed_yield[f];
    m.K[i] = least(m.K[i], allows > DUST * m.K[i] ? allows : Lane{});
  }
}

}  // namespace
