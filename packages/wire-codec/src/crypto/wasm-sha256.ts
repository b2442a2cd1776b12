import { loadWasm } from './load-wasm.ts'
import { messageAt, oneByOne } from './one-by-one.ts'
import { MESSAGE_CUTS, type RuntimeSha256, type Sha256Backend, type SingleSha256 } from './sha256-backend.ts'
import { MODULE } from './sha256d.wasm.ts'
import { HASH_SIZE } from './sizes.ts'

/** Bytes and messages of one batch (wasm/sha256d.c). */
const WINDOW = 131_072
const MAX_MESSAGES = 2_048
const BLOCK = 64
const PAIR: number = 2 * HASH_SIZE
/** Fewer messages than this leave most of the four lanes empty. */
const MIN_MESSAGES = 3

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly input_at: () => number
  readonly output_at: () => number
  readonly messages_at: () => number
  readonly hash_many: (count: number) => void
  readonly merkle_level: (pairs: number) => void
  readonly hash_headers: (count: number, stride: number) => void
  readonly one_start: () => void
  readonly one_blocks: (count: number) => void
  readonly one_end: (rest: number, length: number) => void
}

/**
 * Our own WebAssembly (wasm/sha256d.c): four messages at once, and no call into the runtime for each. What it
 * is no faster at goes to `runtime`: single messages and large ones, unless that is JavaScript.
 * @returns undefined where it cannot be loaded.
 */
export function createWasmSha256(runtime: RuntimeSha256): Sha256Backend | undefined {
  const module = loadWasm(MODULE) as Exports | undefined
  if (module === undefined) return undefined
  const { buffer } = module.memory
  const input = new Uint8Array(buffer, module.input_at(), WINDOW)
  const output = new Uint8Array(buffer, module.output_at(), MAX_MESSAGES * HASH_SIZE)
  const messages = new Uint32Array(buffer, module.messages_at(), MAX_MESSAGES * MESSAGE_CUTS)
  /** Which message each of the batch is. */
  const slots = new Uint32Array(MAX_MESSAGES)
  const name = `wasm+${runtime.name}`
  const single =
    runtime.fasterFrom === undefined ? { name, ...singleBy(module, input, output) } : { ...runtime, name }
  const alone = oneByOne(single)
  const largest = runtime.fasterFrom ?? WINDOW

  return {
    ...single,
    hashMany: (source, cuts, target) => {
      const count = cuts.length / MESSAGE_CUTS
      if (count < MIN_MESSAGES) return alone.hashMany(source, cuts, target)
      const large: number[] = []
      for (let first = 0; first < count; ) {
        const base = cuts[first * MESSAGE_CUTS]!
        let taken = 0
        let next = first
        let end = base
        // What follows in the same window, copied in one piece whatever lies between.
        for (; next < count && next - first < MAX_MESSAGES; next++) {
          const at = next * MESSAGE_CUTS
          const start = cuts[at]!
          const messageEnd = cuts[at + 3]!
          if (start < end || messageEnd - base > WINDOW) break
          if (messageEnd - start >= largest) {
            large.push(next)
            continue
          }
          end = messageEnd
          for (let i = 0; i < MESSAGE_CUTS; i++) messages[taken * MESSAGE_CUTS + i] = cuts[at + i]! - base
          slots[taken++] = next
        }
        // One that fits into no window.
        if (next === first) large.push(next++)
        if (taken === 0) {
          first = next
          continue
        }
        input.set(source.subarray(base, end))
        module.hash_many(taken)
        if (taken === next - first) {
          target.set(output.subarray(0, taken * HASH_SIZE), first * HASH_SIZE)
        } else {
          for (let i = 0; i < taken; i++) {
            target.set(output.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE), slots[i]! * HASH_SIZE)
          }
        }
        first = next
      }
      for (const index of large) single.sha256dInto(messageAt(source, cuts, index), target, index * HASH_SIZE)
    },
    merkleLevel: (row, pairs) => {
      for (let done = 0; done < pairs; done += MAX_MESSAGES) {
        const batch = Math.min(pairs - done, MAX_MESSAGES)
        input.set(row.subarray(done * PAIR, (done + batch) * PAIR))
        module.merkle_level(batch)
        row.set(input.subarray(0, batch * HASH_SIZE), done * HASH_SIZE)
      }
    },
    hashHeaders: (source, offset, stride, count) => {
      const hashes = new Uint8Array(count * HASH_SIZE)
      const most = Math.min(MAX_MESSAGES, Math.floor(WINDOW / stride))
      for (let done = 0; done < count; done += most) {
        const batch = Math.min(count - done, most)
        const start = offset + done * stride
        input.set(source.subarray(start, start + batch * stride))
        module.hash_headers(batch, stride)
        hashes.set(output.subarray(0, batch * HASH_SIZE), done * HASH_SIZE)
      }
      return hashes
    },
  }
}

/** Single messages by WebAssembly, where the runtime has JavaScript only. */
function singleBy(module: Exports, input: Uint8Array, output: Uint8Array): Omit<SingleSha256, 'name'> {
  const hash = (bytes: Uint8Array): void => {
    const { length } = bytes
    const whole = length - (length % BLOCK)
    module.one_start()
    for (let at = 0; at < whole; at += WINDOW) {
      const end = Math.min(at + WINDOW, whole)
      input.set(bytes.subarray(at, end))
      module.one_blocks((end - at) / BLOCK)
    }
    input.set(bytes.subarray(whole))
    module.one_end(length - whole, length)
  }
  const hashTwice = (bytes: Uint8Array): void => {
    hash(bytes)
    input.set(output.subarray(0, HASH_SIZE))
    module.one_start()
    module.one_end(HASH_SIZE, HASH_SIZE)
  }
  return {
    sha256: (bytes) => {
      hash(bytes)
      return output.slice(0, HASH_SIZE)
    },
    sha256d: (bytes) => {
      hashTwice(bytes)
      return output.slice(0, HASH_SIZE)
    },
    sha256dInto: (bytes, target, offset) => {
      hashTwice(bytes)
      target.set(output.subarray(0, HASH_SIZE), offset)
    },
  }
}
