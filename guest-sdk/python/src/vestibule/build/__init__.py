"""Building a component from a project in Python. Owns everything from `pyproject.toml` to the finished file; needs
componentize-py, and is never part of a component.
"""
