"""What checks of a step that judges a deployment work with: workflows, image, releases, compose file and blueprint."""

from courseware.checking.deployment.blueprint import Blueprint, BlueprintService
from courseware.checking.deployment.compose import Compose, ComposeService
from courseware.checking.deployment.image import Image
from courseware.checking.deployment.image_build import ImageCommand
from courseware.checking.deployment.job_run import Call, HookCall, JobRun, StepRun
from courseware.checking.deployment.plan import Event, Plan
from courseware.checking.deployment.release import Deployment, PlatformDatabase, Release
from courseware.checking.deployment.workflow import Workflow
from courseware.checking.deployment.workflow_files import Job, JobStep, Service

__all__ = [
    "Blueprint",
    "BlueprintService",
    "Call",
    "Compose",
    "ComposeService",
    "Deployment",
    "Event",
    "HookCall",
    "Image",
    "ImageCommand",
    "Job",
    "JobRun",
    "JobStep",
    "Plan",
    "PlatformDatabase",
    "Release",
    "Service",
    "StepRun",
    "Workflow",
]
