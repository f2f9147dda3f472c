"""A request bin for developers: prints each event with its signature's verdict, its order, gaps and timing."""
