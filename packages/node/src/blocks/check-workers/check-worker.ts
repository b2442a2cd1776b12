import { parentPort, workerData } from 'node:worker_threads'
import { decodeBlock, type Network } from '@sapwood/wire-codec'
import { checkBlock } from '../block-check.ts'
import type { CheckReply, CheckRequest } from './check-request.ts'

const network = workerData as Network

parentPort?.on('message', ({ id, payload, height }: CheckRequest) => {
  const reply: CheckReply = { id, fault: checkBlock(decodeBlock(payload), height, network) }
  parentPort?.postMessage(reply)
})
