"""What a run is configured to do: its options, the configuration file, and how they combine."""
