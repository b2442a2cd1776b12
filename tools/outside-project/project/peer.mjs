import { startRegtestPeer } from '@sapwood/integration'

// A node for the conformance suite, until its input ends.
const peer = await startRegtestPeer()
console.log(`127.0.0.1:${peer.port}`)
process.stdin.on('end', () => process.exit()).resume()
