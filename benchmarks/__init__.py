"""What is measured, one subject a file; each runs on its own: `python -m benchmarks.export_time --help`.

Every number is a ratio to something measured beside it in the same run. Nothing here is a test.
"""
