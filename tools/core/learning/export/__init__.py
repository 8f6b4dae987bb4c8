"""A model as a script of plain pandas and scikit-learn that trains it again."""
