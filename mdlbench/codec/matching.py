"""From models to a header, and from a header back to models: by digest, in the same environment, never by running a name."""

import pickle
from collections.abc import Sequence
from typing import NamedTuple

from mdlbench.arguments import whole
from mdlbench.container.format import Header, ModelEntry
from mdlbench.errors import EnvironmentMismatchError, ModelMismatchError, SpecError, UsageError
from mdlbench.models import CATALOG, load_model, model_class
from mdlbench.models.base import Model
from mdlbench.models.spec import split_spec
from mdlbench.workers import MOST_JOBS

MOST_ENTRIES = 1 << 20  # that the models which a header names may be made of


class Recipe(NamedTuple):
    """How another process builds a model: its spec and stream revision, or itself, pickled, where no spec builds it."""

    spec: str
    revision: int
    pickled: bytes = b""

    @classmethod
    def of(cls, model: Model) -> "Recipe":
        """The recipe of a model.

        Raises:
            UsageError: no other process can have this model, and why.
        """
        if model.rebuilds:
            return cls(model.spec, model.revision)
        try:
            return cls(model.spec, model.revision, pickle.dumps(model))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise UsageError(f"{model.spec} cannot be given to worker processes ({error}); use jobs=1") from None


def recipes_for(models: Sequence[Model], jobs: int) -> list[Recipe]:
    """The recipes that workers need: none where the work is done in this process."""
    return [Recipe.of(model) for model in models] if whole("jobs", jobs, 1, MOST_JOBS) > 1 else []


def build(recipes: Sequence[Recipe]) -> list[Model]:
    """The models of `recipes`, in this process."""
    return [pickle.loads(one.pickled) if one.pickled else load_model(one.spec, one.revision) for one in recipes]


def prepare(models: Sequence[Model]) -> None:
    """Do what takes long once, before time is measured."""
    for model in models:
        model.prepare()


def header_for(models: Sequence[Model]) -> Header:
    """The header of a container whose blocks are coded by `models`."""
    entries = tuple(ModelEntry(model.digest, model.spec) for model in models)
    if all(model.portability == "exact" for model in models):
        return Header(entries)
    metadata = [
        {"portability": model.portability, "environment": model.environment(), "policy": model.policy()} for model in models
    ]
    return Header(entries, tuple(metadata))


def models_for(header: Header, supplied: Sequence[Model], *, force_environment: bool = False) -> list[Model]:
    """The models that a header names: those supplied by the user, else the built-in ones.

    Raises:
        ModelMismatchError: none has the recorded digest; the text says which spec was recorded.
        EnvironmentMismatchError: the digest fits but the environment differs; the text names what.
    """
    models: list[Model] = []
    for entry in header.models:
        models.append(_match(entry, supplied))
        if sum(model.entries for model in models if model not in supplied) > MOST_ENTRIES:
            raise ModelMismatchError(
                f"the container names models of more than {MOST_ENTRIES:,} numbers together; name them with -m"
            )
    if not force_environment:
        for model, metadata in zip(models, header.metadata, strict=False):
            _check_environment(model, metadata["environment"])
    return models


def _match(entry: ModelEntry, supplied: Sequence[Model]) -> Model:
    for model in supplied:
        if model.digest == entry.digest:
            return model
    for model in _built_in(entry.spec):
        if model.digest == entry.digest:
            return model
    wanted = f"{entry.spec} (digest {entry.digest.hex()})"
    if supplied:
        given = ", ".join(f"{model.spec} (digest {model.digest.hex()})" for model in supplied)
        raise ModelMismatchError(f"the container was written with {wanted}; -m gave {given}")
    if is_built_in(entry.spec):
        raise ModelMismatchError(f"the container was written with {wanted}, which this version does not have: update mdlbench")
    raise ModelMismatchError(f"the container was written with {wanted}, which is not built in: give it with -m SPEC")


def is_built_in(spec: str) -> bool:
    """Whether a container may be decoded with this model without the user naming it."""
    try:
        name, argument, _ = split_spec(spec)
    except SpecError:
        return False
    return name in CATALOG and model_class(name).decodes_alone(argument)


def _built_in(spec: str) -> list[Model]:
    """The built-in models that `spec` can mean, one per stream revision; none if it is not built in or not canonical."""
    if not is_built_in(spec):
        return []
    try:
        found = [load_model(spec, revision) for revision in model_class(split_spec(spec)[0]).revisions]
    except SpecError:
        return []
    return [model for model in found if model.spec == spec]


def _check_environment(model: Model, recorded: dict[str, str]) -> None:
    here = model.environment()
    differing = [
        f"{name} was {recorded.get(name, 'absent')}, here {here.get(name, 'absent')}"
        for name in sorted(recorded.keys() | here.keys())
        if recorded.get(name) != here.get(name)
    ]
    if differing:
        raise EnvironmentMismatchError(
            f"{model.spec}: written in another environment: {'; '.join(differing)}; --force-environment tries all the same"
        )
