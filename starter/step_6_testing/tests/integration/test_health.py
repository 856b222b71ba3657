"""What a load balancer asks."""

# TODO 6.1: a test with the fixture `client`. GET /health answers 200.
