"""Reading the codes on notices: from picture files, videos and a camera's frames, by one and the same pipeline."""
