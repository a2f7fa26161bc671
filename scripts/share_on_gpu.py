"""A plugin of pytest that lets steps be shared on a GPU, to try whether that gives the same bits.

Used by scripts/gpu: ``python -m pytest -p share_on_gpu``, with this folder on PYTHONPATH.
"""

from scikeras_reference._shared_steps.jax import internals

internals.PLATFORMS = ("cpu", "gpu")
