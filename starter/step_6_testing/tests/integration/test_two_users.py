"""What one user stores is neither shown to another one nor changed by them."""

# TODO 6.3: tests with the fixtures `headers` and `other_headers`.
