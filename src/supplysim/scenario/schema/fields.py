"""The types of fields: quantities with a unit, names of regions and products, text, switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from supplysim.scenario.names import suggestion
from supplysim.scenario.units import DIMENSIONS, UnitError, read_quantity
from supplysim.scenario.vocabulary import Vocabulary

OTHERS = ("others", "all others", "All others")


@dataclass(frozen=True)
class Context:
    """What validation needs to know besides the value: the names, the mineral of the entity, its own path."""

    vocabulary: Vocabulary
    mineral: str = ""
    path: tuple[str, ...] = ()


class Part(BaseModel):
    """Base of all maps with fixed fields: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)


def about(doc: str, **settings: Any) -> Any:
    """A field with its line of documentation; without `default` it must be given."""
    return Field(description=doc, **settings)


def wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("supplysim", "{text}", {"text": message})


def context_of(info: ValidationInfo) -> Context:
    assert isinstance(info.context, Context)  # noqa: S101 -- models are only built by scenario.build
    return info.context


@dataclass(frozen=True)
class Quantity:
    """Marks a number that carries a unit of the named dimension; `never` says that the word `never` is none."""

    dimension: str
    never: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_before_validator_function(self._read, handler(source))

    def _read(self, value: object, info: ValidationInfo) -> float | None:
        if self.never and value == "never":
            return None
        try:
            return read_quantity(value, DIMENSIONS[self.dimension], context_of(info).mineral)
        except UnitError as error:
            raise wrong(str(error)) from None


@dataclass(frozen=True)
class Count:
    """Marks a whole number without a unit."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    @staticmethod
    def _read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            shown = f"'{value[:40]}'" if isinstance(value, str) else "this"
            raise wrong(f"must be a whole number without a unit; {shown} is not")
        return int(value)


@dataclass(frozen=True)
class Words:
    """Marks a text; numbers and true or false need quotes to be one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    @staticmethod
    def _read(value: object) -> object:
        if not isinstance(value, str):
            raise wrong("must be text (a number or true/false used as text needs quotes)")
        return value


@dataclass(frozen=True)
class Switch:
    """Marks `on` or `off`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    @staticmethod
    def _read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        if value not in ("on", "off"):
            raise wrong("must be on or off")
        return value == "on"


@dataclass(frozen=True)
class Names:
    """Marks one name (`many=False`) or a list of names; the latter resolve to a tuple of ids."""

    of: str
    many: bool

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        readers = {
            "region": read_region, "product": read_product, "mineral": read_mineral, "contract": read_contract,
        }  # fmt: skip
        read = readers[self.of]
        if not self.many:
            return core_schema.with_info_before_validator_function(_single(read), handler(source))
        item = core_schema.with_info_plain_validator_function(read)
        listed = core_schema.tuple_variable_schema(item)
        spread = core_schema.no_info_before_validator_function(_as_list, listed)
        return core_schema.no_info_after_validator_function(_flat, spread)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _flat(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for group in groups for name in group))
    if not names:
        raise wrong("must not be empty")
    return names


def _single(read: Callable[[object, ValidationInfo], tuple[str, ...]]) -> Callable[[object, ValidationInfo], str]:
    def one(value: object, info: ValidationInfo) -> str:
        if isinstance(value, list):
            raise wrong("must be one name, not a list")
        names = read(value, info)
        if len(names) != 1:
            raise wrong(f"must be one name; '{value}' stands for {len(names)}")
        return names[0]

    return one


def read_region(value: object, info: ValidationInfo) -> tuple[str, ...]:
    """The ids that a region's name stands for; `*` is every region."""
    regions = context_of(info).vocabulary.regions
    if not isinstance(value, str):
        raise wrong("must be the id of a region, such as KAZ")
    if value == "*":
        return tuple(regions)
    if value not in regions:
        raise wrong(f"no such region '{value[:60]}'{suggestion(value, regions, regions)}")
    return (value,)


def read_product(value: object, info: ValidationInfo) -> tuple[str, ...]:
    """The ids that a product's name or glob stands for."""
    vocabulary = context_of(info).vocabulary
    if not isinstance(value, str):
        raise wrong("must be the id of a product, such as tungsten.apt")
    found = tuple(p for p in vocabulary.products if value == p or ("*" in value and fnmatchcase(p, value)))
    if not found and value in vocabulary.minerals:
        raise wrong(f"'{value}' is a mineral; say {value}.* or one of {', '.join(vocabulary.stages(value))}")
    if not found:
        raise wrong(f"no such product '{value[:60]}'{suggestion(value, vocabulary.products)}")
    return found


def read_mineral(value: object, info: ValidationInfo) -> tuple[str, ...]:
    """The mineral of that name."""
    minerals = context_of(info).vocabulary.minerals
    if not isinstance(value, str):
        raise wrong("must be the name of a mineral, such as tungsten")
    if value not in minerals:
        raise wrong(f"no such mineral '{value[:60]}'{suggestion(value, minerals)}")
    return (value,)


def read_contract(value: object, info: ValidationInfo) -> tuple[str, ...]:  # noqa: ARG001 -- as the readers above
    """The contract of that id; whether there is one is looked at once all contracts are known."""
    if not isinstance(value, str):
        raise wrong("must be the id of a contract")
    return (value,)


def just_one(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names as they are; raises where there are several."""
    if len(names) > 1:
        raise wrong(f"must be one name; these are {len(names)}")
    return names


Text = Annotated[str, Words()]
MaybeText = Annotated[str | None, Words()]
Whole = Annotated[int, Count()]
OnOff = Annotated[bool, Switch()]
Region = Annotated[str, Names("region", many=False)]
Regions = Annotated[tuple[str, ...], Names("region", many=True)]
Product = Annotated[str, Names("product", many=False)]
MaybeProduct = Annotated[str | None, Names("product", many=False)]
Products = Annotated[tuple[str, ...], Names("product", many=True)]
OneRegion = Annotated[tuple[str, ...], Names("region", many=True), AfterValidator(just_one)]
OneProduct = Annotated[tuple[str, ...], Names("product", many=True), AfterValidator(just_one)]
Contracts = Annotated[tuple[str, ...], Names("contract", many=True)]
MaybeContract = Annotated[str | None, Names("contract", many=False)]
Minerals = Annotated[tuple[str, ...], Names("mineral", many=True)]
Rate = Annotated[float, Quantity("rate")]
MaybeRate = Annotated[float | None, Quantity("rate")]
Mass = Annotated[float, Quantity("mass")]
Price = Annotated[float, Quantity("price")]
MaybePrice = Annotated[float | None, Quantity("price")]
Money = Annotated[float, Quantity("money")]
Duration = Annotated[float, Quantity("duration")]
MaybeDuration = Annotated[float | None, Quantity("duration")]
Days = Annotated[float, Quantity("days")]
Percent = Annotated[float, Quantity("percent")]
MaybePercent = Annotated[float | None, Quantity("percent")]
Fraction = Annotated[float, Quantity("fraction")]
Multiple = Annotated[float, Quantity("multiple")]
MaybeYearly = Annotated[float | None, Quantity("growth")]
Growth = Annotated[float, Quantity("growth")]
Monthly = Annotated[float, Quantity("monthly")]
Number = Annotated[float, Quantity("number")]
Date = Annotated[float, Quantity("date")]
DateOrNever = Annotated[float | None, Quantity("date", never=True)]
MaybeDate = Annotated[float | None, Quantity("date")]
