import { V1_HEADER_LENGTH } from '@sapwood/transport-v1v2'
import { readCapture } from '@sapwood/peer'
import {
  bytesEqual,
  decodeBlock,
  decodeHeader,
  decodeTransaction,
  HEADER_SIZE,
  type Network,
  networks,
} from '@sapwood/wire-codec'
import { CommandError } from '../errors/command-error.ts'
import { describePayload } from '../messages/describe-message.ts'
import { blockLine, blockText, headerLine, headerText } from '../messages/block-view.ts'
import { transactionLine, transactionText } from '../messages/transaction-view.ts'
import type { Kind } from '../options/kinds.ts'
import type { Line } from '../terminal/report.ts'
import { readFrame } from './v1-frame.ts'

/** One thing that was found; made into the forms in which it is shown when it is. */
type Decoded = () => { readonly line: Line; readonly text: string }

/** Magic (4) and length (4) before each block of a file (Core, `BlockManager::WriteBlock`). */
const BLOCK_HEAD = 8

/**
 * What the bytes are, as `kind`, or as the first kind that takes all of them.
 * @throws CommandError where they are none, DecodeError where they are not of the kind.
 */
export function decodeBytes(bytes: Uint8Array, kind?: Kind, command?: string): Iterable<Decoded> {
  if (kind !== undefined) return decoders[kind](bytes, command)
  for (const each of guesses(bytes)) {
    try {
      // All of it, before any is shown: the beginning of one kind can look like another. Nothing of it is
      // kept: as objects a file of blocks is many times its size.
      const found = decoders[each](bytes)[Symbol.iterator]()
      while (found.next().done !== true) continue
    } catch {
      // The next kind.
      continue
    }
    return decoders[each](bytes)
  }
  throw new CommandError(
    'these bytes are nothing that is known here; --as says what they are, and then why not',
  )
}

function guesses(bytes: Uint8Array): readonly Kind[] {
  if (networkOf(bytes) !== undefined) return ['message', 'blockfile']
  // A capture's first: a block of no transactions can be found in almost anything.
  return ['capture', ...(bytes.length === HEADER_SIZE ? (['header'] as const) : []), 'transaction', 'block']
}

/** Whose magic these bytes begin with. */
function networkOf(bytes: Uint8Array, offset = 0): Network | undefined {
  return Object.values(networks).find(({ magic }) =>
    bytesEqual(magic, bytes.subarray(offset, offset + magic.length)),
  )
}

const decoders: Readonly<Record<Kind, (bytes: Uint8Array, command?: string) => Iterable<Decoded>>> = {
  *message(bytes) {
    for (let offset = 0; offset < bytes.length; ) {
      const network = networkOf(bytes, offset)
      const frame = network === undefined ? undefined : readFrame(bytes, offset)
      if (network === undefined || frame === undefined) {
        throw new CommandError(`there is no whole message at byte ${offset}`)
      }
      const { command, payload, intact } = frame
      yield message(command, payload, { network: network.name, ...(!intact && { checksum: 'wrong' }) })
      offset += V1_HEADER_LENGTH + payload.length
    }
  },
  *blockfile(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let offset = 0; offset < bytes.length; ) {
      const network = networkOf(bytes, offset)
      // Core makes its files larger than what is in them, with zeros.
      if (network === undefined && bytes.subarray(offset).every((byte) => byte === 0) && offset > 0) return
      const size = offset + BLOCK_HEAD <= bytes.length ? view.getUint32(offset + 4, true) : Infinity
      const end = offset + BLOCK_HEAD + size
      if (network === undefined || end > bytes.length) {
        throw new CommandError(`there is no whole block at byte ${offset}`)
      }
      const block = decodeBlock(bytes.subarray(offset + BLOCK_HEAD, end))
      yield () => ({ line: blockLine(block), text: blockText(block) })
      offset = end
    }
  },
  *capture(bytes) {
    for (const { time, command, payload } of readCapture(bytes)) {
      yield message(command, payload, { at: time / 1_000 })
    }
  },
  *transaction(bytes) {
    const transaction = decodeTransaction(bytes)
    yield () => ({ line: transactionLine(transaction), text: transactionText(transaction) })
  },
  *block(bytes) {
    const block = decodeBlock(bytes)
    yield () => ({ line: blockLine(block), text: blockText(block) })
  },
  *header(bytes) {
    const header = decodeHeader(bytes)
    yield () => ({ line: headerLine(header), text: headerText(header) })
  },
  *payload(bytes, command) {
    if (command === undefined) throw new CommandError('a payload needs its --command')
    yield message(command, bytes, {})
  },
}

function message(command: string, payload: Uint8Array, facts: object): Decoded {
  return () => {
    const { summary, ...described } = describePayload(command, payload)
    const told = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`)
    return {
      line: { type: 'decoded', command, bytes: payload.length, ...facts, ...described },
      text: [command, `${payload.length} bytes`, ...told, summary].join('  '),
    }
  }
}
