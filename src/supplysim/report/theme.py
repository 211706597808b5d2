"""Colours, once for the style sheet and for the figures: tell apart in grey and by colour-blind readers too."""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff", "ground": "#f6f5f1", "ink": "#1b2430", "soft": "#5b6673", "faint": "#c9cfd6",
    "line": "#e3e5e2", "land": "#e6e5de", "coast": "#cfcdc3", "base": "#7b8794", "without": "#b8560f",
    "scenario": "#12507b", "rival": "#a3262f", "friend": "#12507b", "event": "#b8860b", "new": "#12507b",
    "lost": "#b8560f", "s0": "#12507b", "s1": "#a0661a", "s2": "#3d7568", "s3": "#7a5c86", "s4": "#5f7486",
    "s5": "#857a62",
}  # fmt: skip
DARK = {
    "paper": "#161b22", "ground": "#0f1318", "ink": "#e8eaed", "soft": "#a3adb8", "faint": "#4a5560",
    "line": "#2a323b", "land": "#262e37", "coast": "#3b4651", "base": "#98a4b1", "without": "#f0a35e",
    "scenario": "#74b9ea", "rival": "#ef8088", "friend": "#74b9ea", "event": "#e0b64f", "new": "#74b9ea",
    "lost": "#f0a35e", "s0": "#5fa8d8", "s1": "#d9a552", "s2": "#6fb5a3", "s3": "#a98bb6", "s4": "#7e93a6",
    "s5": "#8d8470",
}  # fmt: skip
"""A figure names a colour `@scenario`, or `@scenario/0.2` with its opacity; the page's script puts it in."""

STYLE = {
    "baseline": {"color": "@base", "dash": "dash", "width": 1.8},
    "without_contracts": {"color": "@without", "dash": "dot", "width": 2.2},
    "scenario": {"color": "@scenario", "dash": "solid", "width": 2.6},
}
"""The line of each variant: dashes say the same as colours."""


def css_variables() -> str:
    """The palettes as custom properties, dark ones where the reader prefers them and never on paper."""

    def block(palette: dict[str, str]) -> str:
        return ":root{" + "".join(f"--{name}:{value};" for name, value in palette.items()) + "}"

    return f"{block(LIGHT)}@media screen and (prefers-color-scheme:dark){{{block(DARK)}}}"
