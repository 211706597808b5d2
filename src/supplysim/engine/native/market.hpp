// How a stage's market is put together from its state and the month's levers: clearing.py.

#pragma once

#include "demand.hpp"

namespace {

constexpr double NO_LIMIT = 1e30, NOTHING = 1e-9, FLOOR_SHARE = 0.999, LEAST_WORTH = 0.6931471805599453;

/// Floor on a link's flow, before it is cut to what can be kept: contracts' volumes and owners' shares of output.
Lane promised_on(const Here &h, int p) {
  const Levers &lever = h.lever;
  Lane promised = lever.floor ? h.row(lever.floor, p) : Lane{};
  for (int e = 0; e < lever.equities; e++) {
    if (lever.equity_place[e] != p) continue;
    const Seller &s = h.t.sellers[p / h.g.buyers];
    const auto row = [&](int r) { return h.row(lever.equity, 7 * e + r); };
    const Lane output = least(row(3) * s.base_K + row(4), row(5) * s.base_S0 + row(6));
    promised += row(2) * least(row(0) * output, row(1));
  }
  return promised;
}

/// The flow that a buyer is used to: habit grown with demand, new capacity, a new tie, an option.
Lane customary(const Here &h, const Link &a) {
  const double q = h.g.q[a.place];
  const Seller &s = h.t.sellers[a.seller];
  const Tie &tie = h.t.ties[a.place];
  if (!(q > 0.0)) return most(a.option, tie.fresh);
  return tie.usual * h.t.buyers[a.buyer].grown + s.built * (q / s.base_made) + a.option;
}

/// The links that may trade this month, those of a node of the side that is eliminated next to each other.
void open_links(const Here &h, Market &m) {
  const int outer = m.sellers_go ? m.s : m.b, inner = m.sellers_go ? m.b : m.s;
  const bool asked = h.lever.floor || h.lever.equities || h.lever.option;
  m.links.clear(), m.ends.clear(), m.from.assign(1, 0);
  for (int o = 0; o < outer; o++) {
    for (int n = 0; n < inner; n++) {
      const int i = m.sellers_go ? o : n, j = m.sellers_go ? n : o, p = i * m.b + j;
      bool open = h.g.q[p] > 0.0 || (h.t.new_links && any(h.t.ties[p].fresh > 0.0));
      Lane promised{}, option{};
      if (asked) {
        promised = promised_on(h, p), option = h.lever.option ? h.row(h.lever.option, p) : option;
        open = open || any(promised + option > 0.0);
      }
      if (!open) continue;
      const Caps caps(h.g.cap_of + h.g.cap_start[p], h.g.cap_of + h.g.cap_start[p + 1]);
      Link &a = m.links.emplace_back(p, i, j, o, int(m.ends.size()), caps);
      a.promised = promised, a.option = option, a.q = customary(h, a), a.L = Lane{}, a.H = all(INF);
      m.ends.push_back(n);
    }
    for (int c = 0; c < m.g; c++) m.ends.push_back(m.b + c);
    m.from.push_back(m.ends.size());
  }
  m.across.resize(m.ends.size());
}

/// Group caps in tonnes, and in which draws they are at work and may have a rent: not those at rest, nor those that
/// leave nothing (a ban).
void set_limits(const Here &h, Market &m) {
  m.limit.resize(m.g), m.binding.resize(m.g);
  for (int c = 0; c < m.g; c++) {
    Lane concerned{};
    for (const Buyer &b : h.t.buyers)
      if (h.g.concerns[c * m.b + b.j]) concerned += b.wanted;
    Node &n = m.cap(c);
    m.limit[c] = h.row(h.lever.limit, c) + h.row(h.lever.of_demand, c) * concerned;
    n.open = (m.limit[c] < NO_LIMIT / 2) & (m.limit[c] > NOTHING * m.total);
    n.low = Lane{}, n.high = n.open ? n.high : Lane{};
  }
}

/// What bans, and caps that leave nothing, allow on each link.
void set_ceilings(const Here &h, Market &m) {
  for (Link &a : m.links) {
    if (h.lever.allowed) {
      const Lane share = h.row(h.lever.allowed, a.place);
      const Lane usual = most(most(all(h.g.q[a.place]), h.t.ties[a.place].fresh) + a.option, a.promised);
      a.H = share < INF ? least(share, all(1.0)) * usual : a.H;
    }
    for (int c : a.caps) a.H = ((m.limit[c] < NO_LIMIT / 2) & ~m.cap(c).open) ? Lane{} : a.H;
  }
}

/// Contract floors within bans and caps and within what either side can make or take, pro rata; idle capacity is woken.
void set_floors(const Here &h, Market &m) {
  const auto fit = [&](Lane able, auto concerns) {
    Lane due{};
    for (const Link &a : m.links)
      if (concerns(a)) due += a.L;
    const Lane share = share_of(FLOOR_SHARE * able, due);
    for (Link &a : m.links)
      if (concerns(a)) a.L *= share;
  };
  for (Link &a : m.links) a.L = least(a.promised, a.H);
  for (const Seller &s : h.t.sellers) fit(s.K, [&](const Link &a) { return a.seller == s.i; });
  for (const Buyer &b : h.t.buyers) fit(positive(b.wanted + b.fixed), [&](const Link &a) { return a.buyer == b.j; });
  for (int c = 0; c < m.g; c++)
    fit(m.limit[c], [&](const Link &a) { return std::count(a.caps.begin(), a.caps.end(), c) > 0; });
  for (Seller &s : h.t.sellers) s.sold = Lane{};
  for (const Link &a : m.links) h.t.sellers[a.seller].sold += a.L;
  for (Seller &s : h.t.sellers) s.S0 = most(s.S0, least(s.K, s.sold));
}

Lane lead_time(const Here &h, int p) {
  const Lane lead = h.g.lead_by_draw ? h.row(h.g.lead_by_draw, p) : all(h.g.lead[p]);
  return h.lever.late ? positive(lead + h.row(h.lever.late, p)) : lead;
}

/// Stocks on hand and under way, less what is normally under way to a buyer over the ties that are open now, and less
/// what purchases have bought and not yet got. Of a long cover only the months of it that answer to prices do.
void set_stock_demand(const Here &h, const Market &m) {
  const Lane longest = h.row(h.lever.longest ? h.lever.longest : h.g.longest, 0);
  reach(h.t, longest);
  for (Buyer &b : h.t.buyers) b.ties = b.lead = Lane{};
  for (const Link &a : m.links) {
    Buyer &b = h.t.buyers[a.buyer];
    const Lane tie = h.t.sellers[a.seller].K > 0.0 ? least(a.q, a.H) : Lane{};
    b.ties += tie, b.lead += tie * lead_time(h, a.place);
  }
  for (Buyer &b : h.t.buyers) {
    const Lane cover = h.row(h.g.cover, b.j), lead = b.lead / most(b.ties, all(1e-300));
    Lane due{};
    for (int k = 0; k < h.t.slots; k++) due += double(k) < longest ? h.t.under_way[k * m.b + b.j] : Lane{};
    b.target = (h.lever.eager ? cover + h.row(h.lever.eager, b.j) : cover) * b.wanted;
    b.answering = share_of(h.pace.responding, cover);
    b.lead = lead * h.pace.cargo_follows;
    b.position = b.stock + due - b.wanted * lead - b.owed;
    // what arrives now can all be used now
    b.held = positive(b.stock + h.pace.release_time * h.t.under_way[b.j] - b.owed);
  }
}

/// No plant pays more for an input than all that its product brings, at what its customers paid last month.
Lane most_worth(const Here &h, int j) {
  if (!(h.g.worth[j] < INF)) return all(INF);
  const Here made = h.at(h.g.output_stage[j]);
  const double *share = made.g.customers + h.g.makes[j] * made.g.buyers;
  Lane brings{};
  for (int b = 0; b < made.g.buyers; b++) brings += share[b] * made.t.buyers[b].V;
  return most(h.g.worth[j] + brings, all(LEAST_WORTH));
}

/// The prices to be found, each within its bounds; a door's is at most its ceiling.
void set_nodes(const Here &h, Market &m) {
  m.nodes.assign(m.s + m.b + m.g, Node{});
  for (Node &n : m.nodes) n.sign = -1.0, n.low = all(-INF), n.high = all(INF);
  for (const Buyer &b : h.t.buyers) {
    const Lane vcap = h.row(h.g.vcap, b.j), cap = h.lever.vcap ? least(vcap, h.row(h.lever.vcap, b.j)) : vcap;
    Node &n = m.buyer(b.j);
    n.sign = 1.0, n.open = b.wanted > 0.0;
    n.high = least(cap, most_worth(h, b.j)) + 3.0 / h.pace.kappa;
  }
}

/// The market of a stage from its state and the month's levers.
void assemble(const Here &h, Market &m) {
  const Levers &lever = h.lever;
  const bool promised = lever.floor || lever.equities;
  m.s = h.g.suppliers, m.b = h.g.buyers, m.g = h.g.caps;
  m.sellers_go = m.g > 0 || m.b <= m.s;
  m.limited = lever.allowed || promised || m.g > 0;
  m.total = all(1e-300);
  for (const Buyer &b : h.t.buyers) m.total += b.wanted;
  set_nodes(h, m);
  open_links(h, m);
  set_limits(h, m);
  set_ceilings(h, m);
  if (promised) set_floors(h, m);
  set_stock_demand(h, m);
  for (Link &a : m.links) {
    const Seller &s = h.t.sellers[a.seller];
    const Mask both = (s.K > 0.0) & (h.t.buyers[a.buyer].wanted > 0.0);
    a.T = lever.cost ? h.row(lever.cost, a.place) : Lane{};
    a.reference = lever.cost ? a.q * exponential(-h.t.sigma * a.T) : a.q;
    a.reference = (both & (s.S0 > 0.0) & (a.H > 0.0)) ? a.reference : Lane{};
    a.L = both ? a.L : Lane{};
    m.nodes[a.seller].open |= (a.reference > 0.0) | (a.L > 0.0);
  }
}

}  // namespace
