#!/bin/sh
# Starts the application in a container.
# TODO 7.5: the server on all addresses, on the port that the host names. Who receives SIGTERM?
# TODO 7.6: the migrations before it. What must not start if they fail?
