"""The work itself: a file for each library, whose imports wait until its process needs them.

Each function is a context manager that makes the work of one contestant, given the responder's
address.
"""
