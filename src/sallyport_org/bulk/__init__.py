"""Bulk API 2.0: query jobs, their life, and their results as CSV pages.

Public names: ``jobs`` (the jobs and their states), ``pages`` (CSV, gzip, cache), ``query`` (wire).
"""
