"""Speed beside plain backtrader and vectorbt: `python benchmarks/run.py`."""
