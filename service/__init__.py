"""What ships inside the Bento: row checks, encoder, runtime and HTTP service. Knows nothing else of ours."""
