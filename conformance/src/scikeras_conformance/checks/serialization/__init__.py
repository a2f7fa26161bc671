"""Chapter SER: pickling, copying and other processes."""
