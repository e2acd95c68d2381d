"""`python -m clubledger` does what the command `clubledger` does."""

from clubledger.cli.main import main

if __name__ == "__main__":
    main()
