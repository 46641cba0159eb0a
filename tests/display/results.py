"""Metrics results of every shape there is, under names that would be tags if they were not escaped."""

from __future__ import annotations

from typing import Any

EVIL = "<img onerror=alert(1)>"


def test(kind: str, values: Any, **more: Any) -> dict[str, Any]:
    return {
        "test_name": kind.title(),
        "test_type": kind,
        "test_id": f"x_{kind}",
        "values": values,
        **more,
    }


test.__test__ = False  # type: ignore[attr-defined]

BUCKETS = [
    {
        "bucket": f"[{n}, {n + 1})",
        "train_count": 10 * n,
        "eval_count": 12 * n,
        "train_percent": 0.1 * n,
        "eval_percent": 0.12 * n,
        "score_mean_diff": 0.01,
    }
    for n in range(1, 5)
]
STATS = {"count": 10, "mean": 1.5, "std": 0.2, "min": 0, "25%": 1, "50%": 1.4, "75%": 2, "max": 3}

KEY_METRICS = {"accuracy": 0.9421, "auc": 0.981, "record_count": 12345, "passed": True, EVIL: EVIL}
TIME_LINE = {
    "title": f"Drift by day {EVIL}",
    "x_axis_label": "day",
    "y_axis_label": "distance",
    "data": {"series": [[f"2023-02-{day:02d}T20:10:20", day * 3.5 % 11] for day in range(1, 27)]},
}
LINE = {
    "title": "Calls",
    "x_axis_label": "hour",
    "y_axis_label": "calls",
    "data": {"series": [[1, 100], [3, 200], [4, 150]]},
}
DECIMAL = {
    "title": "Two lines",
    "x_axis_label": "x",
    "y_axis_label": "y",
    "data": {"first": [[0.5, 1.25], [1.5, -2.5]], EVIL: [[0.5, 2.0], [2.25, 1.75]]},
}
BAR = {
    "title": "Errors per version",
    "x_axis_label": "version",
    "y_axis_label": "errors",
    "rotated": False,
    "data": {"series": [1, 2, 3, -1]},
    "categories": ["v1", "v2", EVIL, "a version with quite a long name"],
}
BAR_ROTATED = {
    **BAR,
    "title": "Rotated",
    "rotated": True,
    "data": {"train": [1, 2, 3, 4], "test": [4, 3, 2, None]},
}
SCATTER = {
    "title": "Residuals",
    "x_axis_label": "predicted",
    "y_axis_label": "residual",
    "type": "scatter",
    "data": {"series": [[n * 7 % 31, n * 13 % 17 - 8] for n in range(60)]},
}
PIE = {"title": "Share", "type": "pie", "data": {"one": [1, 2], "two": [3], EVIL: [0.5]}}
DONUT = {**PIE, "title": "Donut", "type": "donut", "data": {"slice": [1, 2, 3, 4]}}
TABLE = [{"data1": 1, "data2": 2.5, EVIL: EVIL}, {"data1": 3, "data2": None}]
ROC = [
    {"fpr": 0, "tpr": 0},
    {"fpr": 0.1, "tpr": 0.7},
    {"fpr": 0.4, "tpr": 0.9},
    {"fpr": 1, "tpr": 1},
]
CONFUSION = [{"0": 0.91, "1": 0.09}, {"0": 0.2, "1": 0.8}]
PERFORMANCE = test(
    "classification_metrics", {"accuracy": 0.9, "f1_score": 0.8, "confusion_matrix": CONFUSION}
)
DRIFT = test(
    "kolmogorov_smirnov", {"age": 0.03, "income": 0.4, EVIL: 0.7, "gone": None}, metric="p_value"
)
SHAP = test("shap", {"age": 0.1, "income": -0.4, "balance": 0.25})
BIAS = test(
    "bias",
    [
        {
            "attribute_name": "gender",
            "attribute_value": "male",
            "ppr_disparity": 1.0,
            "fpr_disparity": 1.0,
        },
        {
            "attribute_name": "gender",
            "attribute_value": EVIL,
            "ppr_disparity": 0.62,
            "fpr_disparity": 1.1,
        },
        {
            "attribute_name": "gender",
            "attribute_value": "x",
            "ppr_disparity": 1.31,
            "fpr_disparity": None,
        },
    ],
    protected_class="gender",
    reference_group="male",
    thresholds={"min": 0.8, "max": 1.25},
)
STABILITY = test(
    "stability_analysis",
    {
        "age": {
            "stability_analysis_table": BUCKETS,
            "stability_index": 0.31,
            "stability_chisq": 2,
            "stability_ks": 0.1,
        },
        EVIL: {
            "stability_analysis_table": BUCKETS,
            "stability_index": 0.02,
            "stability_chisq": 1,
            "stability_ks": 0.2,
        },
    },
)
SUMMARY = test(
    "summary",
    {
        "numerical_comparisons": {"age": {"baseline": STATS, "sample": STATS}},
        "categorical_comparisons": {
            EVIL: {"baseline": {"count": 3, "unique": 2, "top": EVIL, "freq": 2}}
        },
    },
)
COUNTS = test(
    "count_comparison",
    {"dataframe_1_record_count": 10, "dataframe_2_record_count": 12, "record_count_difference": 2},
)
IDENTIFIERS = test(
    "identifier_comparison",
    {
        "identifiers_match": False,
        "dataframe_1": {
            "identifier_columns": ["id"],
            "extra_identifiers": {"total": 1, "breakdown": {EVIL: 1}},
        },
    },
)

# What each is taken for.
SHAPES: dict[str, tuple[Any, str]] = {
    "time_line_graph": (TIME_LINE, "time line"),
    "generic_line_graph": (LINE, "line"),
    "decimal_line_graph": (DECIMAL, "line"),
    "generic_bar_graph": (BAR, "bar"),
    "horizontal_bar_graph": (BAR_ROTATED, "bar"),
    "generic_scatter_plot": (SCATTER, "scatter"),
    "generic_pie_chart": (PIE, "pie"),
    "generic_donut_chart": (DONUT, "donut"),
    "generic_table": (TABLE, "table"),
    "roc": (ROC, "roc"),
    "matrix": (CONFUSION, "confusion matrix"),
    "performance": ([PERFORMANCE], "performance"),
    "data_drift": ([DRIFT], "features"),
    "interpretability": ([SHAP], "features"),
    "bias": ([BIAS], "bias"),
    "stability": ([STABILITY], "stability"),
    "summary": ([SUMMARY], "summary"),
    "volumetrics": ([COUNTS], "performance"),
    "identifiers": ([IDENTIFIERS], "tree"),
    "nested": ({"deep": {"er": [1, {"x": EVIL}]}}, "tree"),
}
EVERYTHING: dict[str, Any] = {
    **KEY_METRICS,
    "age_CSI": 0.3,
    "income_CSI": 0.05,
    **{key: value for key, (value, _) in SHAPES.items()},
}
