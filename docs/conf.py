"""Settings of the documents as a site; scripts/docs builds it."""

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent

# The generated pages need the mutants, which are no distribution.
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent / "fixtures")]
# Nothing is trained while the site is built, and JAX is imported in a fraction of the time.
os.environ.setdefault("KERAS_BACKEND", "jax")

project = "scikeras-conformance"
author = "the authors of scikeras-conformance and scikeras-reference"
version = release = version_of("scikeras-conformance")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sitegen.extension",
]
exclude_patterns = ["_build", "_ext", "_templates", "examples"]
templates_path = ["_templates"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
nitpicky = True

# Stored runs that the comparison needs; the build fails without one of them.
peer_reports = ["reference", "scikeras", "keras-wrappers"]

# The pages are read on a code host too, so they keep to what is plain Markdown there.
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

# What stands in single backticks in a docstring is a link where it can be one.
default_role = "py:obj"
# Other projects have sites of their own, which cannot be asked while this one is built.
nitpick_ignore_regex = [("py:obj", ".*"), ("py:class", r"(sklearn|keras|numpy)\..*")]
autosummary_generate = True
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_default_options = {
    # Written by scikit-learn, with links into its own documents.
    "exclude-members": "set_fit_request, set_partial_fit_request, set_predict_request, "
    "set_predict_proba_request, set_score_request, set_transform_request, "
    "set_inverse_transform_request, get_metadata_routing, set_output",
}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

WIDE = ["index", "clauses/index", "clauses/mutants", "peers/comparison", "contract"]

html_theme = "pydata_sphinx_theme"
html_title = "scikeras-conformance"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "logo": {"text": "scikeras-conformance"},
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "show_toc_level": 2,
    "navbar_end": ["theme-switcher"],
    "footer_start": ["licence"],
    "footer_end": [],
    # Wide tables get the room.
    "secondary_sidebar_items": {
        "**": ["page-toc"],
        **{page: [] for page in WIDE},
    },
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": [], "gate": []}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
