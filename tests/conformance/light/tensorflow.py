"""Stands in front of TensorFlow in processes that do not need it.

Keras imports TensorFlow to seed it wherever it is installed, on every backend; that is most of the
time that a process on another backend takes to start.
"""

raise ModuleNotFoundError("TensorFlow is hidden from this process", name="tensorflow")
