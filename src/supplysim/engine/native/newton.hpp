// How the market is cleared: dual.py, newton.py, solver.py.

#pragma once

#include "market.hpp"

namespace {

constexpr double RESIDUAL = 1e-10, LAST_STEP = 1e-8, SQUARED_STEP = 1e-5, NEXT_STEP = 1e-11, STEP_CAP = 2.0,
                 OVERSHOOT = 0.5, SAFE_EXPONENT = 300.0, EPSILON = 2.220446049250313e-16;
constexpr int MAX_ITERATIONS = 60;

/// Flows at the prices on trial, what they add to the gradient, and what they change with prices: `across`.
void flows_at(const Here &h, Market &m) {
  const Lane sigma = h.t.sigma;
  for (Node &n : m.nodes) n.factor = exponential(n.sign * sigma * n.trial), n.gradient = n.slope = Lane{};
  for (Link &a : m.links) {
    Node &i = m.nodes[a.seller], &j = m.buyer(a.buyer);
    Lane x = a.reference * i.factor * j.factor, free = x;
    if (m.limited) {
      for (int c : a.caps) x *= m.cap(c).factor;
      free = ((x > a.L) & (x < a.H)) ? x : Lane{};
      x = within(x, a.L, a.H);
      for (int c : a.caps) m.cap(c).gradient -= x;
    }
    const Lane curvature = sigma * free;
    a.x = x, m.across[a.end] = curvature;
    i.gradient -= x, i.slope += curvature;
    j.gradient += x, j.slope += curvature;
  }
}

/// A buyer's gradient and curvature at the price on trial, and what it asks for and is left without there. What users
/// ask for has an elasticity that rises with the price above the base price.
void look_at_buyer(const Pace &pace, Buyer &b, Node &n) {
  const Lane V = n.trial, rise = exponential(least(V, all(SAFE_EXPONENT))) - 1.0;
  const Lane bent = V + pace.curvature * (V > 0.0 ? positive(rise - V) : Lane{});
  const Lane elasticity = b.eta * (1.0 + pace.curvature * positive(rise)), over = pace.kappa * (V - n.high) + 3.0;
  b.asked = b.wanted * exponential(-b.eta * bent);
  b.unmet = Lane{};
  if (any(over > -80.0)) b.unmet = over > -80.0 ? b.wanted * exponential(least(over, all(300.0))) : b.unmet;
  const Lane want = b.target * b.answering * exponential(-pace.response * (V - b.expected));
  const Lane held = b.target * (1.0 - b.answering), cargo = b.lead * (b.asked - b.wanted);
  const Lane build = (want + held + cargo - b.position) / pace.rebuild_time, bend = elasticity * b.asked;
  const Lane low = -b.held / pace.release_time, high = pace.max_build * b.wanted;
  const Lane answer = (pace.response * want + b.lead * bend) / pace.rebuild_time;
  n.slope += pace.kappa * b.unmet + bend + (((build > low) & (build < high)) ? answer : Lane{});
  n.gradient = n.open ? n.gradient + b.unmet - b.asked - within(build, low, high) - b.fixed : Lane{};
}

/// Gradient and curvature of the dual at the prices on trial. A slack cap, whose rent is zero, has no gradient.
void look(const Here &h, Market &m) {
  flows_at(h, m);
  for (const Seller &s : h.t.sellers) {
    Node &n = m.nodes[s.i];
    const Lane supply = s.S0 * exponential(s.eps * n.trial);
    n.slope += supply < s.K ? s.eps * supply : Lane{};
    n.gradient = n.open ? n.gradient + least(supply, s.K) : Lane{};
  }
  for (Buyer &b : h.t.buyers) look_at_buyer(h.pace, b, m.buyer(b.j));
  for (int c = 0; c < m.g; c++) {
    Node &n = m.cap(c);
    n.slope = m.total;
    n.gradient += m.limit[c];
    m.binding[c] = n.open & ((n.trial > 0.0) | (n.gradient < 0.0));
    n.gradient = m.binding[c] ? n.gradient : Lane{};
  }
}

/// Newton's matrix of the side that stays, the lower half, before the other is eliminated; and `across`, what these
/// share: links, and the binding caps over them. A link's curvature is that of its flow in all its prices.
void set_matrix(Market &m, Lane ridge, int first, int n) {
  m.matrix.assign(size_t(n) * n, Lane{}), m.right.resize(n), m.inverse.resize(n);
  for (int r = 0; r < n; r++) {
    const Node &node = m.nodes[first + r];
    m.matrix[size_t(r) * n + r] = node.slope;
    m.right[r] = -node.gradient;
  }
  for (int c = 0; c < m.g; c++) {
    m.matrix[size_t(m.b + c) * n + m.b + c] = m.binding[c] ? ridge : 1e12 * ridge;
    for (int o = 0; o < m.s; o++) m.across[m.from[o + 1] - m.g + c] = Lane{};
  }
  for (const Link &a : m.links)
    for (int c : a.caps) {
      const Lane under = m.binding[c] ? m.across[a.end] : Lane{};
      Lane *row = &m.matrix[size_t(m.b + c) * n];
      m.across[m.from[a.gone + 1] - m.g + c] -= under;
      row[m.ends[a.end]] -= under;
      for (int other : a.caps)
        if (other <= c) row[m.b + other] += m.binding[other] ? under : Lane{};
    }
}

/// Schur complement: what remains of Newton's matrix when a node is eliminated, and of its right side.
void eliminate(Market &m, const Node &gone, int from, int to, int n) {
  const Lane f = 1.0 / gone.slope, shift = f * gone.gradient;
  for (int e = from; e < to; e++) {
    const Lane scaled = f * m.across[e];
    Lane *row = &m.matrix[size_t(m.ends[e]) * n];
    for (int other = from; other <= e; other++) row[m.ends[other]] -= scaled * m.across[other];
    m.right[m.ends[e]] -= shift * m.across[e];
  }
}

/// Factorises the lower half of a symmetric matrix as L D L' and solves for the right side, in place.
void solve_definite(Row &matrix, Row &right, Row &inverse, int n) {
  Lane floor = all(1e-300);
  for (int k = 0; k < n; k++) floor = most(floor, 1e-16 * matrix[size_t(k) * n + k]);
  for (int j = 0; j < n; j++) {
    Lane *row = &matrix[size_t(j) * n];
    for (int i = 0; i < j; i++) {
      const Lane *other = &matrix[size_t(i) * n];
      Lane sum = row[i];
      for (int k = 0; k < i; k++) sum -= row[k] * other[k];
      row[i] = sum;
    }
    Lane pivot = row[j], value = right[j];
    for (int k = 0; k < j; k++) {
      const Lane scaled = row[k] * inverse[k];
      pivot -= row[k] * scaled;
      value -= scaled * right[k];
      row[k] = scaled;
    }
    inverse[j] = 1.0 / most(pivot, floor);
    right[j] = value;
  }
  for (int j = 0; j < n; j++) right[j] *= inverse[j];
  for (int j = n - 1; j >= 0; j--)
    for (int k = 0; k < j; k++) right[k] -= matrix[size_t(j) * n + k] * right[j];
}

/// Newton's step from the last look: the smaller side stays, or buyers and binding caps where there are caps.
void direction(Market &m) {
  const int outer = m.sellers_go ? m.s : m.b, n = m.s + m.b + m.g - outer;
  const int stays = m.sellers_go ? m.s : 0, goes = m.sellers_go ? 0 : m.s;
  Lane steepest{};
  for (int p = 0; p < m.s + m.b; p++) steepest = most(steepest, m.nodes[p].slope);
  const Lane ridge = 1e-12 * steepest + 1e-300;
  for (Node &node : m.nodes) node.slope += ridge;
  set_matrix(m, ridge, stays, n);
  for (int o = 0; o < outer; o++) eliminate(m, m.nodes[goes + o], m.from[o], m.from[o + 1], n);
  solve_definite(m.matrix, m.right, m.inverse, n);
  for (int r = 0; r < n; r++) m.nodes[stays + r].newton = m.right[r];
  for (int o = 0; o < outer; o++) {
    Node &gone = m.nodes[goes + o];
    Lane moved = -gone.gradient;
    for (int e = m.from[o]; e < m.from[o + 1]; e++) moved += m.across[e] * m.right[m.ends[e]];
    gone.newton = moved / gone.slope;
  }
}

/// The slope along the last move, and how far the market is from clear: its worst node, and the step that it asks for.
struct Distance {
  Lane slope, residual, next, prices;
};

Distance distance(const Market &m) {
  Distance d{};
  for (const Node &n : m.nodes) {
    d.slope += n.gradient * n.step;
    d.residual = most(d.residual, size_of(n.gradient));
    d.next = most(d.next, size_of(n.gradient) / most(n.slope, 1e-9 * m.total));
    d.prices = most(d.prices, size_of(n.trial));
  }
  return d;
}

/// The next move: the new step where the last was taken, a quarter of the last where it overshot, none where done.
/// Steps are shortened to `STEP_CAP` and end at the bounds of prices. Returns the longest move.
Lane next_move(Market &m, Mask taken, Mask done, Lane &slope) {
  Lane longest{}, downhill{}, moved{};
  for (const Node &n : m.nodes) longest = most(longest, size_of(n.newton));
  const Lane scale = least(all(1.0), STEP_CAP / most(longest, all(1e-300)));
  for (Node &n : m.nodes) {
    const Lane step = within(n.price + n.newton * scale, n.low, n.high) - n.price;
    downhill += n.gradient * step;
    n.step = done ? Lane{} : (taken ? step : 0.25 * n.step);
    moved = most(moved, size_of(n.step));
  }
  slope = taken ? downhill : slope;
  return moved;
}

/// Clears the market from its nodes' prices; returns the lanes in which it did, `steps` counts.
///
/// A lane has settled when its last step was tiny, or when it was small enough for Newton's method, whose error is
/// squared at every step, and the next step that the gradient asks for is nothing.
Mask newton(const Here &h, Market &m, Lane &steps) {
  const Lane sigma = h.t.sigma;
  Mask done{}, failed{};
  Lane moved{}, slope{};
  steps = Lane{};
  for (int round = 0; round < MAX_ITERATIONS; round++) {
    for (Node &n : m.nodes) n.trial = within(n.price + n.step, n.low, n.high);
    look(h, m);
    const Distance far = distance(m);
    const Mask taken = (far.slope <= OVERSHOOT * size_of(slope)) | (moved <= LAST_STEP);
    for (Node &n : m.nodes) n.price = taken ? n.trial : n.price;
    const Lane tolerance = most(all(RESIDUAL), 8.0 * EPSILON * sigma * far.prices) * m.total;
    const Mask small = round == 0 ? far.next <= NEXT_STEP : moved <= LAST_STEP;
    done |= taken & (far.residual <= tolerance) & (small | ((moved <= SQUARED_STEP) & (far.next <= NEXT_STEP)));
    failed |= ~done & (~(sigma * far.prices < SAFE_EXPONENT) | (far.slope != far.slope));
    if (!any(~(done | failed))) break;
    steps += (done | failed) ? Lane{} : all(1.0);
    direction(m);
    moved = next_move(m, taken, done | failed, slope);
  }
  return done;
}

/// Hands the market of one lane to NumPy's solver and takes over what it finds; false where that gave up as well.
bool rescue(const Here &h, Market &m, int lane, Lane &steps) {
  std::vector<double> links(5 * h.t.ties.size()), sellers(4 * m.s), buyers(14 * m.b), caps(2 * m.g);
  const auto put = [lane](double *to, std::initializer_list<Lane> row) {
    for (const Lane &each : row) *to++ = each[lane];
  };
  for (const Link &a : m.links) put(&links[5 * a.place], {a.q, a.T, a.L, a.H});
  for (const Seller &s : h.t.sellers) put(&sellers[4 * s.i], {s.S0, s.K, s.eps, h.t.paths[s.i].ahead});
  for (const Buyer &b : h.t.buyers)
    put(&buyers[14 * b.j],
        {b.wanted, b.eta, m.buyer(b.j).high - 3.0 / h.pace.kappa, b.fixed, b.target, b.position, b.held, b.expected,
         h.pace.max_build * b.wanted, b.answering, b.lead, h.t.paths[m.s + b.j].ahead});
  for (int c = 0; c < m.g; c++)
    put(&caps[2 * c], {m.cap(c).open ? m.limit[c] : all(INF), h.t.paths[m.s + m.b + c].price});
  const Stuck stuck{h.k, h.month, h.first + lane, h.t.sigma[lane], links.data(), sellers.data(), buyers.data(),
                    caps.data()};
  const int taken = h.part.rescue(&stuck);
  if (taken < 0) return false;
  steps[lane] += taken;
  for (Link &a : m.links) a.x[lane] = links[5 * a.place + 4];
  for (int i = 0; i < m.s; i++) m.nodes[i].price[lane] = sellers[4 * i + 3];
  for (Buyer &b : h.t.buyers) {
    const double *found = &buyers[14 * b.j + 11];
    m.buyer(b.j).price[lane] = found[0], b.unmet[lane] = found[1], b.asked[lane] = found[2];
  }
  for (int c = 0; c < m.g; c++) m.cap(c).price[lane] = caps[2 * c + 1];
  return true;
}

/// Clears the market of a stage from where last months' prices point. Flows that exceed a supplier's capacity by the
/// solver's tolerance will be cut to what is `left`: flows are the only truth.
void clear(const Here &h, Market &m) {
  for (size_t p = 0; p < m.nodes.size(); p++)
    m.nodes[p].price = within(h.t.paths[p].ahead, m.nodes[p].low, m.nodes[p].high);
  Lane steps;
  const Mask done = newton(h, m, steps);
  for (int l = 0; l < W && h.first + l < h.part.chain.draws; l++) {
    if (!done[l] && !rescue(h, m, l, steps)) throw Verdict{1, h.k, h.month, h.first + l, 0.0};
    *h.g.steps += steps[l];
  }
  for (Seller &s : h.t.sellers) s.sold = Lane{};
  for (const Link &a : m.links) h.t.sellers[a.seller].sold += a.x;
  for (Seller &s : h.t.sellers) s.left = share_of(s.K, s.sold);
}

}  // namespace
