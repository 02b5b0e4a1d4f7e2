"""The process that holds the Java machine: FILE OUT MEMORY_MB SECONDS. Knows nothing of Jingwei and writes one file."""

from __future__ import annotations

import sys


def main(source: str, target: str, memory_mb: int, seconds: int) -> int:
    """Convert one file to MSPDI; what goes wrong is the last line on standard error."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds * 2, seconds * 2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ImportError:  # Windows: the parent's time limit remains
        pass
    import jpype
    import mpxj  # noqa: F401  (puts its jars on the class path)

    try:
        jpype.startJVM(f"-Xmx{memory_mb}m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
    except jpype.JVMNotFoundException:
        print("no Java runtime found; install Java 11 or newer, or set JAVA_HOME", file=sys.stderr)
        return 3
    from org.mpxj.mspdi import MSPDIWriter
    from org.mpxj.reader import UniversalProjectReader

    try:
        plan = UniversalProjectReader().read(source)
        if plan is None:
            print("not a schedule file MPXJ knows", file=sys.stderr)
            return 4
        writer = MSPDIWriter()
        writer.setWriteTimephasedData(True)
        writer.write(plan, target)
    except jpype.JException as problem:
        print(str(problem).replace("\n", " "), file=sys.stderr)
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
