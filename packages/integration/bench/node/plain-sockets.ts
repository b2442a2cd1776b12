import { hash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { encodePayload, regtest, type Message } from '@sapwood/wire-codec'

const HEADER_SIZE = 24
/** Blocks asked for and not here yet, as our own node has. */
const IN_FLIGHT = 16
const MSG_WITNESS_BLOCK = 0x4000_0002

/** What is done with each block's payload. `checksum`: the four bytes of its v1 header. */
export type OnPayload = (payload: Buffer, checksum: Buffer) => void

/**
 * Asks one peer for blocks over v1 and reads them, in the plainest way there is. @returns seconds, from the
 * first request.
 */
export async function downloadPlainly(
  port: number,
  hashes: readonly Uint8Array[],
  onPayload: OnPayload,
): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const frames = new Frames(socket)
  send(socket, {
    type: 'version',
    version: 70_016,
    services: 0n,
    time: Math.floor(Date.now() / 1_000),
    receiver: { services: 0n, ip: new Uint8Array(16), port: 0 },
    sender: { services: 0n, ip: new Uint8Array(16), port: 0 },
    nonce: BigInt(process.hrtime.bigint() & 0xffff_ffffn),
    userAgent: '/plain/',
    startHeight: 0,
    relay: false,
  })
  for (;;) {
    const { command } = await frames.next()
    if (command === 'version') send(socket, { type: 'verack' })
    if (command === 'verack') break
  }
  const start = performance.now()
  let asked = 0
  let here = 0
  const ask = (count: number): void => {
    const part = hashes.slice(asked, asked + count)
    asked += part.length
    if (part.length > 0) {
      send(socket, { type: 'getdata', inventory: part.map((hash) => ({ type: MSG_WITNESS_BLOCK, hash })) })
    }
  }
  ask(IN_FLIGHT)
  while (here < hashes.length) {
    const { command, payload, checksum } = await frames.next()
    if (command !== 'block') continue
    here++
    ask(1)
    onPayload(payload, checksum)
  }
  socket.destroy()
  return (performance.now() - start) / 1_000
}

/** With `node:crypto`, what no client can leave out: the checksum, every txid, the merkle root. */
export function hashUnavoidably(payload: Buffer, checksum: Buffer): void {
  if (!sha256d(payload).subarray(0, 4).equals(checksum)) throw new Error('checksum')
  let row = txids(payload)
  while (row.length > 1) {
    const above: Buffer[] = []
    for (let i = 0; i < row.length; i += 2)
      above.push(sha256d(Buffer.concat([row[i]!, row[i + 1] ?? row[i]!])))
    row = above
  }
  if (!row[0]!.equals(payload.subarray(36, 68))) throw new Error('merkle root')
}

/** Finds the transactions of a block and hashes each without its witness. */
function txids(payload: Buffer): Buffer[] {
  let at = 80
  const number = (): number => {
    const first = payload[at++]!
    if (first < 0xfd) return first
    const size = first === 0xfd ? 2 : 4
    at += size
    return size === 2 ? payload.readUInt16LE(at - 2) : payload.readUInt32LE(at - 4)
  }
  const count = number()
  const ids: Buffer[] = []
  for (let i = 0; i < count; i++) {
    const start = at
    at += 4
    const witness = payload[at] === 0
    if (witness) at += 2
    const body = at
    const inputs = number()
    for (let n = 0; n < inputs; n++) {
      at += 36
      const script = number()
      at += script + 4
    }
    const outputs = number()
    for (let n = 0; n < outputs; n++) {
      at += 8
      const script = number()
      at += script
    }
    const end = at
    if (witness) {
      for (let n = 0; n < inputs; n++) {
        const items = number()
        for (let item = 0; item < items; item++) {
          const size = number()
          at += size
        }
      }
    }
    at += 4
    const whole = witness
      ? Buffer.concat([
          payload.subarray(start, start + 4),
          payload.subarray(body, end),
          payload.subarray(at - 4, at),
        ])
      : payload.subarray(start, at)
    ids.push(sha256d(whole))
  }
  return ids
}

function sha256d(bytes: Uint8Array): Buffer {
  return hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer')
}

function send(socket: Socket, message: Message): void {
  const { payload } = encodePayload(message)
  const header = Buffer.alloc(HEADER_SIZE)
  header.set(regtest.magic)
  header.write(message.type, 4, 'ascii')
  header.writeUInt32LE(payload.length, 16)
  header.set(sha256d(payload).subarray(0, 4), 20)
  socket.write(Buffer.concat([header, payload]))
}

interface Frame {
  readonly command: string
  readonly payload: Buffer
  readonly checksum: Buffer
}

/** Cuts a stream into v1 messages, each payload copied once. */
class Frames {
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#socket = socket
    this.#chunks = this.#socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  async next(): Promise<Frame> {
    const header = await this.#take(HEADER_SIZE)
    const payload = await this.#take(header.readUInt32LE(16))
    const command = header.toString('ascii', 4, 16).replace(/\0+$/, '')
    return { command, payload, checksum: header.subarray(20, 24) }
  }

  async #take(size: number): Promise<Buffer> {
    if (this.#rest.length >= size) {
      const taken = this.#rest.subarray(0, size)
      this.#rest = this.#rest.subarray(size)
      return taken
    }
    const out = Buffer.allocUnsafe(size)
    let at = this.#rest.copy(out)
    for (;;) {
      const { value, done } = await this.#chunks.next()
      if (done === true) throw new Error('The peer ended the connection')
      const used = Math.min(size - at, value.length)
      value.copy(out, at, 0, used)
      at += used
      if (at < size) continue
      this.#rest = value.subarray(used)
      return out
    }
  }
}
