"""One file per container format; each opens its format into members within the budget."""
