"""What every other room uses: checks of arguments, random numbers, threads, progress and Ctrl-C."""
