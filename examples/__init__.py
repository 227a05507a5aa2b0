"""Scripts that show fullgraph at work; each runs on its own and in the tests: `python -m examples.demo`."""
