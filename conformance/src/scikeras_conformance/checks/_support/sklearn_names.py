"""The checks that scikit-learn has for estimators, as its versions 1.7 to 1.9 yield them.

They are listed here so that the plan of a run depends neither on the subject nor on the
installed version of scikit-learn. A check that scikit-learn yields with keyword arguments has them
in its name, and one that it yields twice is called ``...-again`` the second time. This is a module
and not a data file, so that the scripts of single checks can include what they need of it.
"""

__all__ = [
    "CLASSIFIER_CHECKS",
    "COMMON_CHECKS",
    "METHODS",
    "MULTILABEL_CHECKS",
    "NEEDED_TAGS",
    "NEEDS",
    "NEWEST",
    "REGRESSOR_CHECKS",
    "SINCE",
    "TAGS",
    "UNTIL",
    "WEIGHT_CHECKS",
]

NEWEST = (1, 9)
"""The newest version of scikit-learn that these lists were compared with."""

ARRAY_API = "check_array_api_input-array_namespace=numpy-expect_only_array_outputs=False"

COMMON_CHECKS = (
    "check_estimator_cloneable",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
    "check_estimator_repr",
    "check_no_attributes_set_in_init",
    "check_fit_score_takes_y",
    "check_estimators_overwrite_params",
    "check_dont_overwrite_parameters",
    "check_estimators_fit_returns_self",
    "check_readonly_memmap_input",
    "check_estimators_unfitted",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_n_features_in_after_fitting",
    "check_mixin_order",
    "check_positive_only_tag_during_fit",
    "check_estimators_dtypes",
    "check_sample_weights_pandas_series",
    "check_sample_weights_not_an_array",
    "check_sample_weights_list",
    "check_all_zero_sample_weights_error",
    "check_sample_weights_shape",
    "check_sample_weights_not_overwritten",
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    "check_complex_data",
    "check_dtype_object",
    "check_estimators_empty_data_messages",
    "check_pipeline_consistency",
    "check_estimators_nan_inf",
    "check_estimator_sparse_tag",
    "check_estimator_sparse_array",
    "check_estimator_sparse_matrix",
    "check_estimators_pickle",
    "check_estimators_pickle-readonly_memmap=True",
    ARRAY_API,
    "check_f_contiguous_array_estimator",
    "check_estimators_partial_fit_n_features",
    "check_supervised_y_no_nan",
    "check_supervised_y_2d",
    "check_non_transformer_estimators_n_iter",
    "check_parameters_default_constructible",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_fit2d_1sample",
    "check_fit2d_1feature",
    "check_get_params_invariance",
    "check_set_params",
    "check_dict_unchanged",
    "check_fit_idempotent",
    "check_fit_check_is_fitted",
    "check_n_features_in",
    "check_fit1d",
    "check_fit2d_predict1d",
    "check_requires_y_none",
    "check_estimator_cloneable-again",
    "check_nonsquare_error",
    "check_fit_non_negative",
)

CLASSIFIER_CHECKS = (
    "check_classifier_data_not_an_array",
    "check_classifiers_one_label",
    "check_classifiers_one_label_sample_weights",
    "check_classifiers_classes",
    "check_classifiers_train",
    "check_classifiers_train-readonly_memmap=True",
    "check_classifiers_train-readonly_memmap=True-X_dtype=float32",
    "check_classifiers_regression_target",
    "check_class_weight_classifiers",
    "check_decision_proba_consistency",
    "check_classifier_not_supporting_multiclass",
)

MULTILABEL_CHECKS = (
    "check_classifier_multioutput",
    "check_classifiers_multilabel_representation_invariance",
    "check_classifiers_multilabel_output_format_predict",
    "check_classifiers_multilabel_output_format_predict_proba",
    "check_classifiers_multilabel_output_format_decision_function",
)
"""Checks of multilabel classification."""

REGRESSOR_CHECKS = (
    "check_regressors_train",
    "check_regressors_train-readonly_memmap=True",
    "check_regressors_train-readonly_memmap=True-X_dtype=float32",
    "check_regressor_data_not_an_array",
    "check_regressor_multioutput",
    "check_regressors_no_decision_function",
    "check_regressors_int",
)

SINCE = {
    "check_all_zero_sample_weights_error": (1, 9),
    ARRAY_API: (1, 9),
}
"""The first version that has a check, if it is not 1.7."""

UNTIL = {"check_estimator_cloneable-again": (1, 8)}
"""The last version that has a check."""

TAGS = {
    "check_sample_weight_equivalence_on_sparse_data": "input_tags.sparse",
    "check_estimators_nan_inf": "not input_tags.allow_nan",
    "check_nonsquare_error": "input_tags.pairwise",
    "check_fit_non_negative": "input_tags.positive_only",
    "check_classifier_multioutput": "target_tags.multi_output",
    "check_classifiers_multilabel_representation_invariance": "classifier_tags.multi_label",
    "check_classifiers_multilabel_output_format_predict": "classifier_tags.multi_label",
    "check_classifiers_multilabel_output_format_predict_proba": "classifier_tags.multi_label",
    "check_classifiers_multilabel_output_format_decision_function": "classifier_tags.multi_label",
    "check_classifier_not_supporting_multiclass": "not classifier_tags.multi_class",
    "check_regressor_multioutput": "target_tags.multi_output",
}
"""The tag without which scikit-learn does not yield a check. SKL-2 checks that tags are right.
Other tags (no_validation, non_deterministic, ...) are no reason to leave out a check."""

WEIGHT_CHECKS = tuple(name for name in COMMON_CHECKS if "sample_weight" in name)
"""The checks that scikit-learn leaves out if ``fit`` has no parameter ``sample_weight``."""

NEEDED_TAGS = {
    **dict.fromkeys(
        (
            *("check_complex_data", "check_dtype_object", "check_estimators_empty_data_messages"),
            *("check_estimators_nan_inf", "check_supervised_y_no_nan"),
        ),
        ("not no_validation",),
    ),
    "check_supervised_y_2d": ("not no_validation", "target_tags.single_output"),
    "check_estimators_unfitted": ("requires_fit",),
    **dict.fromkeys(WEIGHT_CHECKS, ("not input_tags.pairwise",)),
}
"""Tags that excuse an estimator of scikit-learn from a check, but not a wrapper."""

METHODS = {"check_classifiers_multilabel_output_format_decision_function": "decision_function"}
"""A method that the contract does not require, and without which scikit-learn skips a check."""

NEEDS = {
    "check_sample_weights_pandas_series": "pandas",
    "check_classifier_data_not_an_array": "pandas",
    "check_regressor_data_not_an_array": "pandas",
    "check_dataframe_column_names_consistency": "pandas",
    ARRAY_API: "SCIPY_ARRAY_API",
    "check_regressor_multioutput": "64 bits",
    "check_sample_weight_equivalence_on_dense_data": "64 bits",
    "check_sample_weight_equivalence_on_sparse_data": "64 bits",
}
"""What a check needs in the environment. Without it the check would be skipped or prove nothing."""
