"""What is checked before a change lands: ``nox`` runs it all, ``nox -s tests`` one part of it.

Arguments after ``--`` go to the tool of the session: ``nox -s tests -- tests/common -k retry``.
"""

from __future__ import annotations

import sys

import nox

nox.needs_version = ">=2025.2.9"
# uv where it is installed, otherwise virtualenv, which comes with nox and reads pip's settings.
nox.options.default_venv_backend = "uv|virtualenv"
# The tests come last, so that pytest's summary closes the run.
nox.options.sessions = ["lint", "types", "tests"]
# Also where CI=true, which would otherwise make a missing interpreter an error.
nox.options.error_on_missing_interpreters = False

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
# With this, warnings are errors from the interpreter's first step on, in the programs that tests
# start too, and asyncio, the allocator and open files are watched.
STRICT = {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"}


def dependencies(*groups: str) -> tuple[str, ...]:
    """Return what the dependency groups list; pip itself knows groups from 25.1 on only."""
    return nox.project.dependency_groups(PROJECT, *groups)


def install(session: nox.Session, *groups: str) -> None:
    """Install the project as it lies here with every extra, and the dependency groups."""
    session.install("--editable", ".[cli,speed,testing]", *dependencies(*groups))


def floors(*extras: str) -> tuple[str, ...]:
    """Return the dependencies, each in the oldest release that pyproject.toml admits."""
    project = PROJECT["project"]
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    return tuple(line.replace(">=", "==", 1) for line in lines)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting, and which module may import which."""
    session.install(*dependencies("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """Types of the packages, the tests and the tooling."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, with branch coverage; arguments run a part of them, without coverage."""
    install(session, "test")
    measured = session.posargs or ("--cov", "--numprocesses=auto")
    session.run("pytest", *measured)


@nox.session(default=False, python=PYTHONS)
def pythons(session: nox.Session) -> None:
    """All tests in Python's development mode, on each supported Python that is installed here."""
    install(session, "test")
    session.run("pytest", *(session.posargs or ["--numprocesses=auto"]), env=STRICT)


@nox.session(default=False)
@nox.parametrize("extras", ["cli", "cli,speed"], ids=["plain", "speed"])
def lowest(session: nox.Session, extras: str) -> None:
    """All tests, with the oldest dependencies that the project admits; without orjson and with."""
    oldest = floors(*extras.split(","))
    session.install("--editable", f".[{extras}]", *dependencies("test"), *oldest)
    session.run("pytest", *(session.posargs or ["--numprocesses=auto"]))


@nox.session(default=False, venv_backend="none")
def dev(session: nox.Session) -> None:
    """Make .venv-dev, with the project and every tool, for working by hand."""
    # nox brings virtualenv, which unlike venv needs no ensurepip.
    session.run(sys.executable, "-m", "virtualenv", "--quiet", ".venv-dev", external=True)
    python = f".venv-dev/{'Scripts' if sys.platform == 'win32' else 'bin'}/python"
    everything = ("--editable", ".[cli,speed,testing]", *dependencies("dev"))
    session.run(python, "-m", "pip", "install", "--quiet", *everything, external=True)


@nox.session(default=False)
def reliability(session: nox.Session) -> None:
    """All that docs/reliability.md tells of, in its full size; arguments run a part of it."""
    install(session, "test")
    session.run("pytest", "--full", "--numprocesses=auto", "tests/reliability", *session.posargs)
    if not session.posargs:
        everywhere = [f"pythons-{python}" for python in PYTHONS]
        for other in ("mutants", *everywhere, "lowest(plain)", "lowest(speed)"):
            session.notify(other)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure this library beside others; arguments choose cases: ``nox -s bench -- --list``."""
    session.install("--editable", ".[cli,speed]", *dependencies("bench"))
    figures = f"{session.create_tmp()}/benchmarks.json"
    session.run("python", "-m", "benchmarks", "--json", figures, *session.posargs)


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """How many planted faults the tests of the pure rooms find; arguments are modules."""
    install(session, "mutants")
    env = {"PYTHONHASHSEED": "0"}  # the same order of sets, so the same score
    session.run("python", "-m", "tests.mutation", *session.posargs, env=env)
