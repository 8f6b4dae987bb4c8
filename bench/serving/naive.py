"""Naive FastAPI: a pydantic row, a DataFrame of it, the pipeline's probabilities. Runs in an environment of its own."""

import os

import joblib
import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Row(BaseModel):
    """A customer."""

    age: float
    income: float
    balance: float | None = None
    tenure: float
    calls: float
    distance: float
    discount: float
    plan: str
    region: str
    device: str
    channel: str
    payment: str
    active: str
    newsletter: str


class Posted(BaseModel):
    """The body."""

    rows: list[Row]


app = FastAPI()
pipeline = joblib.load(os.environ["PIPELINE"])


@app.post("/predict")
def predict(posted: Posted) -> list[list[float]]:
    """Probabilities of no and yes."""
    frame = pd.DataFrame([row.model_dump() for row in posted.rows])
    return pipeline.predict_proba(frame).tolist()


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]))
