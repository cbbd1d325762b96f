"""``python -m regnet.course NOTEBOOK.ipynb``."""

from ._notebook import main

if __name__ == "__main__":
    raise SystemExit(main())
