"""A model of the user's own class. Its annotations are read as they are, so they are not put off here."""

from pathlib import Path

import pandas as pd
from snowflake.ml.model import custom_model


class Adder(custom_model.CustomModel):  # type: ignore[misc,unused-ignore]
    """Adds a bias, which lies in a file of its own."""

    @custom_model.inference_api
    def predict(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The sum of each row's A and the bias."""
        bias = float(Path(self.context.path("bias")).read_text())
        return pd.DataFrame({"TOTAL": rows["A"] + bias})
