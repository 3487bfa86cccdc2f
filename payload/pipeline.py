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


def pipeline(booster: xgboost.Booster) -> Pipeline:
    """The booster for saving and serving: select columns, set their types, encode text and dates, classify.

    Its predictions on raw rows are those of the booster on the rows it was trained on; a text it has not seen is
    missing, not an error.
    """
    import pandas as pd
    import xgboost
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    layout = layout_of(booster)
    types: dict[str, Any] = dict.fromkeys(layout.numeric, "float32")
    types |= dict.fromkeys(layout.moments, "datetime64[ns]") | dict.fromkeys(layout.categorical, "object")
    classifier = xgboost.XGBClassifier(enable_categorical=True)
    classifier.load_model(bytearray(booster.save_raw("ubj")))
    steps = [
        ("columns", FunctionTransformer(pd.DataFrame.filter, kw_args={"items": list(types)})),
        ("types", FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": types})),
        ("codes", _encoder(booster, types)),
    ]
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


def without_empty_columns(sample: pd.DataFrame, booster: xgboost.Booster) -> pd.DataFrame:
    """The rows with a stand-in where a column has no value in any, so that its type can be learned from them."""
    import pandas as pd

    layout = layout_of(booster)
    stand_ins: dict[str, Any] = dict.fromkeys(layout.numeric, 0.0) | dict.fromkeys(layout.categorical, "")
    stand_ins |= dict.fromkeys(layout.moments, pd.Timestamp(EPOCH))
    return sample.assign(**{name: value for name, value in stand_ins.items() if sample[name].isna().all()})


def moments(days: pd.Series[float]) -> pd.Series[Any]:
    """Days since `EPOCH` as the dates or times that they stand for, to the second."""
    import pandas as pd

    return pd.Timestamp(EPOCH) + pd.to_timedelta((days.astype("float64") * 86400).round(), unit="s")


def _encoder(booster: xgboost.Booster, types: dict[str, str]) -> Any:
    """Turns text into the booster's codes and dates into days since `EPOCH`, for an array in the booster's order.

    Codes, and not pandas' categories: XGBoost before 3.4 misreads names of these outside of ASCII, and scores such rows
    wrong without a word.
    Source: https://github.com/dmlc/xgboost/pull/12371
    """
    import numpy as np
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

    layout, texts = layout_of(booster), _document(booster)["categorical"]
    codes = OrdinalEncoder(
        categories=[np.array(values, object) for values in texts.values()],
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        dtype=np.float32,
    )
    encoder = ColumnTransformer(
        [
            ("codes", codes, list(texts)),
            ("days", _days(), list(layout.moments)),
            ("numbers", "passthrough", list(layout.numeric)),
        ],
        verbose_feature_names_out=False,
    )
    # It learns nothing but the names and types of the columns.
    encoder.set_output(transform="pandas").fit(
        pd.DataFrame({name: pd.Series([None], dtype=dtype) for name, dtype in types.items()})
    )
    return make_pipeline(
        encoder,
        FunctionTransformer(pd.DataFrame.filter, kw_args={"items": booster.feature_names}),
        FunctionTransformer(pd.DataFrame.to_numpy, kw_args={"dtype": "float32"}),
    )


def _days() -> Any:
    """Moments as days, in whole seconds as the table's SQL does."""
    import pandas as pd
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    def step(function: Any, **arguments: Any) -> FunctionTransformer:
        return FunctionTransformer(function, kw_args=arguments, feature_names_out="one-to-one")

    # Typed loosely: whether pandas is typed depends on what else is installed.
    frame: Any = pd.DataFrame
    return make_pipeline(
        step(frame.astype, dtype="datetime64[s]"),
        step(frame.sub, other=pd.Timestamp(EPOCH)),
        step(frame.div, other=pd.Timedelta(days=1)),
        step(frame.astype, dtype="float32"),
    )


def _document(booster: xgboost.Booster) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(str(booster.attr(LAYOUT_ATTRIBUTE)))
    return document
