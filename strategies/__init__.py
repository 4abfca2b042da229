"""What a config names: signals, baskets and strategies."""
