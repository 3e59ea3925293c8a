"""Tests of Salesforce's wire."""
