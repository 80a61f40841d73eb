"""What the user's environment may and may not do."""

import os
import subprocess
import sys

import pytest

from refashion.execution import environment
from support.hostile import variables


@pytest.fixture
def hostile(tmp_path):
    """Variables of a user whose configuration is against us, with the files that they name."""
    return variables(tmp_path)


def test_a_kernel_sees_only_what_it_needs(hostile, tmp_path):
    home = tmp_path / "home"
    seen = environment.kernel_environment(hostile | {"PATH": "/bin"}, 1, home, tmp_path)
    own = environment.kernel_environment({"PATH": "/bin"}, 1, home, tmp_path)
    passed = {name: value for name, value in seen.items() if own.get(name) != value}
    assert passed.keys() == {"TMPDIR", "CUDA_VISIBLE_DEVICES", "JUPYTER_DEFAULT_PROVISIONER_NAME"}
    # What can change a number is in the manifest.
    recorded = environment.recorded(hostile)
    assert recorded == {"CUDA_VISIBLE_DEVICES": "-1"} | environment.FIXED
    assert recorded.items() <= seen.items()


@pytest.mark.parametrize(
    ("name", "is_started_again"),
    [
        ("PYTHONPATH", True),
        ("PYTHONOPTIMIZE", True),
        ("PYTHONWARNINGS", True),
        ("PYTHONUNBUFFERED", False),
        ("PYTHONDONTWRITEBYTECODE", False),
        ("BASH_ENV", False),
    ],
)
def test_the_command_is_started_again_where_python_was_misled(name, is_started_again):
    code = (
        "import os, sys\n"
        "from refashion.execution import environment\n"
        "print('begun', flush=True)\n"
        "environment.restart_if_misled()\n"
        f"print(os.environ.get({name!r}), sys.argv, flush=True)\n"
    )
    clean = environment.interpreter_environment({"PATH": os.environ["PATH"]})
    value = f"{environment.SOURCE}{os.pathsep}/elsewhere" if name == "PYTHONPATH" else "1"
    value = "default" if name == "PYTHONWARNINGS" else value
    command = [sys.executable, "-c", code, "an argument"]
    told = subprocess.check_output(command, env=clean | {name: value}, text=True).splitlines()
    assert told.count("begun") == 1 + is_started_again
    assert told[-1] == f"{clean.get(name)} ['-c', 'an argument']"


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        *[("PIP_USER", False), ("PIP_TARGET", False), ("PIP_PREFIX", False), ("UV_TARGET", False)],
        *[("PIP_NO_BINARY", False), ("PIP_CONSTRAINT", False), ("UV_EXCLUDE_NEWER", False)],
        *[("UV_PYTHON", False), ("UV_PROJECT_ENVIRONMENT", False), ("PYTHONHOME", False)],
        *[("PIP_INDEX_URL", True), ("PIP_FIND_LINKS", True), ("UV_DEFAULT_INDEX", True)],
        *[("UV_CACHE_DIR", True), ("HTTPS_PROXY", True), ("SSL_CERT_FILE", True)],
    ],
)
def test_the_set_up_is_told_where_packages_come_from_and_not_where_they_go(name, is_kept):
    of_setup = environment.setup_environment({name: "given"})
    assert (of_setup.get(name) == "given") is is_kept
    assert of_setup["PIP_USER"] == of_setup["UV_SYSTEM_PYTHON"] == "0"


def test_the_module_runs_a_command_before_anything_is_installed(hostile, tmp_path):
    script = "import os; print(sorted(name for name in os.environ if name.startswith('PIP')))"
    told = subprocess.check_output(
        [sys.executable, "-I", environment.__file__, sys.executable, "-c", script],
        env=hostile | {"PIP_TARGET": "/x", "PIP_CERT": "y"},
        text=True,
    )
    assert told == "['PIP_CERT', 'PIP_REQUIRE_VIRTUALENV', 'PIP_USER']\n"
