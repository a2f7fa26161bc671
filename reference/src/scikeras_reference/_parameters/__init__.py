"""What the constructor is given: storage, routing and values."""
