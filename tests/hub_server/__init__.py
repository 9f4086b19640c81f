"""A Hub for tests and for trying things offline: what the client of the real Hub asks of it, over HTTP.

It keeps its repositories in a folder, and is made of these parts:

    accounts.py       users, organisations and their tokens
    repository.py     one repository: commits, files and references. Pure
    storage.py        all repositories, as files in a folder
    front_matter.py   what the README of a Space says about it
    spaces.py         all Spaces at work; space.py: one of them, host.py: its address, log.py: what it prints
    builds.py         how Spaces are built and started that are only acted
    runs.py           how Spaces are really installed and run
    faults.py         what goes wrong because it was told to
    hub.py            all of these, and who may do what
    routes/           its HTTP interface
    server.py         the same on a socket, in a thread

Tests start it with :mod:`support.hub`; ``python -m tests.hub_server --help`` says how to start it by hand.
"""
