// Capture what a connection says, read it back, and hold it against what bitcoind captured.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RegtestBitcoind } from '@sapwood/integration'
import { captureMessages, createPeer, readCapture } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { bytesToHex, concatBytes, decodePayload, regtest } from '@sapwood/wire-codec'

/**
 * Commands and payloads of a capture.
 * @param {Uint8Array} bytes
 */
function read(bytes) {
  return [...readCapture(bytes)].map(({ command, payload }) => `${command} ${bytesToHex(payload)}`)
}

/** @type {Uint8Array[]} */
const sent = []
/** @type {Uint8Array[]} */
const received = []
const bitcoind = await RegtestBitcoind.start({ args: ['-capturemessages'] })
try {
  const connection = await connect(bitcoind.p2pAddress, { dialer: createTcpDialer(), network: regtest })
  const peer = createPeer(connection, { network: regtest, kind: 'manual' })
  captureMessages(peer.events, {
    sent: (record) => sent.push(record),
    received: (record) => received.push(record),
  })
  await peer.ping()

  const folder = join(bitcoind.dataFolder, 'regtest/message_capture')
  const theirs = read(readFileSync(join(folder, readdirSync(folder)[0] ?? '', 'msgs_recv.dat')))
  const ours = read(concatBytes(...sent))
  assert.deepEqual(ours.slice(0, theirs.length), theirs)
  assert.match(ours[0] ?? '', /^version /)
  for (const { time, command, payload } of readCapture(concatBytes(...received))) {
    console.log(new Date(time / 1_000).toISOString(), JSON.stringify(decodePayload(command, payload)))
  }
  await peer.disconnect()
} finally {
  await bitcoind.stop()
}
