"""The compiled forms of `engine.rebalance` and `engine.account`, where they could be built."""
