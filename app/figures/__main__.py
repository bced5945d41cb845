"""`python -m app.figures`: rewrite the page of figures."""

from app.figures.page import write

if __name__ == "__main__":
    print(write())
