"""One module each, without HTTP."""
