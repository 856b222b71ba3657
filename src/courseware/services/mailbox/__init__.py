"""A mailbox for whatever an application sends: an SMTP server that keeps messages in memory, and a page to read them.

`courseware.services.mailbox.service.Mailbox` is the service. It is not imported here, to keep that cheap.
"""
