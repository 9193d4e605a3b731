"""Counts become estimates: pure functions over arrays, without a word about tables, filters or screens."""
