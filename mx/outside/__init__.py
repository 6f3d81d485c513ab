"""Something of another package, in processes of its own: how it is started, asked, doubted and given up."""
