"""Serves the student's application while it is being written: migrates, restarts on every save, survives mistakes."""

from courseware.services.servers import choose_port
from courseware.student.serving.server import serve

__all__ = ["choose_port", "serve"]
