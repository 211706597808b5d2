"""The engine: pure NumPy. One market (`market`), one month (`month`), many months (`run`), and the mass audit."""
