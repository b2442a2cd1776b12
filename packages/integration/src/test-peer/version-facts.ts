import { Services, type VersionMessage } from '@sapwood/wire-codec'
import type { Random, WallTime } from '@sapwood/transport-v1v2/environment'

/** What a test peer says of itself: an ordinary full node of the present. */
export function ordinaryVersion(
  random: Random,
  time: WallTime,
  facts: Partial<VersionMessage> = {},
): VersionMessage {
  const none = { services: 0n, ip: new Uint8Array(16), port: 0 }
  return {
    type: 'version',
    version: 70_016,
    services: Services.NETWORK | Services.WITNESS | Services.NETWORK_LIMITED | Services.P2P_V2,
    time: Math.floor(time / 1_000),
    receiver: none,
    sender: none,
    nonce: randomNonce(random),
    userAgent: '/test-peer:1/',
    startHeight: 0,
    relay: true,
    ...facts,
  }
}

/** 64 random bits. */
export function randomNonce(random: Random): bigint {
  const bytes = random.bytes(8)
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
}
