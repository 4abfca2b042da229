"""The replay: bars through backtrader into a `Ledger`. Nothing else here imports backtrader."""
