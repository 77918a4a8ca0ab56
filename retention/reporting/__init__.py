"""From settings to published report files: runner, exporter, publishing, index."""
