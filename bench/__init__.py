"""Speed as ratios to a floor, measured side by side: `python -m bench [--only NAME]`. Never shipped."""
