"""JupyterLab on a step: its own settings, a ready layout, the application beside it, and an end that leaves nothing."""

from courseware.lab.lab import Addresses, Lab

__all__ = ["Addresses", "Lab"]
