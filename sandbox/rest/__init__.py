"""Jira's REST interface, versions 2 and 3. Views are functions of a :class:`~sandbox.rest.routes.Call`."""
