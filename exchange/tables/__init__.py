"""Tables of the exchange, one module per family; only `exchange.repo` reads and writes them."""
