"""What an application uses beside itself, as services of the course's own: no account, no installation, no network.

`courseware.services.registry.RunningServices` starts them on this machine, in threads of this process. They serve on
sockets that listen already.
"""
