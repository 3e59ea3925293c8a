"""Migrations in order; each keeps the previous release working while it rolls out."""
