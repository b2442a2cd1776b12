import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { observeNode } from '../../src/observing/observe-node.ts'
import { ToldNode } from '../../test/support/told-node.ts'

const MESSAGES = 20_000
const WARM_UP = 2_000
const HASH_BYTES = 32

/** Payloads of what a peer says most, made up and of a usual size. */
const PAYLOADS: readonly (readonly [command: string, payload: Uint8Array])[] = [
  ['ping', new Uint8Array(8).fill(7)],
  ['inv', listOf(35, Uint8Array.of(5, 0, 0, 0, ...new Uint8Array(HASH_BYTES).fill(0x11)))],
  ['addrv2', listOf(10, Uint8Array.of(0, 0, 0, 1, 9, 1, 4, 10, 0, 0, 1, 0x20, 0x8d))],
  ['headers', listOf(1, Uint8Array.of(...new Uint8Array(80), 0))],
]

/** What it costs to tell of a message that a peer has said: processor time, and the bytes that are sent. */
const bench: Bench = (emit) => {
  let bytes = 0
  const told = new ToldNode()
  observeNode(told.node, {
    send: (_, event) => {
      bytes += event.length
    },
  })
  told.connect()
  for (const [command, payload] of PAYLOADS) {
    const hear = (times: number): void => {
      for (let time = 0; time < times; time++) told.hearBytes(command, payload)
    }
    hear(WARM_UP)
    bytes = 0
    const before = process.cpuUsage()
    hear(MESSAGES)
    const { user, system } = process.cpuUsage(before)
    const name = `observed ${command} of ${payload.length} bytes`
    emit(figure({ name, unit: 'us CPU', better: 'lower', ours: (user + system) / MESSAGES }))
    emit(figure({ name: `${name}: sent`, unit: 'B', better: 'lower', ours: bytes / MESSAGES }))
  }
  return Promise.resolve()
}

function listOf(count: number, entry: Uint8Array): Uint8Array {
  return Uint8Array.of(count, ...Array.from({ length: count }, () => [...entry]).flat())
}

export default bench
