"""What a survey is about: programs with the calls that they are judged by, whoever wrote them.

What enters: the form of a subject, and providers, which know subjects by name: the cases of ExportDB, the models of an
installed package. A provider is a class in a file of its own and a line in `find`.
"""

from fullgraph.exportdb.subjects.find import get_subject, subject_fingerprint, subject_names
from fullgraph.exportdb.subjects.subject import NoSubject, Subject, fingerprint

__all__ = ["NoSubject", "Subject", "fingerprint", "get_subject", "subject_fingerprint", "subject_names"]
