"""A local Salesforce org to develop, test and demonstrate against without a Salesforce account.

It shares no code with ``sallyport``, so that a misreading of Salesforce's wire is not made twice.
"""

__version__ = "0.1.0"
