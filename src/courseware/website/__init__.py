"""The site of a course: its pages, made from the files of the course. MkDocs builds them, Zensical can."""

from courseware.website.building import build_site, write_sources
from courseware.website.serving import serve

__all__ = ["build_site", "serve", "write_sources"]
