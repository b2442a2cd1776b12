import { decodePayload, encodePayload, type Message, type VersionMessage } from '@sapwood/wire-codec'
import type { Transport } from '@sapwood/transport-v1v2'

/** A version message that bitcoind takes from anyone. */
const OUR_VERSION: VersionMessage = {
  type: 'version',
  version: 70_016,
  services: 1n | (1n << 3n) | (1n << 11n),
  time: 1_767_225_600,
  receiver: { services: 0n, ip: new Uint8Array(16), port: 0 },
  sender: { services: 0n, ip: new Uint8Array(16), port: 0 },
  nonce: 42n,
  userAgent: '/sapwood-transport-test:0.1.0/',
  startHeight: 0,
  relay: false,
}

export function sendMessage(transport: Transport, message: Message): void {
  transport.writer.send(encodePayload(message))
}

/** Commands in the order they came, until `last` has come. */
export async function readUntil(transport: Transport, last: string): Promise<Message[]> {
  const messages: Message[] = []
  for (;;) {
    const batch = await transport.reader.read()
    if (batch === null) throw new Error(`The connection ended before ${last}`)
    for (const { command, payload } of batch) {
      const message = decodePayload(command, payload)
      if (message.type === 'ping' && message.nonce !== undefined)
        sendMessage(transport, { type: 'pong', nonce: message.nonce })
      messages.push(message)
    }
    if (batch.some(({ command }) => command === last)) return messages
  }
}

/** The version handshake as the side that opened the connection. @returns the remote's version message. */
export async function exchangeVersions(transport: Transport): Promise<VersionMessage> {
  sendMessage(transport, OUR_VERSION)
  return await answerVersion(transport)
}

/** The rest of it, after our version message. */
async function answerVersion(transport: Transport): Promise<VersionMessage> {
  const messages = await readUntil(transport, 'verack')
  sendMessage(transport, { type: 'verack' })
  const version = messages.find((message) => message.type === 'version')
  if (version === undefined) throw new Error('No version message came')
  return version
}

/** The version handshake as the side that was dialled. */
export async function acceptVersions(transport: Transport): Promise<VersionMessage> {
  const messages = await readUntil(transport, 'version')
  sendMessage(transport, OUR_VERSION)
  sendMessage(transport, { type: 'verack' })
  await readUntil(transport, 'verack')
  const version = messages.find((message) => message.type === 'version')
  if (version === undefined) throw new Error('No version message came')
  return version
}
