"""What every other part of the engine may use; it knows nothing of courses."""
