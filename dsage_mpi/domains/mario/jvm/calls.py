"""Calls of foreign Java methods whose exceptions may have any text.

JPype makes a Python text of an exception's, and where that has half a character (a lone surrogate,
which Java allows) raises ``UnicodeDecodeError`` instead, with no trace of what had happened. So
exceptions of code that is not ours are caught in Java, and only bytes cross over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jpype


class JavaError(Exception):
    """A Java exception, with its stack trace."""


class SafeMethod:
    """A public method of a Java class that is called without letting exceptions out of Java.

    Args:
        owner: The class.
        name: The method's name.
        last: Simple names of the types of all parameters but the first.

    Raises:
        LookupError: The class has no such method.
    """

    def __init__(self, owner: Any, name: str, last: Sequence[str]) -> None:
        handles = jpype.JClass("java.lang.invoke.MethodHandles")
        self._object = jpype.JClass("java.lang.Object").class_
        self._boxes = jpype.JArray(jpype.JClass("java.lang.Object")).class_
        throwable = jpype.JClass("java.lang.Throwable")
        target = handles.publicLookup().unreflect(_find(owner, name, list(last)))
        # In a box, which is not looked into on the way to Python.
        box = handles.identity(self._boxes).asCollector(self._boxes, 1)
        types = jpype.JClass("java.lang.invoke.MethodType")
        boxed = box.asType(types.methodType(self._object, throwable.class_))
        returned = target.asType(target.type().changeReturnType(self._object))
        self._call = handles.catchException(returned, throwable.class_, boxed)
        writer = jpype.JClass("java.io.PrintWriter")
        printing = throwable.class_.getMethod("printStackTrace", writer.class_)
        self._print = handles.publicLookup().unreflect(printing)
        self._handles, self._types = handles, types

    def __call__(self, *arguments: Any) -> Any:
        """What the method returns for ``arguments`` (the object first).

        Raises:
            JavaError: It threw something.
        """
        result = self._call.invokeWithArguments(_list(arguments))
        if isinstance(result, jpype.JArray) and self._boxes.isInstance(result):
            raise JavaError(self._trace(result))
        return result

    def _trace(self, box: Any) -> str:
        """The stack trace of the exception in ``box``; half a character becomes ``?``."""
        text = jpype.JClass("java.io.StringWriter")()
        writer = jpype.JClass("java.io.PrintWriter")(text)
        nothing = jpype.JClass("java.lang.Void").TYPE
        printing = self._handles.insertArguments(self._print, 1, writer)
        printing = printing.asType(self._types.methodType(nothing, self._object))
        printing.asSpreader(self._boxes, 1).invokeWithArguments(_list([box]))
        return bytes(text.toString().getBytes("UTF-8")).decode()


def _find(owner: Any, name: str, last: list[str]) -> Any:
    for method in owner.class_.getMethods():
        types = [str(kind.getSimpleName()) for kind in method.getParameterTypes()]
        if str(method.getName()) == name and types[1:] == last:
            return method
    raise LookupError(f"no {name}(..., {', '.join(last)})")


def _list(values: Any) -> Any:
    made = jpype.JClass("java.util.ArrayList")()
    for value in values:
        made.add(value)
    return made
