"""`study`: what happened after a signal, before there is any strategy."""

from engine.study.made import Study, study

__all__ = ["Study", "study"]
