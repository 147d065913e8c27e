"""One module per resource of the API; a route authenticates, parses, calls one service, shapes the reply."""
