import { register } from 'tsx/esm/api'

register()
await import('../../src/check-workers/check-worker.ts')
