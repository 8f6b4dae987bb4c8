"""From a typed table to a measured model: split, recipe, encoder, candidates, scores, report."""
