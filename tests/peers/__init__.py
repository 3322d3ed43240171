"""Comparisons with other frameworks: on the rows of op_cases, and where conventions differ."""
