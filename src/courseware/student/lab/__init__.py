"""JupyterLab on a step: its own settings, a ready layout, the application beside it, and an end that leaves nothing."""

from courseware.student.lab.jupyterlab import Addresses, Lab

__all__ = ["Addresses", "Lab"]
