"""The private local stack: a database, a broker and the services, on free ports, supervised."""

from stack.client import Stack
from stack.failure import StackError
from stack.services import SERVICES, Service
from stack.state import Process

__all__ = ["SERVICES", "Process", "Service", "Stack", "StackError"]
