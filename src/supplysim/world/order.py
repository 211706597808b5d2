"""Which products hang together by recipes and hosts, and in which order they are balanced and simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from supplysim.world.records import Host, Product


def linked(products: Iterable[Product], hosts: Iterable[Host]) -> dict[str, tuple[str, ...]]:
    """For each mineral those that are simulated with it, itself among them: minerals joined by a recipe or a host."""
    products = tuple(products)
    group: dict[str, set[str]] = {p.mineral: {p.mineral} for p in products}
    pairs = [(p.mineral, each.product.partition(".")[0]) for p in products for each in p.recipe]
    pairs += [(host.product.partition(".")[0], host.host.partition(".")[0]) for host in hosts]
    for a, b in pairs:
        whole = group.get(a, {a}) | group.get(b, {b})
        group |= dict.fromkeys(whole, whole)
    return {mineral: tuple(sorted(whole)) for mineral, whole in group.items()}


def upstream_first(products: Iterable[Product]) -> tuple[list[Product], list[Product]]:
    """The products with inputs before what is made of them, otherwise in the order given; and those in a circle."""
    return _sorted({p.id: p for p in products}, {p.id: {each.product for each in p.recipe} for p in products})


def as_balanced(products: Iterable[Product]) -> tuple[list[Product], list[Product]]:
    """The products in the order in which they can be balanced, and those for which there is none.

    A plant's first input decides what it makes, so that is balanced before the others that it then needs.
    """
    products = tuple(products)
    before = {p.id: {each.product for each in p.recipe} for p in products}
    for product in products:
        for each in product.more:
            before[each.product].add(product.input)
    return _sorted({p.id: p for p in products}, before)


def _sorted(products: Mapping[str, Product], before: Mapping[str, set[str]]) -> tuple[list[Product], list[Product]]:
    done: dict[str, Product] = {}
    left = dict(products)
    while left:
        free = next((name for name in left if before[name] <= done.keys()), None)
        if free is None:
            break
        done[free] = left.pop(free)
    return list(done.values()), list(left.values())
