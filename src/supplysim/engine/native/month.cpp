// The month of docs/model.md, compiled: one independent part of a chain, W draws side by side in the lanes of a vector.
//
// NumPy's month (month.py, clearing.py, solver.py, memory.py, audit.py) is the reference; functions here bear the same
// names and follow the same order. Every choice is made by lane, never for the lanes together: where a branch looks at
// all lanes it only leaves out work that would have changed nothing, so that a draw's bytes depend on no other draw.
// A market that does not clear here is handed back to NumPy's solver, that lane alone.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <ranges>
#include <vector>

#include "newton.hpp"

namespace {

// --------------------------------------------------------------------------- what is paid, shipped, used and in stock

/// Price of each link as a multiple of the base price: the gate's, at most the door's, with cost and the rent of caps.
/// Where a contract holds a flow up the buyer pays its own market's price; where a ban holds it down the licence is
/// worth what the buyer would give for the last tonne; contracts' terms bound the price of their volume.
void prices_paid(const Here &h, Market &m) {
  for (Node &n : m.nodes) n.factor = exponential(n.price);
  for (Buyer &b : h.t.buyers) b.price = m.buyer(b.j).factor;
  for (Link &a : m.links) {
    const Lane door = m.buyer(a.buyer).factor;
    a.paid = least(m.nodes[a.seller].factor, door);
    if (h.lever.cost) a.paid *= exponential(a.T);
    for (int c : a.caps) a.paid *= m.cap(c).factor;
    a.paid = ((a.x > 0.0) & (a.x <= a.L)) ? door : a.paid;
    const Mask held = (a.x > 0.0) & (a.x >= a.H) & (a.q > 0.0);
    if (any(held)) {
      const Lane last = logarithm(most(a.x, all(1e-300)) / most(a.q, all(1e-300))) / h.t.sigma;
      a.paid = held ? most(a.paid, exponential(m.buyer(a.buyer).price - last)) : a.paid;
    }
    for (int e = 0; e < h.lever.terms; e++) {
      if (h.lever.term_place[e] != a.place) continue;
      const auto row = [&](int r) { return h.row(h.lever.term, 3 * e + r); };
      const Lane share = share_of(row(0), a.x * h.t.sellers[a.seller].left);
      a.paid = share * within(a.paid, row(1), row(2)) + (1.0 - share) * a.paid;
    }
  }
}

/// Writes a number of `some` nodes into a row of a history, of the draws that there are.
template <class Nodes, class Node, class Some>
void put(const Here &h, double *out, int row, const Nodes &nodes, Lane Node::*number, const Some &some) {
  for (int l = 0; l < W && h.first + l < h.part.chain.draws; l++) {
    double *to = out + (size_t(row) * h.part.chain.draws + h.first + l) * some.size();
    for (int each : some) *to++ = (nodes[each].*number)[l];
  }
}

template <class Nodes, class Node>
void put(const Here &h, double *out, int row, const Nodes &nodes, Lane Node::*number) {
  put(h, out, row, nodes, number, std::views::iota(size_t(0), nodes.size()));
}

/// Cuts flows to capacity, puts them under way and adds up what they cost.
void ship(const Here &h, Market &m) {
  const bool counted = h.month >= h.part.chain.counted_from;  // what is before is history
  for (Seller &s : h.t.sellers) s.made = Lane{};
  for (Buyer &b : h.t.buyers) b.bought = b.spent = Lane{};
  if (h.month % 12 == 0)
    for (Tie &tie : h.t.ties) tie.year = Lane{};
  for (Link &a : m.links) {
    Seller &s = h.t.sellers[a.seller];
    Buyer &b = h.t.buyers[a.buyer];
    a.x *= s.left;
    const Lane cost = a.x * a.paid, lead = lead_time(h, a.place);
    s.made += a.x, h.t.ties[a.place].year += a.x;
    b.bought += a.x, b.spent += cost;
    if (h.lever.duty && counted) b.duty += cost * (1.0 - exponential(-h.row(h.lever.duty, a.place)));
    for (int l = 0; l < W; l++) h.t.under_way[int(lead[l]) * m.b + b.j][l] += a.x[l];
    for (int w = 0; w < h.g.watched; w++) {
      const int row = w * h.part.chain.months + h.month;
      if (h.g.watch[w] == a.place) put(h, h.g.watched_flow, row, std::span(&a, 1), &Link::x);
    }
  }
  for (Buyer &b : h.t.buyers) {
    b.delivered = b.bought > 0.0 ? b.spent / most(b.bought, all(1e-300)) : b.price;
    b.spend += counted ? b.spent : Lane{};
  }
}

/// Takes what the plants used out of their yards; where a yard is empty they lack the rest of their plan. Returns
/// the gap between output and input times yield.
Lane draw_inputs(const Here &h) {
  Lane gap{}, scale = all(1e-300);
  for (int f = 0; f < h.g.feeds; f++) {
    Buyer &b = h.at(h.g.feed_stage[f]).t.buyers[h.g.feed_buyer[f]];
    const double feed_yield = h.g.feed_yield[f];
    const Lane made = h.t.sellers[h.g.feed_supplier[f]].made;
    b.used = least(made / feed_yield, b.stock);
    b.stock -= b.used;
    b.short_of = b.stock <= EMPTY * b.short_of ? positive(b.short_of - b.used) : Lane{};
    gap += size_of(made - b.used * feed_yield), scale += made + b.used * feed_yield;
  }
  return gap / scale;
}

/// Receives the month's arrivals and uses what is asked for as far as it is there; plants use theirs later.
void use(const Here &h) {
  State &t = h.t;
  const int buyers = t.buyers.size();
  for (Buyer &b : t.buyers) {
    const bool user = h.g.makes[b.j] < 0;
    const Lane served = positive(b.asked - b.unmet), ever = most(b.wanted, b.asked);
    const Lane released = positive(-b.transfer), sold = positive(-b.hoard);
    const Lane hand = b.stock + t.under_way[b.j] + released + sold, spare = positive(hand - served);
    const Lane saved = least(positive(b.transfer), spare), owed = b.owed + positive(b.hoard);
    const Lane bought = least(owed, spare - saved);
    b.released = released - saved;
    b.used = user ? least(served, hand) : Lane{};
    b.owed = owed - bought, b.kept += bought - sold;
    b.stock = positive(hand - b.used - saved - bought);  // rounding may leave a denormal below nothing
    b.unmet += user ? served - b.used : Lane{};
    b.short_of = user ? ever - b.used : least(b.wanted, b.D0);
    b.adapted = user ? positive(b.D0 - ever) : Lane{};
    b.reserve = Lane{};
  }
  std::rotate(t.under_way.begin(), t.under_way.begin() + buyers, t.under_way.end());
  std::fill(t.under_way.end() - buyers, t.under_way.end(), Lane{});
  for (int p = 0; p < h.g.stockpiles; p++) {
    const double *share = h.g.share + p * buyers;
    Lane holds = t.strategic[p];
    for (const Buyer &b : t.buyers)
      if (share[b.j] > 0) holds -= b.released;
    t.strategic[p] = positive(holds);
    for (Buyer &b : t.buyers) b.reserve += t.strategic[p] * share[b.j];
  }
}

// ------------------------------------------------------------------------------------------- what the month leaves

/// Where next month's search begins: on the curve through the last months' prices, as far as they moved steadily.
void look_ahead(State &t, const Market &m) {
  Lane change{}, turn{}, bend{};
  for (int p = 0; p < m.s + m.b; p++) {
    const Path &path = t.paths[p];
    const Lane moved = m.nodes[p].price - path.price, turned = moved - path.change;
    change = most(change, size_of(moved)), turn = most(turn, size_of(turned));
    bend = most(bend, size_of(turned - path.turn));
  }
  const Mask steady = turn <= 0.5 * change, smooth = steady & (bend <= 0.5 * turn);
  for (size_t p = 0; p < m.nodes.size(); p++) {
    Path &path = t.paths[p];
    const Lane now = m.nodes[p].price, moved = now - path.price, turned = moved - path.change;
    path = {now, moved, turned, now + (steady ? moved : Lane{}) + (smooth ? turned : Lane{})};
  }
}

/// Habit: ln q' = (1 - lam - mu) ln q + lam ln max(x, f q) + mu ln q*, then rescaled to the base year's totals.
void learn(const Here &h, const Market &m) {
  const Pace &pace = h.pace;
  for (Buyer &b : h.t.buyers) b.learned = Lane{};
  for (const Link &a : m.links) {
    if (!(h.g.q[a.place] > 0.0)) continue;
    Tie &tie = h.t.ties[a.place];
    Buyer &b = h.t.buyers[a.buyer];
    const Lane gain = logarithm(most(a.x, all(1e-300))) - b.growth - tie.log_q;
    const Lane step = pace.learning * most(gain, pace.log_floor) + pace.reversion * (h.g.home[a.place] - tie.log_q);
    tie.log_q += step, tie.usual *= exponential(step);
    b.learned += tie.usual;
  }
  for (Buyer &b : h.t.buyers) {
    const Lane excess = b.learned / b.base_bought;
    b.learned = 1.0 / excess, b.shift = logarithm(excess);
  }
  for (const Link &a : m.links) {
    if (!(h.g.q[a.place] > 0.0)) continue;
    Tie &tie = h.t.ties[a.place];
    tie.log_q -= h.t.buyers[a.buyer].shift, tie.usual *= h.t.buyers[a.buyer].learned;
  }
}

/// Pairs that did not trade in the base year qualify while the buyer is short, some of them at once, or learn from what
/// a contract ships.
void qualify(const Here &h, const Market &m) {
  const Levers &lever = h.lever;
  const Pace &pace = h.pace;
  Mask scarce{};
  for (const Buyer &b : h.t.buyers) scarce |= b.V > pace.log_scarce;
  if (!lever.floor && !lever.equities && !lever.option && !h.t.new_links && !any(scarce)) return;
  Row shipped(h.t.ties.size());
  for (const Link &a : m.links)
    if (!(h.g.q[a.place] > 0.0)) shipped[a.place] = least(a.x, a.option + a.promised);
  h.t.new_links = false;
  for (size_t p = 0; p < shipped.size(); p++) {
    Lane &fresh = h.t.ties[p].fresh;
    Mask may = h.t.buyers[p % m.b].V > pace.log_scarce;
    if (lever.allowed) may &= h.row(lever.allowed, p) > 0.0;
    const Lane gap = may ? positive(h.g.links[p] - fresh) / pace.qualification : Lane{};
    const Lane grown = fresh * (1.0 - pace.reversion) + gap + pace.learning * positive(shipped[p] - fresh);
    fresh = most(grown, may ? pace.at_once * h.g.links[p] : Lane{});
    h.t.new_links = h.t.new_links || any(fresh > 0.0);
  }
}

constexpr double ROUNDING = 1e-9;

/// Idle capacity wakes within half a year of high prices; new capacity is begun after a year of them.
void invest(const Here &h) {
  const auto coming = [&](int month, int i) -> Lane & {
    return h.t.coming[(month % h.g.openings) * h.g.suppliers + i];
  };
  for (Seller &s : h.t.sellers) {
    const Mask high = s.U > h.pace.log_invest;
    s.awake = within(s.awake + (high ? all(1.0 / 6) : (s.U < -ROUNDING ? all(-1.0 / 12) : Lane{})), Lane{}, all(1.0));
    s.tight = high ? s.tight + 1.0 : Lane{};
    const Mask begin = s.tight >= h.pace.invest_after;
    s.tight = begin ? Lane{} : s.tight;
    coming(h.month + h.g.build_lead[s.i], s.i) +=
        begin ? h.pace.invest_share * least(s.K, h.row(h.g.S0, s.i)) : Lane{};
    Lane &opens = coming(h.month + 1, s.i);
    s.built += opens, opens = Lane{};
  }
}

/// Carries the month's prices and flows into the state.
void remember(const Here &h, Market &m) {
  const Pace &pace = h.pace;
  look_ahead(h.t, m);
  for (Seller &s : h.t.sellers) s.U = m.nodes[s.i].price;
  for (Buyer &b : h.t.buyers) {
    const Lane V = m.buyer(b.j).price, expected = b.expected + pace.expectation_gain * (V - b.expected);
    b.V = V, b.expected = least(expected, positive(V));  // once a crisis is over nobody expects its price again
    b.agreed += (b.price - b.agreed) / h.g.tenor;
    b.contract = h.g.term_share * b.agreed + (1.0 - h.g.term_share) * b.price;
    const Lane pull = -(pace.long_run_multiple - 1.0) * b.eta * V;
    b.long_run += (pull - b.long_run) / pace.long_run_months;
  }
  if (h.part.chain.learns) learn(h, m);
  qualify(h, m);
  if (h.part.chain.invests) invest(h);
}

// ------------------------------------------------------------------------------------------------- books and history

/// Writes what is known of a stage's month once the plants of all stages have drawn on their yards.
void keep(const Here &h) {
  const Stage &g = h.g;
  State &t = h.t;
  const bool last = h.month == h.part.chain.months - 1;
  const auto kept = [&](double *out, Lane Buyer::*number) {
    put(h, out, h.month, t.buyers, number, std::span(g.keeps, size_t(g.kept)));
  };
  put(h, g.made, h.month, t.sellers, &Seller::made), put(h, g.limit, h.month, t.sellers, &Seller::K);
  kept(g.reference, &Buyer::D0), kept(g.used, &Buyer::used), kept(g.short_of, &Buyer::short_of);
  kept(g.adapted, &Buyer::adapted), kept(g.rationed, &Buyer::unmet), kept(g.stock, &Buyer::stock);
  kept(g.reserve, &Buyer::reserve), kept(g.contract, &Buyer::contract), kept(g.delivered, &Buyer::delivered);
  kept(g.spot, &Buyer::V);
  if (last || h.month % 12 == 11) {
    for (Buyer &b : t.buyers) b.carried = b.stock + b.reserve;
    put(h, g.flow, h.month / 12, t.ties, &Tie::year);
    put(h, g.carried, h.month / 12, t.buyers, &Buyer::carried);
  }
  if (last) put(h, g.spend, 0, t.buyers, &Buyer::spend), put(h, g.duty, 0, t.buyers, &Buyer::duty);
}

constexpr double TOLERANCE = 1e-12;

/// Nothing is made from nothing: stocks change by what came in less what was used, and none is below nothing.
/// `processing` is the gap between what plants made and what they used.
void check(const Here &h, Lane processing) {
  const Lane before = h.t.holdings, after = holdings(h.t);
  Lane made{}, used{}, lowest{};
  for (const Seller &s : h.t.sellers) made += s.made;
  for (const Buyer &b : h.t.buyers) {
    used += b.used;
    lowest = least(lowest, least(b.stock, least(b.used, b.reserve)));
  }
  const Lane off = size_of(after - before - made + used) / (most(after, before) + made + used + 1e-300);
  const Lane gap = most(off, processing);
  h.t.holdings = after;
  for (int l = 0; l < W && h.first + l < h.part.chain.draws; l++) {
    const Verdict found{lowest[l] < 0.0 ? 3 : 2, h.k, h.month, h.first + l, lowest[l] < 0.0 ? lowest[l] : gap[l]};
    if (lowest[l] < 0.0 || !(gap[l] <= TOLERANCE)) throw found;
  }
}

/// Advances every stage of W draws by one month.
void step(const Here &month) {
  std::vector<Here> stages;
  for (size_t k = 0; k < month.group.states.size(); k++) stages.push_back(month.at(k));
  Market &m = month.part.market;
  Row gap;
  for (const Here &h : stages) pull_levers(h);
  for (const Here &h : stages) demand(h);
  for (const Here &h : stages) {
    stockpile_transfer(h);
    kept_out(h);
    bound_by_inputs(h);
    assemble(h, m);
    clear(h, m);
    prices_paid(h, m);
    ship(h, m);
    gap.push_back(draw_inputs(h));
    use(h);
    remember(h, m);
  }
  for (const Here &h : stages) {
    check(h, gap[h.k]);
    keep(h);
  }
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
  sizes[0] = sizeof(Stage), sizes[1] = sizeof(Levers), sizes[2] = sizeof(Chain), sizes[3] = sizeof(Stuck);
  sizes[4] = sizeof(Verdict);
}

/// A part of a chain at the base year; what it points at must outlive it.
void *open_part(const Chain *chain, Rescue rescue) {
  auto part = std::make_unique<Part>(Part{*chain, rescue, {}, {}});
  const std::vector<Levers> none(chain->stages);
  part->groups.resize(chain->padded / W);
  for (int d = 0; d < chain->padded; d += W) {
    Group &group = part->groups[d / W];
    group.pace = pace_of(*chain, d);
    group.states.resize(chain->stages);
    for (int k = 0; k < chain->stages; k++) opening({*part, group, none.data(), d, 0, k});
  }
  return part.release();
}

/// Advances all draws over `count` months from `first`; `levers` [month][stage].
void advance(void *handle, int first, int count, const Levers *levers, Verdict *verdict) {
  Part &part = *static_cast<Part *>(handle);
  verdict->fault = 0;
  try {
    for (int d = 0; d < part.chain.padded; d += W)
      for (int month = 0; month < count; month++)
        step({part, part.groups[d / W], levers + month * part.chain.stages, d, first + month, 0});
  } catch (const Verdict &found) {
    *verdict = found;
  }
}

void close_part(void *handle) { delete static_cast<Part *>(handle); }
}
