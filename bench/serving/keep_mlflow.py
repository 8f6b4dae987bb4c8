"""Keeps the pipeline as an MLflow model whose predict gives probabilities. Runs in MLflow's own environment."""

import sys

import joblib
import mlflow.sklearn
import pandas as pd

pipeline, table, output = sys.argv[1:]
example = pd.read_csv(table).drop(columns="left").head(3)
mlflow.sklearn.save_model(
    joblib.load(pipeline),
    output,
    input_example=example,
    pyfunc_predict_fn="predict_proba",
    serialization_format="cloudpickle",
)
