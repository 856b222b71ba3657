"""`course status`: how far the student is."""

from courseware.cli.common import JsonOption, console, open_workspace, print_json


def status(as_json: JsonOption = False) -> None:
    """Show how far you are: what the last judgement of every task said."""
    workspace = open_workspace()
    statuses = [workspace.status(step) for step in workspace.course.steps]
    if as_json:
        print_json({"steps": [each.model_dump(mode="json") for each in statuses]})
        return
    from courseware.views.terminal import status_view

    console().print(status_view(workspace.course.title, statuses))
