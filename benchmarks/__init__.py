"""What sending costs, beside what it costs without this library: ``python -m benchmarks``.

* ``cases`` says who meets whom at what, and which figure is to be reached; a ``case`` is data;
* ``contestants`` holds the work itself, a file for each library;
* ``contest`` and ``goals`` make figures of turns: pure functions;
* ``arena`` plays a case: it starts a ``worker`` for each contestant, and a ``responder``, the
  cheapest vendor there is, for them to talk to, each a ``process`` of its own;
* ``table``, ``document`` and ``machine`` tell of it.
"""
