"""A booster as a scikit-learn pipeline that takes raw rows: text as text, numbers of any type.

Its first steps are scikit-learn and pandas alone, so that whoever loads it needs none of this code.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from boosting import LAYOUT_ATTRIBUTE
from features import EPOCH, Layout
from problems import InputError

if TYPE_CHECKING:
    import pandas as pd
    import xgboost
    from sklearn.pipeline import Pipeline


def load_booster(model: bytes, where: str) -> xgboost.Booster:
    """A booster from the bytes of a ``model.ubj``.

    Raises:
        InputError: If they are not a model, or not one that train.py wrote.
    """
    import xgboost

    try:
        booster = xgboost.Booster(model_file=bytearray(model))
    except xgboost.core.XGBoostError as error:
        raise InputError(
            where, "it is not an XGBoost model", "It is UBJSON, as train.py writes it", "Train again"
        ) from error
    if booster.attr(LAYOUT_ATTRIBUTE) is None:
        raise InputError(where, "it does not say its columns", "train.py stores them in the model", "Train with it")
    return booster


def layout_of(booster: xgboost.Booster) -> Layout:
    """The columns that a booster was trained on."""
    document = _document(booster)
    return Layout(
        numeric=tuple(document["numeric"]),
        categorical=tuple(document["categorical"]),
        label=document["label"],
        id_column=document["id_column"],
        moments=tuple(document.get("moments", ())),
    )


def column_types(booster: xgboost.Booster) -> dict[str, Any]:
    """Pandas types that the booster's columns need; a text it has not seen becomes missing, not an error."""
    import pandas as pd

    document = _document(booster)
    types: dict[str, Any] = dict.fromkeys(document["numeric"], "float32")
    types |= dict.fromkeys(document.get("moments", ()), "datetime64[ns]")
    for column, categories in document["categorical"].items():
        types[column] = pd.CategoricalDtype(pd.Index(categories, dtype=object))
    return types


def pipeline(booster: xgboost.Booster) -> Pipeline:
    """The booster for saving and serving: select columns, set their types, classify.

    Its predictions on raw rows are those of the booster on the rows it was trained on.
    """
    import pandas as pd
    import xgboost
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    types = column_types(booster)
    dates = layout_of(booster).moments
    classifier = xgboost.XGBClassifier(enable_categorical=True)
    classifier.load_model(bytearray(booster.save_raw("ubj")))
    steps = [
        ("columns", FunctionTransformer(pd.DataFrame.filter, kw_args={"items": list(types)})),
        ("types", FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": types})),
    ]
    if dates:
        steps.append(("days", _days(list(dates), types)))
    return Pipeline([*steps, ("model", classifier)])


def frame(rows: list[dict[str, Any]], booster: xgboost.Booster) -> pd.DataFrame:
    """Raw rows as a user's data frame: double numbers and plain text."""
    import pandas as pd

    layout = layout_of(booster)
    table = pd.DataFrame(rows, columns=list(layout.features))
    for name in layout.moments:
        # A sample holds what the model sees: days.
        table[name] = moments(table[name])
    return table.astype(dict.fromkeys(layout.numeric, "float64") | dict.fromkeys(layout.categorical, object))


def moments(days: pd.Series[float]) -> pd.Series[Any]:
    """Days since `EPOCH` as the dates or times that they stand for, to the second."""
    import pandas as pd

    return pd.Timestamp(EPOCH) + pd.to_timedelta((days.astype("float64") * 86400).round(), unit="s")


def _days(dates: list[str], types: dict[str, Any]) -> Any:
    """Turns moments into days since `EPOCH`, in whole seconds as the table's SQL does, and leaves the rest as it is."""
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    def step(function: Any, **arguments: Any) -> FunctionTransformer:
        return FunctionTransformer(function, kw_args=arguments, feature_names_out="one-to-one")

    # Typed loosely: whether pandas is typed depends on what else is installed.
    frame: Any = pd.DataFrame
    days = make_pipeline(
        step(frame.astype, dtype="datetime64[s]"),
        step(frame.sub, other=pd.Timestamp(EPOCH)),
        step(frame.div, other=pd.Timedelta(days=1)),
        step(frame.astype, dtype="float32"),
    )
    transformer = ColumnTransformer([("days", days, dates)], remainder="passthrough", verbose_feature_names_out=False)
    # It learns nothing but the names and types of the columns.
    transformer.set_output(transform="pandas").fit(
        pd.DataFrame({name: pd.Series([None], dtype=dtype) for name, dtype in types.items()})
    )
    return make_pipeline(transformer, FunctionTransformer(pd.DataFrame.filter, kw_args={"items": list(types)}))


def _document(booster: xgboost.Booster) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(str(booster.attr(LAYOUT_ATTRIBUTE)))
    return document
