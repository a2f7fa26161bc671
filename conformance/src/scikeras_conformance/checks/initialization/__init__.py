"""Chapter INIT: parameters, cloning and fitted attributes."""
