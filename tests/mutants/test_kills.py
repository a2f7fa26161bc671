"""Every check can fail: each mutant fails the checks of the clause that it breaks."""

import os
import pickle
import subprocess
import sys

import pytest

from broken import BROKEN
from controls import CONTROLS
from mutants import MUTANTS
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject

NOT_SHOWN_HERE = {
    "DEV-2.on-a-gpu": "needs a GPU; tests/conformance/test_devices.py simulates one",
    "DEV-3.devices-agree": "needs a GPU; tests/conformance/test_devices.py simulates one",
}
"""Checks that no mutant can fail on a machine without a GPU, and why."""

EXHAUSTIVE = {
    "epochs_that_are_left_are_printed",
    "instances_are_stored_by_class",
    "losses_are_stored_by_name",
    "copies_share_the_model",
    "models_are_kept_in_the_process",
    "other_processes_find_no_file",
    "optimizers_are_stored_by_configuration",
    "set_params_forgets_arguments_of_the_builder",
    "clones_make_custom_losses_anew",
    "arguments_of_the_builder_are_left_behind",
    "storing_takes_the_history_away",
    "what_was_loaded_is_not_stored_again",
    "seed_is_ignored",
    "only_the_builder_is_seeded",
    "routed_epochs_win",
    "tags_excuse_from_checks",
    "everything_is_seeded_for_good",
    "generators_are_restored_at_the_end",
    "the_generator_of_keras_is_forgotten",
    "one_fit_at_a_time",
    "models_are_kept_for_later",
    "callbacks_learn_to_be_pickled",
    "models_are_patched_on_import",
    "data_are_cached_by_identity",
    "models_are_not_sent_back",
    "builders_of_scripts_are_refused_by_pickle",
    "the_log_level_of_the_backend_is_set",
    "is_classifier_knows_the_wrapper",
    "prefixes_are_looked_for_anywhere",
    "loss_gets_what_the_optimizer_gets",
    "fit_returns_nothing_known",
    "nested_metrics_are_cut",
    "features_are_cast",
    "epsilon_is_made_smaller",
    "keras_finds_out",
    "warm_fits_share_callbacks",
    "loss_instances_lose_their_settings",
    "fit_knows_a_few_arguments",
    "class_weight_by_code",
    "plain_batch_sizes_win",
    "names_are_abbreviated",
    "seeds_are_drawn_from_the_parameter",
    "class_weight_in_fit_only",
    "schedules_become_numbers",
    "history_is_appended_to_callbacks",
    "features_are_encoded_in_predict_proba_only",
    "optimizer_is_made_once",
    "score_fits_the_target",
    "inputs_are_matched_by_position",
    "positions_are_sorted_as_text",
    "settings_of_the_first_fit_stay",
    "held_out_samples_are_trained_on",
    "sample_weight_is_ignored_in_partial_fit",
    "epochs_of_the_routed_parameter_stay",
    "later_predictions_are_kept",
    "fits_go_on_after_partial_fit",
    "further_batches_are_not_checked",
    "warnings_of_scikit_learn_are_silenced",
    "copies_do_not_go_on",
    "the_first_score_is_remembered",
    "generators_of_later_trainings_stay_seeded",
    "optimizers_are_chosen_once",
    "routed_batches_of_fit_only",
    "margins_are_kept",
    "names_of_earlier_frames_stay",
    "a_decorator_hides_the_score",
    "seeds_are_set_for_all_threads",
    "classes_are_counted_once",
    "partial_fit_returns_the_base",
    "routed_parameters_are_unknown",
    "a_decorator_says_that_it_is_called",
    "a_decorator_hides_the_signature",
    "later_outputs_change_places",
    "later_labels_are_exclusive",
    "arguments_of_the_first_model_stay",
    "scores_predict_in_default_batches",
    "epochs_of_a_later_call_are_dropped",
    "scores_cut_other_features",
    "a_changed_optimizer_compiles_again",
    "validation_is_logged_once",
    "weights_are_normalized_in_place",
    "two_classes_stay_two",
    "more_data_fit_the_encoder_again",
    "copies_begin_a_new_history",
    "more_features_are_centered",
    "initialize_trains_what_was_trained",
    "meta_is_that_of_the_first_data",
    "more_targets_are_numbers_of_classes",
    "more_features_are_raw",
    "a_second_fit_returns_the_model",
    "later_numbers_are_rounded",
    "later_parts_begin_anew",
    "partial_fit_draws_from_the_random_state",
    "more_weights_are_joined_by_their_index",
    "more_targets_are_raw",
    "copies_have_no_seed",
    "epochs_are_counted_from_validation",
    "seeds_of_numpy_are_refused",
    "later_models_are_built_on_trial",
    "the_seed_zero_is_none",
    "weighted_parts_are_not_validated",
    "weights_of_later_trainings_are_normalized",
    "class_weight_replaces_sample_weight",
    "keys_that_are_numbers_are_not_known",
    "optimizer_instances_keep_only_their_rate",
    "classes_at_a_position_stay_bare",
    "weighted_metrics_are_the_callers_own",
    "classes_without_a_weight_count_nothing",
    "weights_of_failed_fits_are_used_later",
    "names_by_output_are_passed_on",
    "own_losses_get_class_numbers",
    "all_rows_is_a_value_of_the_parameter_only",
    "current_epoch_counts_calls",
    "meta_is_always_passed",
    "run_eagerly_is_set_on_compiled_models",
    "only_one_form_of_loss_works",
    "outputs_of_parameters_have_to_be_there",
    "losses_of_ones_own_take_probabilities",
    "batches_have_rows_of_all_classes",
    "fits_have_the_loss_of_initialize",
    "functions_of_losses_know_no_weights",
    "parts_of_another_shape_forget_momentum",
    "warm_fits_of_another_shape_forget_momentum",
}
"""Mutants left to ``scripts/test-all`` and to a job of CI.

They take more than three seconds, or more than one where another mutant fails the same check.
"""

KILLED_BY_THOSE_ONLY = [
    "INIT-6.after-any-calls",
    "INIT-8.after-any-calls",
    "INIT-11.after-any-calls",
    "COMP-1.after-any-calls",
    "COMP-3.after-any-calls",
    "COMP-4.weighted",
    "BUILD-1.after-any-calls",
    "BUILD-4.after-any-calls",
    "BUILD-9.after-any-calls",
    "DATA-2.after-any-calls",
    "DATA-3.after-any-calls",
    "DATA-4.after-any-calls",
    "DATA-7.after-any-calls",
    "TGT-1.after-any-calls",
    "TGT-2.after-any-calls",
    "TGT-3.after-any-calls",
    "TGT-4.after-any-calls",
    "TGT-5.after-any-calls",
    "TGT-11.after-any-calls",
    "ROUTE-4.after-any-calls",
    "ROUTE-11.after-any-calls",
    "ROUTE-15.any-nested-structure",
    "SCORE-1.after-any-calls",
    "SER-1.after-any-calls",
    "SER-1.unfitted",
    "SER-1.workers",
    "SER-2.optimizer",
    "SER-3.parallel",
    "SER-4.clone",
    "API-1.after-any-calls",
    "API-2.after-any-calls",
    "API-3.after-an-error",
    "API-3.any-number-of-rows",
    "API-4.after-an-error",
    "API-4.after-any-calls",
    "API-4.any-number-of-rows",
    "API-6.after-any-calls",
    "API-7.same-seed",
    "API-9.after-any-calls",
    "API-11.after-any-calls",
    "API-13.after-any-calls",
    "SKL-3.after-any-calls",
    "SKL-5.after-any-calls",
    "HYG-1.after-any-calls",
    "HYG-2.after-any-calls",
    "HYG-2.generators",
    "HYG-3.import",
    "HYG-3.import-process",
    "HYG-4.nothing-kept",
    "HYG-8.threads",
    "HYG-8.waiting",
    "TYP-2.user-program",
    "TYP-3.seen-by-mypy",
]
"""Checks that the ordinary run of the tests sees no mutant fail."""

FAST = {
    "base_is_a_stranger",
    "set_params_copies",
    "functions_in_dicts_are_refused",
    "indicators_have_no_classes",
    "no_encoder_means_no_attribute",
    "initialize_takes_any_target",
    "none_is_not_routed",
    "regressors_are_scored_by_their_error",
    "weights_of_ensembles_are_dropped",
    "classes_only_once",
    "the_mixin_comes_last",
    "class_weights_are_multiplied_in_place",
    "a_gpu_is_taken_for_granted",
    "the_marker_is_not_packaged",
}
"""A mutant of each chapter, none of which takes a second."""


def marked(mutant):
    """Return a mutant as a parameter, with the marks of its name."""
    marks = [pytest.mark.mutants]
    if mutant.name in EXHAUSTIVE:
        marks.append(pytest.mark.exhaustive)
    if mutant.name in FAST:
        marks.append(pytest.mark.fast)
    return pytest.param(mutant, id=mutant.name, marks=marks)


def run_until_each_failed(plan, subject):
    """Run the cases of each check until one fails; the kill matrix runs all of them."""
    results, failed = [], set()
    for planned in plan:
        if planned.check.id in failed:
            continue
        results.append(execute(planned, subject))
        if results[-1].outcome is Outcome.FAILED:
            failed.add(planned.check.id)
    return results


@pytest.mark.parametrize("mutant", [marked(mutant) for mutant in MUTANTS.values()])
def test_a_mutant_fails_the_checks_of_its_clause(mutant):
    """The checks that the mutant declares fail, and the suite itself makes no error."""
    subject = load_subject(f"mutants:{mutant.name}")
    plan = make_plan(CATALOG, Selection(checks=mutant.kills))
    results = run_until_each_failed(plan, subject)
    errors = [f"{r.id}: {r.details}" for r in results if r.outcome is Outcome.ERRORED]
    assert [] == errors
    failed = {result.check for result in results if result.outcome is Outcome.FAILED}
    assert set(mutant.kills) == failed


def test_every_mutant_has_a_story():
    """A mutant says how a real wrapper comes to be like it, and names known checks of a clause."""
    known = {check.id for check in CATALOG}
    offenders = [
        mutant.name
        for mutant in MUTANTS.values()
        if not mutant.story
        or not set(mutant.kills) <= known
        or {mutant.clause} != {kill.partition(".")[0] for kill in mutant.kills}
    ]
    assert [] == offenders


def test_no_check_is_without_a_mutant():
    """A check that no mutant fails might never fail."""
    killed = {kill for mutant in MUTANTS.values() for kill in mutant.kills}
    missing = [check.id for check in CATALOG if check.id not in killed]
    assert list(NOT_SHOWN_HERE) == missing


def test_checks_without_a_kill_in_the_ordinary_run_are_listed():
    """No check becomes one of them unnoticed, and every name above is that of a mutant."""
    ordinary = {
        kill
        for mutant in MUTANTS.values()
        if mutant.name not in EXHAUSTIVE
        for kill in mutant.kills
    }
    missing = [check.id for check in CATALOG if check.id not in {*ordinary, *NOT_SHOWN_HERE}]
    assert KILLED_BY_THOSE_ONLY == missing
    assert set() == (EXHAUSTIVE | FAST) - set(MUTANTS)
    assert set() == EXHAUSTIVE & FAST


def test_names_of_copies_are_unique():
    """Copies of the reference are found by name, in other processes too."""
    names = [*MUTANTS, *CONTROLS, *BROKEN]
    assert len(set(names)) == len(names)


@pytest.mark.process
def test_copies_can_be_imported_in_other_processes():
    """A pickled class of a mutant is broken in a new process too."""
    mutant = MUTANTS["r_squared_is_cut_at_zero"]
    data = pickle.dumps(mutant.KerasRegressor)
    assert mutant.KerasRegressor is pickle.loads(data)
    code = f"import pickle; print(pickle.loads({data!r}).scorer([1, 2], [9, 9]))"
    # Any backend will do, and TensorFlow takes longest to import.
    code = f"import sys; sys.path[:0] = {sys.path!r}; sys.modules['tensorflow'] = None; {code}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, env={**os.environ, "KERAS_BACKEND": "jax"},
    )  # fmt: skip
    assert "0.0" == done.stdout.split()[-1], done.stderr[-2000:]
