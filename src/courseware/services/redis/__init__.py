"""Redis for an application, without an installation: fakeredis' server, which speaks the protocol and runs Lua.

`courseware.services.redis.redis.Redis` is the service. It is not imported here, to keep that cheap.
"""
