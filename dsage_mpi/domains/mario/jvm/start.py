"""Finding and starting the JVM of this process; there is one for its whole life."""

from __future__ import annotations

from importlib.util import find_spec

from dsage_mpi.core.domain import DomainError
from dsage_mpi.isolation.crash_reports import crash_report

#: What our engine is compiled for (java/CMakeLists.txt).
OLDEST_JAVA = 17

GET_JAVA = (
    f"install a JDK, version {OLDEST_JAVA} or newer (Debian, Ubuntu: apt-get install "
    f"openjdk-{OLDEST_JAVA}-jdk-headless; clusters: module load a JDK; elsewhere: unpack one and "
    "set JAVA_HOME), then `make setup`"
)


def find_jvm() -> str:
    """The path of the JVM's library, without loading it.

    Raises:
        DomainError: No JPype or no Java; says what to do.
    """
    if find_spec("jpype") is None:
        raise DomainError("Mario needs JPype (the package JPype1), which `make setup` installs")
    import jpype

    try:
        return str(jpype.getDefaultJVMPath())
    except jpype.JVMNotFoundException:
        raise DomainError(f"Mario needs Java, and there is none on this host: {GET_JAVA}") from None


def start_jvm(jar: str, heap_mb: int) -> None:
    """Starts the JVM with ``jar`` on its class path.

    Args:
        jar: Where the classes are.
        heap_mb: Most memory of the Java heap, in MB.

    Raises:
        DomainError: No JPype, no Java, or it does not start or is too old.
    """
    library = find_jvm()
    import jpype

    try:
        jpype.startJVM(
            library,
            *_options(heap_mb),
            classpath=[jar],
            convertStrings=False,
            interrupt=False,  # no handler of Java's for Ctrl-C
        )
    except Exception as error:
        raise DomainError(
            f"the JVM {library} does not start with domain.simulator.heap_mb = {heap_mb}: {error}"
        ) from error
    version = jpype.getJVMVersion()[0]
    if version < OLDEST_JAVA:
        raise DomainError(f"the JVM {library} is version {version}, which is too old: {GET_JAVA}")


def _options(heap_mb: int) -> list[str]:
    return [
        "-Xrs",  # signals are the process' own business
        # One rank, one core: no threads for collecting garbage.
        "-XX:+UseSerialGC",
        "-XX:ActiveProcessorCount=1",
        f"-Xms{min(heap_mb, 32)}m",
        f"-Xmx{heap_mb}m",
        "-Djava.awt.headless=true",
        # Exceptions that are thrown often would come without their stack trace after a while.
        "-XX:-OmitStackTraceInFastThrow",
        # No files in /tmp for jstat, which a killed JVM would leave there.
        "-XX:-UsePerfData",
        # The report of a crash: not into the folder that the user happens to be in.
        f"-XX:ErrorFile={_report_file()}",
        "-XX:-CreateCoredumpOnCrash",
    ]


def _report_file() -> str:
    """As the JVM wants it, which knows ``%p`` and ``%%``."""
    path = crash_report("jvm", "PID")
    folder = str(path.parent).replace("%", "%%")
    return f"{folder}/{path.name.replace('PID', '%p', 1)}"
