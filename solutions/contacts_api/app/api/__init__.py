"""The HTTP side of the application. Nothing here knows SQL."""
