"""Chapter HYG: side effects on inputs, on the process and on its output."""
