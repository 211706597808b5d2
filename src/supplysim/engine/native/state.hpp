// What W draws of a stage are and remember from one month to the next, and the workplace of their market.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "interface.hpp"
#include "lanes.hpp"

namespace {

/// The rules of W draws, as `RULES` of library.py has them.
struct Pace {
  Lane learning, reversion, log_floor, response, release_time, rebuild_time, max_build, expectation_gain, kappa,
      qualification, log_scarce, long_run_multiple, long_run_months, log_invest, invest_after, invest_share, curvature,
      responding, at_once, cargo_follows, log_unasked;
};

/// A supplier: what it remembers, its capacity and supply this month, before effects and after, what the market has of
/// it, and the share of that which is left when it is cut to capacity.
struct Seller {
  int i;
  double base_made;
  Lane eps, U, made, tight, awake, built;
  Lane base_K, base_S0, K, S0, sold, left;
};

/// A buyer: what it remembers, then what it asks for this month, then what it gets. `fixed` is what stockpiles and
/// purchases (`transfer`, `hoard`) ask of the market whatever its price.
struct Buyer {
  int j;
  double base_bought;
  Lane eta, V, stock, expected, long_run, kept, owed, unmet, agreed, spend, duty;
  Lane growth, grown, D0, wanted, released, transfer, hoard, fixed, ties, lead, target, answering, position, held;
  Lane price, asked, bought, spent, delivered, used, short_of, adapted, reserve, carried, contract, learned, shift;
};

/// A pair of seller and buyer: its habit, what it has learned without having traded in the base year, its year's flow.
struct Tie {
  Lane log_q, usual, fresh, year;
};

/// A log price: last month's, how it moved and turned then, and where the search for the next one begins.
struct Path {
  Lane price, change, turn, ahead;
};

/// What a stage of W draws is and remembers: `State` of state.py. `paths` are of sellers, buyers and caps.
struct State {
  Lane sigma, holdings;
  std::vector<Seller> sellers;
  std::vector<Buyer> buyers;
  std::vector<Tie> ties;
  std::vector<Path> paths;
  Row strategic, coming, under_way;
  bool new_links = false;
  int slots = 1;  // months that the pipeline reaches ahead, and this one
};

using Caps = std::span<const int32_t>;

/// A link that may trade this month, and the caps over it. `end` is its place among what its node that is eliminated,
/// `gone`, shares with others.
struct Link {
  int place, seller, buyer, gone, end;
  Caps caps;
  Lane reference, x, L, H, q, T, promised, option, paid;

  Link(int p, int i, int j, int o, int e, Caps over) : place(p), seller(i), buyer(j), gone(o), end(e), caps(over) {}
};

/// A price to be found within bounds: a seller's, a buyer's or a cap's. A flow enters its gradient by `sign`; it has
/// none where it is not `open`. `factor` is exp(sign sigma price).
struct Node {
  double sign;
  Mask open;
  Lane low, high, price, trial, step, newton, gradient, slope, factor;
};

/// The market of one stage and W draws, and Newton's workplace. One for all stages: it is filled anew every time.
struct Market {
  int s = 0, b = 0, g = 0;
  bool sellers_go = true, limited = false;
  std::vector<Node> nodes;  // sellers, buyers, caps
  std::vector<Link> links;
  std::vector<Mask> binding;  // caps
  Row limit, across, matrix, right, inverse;
  std::vector<int> from, ends;  // of each node that is eliminated, the rows of the nodes it shares links with
  Lane total;

  Node &buyer(int j) { return nodes[s + j]; }
  Node &cap(int c) { return nodes[s + b + c]; }
};

struct Group {
  Pace pace;
  std::vector<State> states;
};

struct Part {
  Chain chain;
  Rescue rescue;
  std::vector<Group> groups;
  Market market;
};

/// One stage of a group of W draws in one month, and what it may look at.
struct Here {
  Part &part;
  Group &group;
  const Levers *levers;  // of all stages
  int first, month, k;   // the group's first draw, the month, the stage
  const Stage &g = part.chain.stage[k];
  State &t = group.states[k];
  const Levers &lever = levers[k];
  const Pace &pace = group.pace;

  Here at(int other) const { return {part, group, levers, first, month, other}; }
  Lane row(const double *table, int r) const { return load(table + size_t(r) * part.chain.padded + first); }
};

Pace pace_of(const Chain &chain, int first) {
  std::array<Lane, sizeof(Pace) / sizeof(Lane)> rules;
  for (size_t r = 0; r < rules.size(); r++) rules[r] = load(chain.rules + r * chain.padded + first);
  return std::bit_cast<Pace>(rules);
}

/// Tonnes in stock, under way, in strategic stockpiles and kept outside the market.
Lane holdings(const State &t) {
  Lane held{};
  for (const Buyer &buyer : t.buyers) held += buyer.stock + buyer.kept;
  for (const Row *row : {&t.under_way, &t.strategic})
    for (const Lane &each : *row) held += each;
  return held;
}

/// Makes room in the pipeline for what is so many months on its way.
void reach(State &t, Lane longest) {
  for (int l = 0; l < W; l++) t.slots = std::max(t.slots, int(longest[l]) + 1);
  t.under_way.resize(t.slots * t.buyers.size());
}

/// The state in which the base year repeats itself: stocks on target, the pipeline full, prices at zero.
void opening(const Here &h) {
  const Stage &g = h.g;
  State &t = h.t;
  const int s = g.suppliers, b = g.buyers;
  t.sigma = h.row(g.sigma, 0);
  t.sellers.assign(s, Seller{}), t.buyers.assign(b, Buyer{}), t.ties.assign(size_t(s) * b, Tie{});
  t.paths.assign(s + b + g.caps, Path{});
  t.coming.assign(size_t(g.openings) * s, Lane{});
  reach(t, h.row(g.longest, 0));
  for (int p = 0; p < g.stockpiles; p++) t.strategic.push_back(h.row(g.piles, 6 * p));
  for (int i = 0; i < s; i++) t.sellers[i].i = i, t.sellers[i].eps = h.row(g.eps, i);
  for (int j = 0; j < b; j++) {
    Buyer &buyer = t.buyers[j];
    buyer.j = j, buyer.eta = h.row(g.eta, j), buyer.agreed = all(1.0);
    buyer.stock = h.row(g.cover, j) * h.row(g.D0, j);
  }
  for (int p = 0; p < s * b; p++) {
    if (!(g.q[p] > 0.0)) continue;
    const Lane q = all(g.q[p]), lead = g.lead_by_draw ? h.row(g.lead_by_draw, p) : all(g.lead[p]);
    t.ties[p].usual = q, t.ties[p].log_q = all(g.home[p]);
    t.sellers[p / b].base_made += g.q[p], t.buyers[p % b].base_bought += g.q[p];
    for (int k = 0; k < t.slots; k++) t.under_way[k * b + p % b] += lead > double(k) ? q : Lane{};
  }
  for (Seller &seller : t.sellers) seller.made = all(seller.base_made);
  t.holdings = holdings(t);
}

}  // namespace
