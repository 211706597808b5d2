"""`supplysim data`: the base year, where it comes from, and what was adjusted to balance it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from supplysim.world import BaseMarket, World

LINKS = 12
"""Links printed for each product; --json has all."""
TOP = 5
"""Suppliers and consumers named for each product."""


@click.command()
@click.argument("mineral", required=False)
@click.option("--sources", is_flag=True, help="Show the source of every figure.")
@click.option("--claims", "show_claims", is_flag=True, help="Set widely quoted figures beside what the data give.")
@click.option("--audit", "show_audit", is_flag=True, help="Set published numbers beside the base year's.")
@click.option("--world", type=click.Path(path_type=Path), help="Folder of tables laid over the shipped ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def data(
    mineral: str | None, sources: bool, show_claims: bool, show_audit: bool, world: Path | None, as_json: bool
) -> None:
    """Show the base year 2024: production, use, flows, shares, and what was adjusted to balance it.

    --audit sets every published number at hand beside ours: output, use, trade and reliance, their ratio, and why the
    two differ where it is by more than 15 %.

    \b
    Examples:
      supplysim data
      supplysim data uranium --sources
      supplysim data --claims
      supplysim data copper --audit
    """
    from supplysim.world import load

    loaded = load(world)
    if show_claims:
        document = claims_document(loaded)
        if as_json:
            click.echo(json.dumps(document, indent=2))
        else:
            _print_claims(document)
        return
    products = _products(loaded, mineral)
    if show_audit:
        document = audit_document(loaded, products)
        if as_json:
            click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            _print_audit(document)
        return
    document = {"base_year": 2024, "products": [product_document(loaded, p, sources) for p in products]}
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        _print(document["products"], sources or bool(mineral))


def _products(world: World, mineral: str | None) -> list[str]:
    from difflib import get_close_matches

    minerals = world.catalog.minerals
    if mineral is None:
        return list(world.base)
    if mineral not in minerals and mineral not in world.base:
        close = get_close_matches(mineral, [*minerals, *world.base], n=1)
        hint = f"; did you mean '{close[0]}'?" if close else f"; there are {', '.join(minerals)}"
        raise click.BadParameter(f"no such mineral '{mineral}'{hint}", param_hint="MINERAL")
    return [p for p in world.base if mineral in (p, p.partition(".")[0])]


def product_document(world: World, product: str, sources: bool = False) -> dict[str, Any]:
    """One product of the base year: totals in t/yr, shares, the largest adjustment, flows; sources if asked for."""
    market = world.base[product]
    rows = [row for row in world.audit if row.product == product]
    largest = max(rows, key=lambda row: abs(row.change), default=None)
    total = float(market.flow.sum())
    found: dict[str, Any] = {
        "product": product,
        "name": market.product.name,
        "unit": market.product.unit,
        "price_usd_t": market.product.price,
        "price_source": market.product.price_source,
        "grade": market.product.grade,
        "recipe": [{"input": each.product, "per_unit": 1.0 / each.yield_} for each in market.product.recipe],
        "qualified": _qualified(market),
        "total": total,
        "suppliers": [{"region": r, "output": v, "share": v / total} for r, v in _ranked(market.output())],
        "consumers": [{"region": r, "use": v, "share": v / total} for r, v in _ranked(_use(market))],
        "flows": [
            {"from": a, "to": b, "flow": v} for (a, b), v in _ranked(market.trade()) if v > 1e-6 * total and a != b
        ],
        "adjustments": [
            {"side": r.side, "region": r.region, "name": r.name, "before": r.before, "after": r.after,
             "change_percent": r.change, "confidence": r.confidence, "reason": r.reason}
            for r in sorted(rows, key=lambda row: -abs(row.change))
        ],
        "largest_adjustment_percent": largest.change if largest else 0.0,
        "ranges": [
            {"region": r.region, "quantity": r.quantity, "chosen": r.chosen, "low": r.low, "high": r.high,
             "source": r.source}
            for r in world.ranges if r.product == product
        ],
    }  # fmt: skip
    found |= _moved(world, product)
    if sources:
        found["sources"] = _sources(market)
    return found


def _moved(world: World, product: str) -> dict[str, Any]:
    """Links that balancing moved far, and trade that its sources have beyond what can be had."""
    from supplysim.world.moved import beyond, moved_links

    return {
        "links_moved": [
            {"from": link.origin, "to": link.destination, "before": link.before, "after": link.after,
             "change_percent": link.change} for link in moved_links(world) if link.product == product
        ],
        "beyond_what_can_be_had": [
            {"region": each.region, "side": each.side, "stated": each.stated, "can_be_had": each.can_be_had,
             "text": str(each)} for each in beyond(world) if each.product == product
        ],
    }  # fmt: skip


def _qualified(market: BaseMarket) -> dict[str, list[str]]:
    """The suppliers of each use that not everybody may feed."""
    makers = list(market.output())
    users = dict.fromkeys(buyer.user for buyer in market.buyers)
    able = {user: [r for r in makers if market.able(market.product.id, user, r)] for user in users}
    return {user: regions for user, regions in able.items() if len(regions) < len(makers)}


def _use(market: BaseMarket) -> dict[str, float]:
    bought: dict[str, float] = {}
    for buyer in market.buyers:
        bought[buyer.region] = bought.get(buyer.region, 0.0) + buyer.requirement
    return bought


def _ranked(amounts: dict[Any, float]) -> list[tuple[Any, float]]:
    return sorted(amounts.items(), key=lambda item: -item[1])


def _sources(market: BaseMarket) -> list[dict[str, Any]]:
    supply = [
        {"side": "supply", "region": s.region, "what": s.kind, "t": s.output, "confidence": s.confidence,
         "source": s.source} for s in market.suppliers
    ]  # fmt: skip
    demand = [
        {"side": "demand", "region": b.region, "what": b.user, "t": b.requirement, "confidence": b.confidence,
         "source": b.source} for b in market.buyers
    ]  # fmt: skip
    return supply + demand


def claims_document(world: World) -> dict[str, Any]:
    """Every quoted figure with the data's figures beside it and the reason why they differ."""
    from supplysim.world.claims import claims

    return {
        "claims": [
            {"id": c.id, "claim": c.text, "value": c.value, "unit": c.unit, "source": c.source,
             "data": [{"what": k.text, "value": k.value, "unit": k.unit, "computed": k.computed,
                       "source": k.fact.source} for k in c.checks],
             "why": c.explanation}
            for c in claims(world)
        ]
    }  # fmt: skip


def audit_document(world: World, products: Sequence[str]) -> dict[str, Any]:
    """Published numbers of some products beside the base year's, with ratio and reason."""
    from supplysim.world.published import FAR, published

    rows = [row for row in published(world) if set(row.product.split("+")) & set(products)]
    far = [row for row in rows if row.far]
    return {
        "limit": FAR, "count": len(rows), "far": len(far), "without_reason": sum(not row.reason for row in far),
        "numbers": [
            {"product": row.product, "quantity": row.quantity, "region": row.region, "published": row.value,
             "ours": row.ours, "unit": row.unit, "ratio": row.ratio, "reason": row.reason,
             "confidence": row.fact.confidence, "source": row.fact.source} for row in rows
        ],
    }  # fmt: skip


def _print_audit(document: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
    limit = 100 * document["limit"]
    title = (
        f"{document['count']} published numbers; {document['far']} beyond {limit:.0f} %, of which "
        f"{document['without_reason']} without a reason"
    )
    table = Table(title=title, title_justify="left", header_style="dim", box=None)
    for name in ("product", "what", "region", "published", "ours", "ratio", "source; why ours differs"):
        table.add_column(name, justify="right" if name in ("published", "ours", "ratio") else "left")
    for row in document["numbers"]:
        far = row["ratio"] is None or abs(row["ratio"] - 1) > document["limit"]
        why = f"{row['source']}; {row['reason'] or 'no reason known'}" if far else row["source"]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        cells = (row["product"], row["quantity"], row["region"], _amount(row["published"]), _amount(row["ours"]), ratio)
        table.add_row(*(Text(cell, style="bold" if far else "") for cell in cells), Text(why))
    console.print(table)


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _print(products: Sequence[dict[str, Any]], detailed: bool) -> None:
    from rich.table import Table

    console = _console()
    table = Table(title="Base year 2024, balanced", title_justify="left", header_style="dim", box=None)
    for name, justify in (("product", "left"), ("t/yr", "right"), ("USD/t", "right"), ("top suppliers", "left"),
                          ("top consumers", "left"), ("largest adjustment", "left")):  # fmt: skip
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for p in products:
        table.add_row(p["product"], f"{p['total']:,.0f}", f"{p['price_usd_t']:,.0f}", _shares(p["suppliers"]),
                      _shares(p["consumers"]), _adjusted(p))  # fmt: skip
    console.print(table)
    console.print(
        "Amounts are tonnes of contained element (uranium: tU; rare earths: t REO; chromium: gross; beryllium: k USD).",
        style="dim",
    )
    if detailed:
        for p in products:
            _print_detail(console, p)


def _print_detail(console: Any, product: dict[str, Any]) -> None:
    console.print(f"\n[bold]{product['product']}[/] largest flows between regions, {product['unit']}/yr")
    for flow in product["flows"][:12]:
        console.print(f"  {flow['from']:>5} -> {flow['to']:<5} {flow['flow']:>14,.0f}")
    if product["grade"]:
        _line(console, f"grade: {product['grade']}")
    if product["recipe"]:
        parts = ", ".join(f"{each['per_unit']:.3g} {each['input']}" for each in product["recipe"])
        _line(console, f"one is made of {parts}")
    for user, regions in product["qualified"].items():
        _line(console, f"only these qualify for {user}: {', '.join(regions)}")
    moved = [row for row in product["adjustments"] if abs(row["change_percent"]) >= 1.0]
    console.print(f"totals moved by 1 % or more: {len(moved) or 'none'}")
    for row in moved:
        change = f"{row['change_percent']:+.1f} %, confidence {row['confidence']}"
        reason = f"; {row['reason']}" if row["reason"] else ""
        _line(console, f"{row['region']} {row['name']}: {row['before']:,.0f} -> {row['after']:,.0f} ({change}{reason})")
    links = product["links_moved"]
    console.print(f"links moved by more than 15 %, and 5 % of what their buyer takes: {len(links) or 'none'}")
    for row in links[:LINKS]:
        _line(console, f"{row['from']} -> {row['to']}: {row['before']:,.0f} -> {row['after']:,.0f} "
                       f"({row['change_percent']:+.0f} %)")  # fmt: skip
    for row in product["beyond_what_can_be_had"]:
        _line(console, f"beyond what can be had: {row['text'].partition(': ')[2]}")
    for row in product["ranges"]:
        band = f"{row['low']:,.0f} to {row['high']:,.0f} (here {row['chosen']:,.0f}; {row['source']})"
        _line(console, f"others say of {row['region']} {row['quantity']}: {band}")
    for row in product.get("sources", ()):
        origin = f"[{row['confidence']}] {row['source']}"
        _line(console, f"{row['side']} {row['region']} {row['what']}: {row['t']:,.0f} t/yr {origin}")


def _line(console: Any, text: str) -> None:
    console.print(f"  {text}", soft_wrap=True, markup=False)


def _print_claims(document: dict[str, Any]) -> None:
    console = _console()
    for claim in document["claims"]:
        console.print(f"\n[bold]{claim['claim']}[/] [dim]({claim['source']})[/]", soft_wrap=True)
        for check in claim["data"]:
            kind = "computed from the base year" if check["computed"] else check["source"]
            console.print(f"  {check['value']:>10,.1f} {check['unit']:<10} {check['what']} ({kind})", soft_wrap=True)
        console.print(f"  {claim['why']}", soft_wrap=True)


def _shares(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{row['region']} {100 * row['share']:.0f} %" for row in rows[:TOP])


def _adjusted(product: dict[str, Any]) -> str:
    if not product["adjustments"]:
        return "none"
    row = product["adjustments"][0]
    return f"{row['region']} {row['name']} {row['change_percent']:+.1f} %"


def _console() -> Any:
    from supplysim.cli.terminal import console

    return console()
