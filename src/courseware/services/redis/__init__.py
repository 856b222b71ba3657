"""Redis as a service: fakeredis with a clock that can be moved, and closed to hostile clients."""
