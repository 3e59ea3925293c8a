"""A pytest plugin: Salesforce orgs for the tests of any project.

Public fixtures: ``org``, ``org_factory``, ``org_environment`` (see ``plugin``). What does not
belong here: the org simulator itself (``sallyport_org``).
"""
