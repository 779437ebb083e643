"""Check what no linter looks at: leaks into the text, documents that got out of step."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import quote_figures
from rendering.services import NAMES

from common.life_cycle import State

ROOT = Path(__file__).parents[1]
SERVICE_README_LINES_MAX = 30
_RECORD_SECTIONS = ("## Decision", "## Consequences")

# Put together from parts, so that this text does not match itself.
_REGISTRIES = (
    ("pypi", "org"),
    ("[p]ythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("yarnpkg", "com"),
    ("deb", "debian", "org"),
    ("crates", "io"),
    ("proxy", "golang", "org"),
    ("rubygems", "org"),
)
_MACHINE = (("/wo", "rk/"), ("/ro", "ot/"), ("/opt/", "wheels"), ("/opt/", "pypi"), ("/Us", "ers/"))
_UNFINISHED = (("TO", "DO"), ("FIX", "ME"), ("XX", "X"))

FORBIDDEN: Mapping[str, re.Pattern[str]] = {
    "names a package registry": re.compile("|".join(r"\.".join(parts) for parts in _REGISTRIES)),
    "names a path of one machine": re.compile(
        "|".join((*(re.escape("".join(parts)) for parts in _MACHINE), r"/home/(?!linuxbrew)\w+"))
    ),
    "has a marker for unfinished work": re.compile(
        rf"\b({'|'.join(''.join(parts) for parts in _UNFINISHED)})\b"
    ),
}
_HEADING = re.compile(r"(#+) ")
_TEST = re.compile(r"def (test_\w+)\(")
_CITED = re.compile(r"\b(test_\w+)")
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def committed_files() -> list[Path]:
    """Return what is committed or would be by the next commit."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - constants
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file())


def leaks(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            lines = path.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # no text
        for number, line in enumerate(lines, 1):
            for fault, pattern in FORBIDDEN.items():
                if pattern.search(line):
                    yield f"{path.relative_to(ROOT)}:{number} {fault}"


def outline(markdown: str) -> list[str]:
    """Return what two languages of one document must share: headings, code blocks, table rows."""
    shape: list[str] = []
    in_code = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            in_code = not in_code
            shape.append(line if in_code else "```")
        elif not in_code and (heading := _HEADING.match(line)):
            shape.append(heading[1])
        elif not in_code and line.startswith("|"):
            shape.append("|")
    return shape


def readmes_out_of_step() -> Iterator[str]:
    english, chinese = (
        outline((ROOT / name).read_text("utf-8")) for name in ("README.md", "README.zh-CN.md")
    )
    if english != chinese:
        pairs = enumerate(zip(english, chinese, strict=False))
        place = next((n for n, (a, b) in pairs if a != b), min(len(english), len(chinese)))
        yield f"README.md and README.zh-CN.md differ in structure from their part {place + 1} on"


def stale_figures() -> Iterator[str]:
    """The READMEs quote the load test's result file; nobody types numbers."""
    if quote_figures.RESULT.exists():
        result = json.loads(quote_figures.RESULT.read_text("utf-8"))
        for name, words in quote_figures.READMES.items():
            text = (ROOT / name).read_text("utf-8")
            if quote_figures.quoted(text, result, words) != text:
                yield f"{name} has other figures than the last result: run tools/quote_figures.py"


def service_readmes() -> Iterator[str]:
    for name in NAMES:
        path = ROOT / "services" / name / "README.md"
        if not path.exists():
            yield f"services/{name} has no README.md"
        elif len(path.read_text("utf-8").splitlines()) > SERVICE_README_LINES_MAX:
            yield f"services/{name}/README.md has more than {SERVICE_README_LINES_MAX} lines"


def decision_records() -> Iterator[str]:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [int(path.name[:4]) for path in records]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"docs/decisions: the numbers have gaps or repeat: {numbers}"
    for number, path in zip(numbers, records, strict=True):
        text = path.read_text("utf-8")
        if not text.startswith(f"# {number}. "):
            yield f"docs/decisions/{path.name}: the title does not begin with its number"
        for section in _RECORD_SECTIONS:
            if section not in text:
                yield f"docs/decisions/{path.name}: has no section '{section}'"


def glossary_gaps() -> Iterator[str]:
    """Every service and every state of an order must be explained."""
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    for word in (*NAMES, *State):
        if f"`{word}`" not in text:
            yield f"docs/glossary.md does not explain `{word}`"


def dead_links(files: list[Path]) -> Iterator[str]:
    for path in files:
        if path.suffix == ".md":
            for target, _ in _LINK.findall(path.read_text("utf-8")):
                if "://" not in target and not (path.parent / target).exists():
                    yield f"{path.relative_to(ROOT)} links to {target}, which is not there"


def unknown_tests(files: list[Path]) -> Iterator[str]:
    """A document that names a test as its proof must name one that is there."""
    tests = [path for path in files if path.name.startswith("test_") and path.suffix == ".py"]
    known = {path.stem for path in tests}
    for path in tests:
        known |= set(_TEST.findall(path.read_text("utf-8")))
    for path in files:
        if path.suffix == ".md":
            for name in _CITED.findall(path.read_text("utf-8")):
                if name not in known:
                    yield f"{path.relative_to(ROOT)} names {name}, which is no test"


def main() -> int:
    files = committed_files()
    found = [
        *leaks(files),
        *readmes_out_of_step(),
        *stale_figures(),
        *service_readmes(),
        *decision_records(),
        *glossary_gaps(),
        *dead_links(files),
        *unknown_tests(files),
    ]
    if found:
        print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
