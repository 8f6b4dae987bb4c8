"""The tools over MCP, the Model Context Protocol: declared, called, and served on standard input and output."""
