"""What it costs: each module measures one thing, names its figures in `NAMES` and gives them by `figures()`."""
