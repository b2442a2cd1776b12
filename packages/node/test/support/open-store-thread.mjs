import { parentPort, workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
const { codeOf } = await import('./open-store-child.ts')
parentPort.postMessage(await codeOf(workerData))
