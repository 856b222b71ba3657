"""Feedback pages that ask nobody for anything: nbgrader's own template would load MathJax from a CDN."""

from jinja2 import BaseLoader, DictLoader
from nbconvert import HTMLExporter
from traitlets import default

WITHOUT_MATHJAX = "{% macro mathjax() %}{% endmacro %}"


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback pages, with formulas left as they were typed."""

    @default("extra_loaders")
    def _own_templates_first(self) -> list[BaseLoader]:
        return [DictLoader({"mathjax.html.j2": WITHOUT_MATHJAX})]
