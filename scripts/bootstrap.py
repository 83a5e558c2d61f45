"""From a fresh checkout to a running command, with nothing but Python 3.11 or newer.

    python3 scripts/bootstrap.py up|test|lint|bench|assets|... [arguments]

Makes ``.venv``, installs what the lock file pins by hash, builds the assets, and hands over to the command. What was
done leaves a stamp in ``.venv``, so that a second run goes straight to the command. An old Python must be able to read
this file to say that it is too old: nothing here is newer than Python 2.7.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "bin")
STAMPS = os.path.join(VENV, "jingwei-stamps.json")
FREE_BYTES_MIN = 1500 * 2**20
DEVELOPMENT = ("test", "lint", "bench", "new-vertical")
LINTERS = (
    ["ruff", "check", "--quiet"],
    ["ruff", "format", "--check", "--quiet"],
    ["mypy", "--no-error-summary"],
    ["lint-imports", "--no-cache"],
)


def main(arguments):
    """Prepare the tree and become the command."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("up", [])
    use_new_python()
    os.chdir(ROOT)
    prepare("requirements-dev.lock" if command in DEVELOPMENT else "requirements.lock")
    if command == "assets":
        return 0
    if command == "lint":
        return lint()
    if command == "test":
        pytest = ["python", "-m", "pytest", "-n", os.environ.get("WORKERS", "2"), "--dist", "worksteal"]
        return become(pytest + rest, dict(os.environ, **browser()))
    if command == "locale":
        return become(["python", "-m", "webapp.i18n_tools", "update"] + rest)
    if command == "bench":
        return become(["python", "-m", "benchmarks"] + rest)
    return become(["jingwei", command] + rest)


def use_new_python():
    """Go on with a newer Python when this one is too old and a newer one is at hand."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(19, OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor) if hasattr(shutil, "which") else None
        if found and quiet([found, "-c", "import ensurepip"]) == 0:
            os.execv(found, [found, os.path.abspath(__file__)] + sys.argv[1:])
    versions = OLDEST + sys.version_info[:2]
    fail("Jingwei needs Python %d.%d or newer, and this is %d.%d: install python3.11 and run the command again." % versions)


def prepare(lock):
    """Bring ``.venv`` and the assets up to date."""
    stamps = read_stamps()
    # The tests' lock holds everything the plain one holds.
    wanted = digest(lock)
    if stamps.get("root") != ROOT or wanted not in (stamps.get("requirements.lock"), stamps.get("requirements-dev.lock")):
        need_space()
        make_venv(stamps)
        say("Installing what %s pins ..." % lock)
        pip("install", "--require-hashes", "-r", lock)
        stamps = {"root": ROOT, lock: wanted}
        if lock == "requirements-dev.lock":
            stamps["requirements.lock"] = digest("requirements.lock")
        write_stamps(stamps)
    project = digest("pyproject.toml", "hatch_build.py")
    if stamps.get("project") != project:
        say("Installing Jingwei and building its assets ...")
        pip("install", "--no-deps", "--no-build-isolation", "-e", ".")
        stamps["project"] = project
        write_stamps(stamps)
    if subprocess.call([os.path.join(BIN, "python"), os.path.join("frontend", "assets_build.py")]):
        fail("The assets could not be built; the reason is above.")


def make_venv(stamps):
    """Make ``.venv`` unless it is a working one of this folder."""
    python = os.path.join(BIN, "python")
    if stamps.get("root", ROOT) == ROOT and os.path.exists(python) and quiet([python, "-m", "pip", "--version"]) == 0:
        return
    say("Making .venv with Python %d.%d ..." % sys.version_info[:2])
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]):
        version = sys.version_info[:2]
        fail("Python could not make .venv: on Debian and Ubuntu install python%d.%d-venv, then run the command again." % version)


def lint():
    """Run every linter and say which ones complained."""
    failed = [" ".join(command[:2]) for command in LINTERS if subprocess.call([os.path.join(BIN, command[0])] + command[1:])]
    if failed:
        sys.stderr.write("Not clean: %s\n" % ", ".join(failed))
    return 1 if failed else 0


def browser():
    """Environment that leads the browser tests to a Chromium; brings one where there is none."""
    found = system_browser()
    if found:
        return {"CHROMIUM": found}
    if playwright_has_one():
        return {}
    say("The browser tests need Chromium; trying to install it ...")
    if shutil.which("apt-get") and os.geteuid() == 0 and not os.path.exists("/etc/apt/sources.list.d/ubuntu.sources"):
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        for step in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            subprocess.call(step, env=environment)
        found = system_browser()
        if found:
            return {"CHROMIUM": found}
    options = ["--with-deps"] if os.geteuid() == 0 else []
    install = [os.path.join(BIN, "python"), "-m", "playwright", "install"]
    if subprocess.call(install + options + ["chromium"]) == 0 and playwright_has_one():
        return {}
    return fail("The browser tests need Chromium: install the package chromium of your system, or set CHROMIUM to one.")


def system_browser():
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"):
        found = shutil.which(name)
        # Ubuntu's chromium-browser is a wrapper that asks for snap.
        if found and quiet([found, "--version"]) == 0:
            return found
    return None


def playwright_has_one():
    code = "import os, sys; from playwright.sync_api import sync_playwright as start\n"
    code += "with start() as p: sys.exit(not os.path.exists(p.chromium.executable_path))"
    return quiet([os.path.join(BIN, "python"), "-c", code]) == 0


def need_space():
    if hasattr(shutil, "disk_usage") and shutil.disk_usage(ROOT).free < FREE_BYTES_MIN:
        free = shutil.disk_usage(ROOT).free // 2**20
        fail("Only %d MB are free in %s, and the installation needs %d MB: free some space." % (free, ROOT, FREE_BYTES_MIN // 2**20))


def pip(*arguments):
    command = [os.path.join(BIN, "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    if subprocess.call(command + list(arguments)):
        fail("pip could not install what is needed; its reason is above.")


def digest(*names):
    """One hash of the contents of files of the tree."""
    whole = hashlib.sha256()
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as file:
            whole.update(file.read())
    return whole.hexdigest()


def read_stamps():
    try:
        with open(STAMPS) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def write_stamps(stamps):
    with open(STAMPS, "w") as file:
        json.dump(stamps, file)


def quiet(command):
    with open(os.devnull, "w") as nowhere:
        return subprocess.call(command, stdout=nowhere, stderr=nowhere)


def become(command, environment=None):
    """Replace this process, so that signals and the exit code are the command's own."""
    sys.stdout.flush()
    path = os.path.join(BIN, command[0])
    os.execve(path, [path] + command[1:], environment or dict(os.environ))


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fail(text):
    say(text)
    sys.exit(2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
