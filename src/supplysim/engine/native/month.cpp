// The month of docs/model.md, compiled: one independent part of a chain, W draws side by side in the lanes of a vector.
//
// NumPy's month (month.py, clearing.py, solver.py, memory.py, audit.py) is the reference; functions here bear the same
// names and follow the same order. Every choice is made by lane, never for the lanes together: where a branch looks at
// all lanes it only leaves out work that would have changed nothing, so that a draw's bytes depend on no other draw.
// A market that does not clear here is handed back to NumPy's solver, that lane alone.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "newton.hpp"

namespace {

// --------------------------------------------------------------------------- what is paid, shipped, used and in stock

/// Price of each link as a multiple of the base price: the gate's, at most the door's, with cost and the rent of caps.
/// Where a contract holds a flow up the buyer pays its own market's price; where a ban holds it down the licence is
/// worth what the buyer would give for the last tonne; contracts' terms bound the price of their volume.
void prices_paid(const Here &h, int k, Market &m) {
  const Levers &lever = h.levers[k];
  const Lane sigma = h.group.states[k].sigma;
  Row &door = h.part.month[k].price, &gate = m.eU;
  door.resize(m.b);
  for (int i = 0; i < m.s; i++) gate[i] = exponential(m.U[i]);
  for (int j = 0; j < m.b; j++) door[j] = exponential(m.V[j]);
  for (int a = 0; a < m.count; a++) {
    const int i = m.seller[a], j = m.buyer[a];
    m.paid[a] = least(gate[i], door[j]);
    if (!m.limited && !lever.cost) continue;
    Lane added = m.T[a];
    for (int c = m.cap_start[a]; c < m.cap_start[a + 1]; c++) added += m.rent[m.cap_of[c]];
    m.paid[a] *= exponential(added);
    if (!m.limited) continue;
    const Lane x = m.x[a];
    m.paid[a] = ((x > 0.0) & (x <= m.L[a])) ? door[j] : m.paid[a];
    const Mask held = (x > 0.0) & (x >= m.H[a]) & (m.q[a] > 0.0);
    if (any(held)) {
      const Lane last = logarithm(most(x, all(1e-300)) / most(m.q[a], all(1e-300))) / sigma;
      m.paid[a] = held ? most(m.paid[a], exponential(m.V[j] - last)) : m.paid[a];
    }
  }
  for (int e = 0; e < lever.terms; e++)
    for (int a = 0; a < m.count; a++)
      if (m.place[a] == lever.term_place[e]) {
        const auto row = [&](int r) { return h.row(lever.term, 3 * e + r); };
        const Lane flow = m.x[a] * m.cut[m.seller[a]], spot = m.paid[a], share = share_of(row(0), flow);
        m.paid[a] = share * within(spot, row(1), row(2)) + (1.0 - share) * spot;
      }
}

/// Cuts flows to capacity, puts them under way and adds up what they cost.
void ship(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  const Levers &lever = h.levers[k];
  State &t = h.group.states[k];
  Month &month = h.part.month[k];
  for (Lane &made : t.made) made = Lane{};
  m.bought.assign(m.b, Lane{}), month.spent.assign(m.b, Lane{});
  const bool same = !lever.late && !g.lead_by_draw, opens = h.month % 12 == 0;
  const bool counted = h.month >= h.part.counted_from;  // what is before is history
  if (opens) t.year.assign(t.year.size(), Lane{});
  for (int a = 0; a < m.count; a++) {
    const int p = m.place[a], i = m.seller[a], j = m.buyer[a];
    const Lane x = m.x[a] * m.cut[i], cost = x * m.paid[a];
    m.x[a] = x, t.made[i] += x, m.bought[j] += x, month.spent[j] += cost, t.year[p] += x;
    if (lever.duty && counted) t.duty[j] += cost * (1.0 - exponential(-h.row(lever.duty, p)));
    if (same) {
      t.under_way[g.lead[p] * m.b + j] += x;
      continue;
    }
    const Lane lead = lead_time(h, k, p);
    for (int l = 0; l < W; l++) {
      const int slot = int(lead[l]);
      if (slot >= t.slots) t.under_way.resize(size_t(slot + 1) * m.b, Lane{}), t.slots = slot + 1;
      t.under_way[slot * m.b + j][l] += x[l];
    }
  }
  for (int j = 0; j < m.b && counted; j++) t.spend[j] += month.spent[j];
}

/// Takes what the plants used out of their yards; where a yard is empty they lack the rest of their plan. Returns
/// the gap between output and input times yield.
Lane draw_inputs(const Here &h, int k) {
  const Stage &g = h.part.stages[k];
  const State &t = h.group.states[k];
  Lane gap{}, scale = all(1e-300);
  for (int f = 0; f < g.feeds; f++) {
    const int j = g.feed_buyer[f];
    Month &source = h.part.month[g.feed_stage[f]];
    Lane &stock = h.group.states[g.feed_stage[f]].stock[j], &lacks = source.short_of[j];
    const Lane made = t.made[g.feed_supplier[f]], used = least(made / g.feed_yield[f], stock);
    stock -= used;
    source.used[j] = used;
    lacks = stock <= EMPTY * lacks ? positive(lacks - used) : Lane{};
    gap += size_of(made - used * g.feed_yield[f]), scale += made + used * g.feed_yield[f];
  }
  return gap / scale;
}

/// Receives the month's arrivals and uses what is asked for as far as it is there; plants use theirs later.
void use(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  State &t = h.group.states[k];
  Month &month = h.part.month[k];
  Row &moved = m.due;
  for (Row *row : {&month.used, &month.short_of, &month.adapted, &month.reserve, &month.carried}) row->assign(m.b, Lane{});
  for (int j = 0; j < m.b; j++) {
    const Lane wanted = month.wanted[j], asked = demand_at(h.group.pace, wanted, t.eta[j], m.V[j]).tonnes;
    const Lane served = positive(asked - m.left[j]), ever = most(wanted, asked);
    const Lane released = positive(-month.transfer[j]), sold = positive(-month.hoard[j]);
    const Lane hand = t.stock[j] + t.under_way[j] + released + sold, spare = positive(hand - served);
    const bool user = g.makes[j] < 0;
    const Lane used = user ? least(served, hand) : Lane{};
    const Lane saved = least(positive(month.transfer[j]), spare), owed = t.owed[j] + positive(month.hoard[j]);
    const Lane bought = least(owed, spare - saved);
    moved[j] = saved - released;
    t.owed[j] = owed - bought, t.kept[j] += bought - sold;
    t.stock[j] = positive(hand - used - saved - bought);  // rounding may leave a denormal below nothing
    t.unmet[j] = user ? m.left[j] + (served - used) : m.left[j];
    month.used[j] = used;
    month.short_of[j] = user ? ever - used : least(wanted, month.D0[j]);
    month.adapted[j] = user ? positive(month.D0[j] - ever) : Lane{};
  }
  std::rotate(t.under_way.begin(), t.under_way.begin() + m.b, t.under_way.end());
  std::fill(t.under_way.end() - m.b, t.under_way.end(), Lane{});
  for (int p = 0; p < g.stockpiles; p++) {
    const double *share = g.share + p * m.b;
    Lane holds = t.strategic[p];
    for (int j = 0; j < m.b; j++)
      if (share[j] > 0) holds += moved[j];
    t.strategic[p] = positive(holds);
    for (int j = 0; j < m.b; j++) month.reserve[j] += t.strategic[p] * share[j];
  }
}

// ------------------------------------------------------------------------------------------- what the month leaves

/// Where next month's search begins: on the curve through the last months' prices, as far as they moved steadily.
void look_ahead(State &t, const Market &m) {
  const auto largest = [&](auto of) {
    Lane size{};
    for (int i = 0; i < m.s; i++) size = most(size, size_of(of(m.U[i], t.U[i], t.change_U[i], t.turn_U[i])));
    for (int j = 0; j < m.b; j++) size = most(size, size_of(of(m.V[j], t.V[j], t.change_V[j], t.turn_V[j])));
    return size;
  };
  const Lane change = largest([](Lane now, Lane last, Lane, Lane) { return now - last; });
  const Lane turn = largest([](Lane now, Lane last, Lane before, Lane) { return now - last - before; });
  const Lane bend = largest([](Lane now, Lane last, Lane before, Lane turned) { return now - last - before - turned; });
  const Mask steady = turn <= 0.5 * change, smooth = steady & (bend <= 0.5 * turn);
  const auto point = [&](Lane now, Lane &last, Lane &before, Lane &turned, Lane &ahead) {
    const Lane moved = now - last, curve = moved - before;
    ahead = now + (steady ? moved : Lane{}) + (smooth ? curve : Lane{});
    last = now, before = moved, turned = curve;
  };
  for (int i = 0; i < m.s; i++) point(m.U[i], t.U[i], t.change_U[i], t.turn_U[i], t.ahead_U[i]);
  for (int j = 0; j < m.b; j++) point(m.V[j], t.V[j], t.change_V[j], t.turn_V[j], t.ahead_V[j]);
}

/// Habit: ln q' = (1 - lam - mu) ln q + lam ln max(x, f q) + mu ln q*, then rescaled to the base year's totals.
///
/// On a link that nothing but its prices moved ln x - ln q is sigma (V - U - T - rents), which saves a logarithm.
void learn(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  State &t = h.group.states[k];
  const Month &month = h.part.month[k];
  const Pace &pace = h.group.pace;
  Row &total = m.due;
  total.assign(m.b, Lane{});
  for (int a = 0; a < m.count; a++) {
    const int p = m.place[a], i = m.seller[a], j = m.buyer[a];
    if (!(g.q[p] > 0.0)) continue;
    const Lane before = t.log_q[p], cut = 1.0 - m.cut[i];
    Mask free = (m.reference[a] > 0.0) & (cut < 1e-8) & (m.q[a] == t.usual[p] * month.grown[j]);
    Lane gain = t.sigma * (m.V[j] - m.U[i] - m.T[a]) - cut;
    if (m.limited) {
      for (int c = m.cap_start[a]; c < m.cap_start[a + 1]; c++) gain -= t.sigma * m.rent[m.cap_of[c]];
      free &= (m.x[a] > m.L[a]) & (m.x[a] < m.H[a] * m.cut[i]);
    }
    if (any(~free)) gain = free ? gain : logarithm(most(m.x[a] / month.grown[j], all(1e-300))) - before;
    const Lane step = pace.learning * most(gain, pace.log_floor) + pace.reversion * (t.home[p] - before);
    Lane factor = small_exponential(step);
    const Mask large = size_of(step) > 0.13;
    if (any(large)) factor = large ? exponential(step) : factor;
    t.log_q[p] = before + step;
    t.usual[p] *= factor;
    total[j] += t.usual[p];
  }
  Row &shift = m.gV;
  for (int j = 0; j < m.b; j++)
    if (t.base_bought[j] > 0.0) {
      const Lane excess = total[j] / t.base_bought[j];
      total[j] = 1.0 / excess, shift[j] = logarithm(excess);
    }
  for (int a = 0; a < m.count; a++)
    if (g.q[m.place[a]] > 0.0) {
      t.log_q[m.place[a]] -= shift[m.buyer[a]];
      t.usual[m.place[a]] *= total[m.buyer[a]];
    }
}

/// Pairs that did not trade in the base year qualify while the buyer is short, some of them at once, or learn from what
/// a contract ships.
void qualify(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  const Levers &lever = h.levers[k];
  State &t = h.group.states[k];
  const Pace &pace = h.group.pace;
  const bool promised = lever.floor || lever.equities || lever.option;
  Mask scarce{};
  for (int j = 0; j < m.b; j++) scarce |= m.V[j] > pace.log_scarce;
  if (!promised && !t.new_links && !any(scarce)) return;
  Row shipped(t.fresh.size());
  for (int a = 0; a < m.count; a++)
    if (!(g.q[m.place[a]] > 0.0)) shipped[m.place[a]] = least(m.x[a], m.option[a] + m.promised[a]);
  t.new_links = false;
  for (size_t p = 0; p < t.fresh.size(); p++) {
    const Lane fresh = t.fresh[p];
    Mask may = m.V[p % m.b] > pace.log_scarce;
    if (lever.allowed) may &= h.row(lever.allowed, p) > 0.0;
    const Lane gap = may ? positive(g.links[p] - fresh) / pace.qualification : Lane{};
    const Lane grown = fresh * (1.0 - pace.reversion) + gap + pace.learning * positive(shipped[p] - fresh);
    t.fresh[p] = most(grown, may ? pace.at_once * g.links[p] : Lane{});
    t.new_links = t.new_links || any(t.fresh[p] > 0.0);
  }
}

/// Idle capacity wakes within half a year of high prices; new capacity is begun after a year of them.
void invest(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  State &t = h.group.states[k];
  const Month &month = h.part.month[k];
  const Pace &pace = h.group.pace;
  const int opens = (h.month + 1) % g.openings;
  for (int i = 0; i < m.s; i++) {
    const Mask high = m.U[i] > pace.log_invest;
    const Lane change = high ? all(1.0 / 6) : (m.U[i] < 0.0 ? all(-1.0 / 12) : Lane{});
    t.awake[i] = within(t.awake[i] + change, Lane{}, all(1.0));
    t.tight[i] = high ? t.tight[i] + 1.0 : Lane{};
    const Mask begin = t.tight[i] >= pace.invest_after;
    t.tight[i] = begin ? Lane{} : t.tight[i];
    const int slot = (h.month + g.build_lead[i]) % g.openings;
    t.coming[slot * m.s + i] += begin ? pace.invest_share * least(month.K[i], t.S0[i]) : Lane{};
    t.built[i] += t.coming[opens * m.s + i];
    t.coming[opens * m.s + i] = Lane{};
  }
}

/// Carries the month's prices and flows into the state.
void remember(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  State &t = h.group.states[k];
  Month &month = h.part.month[k];
  const Pace &pace = h.group.pace;
  month.contract.resize(m.b);
  look_ahead(t, m);
  t.rent = m.rent;
  for (int j = 0; j < m.b; j++) {
    const Lane expected = t.expected[j] + pace.expectation_gain * (m.V[j] - t.expected[j]);
    t.expected[j] = least(expected, positive(m.V[j]));  // once a crisis is over nobody expects its price again
    t.agreed[j] += (month.price[j] - t.agreed[j]) / g.tenor;
    month.contract[j] = g.term_share * t.agreed[j] + (1.0 - g.term_share) * month.price[j];
    const Lane pull = -(pace.long_run_multiple - 1.0) * t.eta[j] * m.V[j];
    t.long_run[j] += (pull - t.long_run[j]) / pace.long_run_months;
  }
  if (h.part.rules.learns) learn(h, k, m);
  qualify(h, k, m);
  if (h.part.rules.invests) invest(h, k, m);
}

// ------------------------------------------------------------------------------------------------- books and history

bool year_ends(const Here &h) { return h.month % 12 == 11 || h.month == h.part.months - 1; }

void put(const Here &h, double *out, int row, const Row &values) {
  const int n = values.size();
  for (int l = 0; l < W && h.first + l < h.part.draws; l++) {
    double *to = out + (size_t(row) * h.part.draws + h.first + l) * n;
    for (int j = 0; j < n; j++) to[j] = values[j][l];
  }
}

/// The same of the buyers whose months are kept.
void put_kept(const Here &h, const Stage &g, double *out, const Row &values) {
  for (int l = 0; l < W && h.first + l < h.part.draws; l++) {
    double *to = out + (size_t(h.month) * h.part.draws + h.first + l) * g.kept;
    for (int r = 0; r < g.kept; r++) to[r] = values[g.keeps[r]][l];
  }
}

/// Writes what is known of a stage's month once its market has cleared.
void keep(const Here &h, int k, Market &m) {
  const Stage &g = h.part.stages[k];
  const State &t = h.group.states[k];
  Month &month = h.part.month[k];
  for (int j = 0; j < m.b; j++)
    month.spent[j] = m.bought[j] > 0.0 ? month.spent[j] / most(m.bought[j], all(1e-300)) : month.price[j];
  put(h, g.made, h.month, t.made), put(h, g.limit, h.month, month.K), put_kept(h, g, g.delivered, month.spent);
  put_kept(h, g, g.reference, month.D0), put_kept(h, g, g.rationed, t.unmet), put_kept(h, g, g.spot, t.V);
  put_kept(h, g, g.reserve, month.reserve), put_kept(h, g, g.contract, month.contract);
  put_kept(h, g, g.adapted, month.adapted);
  if (year_ends(h)) put(h, g.flow, h.month / 12, t.year);
  for (int w = 0; w < g.watched; w++)
    for (int a = 0; a < m.count; a++)
      for (int l = 0; l < W && m.place[a] == g.watch[w] && h.first + l < h.part.draws; l++)
        g.watched_flow[(size_t(w) * h.part.months + h.month) * h.part.draws + h.first + l] = m.x[a][l];
  if (h.month == h.part.months - 1) put(h, g.spend, 0, t.spend), put(h, g.duty, 0, t.duty);
}

/// Writes what is known of it once the plants of all stages have drawn on their yards.
void keep_drawn(const Here &h, int k) {
  const Stage &g = h.part.stages[k];
  const Row &stock = h.group.states[k].stock;
  Month &month = h.part.month[k];
  put_kept(h, g, g.used, month.used), put_kept(h, g, g.short_of, month.short_of), put_kept(h, g, g.stock, stock);
  if (!year_ends(h)) return;
  for (int j = 0; j < g.buyers; j++) month.carried[j] = stock[j] + month.reserve[j];
  put(h, g.carried, h.month / 12, month.carried);
}

constexpr double TOLERANCE = 1e-12;

/// Nothing is made from nothing: stocks change by what came in less what was used, and none is below nothing.
bool check(const Here &h, int k, Lane processing, Verdict &verdict) {
  const Stage &g = h.part.stages[k];
  State &t = h.group.states[k];
  const Month &month = h.part.month[k];
  const Lane after = holdings(g, t);
  Lane made{}, used{}, lowest{};
  for (const Lane &each : t.made) made += each;
  for (int j = 0; j < g.buyers; j++) {
    used += month.used[j];
    lowest = least(lowest, least(t.stock[j], least(month.used[j], month.reserve[j])));
  }
  const Lane gap = most(size_of(after - t.before - made + used) / (most(after, t.before) + made + used + 1e-300),
                        processing);
  t.before = after;
  for (int l = 0; l < W && h.first + l < h.part.draws; l++) {
    const int fault = lowest[l] < 0.0 ? 3 : !(gap[l] <= TOLERANCE) ? 2 : 0;
    if (fault) {
      verdict = {fault, k, h.month, h.first + l, fault == 3 ? lowest[l] : gap[l], verdict.worst};
      return false;
    }
    verdict.worst = std::max(verdict.worst, double(gap[l]));
  }
  return true;
}

/// Advances every stage of W draws by one month; false where it cannot.
bool step(const Here &h, Verdict &verdict) {
  const int stages = h.part.stages.size();
  Market &m = h.part.market;
  Row gap(stages);
  for (int k = 0; k < stages; k++) pull_levers(h, k);
  for (int k = 0; k < stages; k++) demand(h, k);
  for (int k = 0; k < stages; k++) {
    stockpile_transfer(h, k);
    kept_out(h, k);
    bound_by_inputs(h, k);
    assemble(h, k, m);
    if (!clear(h, k, m, verdict)) return false;
    prices_paid(h, k, m);
    ship(h, k, m);
    gap[k] = draw_inputs(h, k);
    use(h, k, m);
    remember(h, k, m);
    keep(h, k, m);
  }
  for (int k = 0; k < stages; k++) {
    if (!check(h, k, gap[k], verdict)) return false;
    keep_drawn(h, k);
  }
  return true;
}

}  // namespace

// -------------------------------------------------------------------------------------------------- the C interface

extern "C" {

int lanes() { return W; }

/// The newest build that this processor can run: 0 generic, 1 AVX2 with FMA, 2 AVX-512.
int level() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

/// Bytes of the structures that cross the border, so that Python can tell whether it speaks of the same.
void layout(int32_t *sizes) {
  sizes[0] = sizeof(Stage), sizes[1] = sizeof(Levers), sizes[2] = sizeof(Rules), sizes[3] = sizeof(Stuck);
  sizes[4] = sizeof(Verdict);
}

/// A part of a chain at the base year; `padded` draws are whole groups of lanes, the last draw repeated.
void *open_part(const Stage *stages, int count, const Rules *rules, int draws, int padded, int months, int counted_from,
                Rescue rescue) {
  auto part = std::make_unique<Part>();
  part->stages.assign(stages, stages + count);
  part->rules = *rules, part->rescue = rescue;
  part->draws = draws, part->padded = padded, part->months = months;
  part->counted_from = counted_from;
  part->month.resize(count), part->groups.resize(padded / W);
  for (int d = 0; d < padded; d += W) {
    Group &group = part->groups[d / W];
    group.pace = pace_of(*rules, d);
    group.states.resize(count);
    for (int k = 0; k < count; k++) {
      opening(stages[k], group.states[k], padded, d);
      group.states[k].before = holdings(stages[k], group.states[k]);
    }
  }
  return part.release();
}

/// Advances all draws over `count` months from `first`; `levers` [month][stage].
void advance(void *handle, int first, int count, const Levers *levers, Verdict *verdict) {
  Part &part = *static_cast<Part *>(handle);
  verdict->fault = 0;
  for (int d = 0; d < part.padded; d += W)
    for (int month = 0; month < count; month++) {
      const Here here{part, part.groups[d / W], levers + month * part.stages.size(), d, first + month};
      if (!step(here, *verdict)) return;
    }
}

void close_part(void *handle) { delete static_cast<Part *>(handle); }
}
