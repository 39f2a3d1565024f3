"""Readyshelf is installed where it lies (./run does so); see docs/deploy.md."""

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel


class NoWheel(bdist_wheel):
    """Templates, texts, reference data and migrations lie beside the code: a wheel of the code alone serves nothing."""

    def run(self) -> None:
        raise SystemExit("no wheel is built: Readyshelf runs from its folder (./run --setup-only), see docs/deploy.md")


setup(cmdclass={"bdist_wheel": NoWheel})
