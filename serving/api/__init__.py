"""The REST API over the published build and the operational store.

`app` puts the routes together; each other module is one resource or one rule that all obey. The
working warehouse is never opened here.
"""
