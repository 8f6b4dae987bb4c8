"""What ships inside the Bento: row checks, the encoder, the runtime and the HTTP service. Knows nothing else of ours."""
