// Machines are shared, and most levels wait for real things: a fact has its own deadline, this only ends what hangs.
jest.setTimeout(180_000);
