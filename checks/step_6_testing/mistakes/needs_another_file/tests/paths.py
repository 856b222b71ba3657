KNOWN = ["/health", "/health/ready"]
