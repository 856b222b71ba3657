"""What travels over HTTP: the shape of requests and answers."""
