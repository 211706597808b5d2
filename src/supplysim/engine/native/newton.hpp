// How the market is cleared: dual.py, newton.py, solver.py.

#pragma once

#include "market.hpp"

namespace {

constexpr double RESIDUAL = 1e-10, LAST_STEP = 1e-8, SQUARED_STEP = 1e-5, NEXT_STEP = 1e-11, STEP_CAP = 2.0,
                 OVERSHOOT = 0.5, SAFE_EXPONENT = 300.0, EPSILON = 2.220446049250313e-16;
constexpr int MAX_ITERATIONS = 60;

/// Flows at a set of prices, and the sums over either side that the gradient and the curvature need.
void flows_at(const Here &h, int k, Market &m, const Row &U, const Row &V, const Row &rent) {
  const Lane sigma = h.group.states[k].sigma;
  for (int i = 0; i < m.s; i++) m.eU[i] = exponential(-sigma * U[i]), m.sold[i] = m.A[i] = Lane{};
  for (int j = 0; j < m.b; j++) m.eV[j] = exponential(sigma * V[j]), m.bought[j] = m.D[j] = Lane{};
  for (int c = 0; c < m.g; c++) m.eW[c] = exponential(-sigma * rent[c]), m.gW[c] = m.limit[c];
  if (!m.limited) {
    for (int a = 0; a < m.count; a++) {
      const int i = m.seller[a], j = m.buyer[a];
      const Lane x = m.reference[a] * m.eU[i] * m.eV[j];
      m.x[a] = x, m.sold[i] += x, m.bought[j] += x;
    }
    for (int i = 0; i < m.s; i++) m.A[i] = m.sold[i];
    for (int j = 0; j < m.b; j++) m.D[j] = m.bought[j];
    return;
  }
  for (int a = 0; a < m.count; a++) {
    const int i = m.seller[a], j = m.buyer[a];
    Lane x = m.reference[a] * m.eU[i] * m.eV[j];
    for (int c = m.cap_start[a]; c < m.cap_start[a + 1]; c++) x *= m.eW[m.cap_of[c]];
    const Lane free = ((x > m.L[a]) & (x < m.H[a])) ? x : Lane{};
    x = within(x, m.L[a], m.H[a]);
    m.x[a] = x, m.sold[i] += x, m.bought[j] += x;
    m.C[a] = free, m.A[i] += free, m.D[j] += free;
    for (int c = m.cap_start[a]; c < m.cap_start[a + 1]; c++) m.gW[m.cap_of[c]] -= x;
  }
}

/// What users ask for at a log price, and its elasticity: above the base price that rises with the price.
struct Asked {
  Lane tonnes, elasticity;
};

Asked demand_at(const Pace &pace, Lane D0, Lane eta, Lane V) {
  Lane bent = V, elasticity = eta;
  if (any(pace.curvature > 0.0)) {
    const Lane rise = exponential(least(V, all(SAFE_EXPONENT))) - 1.0;
    bent += pace.curvature * (V > 0.0 ? positive(rise - V) : Lane{});
    elasticity *= 1.0 + pace.curvature * positive(rise);
  }
  return {D0 * exponential(-eta * bent), elasticity};
}

/// Gradient and curvature of the dual at a set of prices; `x`, `left` (unmet) with them.
void look(const Here &h, int k, Market &m, const Row &U, const Row &V, const Row &rent) {
  const State &t = h.group.states[k];
  const Month &month = h.part.month[k];
  const Pace &pace = h.group.pace;
  flows_at(h, k, m, U, V, rent);
  for (int i = 0; i < m.s; i++) {
    const Lane supply = m.S0[i] * exponential(t.eps[i] * U[i]);
    m.A[i] = t.sigma * m.A[i] + (supply < month.K[i] ? t.eps[i] * supply : Lane{});
    m.gU[i] = m.live[i] > 0.0 ? least(supply, month.K[i]) - m.sold[i] : Lane{};
  }
  for (int j = 0; j < m.b; j++) {
    const Lane wanted = month.wanted[j], over = pace.kappa * (V[j] - m.vmax[j]) + 3.0;
    Lane left{};
    if (any(over > -80.0)) left = over > -80.0 ? wanted * exponential(least(over, all(300.0))) : left;
    const Asked asked = demand_at(pace, wanted, t.eta[j], V[j]);
    const Lane want = m.target[j] * m.answering[j] * exponential(-pace.response * (V[j] - t.expected[j]));
    const Lane cargo = m.lead[j] * (asked.tonnes - wanted), held = m.target[j] * (1.0 - m.answering[j]);
    const Lane build = (want + held + cargo - m.position[j]) / pace.rebuild_time;
    const Lane low = -m.held[j] / pace.release_time, high = pace.max_build * wanted;
    const Lane bend = asked.elasticity * asked.tonnes;
    const Mask inside = (build > low) & (build < high);
    const Lane slope = inside ? (pace.response * want + m.lead[j] * bend) / pace.rebuild_time : Lane{};
    m.D[j] = t.sigma * m.D[j] + pace.kappa * left + bend + slope;
    m.left[j] = left;
    m.gV[j] = wanted > 0.0 ? m.bought[j] + left - asked.tonnes - within(build, low, high) - month.fixed[j] : Lane{};
  }
}

/// The curvature of caps, and what binding caps share with the side that stays; slack caps keep to themselves.
void cap_rows(Market &m, Lane sigma, Lane scale, int n) {
  for (int c = 0; c < m.g; c++) {
    const Lane binding = m.on[c] * (((m.rent[c] > 0.0) | (m.gW[c] < 0.0)) ? all(1.0) : Lane{});
    m.eW[c] = binding;
    m.right[m.b + c] = -m.gW[c] * binding;
    m.matrix[size_t(m.b + c) * n + m.b + c] = binding > 0.0 ? 1e-12 * scale : scale;
  }
  for (int a = 0; a < m.count; a++)
    for (int c = m.cap_start[a]; c < m.cap_start[a + 1]; c++) {
      Lane *row = &m.matrix[size_t(m.b + m.cap_of[c]) * n];
      const Lane shared = sigma * m.C[a] * m.eW[m.cap_of[c]];
      row[m.buyer[a]] -= shared;
      for (int o = m.cap_start[a]; o <= c; o++) row[m.b + m.cap_of[o]] += shared * m.eW[m.cap_of[o]];
    }
}

/// Schur complement: what remains of Newton's matrix on the side that stays when the other is eliminated.
void eliminate(Market &m, Lane sigma, const Row &x, const Row &gone, const Row &known, int n) {
  const int outer = m.sellers_go ? m.s : m.b;
  const std::vector<int> &kept = m.sellers_go ? m.buyer : m.seller;
  for (int o = 0; o < outer; o++) {
    const Lane f = sigma * sigma / gone[o], shift = sigma * known[o] / gone[o];
    for (int c = 0; c < m.g; c++) m.cap_row[c] = Lane{};
    for (int a = m.start[o]; a < m.start[o + 1]; a++) {
      const Lane scaled = f * x[a];
      Lane *row = &m.matrix[size_t(kept[a]) * n];
      for (int other = m.start[o]; other <= a; other++) row[kept[other]] -= scaled * x[other];
      m.right[kept[a]] -= shift * x[a];
      for (int c = m.cap_start[a]; c < m.cap_start[a + 1]; c++)
        m.cap_row[m.cap_of[c]] -= x[a] * m.eW[m.cap_of[c]];
    }
    for (int c = 0; c < m.g; c++) {
      Lane *row = &m.matrix[size_t(m.b + c) * n];
      const Lane scaled = f * m.cap_row[c];
      for (int a = m.start[o]; a < m.start[o + 1]; a++) row[kept[a]] -= scaled * x[a];
      for (int other = 0; other <= c; other++) row[m.b + other] -= scaled * m.cap_row[other];
      m.right[m.b + c] -= shift * m.cap_row[c];
    }
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
void direction(Market &m, Lane sigma) {
  const int kept = m.sellers_go ? m.b : m.s, outer = m.sellers_go ? m.s : m.b, n = kept + m.g;
  Lane top_A{}, top_D{};
  for (int i = 0; i < m.s; i++) top_A = most(top_A, m.A[i]);
  for (int j = 0; j < m.b; j++) top_D = most(top_D, m.D[j]);
  const Lane ridge = 1e-12 * (top_A + top_D) + 1e-300;
  for (int i = 0; i < m.s; i++) m.A[i] += ridge;
  for (int j = 0; j < m.b; j++) m.D[j] += ridge;
  const Row &gone = m.sellers_go ? m.A : m.D, &stays = m.sellers_go ? m.D : m.A, &x = m.limited ? m.C : m.x;
  const Row &known = m.sellers_go ? m.gU : m.gV, &rest = m.sellers_go ? m.gV : m.gU;
  m.matrix.assign(size_t(n) * n, Lane{}), m.right.resize(n), m.inverse.resize(n), m.cap_row.resize(m.g);
  for (int j = 0; j < kept; j++) m.matrix[size_t(j) * n + j] = stays[j], m.right[j] = -rest[j];
  if (m.g) cap_rows(m, sigma, top_D + ridge, n);
  eliminate(m, sigma, x, gone, known, n);
  solve_definite(m.matrix, m.right, m.inverse, n);
  Row &out = m.sellers_go ? m.new_U : m.new_V, &other = m.sellers_go ? m.new_V : m.new_U;
  for (int j = 0; j < kept; j++) other[j] = m.right[j];
  for (int c = 0; c < m.g; c++) m.new_W[c] = m.right[kept + c] * m.eW[c];
  for (int o = 0; o < outer; o++) {
    Lane moved{};
    for (int a = m.start[o]; a < m.start[o + 1]; a++) {
      Lane change = m.right[(m.sellers_go ? m.buyer : m.seller)[a]];
      for (int c = m.cap_start[a]; c < m.cap_start[a + 1]; c++) change -= m.new_W[m.cap_of[c]];
      moved += x[a] * change;
    }
    out[o] = (sigma * moved - known[o]) / gone[o];
  }
}

/// The slope along the last move, and how far the market is from clear: its worst node, and the step that it asks for.
struct Distance {
  Lane slope, residual, next, prices;
};

Distance distance(const Market &m) {
  Distance d{};
  const auto node = [&](Lane gradient, Lane move, Lane curvature, Lane price) {
    d.slope += gradient * move;
    d.residual = most(d.residual, size_of(gradient));
    d.next = most(d.next, size_of(gradient) / most(curvature, 1e-9 * m.total));
    d.prices = most(d.prices, size_of(price));
  };
  for (int i = 0; i < m.s; i++) node(m.gU[i], m.step_U[i], m.A[i], m.try_U[i]);
  for (int j = 0; j < m.b; j++) node(m.gV[j], m.step_V[j], m.D[j], m.try_V[j]);
  for (int c = 0; c < m.g; c++) {
    d.slope += m.gW[c] * m.step_W[c] * m.on[c];
    const Lane over = m.on[c] * (m.try_W[c] > 0.0 ? size_of(m.gW[c]) : positive(-m.gW[c]));
    d.residual = most(d.residual, over), d.next = most(d.next, over / m.total);
  }
  return d;
}

/// The next move: the new step where the last was taken, a quarter of the last where it overshot, none where done.
/// Steps are shortened to `STEP_CAP`, end at the ceiling, and leave no rent below zero. Returns the longest move.
Lane next_move(Market &m, Mask taken, Mask done, Lane &slope) {
  Lane longest{}, downhill{}, moved{};
  for (const Row *row : {&m.new_U, &m.new_V, &m.new_W})
    for (const Lane &step : *row) longest = most(longest, size_of(step));
  const Lane scale = least(all(1.0), STEP_CAP / most(longest, all(1e-300)));
  const auto move = [&](Lane step, Lane gradient, Lane &last) {
    downhill += gradient * step;
    last = done ? Lane{} : (taken ? step : 0.25 * last);
    moved = most(moved, size_of(last));
  };
  for (int i = 0; i < m.s; i++) move(m.new_U[i] * scale, m.gU[i], m.step_U[i]);
  for (int j = 0; j < m.b; j++)
    move(least(m.V[j] + m.new_V[j] * scale, m.vmax[j]) - m.V[j], m.gV[j], m.step_V[j]);
  for (int c = 0; c < m.g; c++) move(positive(m.rent[c] + m.new_W[c] * scale) - m.rent[c], m.gW[c], m.step_W[c]);
  slope = taken ? downhill : slope;
  return moved;
}

/// Clears the market from the prices in `m.U`, `m.V`, `m.rent`; returns the lanes in which it did, `steps` counts.
///
/// A lane has settled when its last step was tiny, or when it was small enough for Newton's method, whose error is
/// squared at every step, and the next step that the gradient asks for is nothing.
Mask newton(const Here &h, int k, Market &m, Lane &steps) {
  const Lane sigma = h.group.states[k].sigma;
  for (Row *row : {&m.step_U, &m.step_V, &m.step_W}) std::fill(row->begin(), row->end(), Lane{});
  Mask done{}, failed{};
  Lane moved{}, slope{};
  steps = Lane{};
  for (int round = 0; round < MAX_ITERATIONS; round++) {
    for (int i = 0; i < m.s; i++) m.try_U[i] = m.U[i] + m.step_U[i];
    for (int j = 0; j < m.b; j++) m.try_V[j] = least(m.V[j] + m.step_V[j], m.vmax[j]);
    for (int c = 0; c < m.g; c++) m.try_W[c] = positive(m.rent[c] + m.step_W[c]);
    look(h, k, m, m.try_U, m.try_V, m.try_W);
    const Distance far = distance(m);
    const Mask taken = (far.slope <= OVERSHOOT * size_of(slope)) | (moved <= LAST_STEP);
    for (int i = 0; i < m.s; i++) m.U[i] = taken ? m.try_U[i] : m.U[i];
    for (int j = 0; j < m.b; j++) m.V[j] = taken ? m.try_V[j] : m.V[j];
    for (int c = 0; c < m.g; c++) m.rent[c] = taken ? m.try_W[c] : m.rent[c];
    const Lane tolerance = most(all(RESIDUAL), 8.0 * EPSILON * sigma * far.prices) * m.total;
    const Mask small = round == 0 ? far.next <= NEXT_STEP : moved <= LAST_STEP;
    done |= taken & (far.residual <= tolerance) & (small | ((moved <= SQUARED_STEP) & (far.next <= NEXT_STEP)));
    failed |= ~done & (~(sigma * far.prices < SAFE_EXPONENT) | (far.slope != far.slope));
    if (!any(~(done | failed))) break;
    steps += done | failed ? Lane{} : all(1.0);
    direction(m, sigma);
    moved = next_move(m, taken, done | failed, slope);
  }
  return done;
}

/// Hands the market of one lane to NumPy's solver and takes over what it finds; false where that gave up as well.
bool rescue(const Here &h, int k, Market &m, int lane, Lane &steps) {
  const State &t = h.group.states[k];
  const Month &month = h.part.month[k];
  const size_t links = size_t(m.s) * m.b;
  const auto one = [&](const Row &row) {
    std::vector<double> out(row.size());
    for (size_t r = 0; r < row.size(); r++) out[r] = row[r][lane];
    return out;
  };
  const auto spread = [&](const Row &row, double rest) {
    std::vector<double> out(links, rest);
    for (int a = 0; a < m.count; a++) out[m.place[a]] = row[a][lane];
    return out;
  };
  Row high(m.b), vcap(m.b), limits(m.g);
  for (int j = 0; j < m.b; j++) high[j] = h.group.pace.max_build * month.wanted[j];
  for (int j = 0; j < m.b; j++) vcap[j] = m.vmax[j] - 3.0 / h.group.pace.kappa;
  for (int c = 0; c < m.g; c++) limits[c] = m.on[c] > 0.0 ? m.limit[c] : all(INF);
  const auto q = spread(m.q, 0.0), T = spread(m.T, 0.0), L = spread(m.limited ? m.L : Row(m.count), 0.0);
  const auto H = spread(m.limited ? m.H : Row(m.count, all(INF)), 0.0);
  const auto S0 = one(m.S0), K = one(month.K), eps = one(t.eps), D0 = one(month.wanted), eta = one(t.eta);
  const auto cap = one(vcap), F = one(month.fixed), target = one(m.target), position = one(m.position);
  const auto held = one(m.held), expected = one(t.expected), build = one(high), answering = one(m.answering);
  const auto lead = one(m.lead);
  const auto limit = one(limits);
  std::vector<double> x(links), U = one(t.ahead_U), V = one(t.ahead_V), rent = one(t.rent), unmet(m.b);
  const Stuck stuck{k, h.month, h.first + lane, m.g, q.data(), S0.data(), K.data(), eps.data(), D0.data(), eta.data(),
                    cap.data(), T.data(), L.data(), H.data(), F.data(), target.data(), position.data(), held.data(),
                    expected.data(), build.data(), answering.data(), lead.data(), limit.data(), t.sigma[lane], x.data(), U.data(),
                    V.data(), rent.data(), unmet.data()};
  const int taken = h.part.rescue(&stuck);
  if (taken < 0) return false;
  steps[lane] += taken;
  for (int a = 0; a < m.count; a++) m.x[a][lane] = x[m.place[a]];
  for (int i = 0; i < m.s; i++) m.U[i][lane] = U[i];
  for (int j = 0; j < m.b; j++) m.V[j][lane] = V[j], m.left[j][lane] = unmet[j];
  for (int c = 0; c < m.g; c++) m.rent[c][lane] = rent[c];
  return true;
}

/// Clears the market of stage `k` from where last months' prices point; false where a lane could not be cleared.
bool clear(const Here &h, int k, Market &m, Verdict &verdict) {
  const Stage &g = h.part.stages[k];
  State &t = h.group.states[k];
  for (int i = 0; i < m.s; i++) m.U[i] = t.ahead_U[i];
  for (int j = 0; j < m.b; j++) m.V[j] = least(t.ahead_V[j], m.vmax[j]);
  for (int c = 0; c < m.g; c++) m.rent[c] = t.rent[c] * m.on[c];
  Lane steps;
  const Mask done = newton(h, k, m, steps);
  for (int l = 0; l < W && any(~done); l++)
    if (!done[l] && h.first + l < h.part.draws && !rescue(h, k, m, l, steps)) {
      verdict = {1, k, h.month, h.first + l, 0.0, verdict.worst};
      return false;
    }
  for (int l = 0; l < W && h.first + l < h.part.draws; l++) *g.steps += steps[l];
  for (int i = 0; i < m.s; i++) m.sold[i] = Lane{};
  for (int a = 0; a < m.count; a++) m.sold[m.seller[a]] += m.x[a];
  for (int i = 0; i < m.s; i++) m.cut[i] = share_of(h.part.month[k].K[i], m.sold[i]);
  return true;
}

}  // namespace
