"""The compiled modules; all else is in pyproject.toml. One that cannot be built is left out: Python does its work."""

from collections.abc import Iterator
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HEADERS = ("correction", "by_width", "vectors", "correct_head", "gradients_head")
"""What `kgattn.attention._compiled` is made of besides its own file."""


class BuildWhatBuilds(build_ext):
    """Goes on without a module that Cython or the compiler refuses."""

    def build_extension(self, ext: Any) -> None:
        """Build it, or say that it is left out."""
        try:
            super().build_extension(ext)
        except Exception as error:  # Cython's errors are not among those that `optional` stands for
            self.warn(f"{ext.name} is left out, which costs speed alone: {error}")


def extensions() -> Iterator[Extension]:
    """The modules of compiled code."""
    for name in ("_compiled", "_words", "_evidence", "_fuzzy"):
        yield Extension(f"kgattn.linking.{name}", [f"kgattn/linking/{name}.pyx"], optional=True)
    yield Extension(
        "kgattn.attention._compiled",
        ["kgattn/attention/_compiled.pyx"],
        depends=[f"kgattn/attention/{name}.h" for name in HEADERS],
        extra_compile_args=["-O3", "-Wno-psabi"],
        optional=True,
    )
    try:
        import numpy
        import spacy
    except ImportError:
        return
    for name in ("_rows", "_docs", "_plain"):
        yield Extension(
            f"kgattn.linking.{name}",
            [f"kgattn/linking/{name}.pyx"],
            language="c++",
            include_dirs=[numpy.get_include()],
            define_macros=[("KGATTN_SPACY", f'"{spacy.__version__}"')],
            optional=True,
        )


setup(ext_modules=list(extensions()), cmdclass={"build_ext": BuildWhatBuilds})
