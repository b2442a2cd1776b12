import globalSetup from '../global-setup/index.ts'

// For runners that import a file before the tests, and have no setup of their own for all of them:
// `node --import @sapwood/integration/setup --test`, `mocha --import`, the `setupFiles` of Vitest. A bitcoind
// is there before the first test; several workers wait for one installation.
await globalSetup()
