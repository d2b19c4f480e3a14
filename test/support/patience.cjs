// Levels that start the real stack wait for real things: a fact has its own deadline, this only ends what hangs.
jest.setTimeout(180_000);
