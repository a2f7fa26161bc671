"""The two packages as users get them: their metadata, what is in them, and that they work alone."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("conformance", "reference")

sys.path.append(str(ROOT / "scripts"))  # after everything else: they are no package

import release_notes  # noqa: E402
import renew_constraints  # noqa: E402


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Build the wheel and the sdist of both packages, with what is installed here."""
    folder = tmp_path_factory.mktemp("dist")
    for package in PACKAGES:
        command = ["-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT / package)]
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, done.stdout + done.stderr
    return folder


def wheel_of(dist, package):
    (path,) = dist.glob(f"scikeras_{package}-*.whl")
    return path


def metadata_of(dist, package):
    """Return the metadata of a wheel, as a message, and its files."""
    with zipfile.ZipFile(wheel_of(dist, package)) as wheel:
        names = wheel.namelist()
        (name,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        return message_from_string(wheel.read(name).decode()), names


@pytest.mark.process
@pytest.mark.parametrize("package", PACKAGES)
def test_the_metadata_is_complete(dist, package):
    """Who reads the page of the package finds everything, and no link that only works in here."""
    metadata, _ = metadata_of(dist, package)
    labels = {url.partition(",")[0] for url in metadata.get_all("Project-URL")}
    assert {"Documentation", "Source", "Changelog", "Issues"} == labels
    assert metadata["Author"]
    assert "MIT" == metadata["License-Expression"]
    pythons = {"3.11", "3.12", "3.13", "3.14"}
    found = set(re.findall(r"Python :: (3\.\d+)", "\n".join(metadata.get_all("Classifier"))))
    assert pythons == found
    links = re.findall(r"\]\(([^)]+)\)", metadata.get_payload())
    assert links
    assert [] == [link for link in links if not link.startswith("https://")]
    needed = {re.match(r"[\w-]+", one)[0] for one in metadata.get_all("Requires-Dist")}
    assert {"keras", "numpy", "scikit-learn", "scipy"} <= needed


@pytest.mark.process
def test_both_packages_have_one_version(dist):
    """It comes from the tags, so that it cannot be forgotten in one of them."""
    versions = {metadata_of(dist, package)[0]["Version"] for package in PACKAGES}
    assert 1 == len(versions)
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?(\.?(dev|rc)\d+)?", versions.pop())


@pytest.mark.process
@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_has_all_files_of_the_package(dist, package):
    """Templates, schemas and markers too, and nothing that git does not know."""
    listed = subprocess.run(
        ["git", "ls-files", f"{package}/src"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    expected = {name.removeprefix(f"{package}/src/") for name in listed}
    _, names = metadata_of(dist, package)
    assert expected == {name for name in names if ".dist-info/" not in name}


@pytest.mark.process
@pytest.mark.parametrize("package", PACKAGES)
def test_the_sdist_can_be_built_from_alone(dist, package, tmp_path):
    """It has the tests and the changelog, and its version without git and without this repository."""
    (path,) = dist.glob(f"scikeras_{package}-*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = tmp_path.iterdir()
    for name in ("CHANGELOG.md", "LICENSE", "README.md", "tests/conftest.py"):
        assert (root / name).is_file(), name
    assert list((root / "tests" / package).glob("test_*.py"))
    # The wheel was built from it, in a folder of its own.
    assert root.name == "-".join(wheel_of(dist, package).name.split("-")[:2])


@pytest.mark.process
@pytest.mark.parametrize(("tag", "expected"), [(None, "0.1.dev0"), ("v1.2.3", "1.2.3")])
def test_an_archive_of_the_repository_can_be_installed(tmp_path, tag, expected):
    """A download has no git. Its version is the tag, or says that there is none."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}

    def run(*command, cwd=tmp_path):
        return subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, check=True, env=environment
        ).stdout.strip()

    for name in (".gitattributes", ".git_archival.txt", *(f"{p}/pyproject.toml" for p in PACKAGES)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    run("git", "init", "--quiet")
    run("git", "add", "--all")
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
    run(*git, "commit", "--quiet", "--message=x")
    if tag is not None:
        run(*git, "tag", tag)
    run("git", "archive", "--output=archive.tar", "HEAD")
    with tarfile.open(tmp_path / "archive.tar") as archive:
        archive.extractall(tmp_path / "archive", filter="data")
    for package in PACKAGES:
        folder = tmp_path / "archive" / package
        assert expected == run(sys.executable, "-m", "hatchling", "version", cwd=folder)


@pytest.mark.process
@pytest.mark.exhaustive
def test_the_wheels_work_in_an_empty_environment(dist):
    """They bring all that they need: the example of the README runs, and the reference is judged."""
    script = ROOT / "scripts" / "try-wheels"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [str(script), str(dist), "--check", "CLS-2*"],
        env=environment | {"PYTHON": sys.executable},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "verdict: CONFORMANT" in done.stdout


# -- versions -------------------------------------------------------------------------------------

MARKER = r' ; python_version (?:>= "3\.\d+"(?: and python_version < "3\.\d+")?|< "3\.\d+")'


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_constraints_pin_versions_and_nothing_else(name):
    """Each line is a name, a version and perhaps the Pythons it is for: no hash, address or option."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pin = re.compile(rf"[A-Za-z0-9._-]+==[A-Za-z0-9.]+(?:{MARKER})?")
    odd = [line for line in lines if not line.startswith("#") and not pin.fullmatch(line)]
    assert [] == odd


def test_the_lowest_versions_are_those_that_the_packages_declare():
    """The job that installs them tests what the metadata promises."""
    lines = (ROOT / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    assert renew_constraints.lowest() == [line for line in lines if not line.startswith("#")]
    assert all("==" in line for line in renew_constraints.lowest())


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"3.11": {"a": "1"}, "3.12": {"a": "1"}}, ["a==1"]),
        (
            {"3.11": {"a": "1"}, "3.12": {"a": "2"}, "3.13": {"a": "3"}},
            [
                'a==1 ; python_version < "3.12"',
                'a==2 ; python_version >= "3.12" and python_version < "3.13"',
                'a==3 ; python_version >= "3.13"',
            ],
        ),
        ({"3.11": {"a": "1"}, "3.12": {}}, ['a==1 ; python_version < "3.12"']),
    ],
)
def test_what_differs_between_pythons_has_a_marker(found, expected):
    """Each job of CI installs what a user of its Python gets."""
    assert expected == renew_constraints.merged(found)


# -- releases -------------------------------------------------------------------------------------

CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n- later\n\n## [1.2.0] - 2030-01-01\n\n- new\n\n## [1.1.0]\n\n- old\n"


def test_the_notes_of_a_release_are_its_section():
    """Without the heading, and without those of other versions."""
    assert "- new" == release_notes.notes_of("1.2.0", CHANGELOG)
    assert "- old" == release_notes.notes_of("1.1.0", CHANGELOG)
    assert "" == release_notes.notes_of("1.3.0", CHANGELOG)


def make_wheel(folder, package, version, url):
    with zipfile.ZipFile(folder / f"scikeras_{package}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"scikeras_{package}-{version}.dist-info/METADATA", f"Project-URL: x, {url}")


def test_what_is_not_ready_is_not_released(tmp_path):
    """Every fault is named at once."""
    for package in PACKAGES:
        make_wheel(tmp_path, package, "1.2.0", "https://example.org/somebody/x")
    assert [] == release_notes.faults_of("1.2.0", CHANGELOG, tmp_path)

    make_wheel(tmp_path, "reference", "1.2.1", "https://example.org/x")
    faults = "\n".join(release_notes.faults_of("1.3.0", CHANGELOG, tmp_path))
    for part in ("no section [1.3.0]", "3 wheels", "is not of version 1.3.0"):
        assert part in faults
    assert "placeholder" not in faults


@pytest.mark.parametrize("url", ["https://example.org/{}/x", "https://{}.example.org/x"])
def test_a_placeholder_is_found_after_it_was_replaced_elsewhere(tmp_path, url):
    """Neither the search nor this test has its text, which a search in all files would replace."""
    placeholder = "OWN" + "ER"
    make_wheel(tmp_path, "conformance", "1.2.0", "https://example.org/somebody/x")
    make_wheel(tmp_path, "reference", "1.2.0", url.format(placeholder))
    (fault,) = release_notes.faults_of("1.2.0", CHANGELOG, tmp_path)
    assert f"scikeras_reference-1.2.0-py3-none-any.whl has the placeholder {placeholder}" in fault
    assert placeholder not in Path(release_notes.__file__).read_text(encoding="utf-8")
    assert placeholder not in Path(__file__).read_text(encoding="utf-8")


def test_links_of_the_notes_lead_to_the_tag():
    """On the page of a release there is no folder that a relative link could mean."""
    notes = "See [speed](docs/speed.md#x), [below](#y) and [this](https://example.org/z)."
    expected = "See [speed](F/v1/docs/speed.md#x), [below](#y) and [this](https://example.org/z)."
    assert expected == release_notes.with_absolute_links(notes, "F/v1")


def test_nothing_pretends_to_be_published():
    """Until the first release, no page or message installs a name that no index has."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if re.search(r"^## \[\d", changelog, re.MULTILINE):
        pytest.skip("there is a release")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md", "*.py", "*.sh", "*.yml"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    published = re.compile(r"install (?:-\S+ )*[\"']?scikeras-(?:conformance|reference)(?!\S* @ )")
    found = [
        f"{name}: {line.strip()}"
        for name in listed.split("\0")
        if name and (ROOT / name).is_file() and ROOT / name != Path(__file__)
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if published.search(line)
    ]
    assert [] == found
