"""The whole application over HTTP, on every database at hand."""
