"""Pages made of graded notebooks: they ask nobody for anything, and no HTML of a student's works in them."""

from typing import Any

from jinja2 import BaseLoader, DictLoader, pass_context
from jinja2.runtime import Context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets import default

WITHOUT_MATHJAX = "{% macro mathjax() %}{% endmacro %}"


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback pages, with formulas left as they were typed: its template would load MathJax from a CDN."""

    @default("extra_loaders")
    def _own_templates_first(self) -> list[BaseLoader]:
        return [DictLoader({"mathjax.html.j2": WITHOUT_MATHJAX})]


@pass_context
def markdown_without_html(context: Context, source: str) -> str:
    """Markdown as HTML; tags in it are shown as text.

    In formgrader a student's script would run with all that the instructor may do.
    """
    cell: dict[str, Any] = context.get("cell", {})
    renderer = IPythonRenderer(escape=True, attachments=cell.get("attachments", {}))
    return str(MarkdownWithMath(renderer=renderer).render(source))
