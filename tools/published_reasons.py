"""Why the base year differs by more than 15 % from a published number: product, quantity, region."""

from __future__ import annotations

HUB = "gold passes on and comes back: hubs are joined through, so that bars go from who made them to who keeps them"
BARS = "bars of many makers, melted and shipped again: only Kazakh and Uzbek bars are followed through Swiss refineries"
LED_BACK = "re-exports are led back to who made the goods, in the proportions of what the seller makes and buys"
ORE_CHAIN = "ore of Myanmar is counted again when Thailand sends it on; the hub is joined through"
OXIDE = "the product holds oxide and metal, the code metal alone"
BEYOND = "exports exceed what is made, {} (USGS): stocks, goods of others or output not counted; cut and told"
ORIGIN = "bought by origin, also enriched abroad: ours is ore shipped, `embodied_share` of a run looks through"
TWO_WAY = "no American mine: ore that is exported came from abroad or from stock; ours is what American plants take"
USED_ABROAD = "mine output less the feed of own smelters (USGS) leaves {}; {}"

SAID = (
    ("antimony.concentrate mine_output LAO", "part of the rest of the world's 600 t: too small for a row of its own"),
    ("antimony.concentrate flow MMR>THA THA>CHN MMR>CHN", ORE_CHAIN),
    (
        "antimony.concentrate flow AUS>CHN",
        "1 270 t are mined (USGS): Australian antimony ore is paid for its gold, so that value over the price of "
        "antimony overstates it",
    ),
    (
        "antimony.concentrate flow TJK>CHN TJK>IND",
        "of 22 000 t mined (USGS) home smelters take 14 200: the rest has to go somewhere, and exports recorded are 1"
        " 700 t",
    ),
    ("antimony.concentrate flow KGZ>CHN", "mine output of 700 t is balanced between the home smelter and China"),
    ("antimony.concentrate flow KAZ>MYS", "Malaysia has no smelter in the tables: it passes on"),
    ("antimony.metal flow MMR>THA VNM>THA", "Thailand is half a hub: what it passes on goes straight to its customers"),
    (
        "antimony.metal flow THA>USA",
        "Thailand is half a hub: what it passes on comes straight from Myanmar and Vietnam",
    ),
    ("antimony.metal flow CHN>JPN VNM>EU27 TJK>USA", OXIDE),
    ("antimony.metal flow TJK>BRA", "Brazil is part of the rest of the world here: too small a user"),
    ("antimony.metal net_import_reliance USA", "USGS counts smelter output from imported oxide and scrap as domestic"),
    (
        "rare_earths.concentrate mine_output AUS",
        "USGS says 13 kt in its edition of 2025 and 29 kt in that of 2026, World Mining Data 20: 13 kt is what "
        "Malaysian separation of Australian ore (10.9 kt) can have used",
    ),
    ("rare_earths.concentrate mine_output MDG", "part of the rest of the world: sold as monazite"),
    (
        "rare_earths.separated imports USA",
        "net trade is kept: USGS's imports and exports both hold goods that only pass through; use of 8.8 kt (USGS "
        "9.0) less own separation of 4.3 kt has to be imported",
    ),
    (
        "copper.concentrate exports USA",
        "USGS's own figures exceed its mine output: 882 kt refined from ore and 326 kt exported of 1 050 kt mined; "
        "blister and anodes are imported",
    ),
    ("copper.refined exports USA", "CEPII BACI has 127 kt in HS 740311, which the base year follows"),
    (
        "copper.concentrate flow KAZ>CHN",
        USED_ABROAD.format("220 kt", "ore is valued with its gold and silver, so that 348 kt by value overstates it"),
    ),
    ("copper.concentrate flow KAZ>RUS", USED_ABROAD.format("220 kt", "ore is valued with its gold and silver")),
    (
        "copper.concentrate flow MNG>CHN",
        "Mongolia mines 430 kt (USGS) and smelts next to nothing: all goes to its only buyer; balancing adds what "
        "Chinese smelters lack",
    ),
    (
        "copper.refined flow COD>CHN",
        "2 560 kt are refined (USGS) and 2 046 kt recorded as exports: the rest is shared among buyers",
    ),
    (
        "gallium.primary imports USA",
        "reported use of 18.7 t with a reliance of 100 % (USGS) has to be imported: USGS does not say from where "
        "beyond 11 t of metal",
    ),
    ("gold.dore+gold.refined exports/imports USA", HUB),
    ("gold.dore+gold.refined flow CHE>CHN CHE>IND ARE>CHN ARE>IND USA>CHE ARE>CHE", BARS),
    ("gold.dore+gold.refined flow KGZ>CHN KGZ>CHE KGZ>GBR", "75 t were exported of 22 t mined: earlier stocks"),
    (
        "graphite.natural imports USA",
        "USGS and customs count 71 to 74 kt in and 9 to 11 out: what is sent on is led back to its makers, and "
        "Mozambican and Mexican goods beyond output are cut",
    ),
    ("graphite.natural use USA", "Mozambican and Mexican goods beyond what is mined there are cut"),
    ("graphite.natural flow CHN>KOR", LED_BACK),
    ("graphite.natural flow MOZ>EU27", BEYOND.format("39 kt")),
    ("graphite.natural flow TZA>CHN", BEYOND.format("27 kt")),
    ("graphite.natural exports MDG", BEYOND.format("85 kt")),
    ("graphite.natural exports MEX", BEYOND.format("0.7 kt")),
    ("graphite.natural exports TZA", BEYOND.format("27 kt")),
    ("graphite.natural exports UKR", BEYOND.format("0.9 kt")),
    ("graphite.natural exports MOZ", BEYOND.format("39 kt")),
    ("titanium.unwrought exports SAU", BEYOND.format("14 kt of sponge")),
    (
        "titanium.unwrought imports/use USA",
        "6.8 of 40.9 kt that customs count in are sent on, and led back to their makers",
    ),
    ("titanium.unwrought flow JPN>USA SAU>JPN JPN>GBR KAZ>IND KAZ>GBR", LED_BACK),
    ("tungsten.concentrate imports/exports USA", TWO_WAY),
    ("tungsten.concentrate flow BOL>USA EU27>USA", TWO_WAY),
    ("beryllium.unwrought flow MDG>CHN", "Madagascar makes none: 207 t at 2 USD/kg are something else"),
    ("beryllium.unwrought flow EU27>CHN", "the EU makes none: re-exports are left out"),
    ("uranium.concentrate flow CAN>USA KAZ>USA AUS>USA UZB>USA NAM>USA", ORIGIN),
    (
        "uranium.concentrate flow RUS>USA",
        "Russian uranium comes enriched; mine and re-enriched tails are two rows of Russian supply in production.csv",
    ),
)
"""Product, quantities and regions or links, and the reason that all of them share."""

REASONS = {
    (product, quantity, region): reason
    for product, quantities, *regions, reason in ((*where.split(), reason) for where, reason in SAID)
    for quantity in quantities.split("/")
    for region in regions
}
