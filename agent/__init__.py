"""The conversation: planners, the loop, the terminal. Knows LangChain, the openai client, click and rich."""
