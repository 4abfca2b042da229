"""Builds the compiled forms at installation; without a compiler the installation goes on."""

from __future__ import annotations

import compileall
import hashlib
from pathlib import Path
from typing import Any

from setuptools.command.build_ext import build_ext

ENGINE = Path(__file__).resolve().parent.parent


class BuildFromCopies(build_ext):
    """Compiles copies of the sources into which their digest is written.

    The digest tells a stale compiled form, built before the source was edited, from a fresh one.
    """

    def run(self) -> None:
        """Build; and give an editable installation the byte code that others get from pip."""
        super().run()
        if self.editable_mode:
            for package in ("engine", "feeds", "strategies"):
                compileall.compile_dir(ENGINE.parent / package, quiet=1)

    def build_extension(self, ext: Any) -> None:
        """Compile `engine.compiled.<name>` from `engine/<name>.py` and `engine/<name>.pxd`."""
        package, _, name = ext.name.rpartition(".")
        folder = Path(self.build_temp, *package.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        for inside in (folder, folder.parent):
            (inside / "__init__.py").touch()
        content = [(ENGINE / (name + end)).read_bytes() for end in (".py", ".pxd")]
        digest = hashlib.sha256(b"".join(content)).hexdigest()  # as `engine.arithmetic` computes it
        source, types = content
        copy = folder / f"{name}.py"
        copy.write_bytes(source.replace(b'SOURCE = ""', f'SOURCE = "{digest}"'.encode(), 1))
        copy.with_suffix(".pxd").write_bytes(types)
        ext.sources = [str(copy)]
        super().build_extension(ext)
