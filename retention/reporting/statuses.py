"""What can become of a unit; apart from how it is found out, which no kernel needs to import."""

from enum import StrEnum


class Status(StrEnum):
    """What became of a unit; the values stand in manifests, logs and on the failure page."""

    PUBLISHED = "published"
    SKIPPED = "skipped"
    SETTINGS_REFUSED = "settings_refused"
    DATA_REFUSED = "data_refused"
    CHECK_FAILED = "check_failed"
    NOTEBOOK_ERROR = "notebook_error"
    KERNEL_DIED = "kernel_died"
    WORKER_FAILED = "worker_failed"
    TIMED_OUT = "timed_out"
    TRUNCATED = "truncated"
    RENDER_FAILED = "render_failed"
    GATE_FAILED = "gate_failed"
    PUBLISH_FAILED = "publish_failed"
    INTERRUPTED = "interrupted"

    @property
    def good(self) -> bool:
        """Whether a whole, current report of the unit is published."""
        return self in (Status.PUBLISHED, Status.SKIPPED)


# What the index and the failure page say; the message of the outcome stands below it.
IN_WORDS = {
    Status.PUBLISHED: "Published",
    Status.SKIPPED: "Published already",
    Status.SETTINGS_REFUSED: "The settings were refused",
    Status.DATA_REFUSED: "The data were refused",
    Status.CHECK_FAILED: "A check of the figures failed",
    Status.NOTEBOOK_ERROR: "The notebook stopped with an error",
    Status.KERNEL_DIED: "The computing process died",
    Status.WORKER_FAILED: "No machine of the cluster finished the report",
    Status.TIMED_OUT: "The time limit was reached",
    Status.TRUNCATED: "The notebook ended before its last cell",
    Status.RENDER_FAILED: "The page could not be made",
    Status.GATE_FAILED: "The finished page was refused",
    Status.PUBLISH_FAILED: "The report could not be written",
    Status.INTERRUPTED: "The run was interrupted",
}
