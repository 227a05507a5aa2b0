"""The cases that ship with fullgraph: one file each, named as the case, with its golden text beside it."""
