import { register } from 'tsx/esm/api'

register()
await import('../../src/blocks/check-workers/check-worker.ts')
