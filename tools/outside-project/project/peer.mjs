import { FaultyRelay, startRegtestPeer } from '@sapwood/integration'

// A node for the conformance suite, until its input ends. Over v1 it never hears of an inventory.
const peer = await startRegtestPeer()
const faults = { toTarget: { messages: { drop: { command: 'inv' } } } }
const relay = await FaultyRelay.start(peer.port, { faults })
console.log(relay.hostAndPort)
process.stdin.on('end', () => process.exit()).resume()
