"""What a student works with: the workspace, the served application, JupyterLab, and the examination of the machine."""
