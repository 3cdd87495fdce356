"""Jira Cloud in a box: two sites, the cloud services behind them, and the add-ons installed into them.

It knows the product only as a Jira does: a descriptor, callbacks, iframes and webhooks, all by HTTP.
``python -m sandbox`` starts it; :class:`sandbox.server.Sandbox` is the same thing for tests.
"""
