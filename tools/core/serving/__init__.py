"""From a model to what is live: Bentos, supervisors, proofs, the record of revisions."""
