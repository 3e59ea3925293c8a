"""Tests of obtaining and keeping a token."""
