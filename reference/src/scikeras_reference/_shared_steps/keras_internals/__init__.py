"""Private Keras APIs used by shared steps. The names are listed in `private_names`."""
