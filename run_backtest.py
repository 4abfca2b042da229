"""Run backtests from the command line: `python run_backtest.py --help`."""

from engine.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
