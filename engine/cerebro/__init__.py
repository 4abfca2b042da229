"""The replay: bars through backtrader into a `Ledger`; all of `engine` that imports backtrader."""
