"""The base of tables that name a component, which may have settings of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ValidationError, model_validator

from dsage_mpi.core.expectations import KEY_ERRORS, expectation
from dsage_mpi.core.registry import Registry
from dsage_mpi.core.settings import Settings, problems_error


class ComponentSettings(Settings):
    """A table whose kind may come from elsewhere, with settings of its own in ``settings``."""

    REGISTRY: ClassVar[Registry]
    #: The key that names the component.
    CHOICE: ClassVar[str] = "kind"

    @model_validator(mode="before")
    @classmethod
    def _check_own_settings(cls, data: Any) -> Any:
        """Checks ``settings`` with the component's own class and fills in what it leaves out."""
        if not isinstance(data, dict):
            return data
        name, given = data.get(cls.CHOICE), data.get("settings")
        model = _settings_class(cls.REGISTRY, name)
        if model is None:
            # A name that leads nowhere is a problem of its own key.
            if given == {}:  # as --set says that there are to be none
                return {**data, "settings": None}
            if given is not None and (name is None or cls.REGISTRY.finds(name)):
                what = f'{cls.CHOICE} = "{name}"' if name else f"without {cls.CHOICE}"
                raise problems_error([("settings", f"{what} has no settings of its own")])
            return data
        try:
            valid = model.model_validate({} if given is None else given)
        except ValidationError as error:
            raise problems_error(list(_problems(error))) from None
        return {**data, "settings": valid.model_dump()}

    @property
    def own(self) -> Any:
        """The component's own settings, as an object of its class ``Settings``."""
        model = _settings_class(self.REGISTRY, getattr(self, self.CHOICE))
        return None if model is None else model.model_validate(getattr(self, "settings", {}))


def _settings_class(registry: Registry, name: Any) -> type[BaseModel] | None:
    """The settings of a component of ours, or the nested class ``Settings`` of another's."""
    return registry.settings_class(name) if registry.finds(name) else None


def _problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    for detail in error.errors(include_url=False):
        key = ".".join(map(str, ("settings", *detail["loc"])))
        shown = "" if detail["type"] in KEY_ERRORS else f"= {detail['input']!r}: "
        yield key, shown + expectation(detail)
