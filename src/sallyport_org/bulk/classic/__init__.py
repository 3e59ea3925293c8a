"""Bulk API 1.0, below ``/services/async/XX.0``: jobs made of batches, in XML, JSON and CSV.

Public names: ``endpoints`` (requests and answers), ``admission`` (who may call), ``model`` (jobs
and batches), ``running`` (their work), ``chunks`` (PK chunking), ``content`` (what clients send),
``wire`` (XML and JSON). Documented:
https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-using-bulk-api.html
"""
