"""The version of the distribution, in the one place that the build and the User-Agent read."""

__all__ = ["__version__"]

__version__ = "0.1.0"
