"""Notice changes in the home folder, whichever process makes them.

``watcher`` counts the changes of each topic, ``events`` sends them to the browsers, ``home_state``
and ``response_cache`` keep responses as long as nothing they depend on has changed.
"""
