"""Judges a deployment: what the files of a project say, and what happens when they are carried out."""

from courseware.judging.deployment.judging import DeploymentJudge

__all__ = ["DeploymentJudge"]
