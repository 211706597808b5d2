// Before the market: what effects ask for, what buyers ask for, what stockpiles and purchases move.

#pragma once

#include "state.hpp"

namespace {

constexpr double DUST = 1e-9, EMPTY = 1e-3, SAME = 1e-6, REMAINS = 0.05, SHORT = 1e-6, NEED_SHARE = 0.9;

Lane changed(const Here &h, Lane base, const double *share, const double *more, int row) {
  return share ? base * h.row(share, row) + h.row(more, row) : base;
}

/// Supply at base prices over the base year's: it follows use, and the stocks that grow with use, of whose shortfall a
/// part is asked for each month.
Lane supply_growth(const Here &h, int i, int month) {
  const Lane asked = 1.0 - exponential(double(month) * h.pace.log_unasked);
  return exponential(h.row(h.g.trend, i) * double(month)) * (1.0 + h.row(h.g.stocking, i) * asked);
}

/// One capacity moves a by-product or joint product with its host, as far as the host was made last month.
Lane host_ratio(const Here &h, int i) {
  const Here host = h.at(h.g.host_stage);
  const Seller &made = host.t.sellers[h.g.host[i]];
  return made.made / (made.base_made * supply_growth(host, made.i, std::max(h.month - 1, 0)));
}

/// Base-year data of a stage with growth, what was built and what this month's effects ask for.
void pull_levers(const Here &h) {
  const Levers &lever = h.lever;
  for (Seller &s : h.t.sellers) {
    const Lane trend = supply_growth(h, s.i, h.month), K = h.row(h.g.K, s.i), S0 = h.row(h.g.S0, s.i);
    const Lane idle = K < INF ? positive(K - S0) * trend : Lane{};
    s.base_K = K * trend + s.built;
    s.base_S0 = S0 * trend + s.built + s.awake * idle;
    if (h.g.host_stage >= 0 && h.g.host[s.i] >= 0) {
      const Lane ratio = host_ratio(h, s.i);
      s.base_K *= ratio, s.base_S0 *= ratio;
    }
    s.K = changed(h, s.base_K, lever.K_share, lever.K_more, s.i);
    s.S0 = changed(h, s.base_S0, lever.S0_share, lever.S0_more, s.i);
  }
  for (Buyer &b : h.t.buyers) {
    b.growth = h.row(h.g.growth, b.j) * double(h.month), b.grown = exponential(b.growth);
    b.D0 = changed(h, h.row(h.g.D0, b.j) * b.grown, lever.D0_share, lever.D0_more, b.j);
  }
}

/// The part of its input from stage `k` for which plant `i` here had all others last month, used or in the yard; no
/// limit where that input is itself the scarcest. `own` is its yield.
Lane matched(const Here &h, int k, int i, double own) {
  Lane scarcest = all(INF), here = all(INF);
  for (int f = 0; f < h.g.feeds; f++) {
    if (h.g.feed_supplier[f] != i) continue;
    const Lane left = h.at(h.g.feed_stage[f]).t.buyers[h.g.feed_buyer[f]].stock * h.g.feed_yield[f];
    scarcest = least(scarcest, left);
    if (h.g.feed_stage[f] == k) here = left;
  }
  const Seller &plant = h.t.sellers[i];
  return here <= scarcest + SAME * plant.base_made ? all(INF) : (plant.made + scarcest) / own;
}

/// Reference demand: users' as it is, plants' from what they plan to make at last month's price of their product.
void demand(const Here &h) {
  for (Buyer &b : h.t.buyers) {
    b.wanted = b.D0 * exponential(b.long_run);
    if (h.g.makes[b.j] < 0) continue;
    const Here made = h.at(h.g.output_stage[b.j]);
    const Seller &plant = made.t.sellers[h.g.makes[b.j]];
    const double own = h.g.output_yield[b.j];
    b.wanted = least(plant.K, plant.S0 * exponential(plant.eps * plant.U)) / own;
    if (made.g.inputs > 1) {
      const Lane idle = b.stock / h.pace.release_time + h.t.under_way[b.j];
      const Lane enough = most(matched(made, h.k, plant.i, own), idle + REMAINS * h.row(h.g.D0, b.j));
      b.wanted = least(b.wanted, enough);
    }
  }
}

/// Tonnes to move into (positive) or out of strategic stockpiles, by buyer: a stockpile releases by its rule and by the
/// month's events, up to what it holds and its buyers need; it buys only where it neither releases nor is asked to.
void stockpile_transfer(const Here &h) {
  for (Buyer &b : h.t.buyers) b.transfer = Lane{};
  for (int p = 0; p < h.g.stockpiles; p++) {
    const auto rule = [&](int r) { return h.row(h.g.piles, 6 * p + r); };
    const Lane held = h.t.strategic[p], target = rule(1), above = rule(2), below = rule(3);
    const double *share = h.g.share + p * h.g.buyers;
    Lane price = all(-INF), sum{};
    Mask tight{}, asked{};
    for (const Buyer &b : h.t.buyers)
      if (share[b.j] > 0) {
        price = most(price, b.V);
        tight |= b.unmet > SHORT * b.wanted;
      }
    const Lane rate = (tight | (price > above)) ? most(rule(0), target) / rule(4) : Lane{};
    for (Buyer &b : h.t.buyers) {
      Lane tonnes = rate * share[b.j];
      if (h.lever.release && share[b.j] > 0) tonnes += h.row(h.lever.release, b.j);
      asked |= tonnes != 0.0;
      b.released = least(tonnes, NEED_SHARE * b.wanted);
      sum += b.released;
    }
    const Lane there = share_of(held, sum);
    const Lane fill = (~asked & (price < below)) ? within(target - held, Lane{}, target / rule(5)) : Lane{};
    for (Buyer &b : h.t.buyers) b.transfer += fill * share[b.j] - b.released * there;
  }
}

/// Tonnes that purchases buy (positive) or sell back; what is sold back leaves room for a market, as releases do.
void kept_out(const Here &h) {
  for (Buyer &b : h.t.buyers) {
    const Lane due = (h.lever.kept ? h.row(h.lever.kept, b.j) : Lane{}) - (b.kept + b.owed);
    const Lane room = positive(NEED_SHARE * b.wanted - positive(-b.transfer));
    b.hoard = most(due, -least(room, b.kept));
    b.fixed = b.transfer + b.hoard;
  }
}

/// Plants make at most what the scarcest of the inputs in their yard allows.
void bound_by_inputs(const Here &h) {
  for (int f = 0; f < h.g.feeds; f++) {
    Lane &K = h.t.sellers[h.g.feed_supplier[f]].K;
    const Lane allows = h.at(h.g.feed_stage[f]).t.buyers[h.g.feed_buyer[f]].stock * h.g.feed_yield[f];
    K = least(K, allows > DUST * K ? allows : Lane{});
  }
}

}  // namespace
