"""SOAP on the partner and enterprise addresses: login() and the calls about one's own session.

What belongs here: envelopes and faults (``envelope``), login (``login``), and who answers which
call (``operations``). What does not: judging a login (``identity``) and calls about records.

Answers and faults observed in clients and published captures; the end of login() documented at
https://developer.salesforce.com/docs/platform/api/guide/api-eol-soap.html
"""
