"""A trained model in Snowflake's Model Registry: log it as a version, and decide which version is the default."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from names import parts, quote
from pipeline import frame, load_booster, pipeline, without_empty_columns
from problems import InputError

if TYPE_CHECKING:
    from snowflake.ml.model import Model, ModelVersion
    from snowflake.ml.registry import Registry
    from snowflake.snowpark import Session

#: The metric that decides which version is better, and the one that says whether two versions are the same model.
DECIDING_METRIC = "auc"
_FINGERPRINT = "model_sha256"
_METHODS = ("predict_proba", "predict")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Promotion:
    """What became of the default version.

    Args:
        is_default: Whether the new version is the default now.
        previous_default: Version that was the default before; None when there was none.
        previous_metric: Its AUC; None when there was no version, or it has no such metric.
    """

    is_default: bool
    previous_default: str | None
    previous_metric: float | None


class ModelShelf:
    """One model's place in the registry.

    Args:
        session: Where the registry is.
        name: ``[database.][schema.]model``; what is left out is the session's.

    Raises:
        InputError: If ``name`` is not a name, or the session has no database or schema to look in.
    """

    def __init__(self, session: Session, name: str) -> None:
        # The client's progress bar would fill a job's log with redrawn lines.
        os.environ.setdefault("TQDM_DISABLE", "1")
        from snowflake.ml.registry import Registry

        *place, self._name = parts(name, "--model_name")
        current = [_stored(session.get_current_database()), _stored(session.get_current_schema())]
        database, schema = [*current[: 2 - len(place)], *place]
        if not database or not schema:
            raise InputError(
                f"--model_name={name}",
                "the session has no current schema",
                "A model lives in a schema",
                "Name it as database.schema.model",
            )
        self.name = f"{database}.{schema}.{self._name}"
        self._registry: Registry = Registry(session, database_name=quote(database), schema_name=quote(schema))

    def model(self) -> Model | None:
        """The model with its versions; None when there is none yet."""
        known = self._registry.show_models()
        if not len(known) or self._name not in set(known["name"]):
            return None
        return self._registry.get_model(quote(self._name))

    def log(
        self, content: bytes, sample: list[dict[str, Any]], metrics: Mapping[str, Any], version: str, comment: str
    ) -> ModelVersion:
        """Store the model as a version; one that is there already with the same content is taken as it is.

        Args:
            content: The model as UBJSON.
            sample: Raw rows from which the signature is learned.
            metrics: What is shown with the version; flat.
            version: Its name.
            comment: Where it comes from.

        Raises:
            InputError: If a version of this name holds another model.
        """
        from snowflake.ml.model import task

        fingerprint = hashlib.sha256(content).hexdigest()
        (stored,) = _version_parts(version)
        existing = self._existing(stored, fingerprint)
        if existing is not None:
            logger.info("%s version %s is there already, with the same content", self.name, stored)
            return existing
        booster = load_booster(content, "model")
        return self._registry.log_model(
            pipeline(booster),
            model_name=quote(self._name),
            version_name=quote(stored),
            comment=comment,
            metrics={**{key: value for key, value in metrics.items() if value is not None}, _FINGERPRINT: fingerprint},
            sample_input_data=without_empty_columns(frame(sample, booster), booster),
            task=task.Task.TABULAR_BINARY_CLASSIFICATION,
            options={"target_methods": list(_METHODS), "relax_version": True},
        )

    def content(self, version: str | None) -> tuple[str, bytes]:
        """Name and UBJSON of a version that `log` stored.

        Args:
            version: Its name; None is the default version.

        Raises:
            InputError: If there is no such model or version, or it is not one of train.py's.
        """
        model = self.model()
        if model is None:
            raise InputError(
                f"--model_name={self.name}",
                "the registry has no such model, or this role may not see it",
                "A model is registered by register.py, or by train.py --save_mode registry",
                "Register it, or name another",
            )
        names = {str(each.version_name) for each in model.versions()}
        (wanted,) = _version_parts(version) if version else (str(model.default.version_name),)
        if wanted not in names:
            raise InputError(
                f"--version={version}",
                f"{self.name} has no such version",
                f"Its versions are {', '.join(sorted(names))}",
                "Name one of them, or none for the default",
            )
        served = model.version(quote(wanted)).load()
        classifier = getattr(served, "steps", [("", served)])[-1][1]
        if not hasattr(classifier, "get_booster"):
            raise InputError(
                f"--model_name={self.name}",
                f"version {wanted} is {type(classifier).__name__}, not an XGBoost model",
                "Scores are made by models that train.py made",
                "Name another model",
            )
        return wanted, bytes(classifier.get_booster().save_raw("ubj"))

    def default(self) -> tuple[str | None, float | None]:
        """The current default version and its AUC; None for what is not there."""
        model = self.model()
        if model is None:
            return None, None
        default = model.default
        metric = default.show_metrics().get(DECIDING_METRIC)
        return str(default.version_name), None if metric is None else float(metric)

    def promote(
        self,
        version: ModelVersion,
        metric: float,
        threshold: float,
        previous: tuple[str | None, float | None],
    ) -> Promotion:
        """Make ``version`` the default if it is better than the default before it by more than ``threshold``.

        Args:
            version: The new version.
            metric: Its AUC.
            threshold: Least improvement of the AUC, exclusive.
            previous: What `default` said before the version was logged.
        """
        before, best = previous
        if before is None or before == version.version_name:
            # The first version of a model is its default without being asked.
            return Promotion(is_default=True, previous_default=None, previous_metric=None)
        if best is None:
            logger.info("default %s has no %s: it stays, since nothing can be compared", before, DECIDING_METRIC)
            return Promotion(is_default=False, previous_default=before, previous_metric=None)
        better = metric - best > threshold
        if better:
            model = self.model()
            if model is None:
                raise RuntimeError(f"model {self.name} was dropped while its version was being promoted")
            model.default = version
        verdict = "becomes the default" if better else "does not become the default"
        logger.info("%s %s: AUC %.5f, %s has %.5f", version.version_name, verdict, metric, before, best)
        return Promotion(is_default=better, previous_default=before, previous_metric=best)

    def _existing(self, version: str, fingerprint: str) -> ModelVersion | None:
        model = self.model()
        if model is None:
            return None
        for candidate in model.versions():
            if candidate.version_name == version:
                if candidate.show_metrics().get(_FINGERPRINT) == fingerprint:
                    return candidate
                raise InputError(
                    f"--version={version}",
                    f"{self.name} has a version of that name that holds another model",
                    "A version never changes",
                    "Choose another --version",
                )
        return None


def check_names(model_name: str, version: str | None) -> None:
    """Refuse names that cannot be, before anything happens.

    Raises:
        InputError: If one is not a name.
    """
    parts(model_name, "--model_name")
    if version is not None:
        _version_parts(version)


def version_name(content: bytes, trained_at: str) -> str:
    """A name that is the same whenever the same model is registered: when it was trained, and what it holds.

    Args:
        content: The model as UBJSON.
        trained_at: Time in ISO 8601, UTC.
    """
    moment = "".join(character for character in trained_at[:19] if character.isdigit())
    return f"V_{moment[:8]}_{moment[8:]}_{hashlib.sha256(content).hexdigest()[:8].upper()}"


def _version_parts(version: str) -> tuple[str]:
    found = parts(version, "--version")
    if len(found) != 1:
        raise InputError(
            f"--version={version}", "it has dots", "A version's name is one identifier", "Use letters, digits and _"
        )
    return (found[0],)


def _stored(name: str | None) -> str:
    return parts(name, "current schema")[0] if name else ""
