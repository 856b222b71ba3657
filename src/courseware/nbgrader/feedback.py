"""Pages made of graded notebooks: no HTML of a student's works in them."""

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath


@pass_context
def markdown_without_html(context: Context, source: str) -> str:
    """Markdown as HTML; tags in it are shown as text.

    In formgrader a student's script would run with all that the instructor may do.
    """
    cell: dict[str, Any] = context.get("cell", {})
    renderer = IPythonRenderer(escape=True, attachments=cell.get("attachments", {}))
    return str(MarkdownWithMath(renderer=renderer).render(source))
