"""Measurements that are no tests: each is a command, and none is part of the test run."""
