"""Salesforce's wire: what is said to an org and what it answers, nothing of our own making.

Public names, by module:

- ``hosts``: HostKind, AllowedHosts, OrgUrl, parse_org_url, parse_instance_url, check_request_url
- ``replies``: Request, Reply, Headers, refusal, TemporarilyRefused
- ``client``: HttpClient, StreamedReply
- ``session``: Session, SessionSource, OrgClient, ApiUsage
- ``versions``: parse_api_version, list_versions, newest, SOAP_LOGIN_VERSION
- ``describe``: FieldDescribe, ObjectDescribe, ObjectEntry, Skipped, describe_global,
  describe_object, bulk_fields, window_field, READ_BY_QUERY_ALL
- ``columns``: Bulk CSV as typed Arrow batches
- ``soql``: quote, datetime_literal, select, count, check_condition
- ``rest_query``: count_rows, query_rows
- ``bulk_query``: Job, ResultPage, create, status, wait, abort, delete, open_page

``transport``, ``trust`` and ``error_bodies`` are this room's own. Everything is blocking and
thread-safe; the one event loop lives behind ``client``.
"""
