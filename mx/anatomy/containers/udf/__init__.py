"""UDF: the file system of discs and of the images that Windows mounts."""
