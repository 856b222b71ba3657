"""The hook that gives MkDocs the generated pages, and writes the Markdown of each page and `llms.txt` beside the HTML.

`mkdocs.yml` names this file under `hooks`. MkDocs calls the functions `on_...`.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from courseware.course import find_course
from courseware.website.pages import Sources, expanded, lesson_titles, sources

EMPTY_HEADER = re.compile(r"<th([^>]*)>\s*</th>")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_made: dict[str, Sources] = {}
"""What was made for the build that is going on, by language."""


def on_config(config: Any) -> Any:
    """Make all sources, and put the pages that match a pattern of the navigation in its place."""
    course = find_course(Path(config.config_file_path).parent)
    language = config.theme["language"]
    _made[language] = sources(course, language, config.extra["included"])
    config.nav = expanded(config.nav, list(_made[language]), lesson_titles(course))
    return config


def on_files(files: Any, *, config: Any) -> Any:
    """Replace the files of the folder by the sources."""
    from mkdocs.structure.files import File

    for file in [each for each in files if each.src_dir == config.docs_dir]:
        files.remove(file)
    for path, source in _made[config.theme["language"]].items():
        if isinstance(source, str):
            files.append(File.generated(config, path, content=source))
        else:
            files.append(File.generated(config, path, abs_src_path=str(source)))
    return files


def on_page_content(html: str, **_: Any) -> str:
    """Make empty header cells ordinary ones: a screen reader would announce a header without a name."""
    return EMPTY_HEADER.sub(r"<td\1></td>", html)


def on_page_context(context: dict[str, Any], *, page: Any, **_: Any) -> dict[str, Any]:
    """Tell the template where the Markdown of the page is."""
    context["markdown_of_page"] = posixpath.relpath(page.file.src_uri, page.url.rstrip("/") or ".")
    return context


def on_post_build(*, config: Any) -> None:
    """Write the Markdown of each page and the list of all pages."""
    folder = Path(config.site_dir)
    lines = [f"# {config.site_name}", "", f"> {config.site_description}", ""]
    for path, text in _made[config.theme["language"]].items():
        if path.endswith(".md") and isinstance(text, str):
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
            title = TITLE.search(text)
            lines.append(f"- [{title[1] if title else path}]({path})")
    (folder / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
