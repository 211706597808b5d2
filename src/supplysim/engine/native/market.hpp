// How a stage's market is put together from its state and the month's levers: clearing.py.

#pragma once

#include "demand.hpp"

namespace {

constexpr double NO_LIMIT = 1e30, NOTHING = 1e-9, FLOOR_SHARE = 0.999, LEAST_WORTH = 0.6931471805599453;

/// Floors on a link's flow, before they are cut to what can be kept: contracts' volumes and owners' shares of output.
void promises(const Here &h, int k, Row &promised) {
  const Stage &g = h.part.stages[k];
  const Levers &lever = h.levers[k];
  const Month &month = h.part.month[k];
  promised.assign(size_t(g.suppliers) * g.buyers, Lane{});
  if (lever.floor)
    for (size_t p = 0; p < promised.size(); p++) promised[p] = h.row(lever.floor, p);
  for (int e = 0; e < lever.equities; e++) {
    const int place = lever.equity_place[e], i = place / g.buyers;
    const auto row = [&](int r) { return h.row(lever.equity, 7 * e + r); };
    const Lane output = least(row(3) * month.base_K[i] + row(4), row(5) * month.base_S0[i] + row(6));
    promised[place] += row(2) * least(row(0) * output, row(1));
  }
}

/// The links that may trade this month, those of a node of the side that is eliminated next to each other.
void open_links(const Stage &g, const State &t, const Row &promised, const Row &option, Market &m) {
  const int outer = m.sellers_go ? m.s : m.b, inner = m.sellers_go ? m.b : m.s;
  m.place.clear(), m.seller.clear(), m.buyer.clear(), m.start.clear(), m.cap_start.clear(), m.cap_of.clear();
  for (int o = 0; o < outer; o++) {
    m.start.push_back(m.place.size());
    for (int n = 0; n < inner; n++) {
      const int i = m.sellers_go ? o : n, j = m.sellers_go ? n : o, p = i * m.b + j;
      bool open = g.q[p] > 0.0 || (t.new_links && any(t.fresh[p] > 0.0));
      if (!promised.empty()) open = open || any(promised[p] > 0.0);
      if (!option.empty()) open = open || any(option[p] > 0.0);
      if (!open) continue;
      m.cap_start.push_back(m.cap_of.size());
      for (int c = 0; c < m.g; c++)
        if (g.under[size_t(c) * m.s * m.b + p]) m.cap_of.push_back(c);
      m.place.push_back(p), m.seller.push_back(i), m.buyer.push_back(j);
    }
  }
  m.start.push_back(m.place.size()), m.cap_start.push_back(m.cap_of.size());
  m.count = m.place.size();
}

/// Group caps in tonnes, and in which draws they are at work: not those at rest, nor those that leave nothing (a ban).
void set_limits(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  const Month &month = h.part.month[k];
  m.limit.resize(m.g), m.on.resize(m.g);
  for (int c = 0; c < m.g; c++) {
    Lane concerned{};
    for (int j = 0; j < m.b; j++) {
      bool inside = false;
      for (int i = 0; i < m.s; i++) inside = inside || g.under[(size_t(c) * m.s + i) * m.b + j];
      if (inside) concerned += month.wanted[j];
    }
    m.limit[c] = h.row(h.levers[k].limit, c) + h.row(h.levers[k].of_demand, c) * concerned;
    const Mask open = (m.limit[c] < NO_LIMIT / 2) & (m.limit[c] > NOTHING * m.total);
    m.on[c] = open ? all(1.0) : Lane{};
  }
}

/// What bans, and caps that leave nothing, allow on each link.
void set_ceilings(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  const double *allowed = h.levers[k].allowed;
  const State &t = h.group.states[k];
  for (int a = 0; a < m.count; a++) {
    const int p = m.place[a];
    m.H[a] = all(INF);
    if (allowed) {
      const Lane share = h.row(allowed, p);
      const Lane usual = most(most(all(g.q[p]), t.fresh[p]) + m.option[a], m.promised[a]);
      m.H[a] = share < INF ? least(share, all(1.0)) * usual : m.H[a];
    }
    for (int c = m.cap_start[a]; c < m.cap_start[a + 1]; c++) {
      const Lane limit = m.limit[m.cap_of[c]];
      m.H[a] = ((limit < NO_LIMIT / 2) & (m.on[m.cap_of[c]] == 0.0)) ? Lane{} : m.H[a];
    }
  }
}

/// Contract floors within bans and caps and within what either side can make or take, pro rata.
void set_floors(const Here &h, int k, Market &m) {
  const Month &month = h.part.month[k];
  const auto scaled = [&](Row &sums, int nodes, const std::vector<int> &node, auto able) {
    sums.assign(nodes, Lane{});
    for (int a = 0; a < m.count; a++) sums[node[a]] += m.L[a];
    for (int n = 0; n < nodes; n++) sums[n] = share_of(FLOOR_SHARE * able(n), sums[n]);
    for (int a = 0; a < m.count; a++) m.L[a] *= sums[node[a]];
  };
  for (int a = 0; a < m.count; a++) m.L[a] = least(m.promised[a], m.H[a]);
  scaled(m.sold, m.s, m.seller, [&](int i) { return month.K[i]; });
  scaled(m.due, m.b, m.buyer, [&](int j) { return positive(month.wanted[j] + month.fixed[j]); });
  for (int c = 0; c < m.g; c++) {
    const auto under = [&](int a) {
      return std::find(&m.cap_of[0] + m.cap_start[a], &m.cap_of[0] + m.cap_start[a + 1], c) !=
             &m.cap_of[0] + m.cap_start[a + 1];
    };
    Lane inside{};
    for (int a = 0; a < m.count; a++)
      if (under(a)) inside += m.L[a];
    const Lane share = share_of(FLOOR_SHARE * m.limit[c], inside);
    for (int a = 0; a < m.count; a++)
      if (under(a)) m.L[a] *= share;
  }
  m.sold.assign(m.s, Lane{});
  for (int a = 0; a < m.count; a++) m.sold[m.seller[a]] += m.L[a];
  for (int i = 0; i < m.s; i++) m.S0[i] = most(m.S0[i], least(month.K[i], m.sold[i]));  // idle capacity is woken
}

/// The flows that buyers are used to: habit grown with demand, new capacity, new ties and options.
Lane customary(const Stage &g, const State &t, const Month &month, int p, bool options, Lane option) {
  const int i = p / g.buyers, j = p % g.buyers;
  Lane flow = t.usual[p] * month.grown[j];
  if (g.q[p] > 0.0) flow += t.built[i] * (g.q[p] / t.base_made[i]);
  if (!options) return flow + t.fresh[p];
  return flow + (g.q[p] > 0.0 ? option : most(option, t.fresh[p]));
}

Lane lead_time(const Here &h, int k, int p) {
  const Stage &g = h.part.stages[k];
  const Lane lead = g.lead_by_draw ? h.row(g.lead_by_draw, p) : all(g.lead[p]);
  return h.levers[k].late ? positive(lead + h.row(h.levers[k].late, p)) : lead;
}

/// Stocks on hand and under way, less what is normally under way to a buyer over the ties that are open now, and less
/// what purchases have bought and not yet got. Of a long cover only the months of it that answer to prices do.
void set_stock_demand(const Here &h, int k, Market &m) {
  const Levers &lever = h.levers[k];
  const State &t = h.group.states[k];
  const Month &month = h.part.month[k];
  Row &usual = m.due, &ties = m.bought;
  usual.assign(m.b, Lane{}), ties.assign(m.b, Lane{});
  for (int a = 0; a < m.count; a++) {
    const Lane flow = m.limited ? least(m.q[a], m.H[a]) : m.q[a];
    const Lane tie = month.K[m.seller[a]] > 0.0 ? flow : Lane{};
    ties[m.buyer[a]] += tie;
    usual[m.buyer[a]] += tie * lead_time(h, k, m.place[a]);
  }
  const Lane longest = lever.longest ? load(lever.longest + h.first) : t.longest;
  for (int j = 0; j < m.b; j++) {
    Lane due{};
    for (int slot = 0; slot < t.slots; slot++)
      due += double(slot) < longest ? t.under_way[slot * m.b + j] : Lane{};
    const Lane cover = lever.eager ? t.cover[j] + h.row(lever.eager, j) : t.cover[j];
    m.target[j] = cover * month.wanted[j];
    m.answering[j] = share_of(h.group.pace.responding, t.cover[j]);
    const Lane way = usual[j] / most(ties[j], all(1e-300));
    m.lead[j] = way * h.group.pace.cargo_follows;
    m.position[j] = t.stock[j] + due - month.wanted[j] * way - t.owed[j];
    // what arrives now can all be used now
    m.held[j] = positive(t.stock[j] + h.group.pace.release_time * t.under_way[j] - t.owed[j]);
  }
}

/// No plant pays more for an input than all that its product brings, at what its customers paid last month.
Lane most_worth(const Here &h, int k, int j) {
  const Stage &g = h.part.stages[k];
  if (!(g.worth[j] < INF)) return all(INF);
  const int other = g.output_stage[j];
  const Stage &made = h.part.stages[other];
  const double *share = made.customers + g.makes[j] * made.buyers;
  Lane brings{};
  for (int b = 0; b < made.buyers; b++) brings += share[b] * h.group.states[other].V[b];
  return most(g.worth[j] + brings, all(LEAST_WORTH));
}

/// The market of stage `k` from its state and the month's levers.
void assemble(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  const Levers &lever = h.levers[k];
  const State &t = h.group.states[k];
  const Month &month = h.part.month[k];
  m.s = g.suppliers, m.b = g.buyers, m.g = g.caps;
  m.sellers_go = m.g > 0 || m.b <= m.s;
  m.limited = lever.allowed || lever.floor || lever.equities || m.g > 0;
  m.total = all(1e-300);
  for (int j = 0; j < m.b; j++) m.total += month.wanted[j];
  Row promised, option;
  if (lever.floor || lever.equities) promises(h, k, promised);
  if (lever.option) take(option, lever.option, m.s * m.b, h.part.padded, h.first);
  open_links(g, t, promised, option, m);
  for (Row *row : {&m.q, &m.reference, &m.T, &m.L, &m.H, &m.promised, &m.option, &m.x, &m.C, &m.paid})
    row->resize(m.count);
  for (Row *row : {&m.S0, &m.live, &m.U, &m.eU, &m.A, &m.gU, &m.step_U, &m.new_U, &m.try_U, &m.cut, &m.sold})
    row->resize(m.s);
  for (Row *row : {&m.vmax, &m.target, &m.answering, &m.lead, &m.position, &m.held, &m.left, &m.V, &m.eV, &m.D, &m.gV, &m.step_V,
                   &m.new_V, &m.try_V, &m.bought, &m.due})
    row->resize(m.b);
  for (Row *row : {&m.rent, &m.eW, &m.gW, &m.step_W, &m.new_W, &m.try_W}) row->resize(m.g);
  set_limits(h, k, m);
  for (int a = 0; a < m.count; a++) {
    m.promised[a] = promised.empty() ? Lane{} : promised[m.place[a]];
    m.option[a] = option.empty() ? Lane{} : option[m.place[a]];
    m.q[a] = customary(g, t, month, m.place[a], !option.empty(), m.option[a]);
  }
  for (int i = 0; i < m.s; i++) m.S0[i] = month.S0[i], m.live[i] = Lane{};
  if (m.limited) set_ceilings(h, k, m), set_floors(h, k, m);
  set_stock_demand(h, k, m);
  for (int j = 0; j < m.b; j++) {
    const Lane cap = lever.vcap ? least(t.vcap[j], h.row(lever.vcap, j)) : t.vcap[j];
    m.vmax[j] = least(cap, most_worth(h, k, j)) + 3.0 / h.group.pace.kappa;
  }
  for (int a = 0; a < m.count; a++) {
    const int i = m.seller[a], j = m.buyer[a];
    const Mask open = (month.K[i] > 0.0) & (m.S0[i] > 0.0) & (month.wanted[j] > 0.0);
    m.T[a] = lever.cost ? h.row(lever.cost, m.place[a]) : Lane{};
    Lane reference = lever.cost ? m.q[a] * exponential(-t.sigma * m.T[a]) : m.q[a];
    if (m.limited) {
      reference = m.H[a] > 0.0 ? reference : Lane{};
      m.L[a] = ((month.K[i] > 0.0) & (month.wanted[j] > 0.0)) ? m.L[a] : Lane{};
      m.live[i] = m.L[a] > 0.0 ? all(1.0) : m.live[i];
    }
    m.reference[a] = open ? reference : Lane{};
    m.live[i] = m.reference[a] > 0.0 ? all(1.0) : m.live[i];
  }
}

}  // namespace
