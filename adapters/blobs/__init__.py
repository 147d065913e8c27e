"""Object stores: a local directory and any S3 endpoint, behind the same methods."""
