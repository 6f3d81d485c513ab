"""Routes -> hops: where a route leads, which addresses may be connected to, and how to be sure who is there."""
