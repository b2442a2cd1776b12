import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, createTcpListener, openStore } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { regtest } from '@sapwood/wire-codec'
import { startRegtestPeer } from '../../../src/index.ts'
import { answer, tell } from '../../hostile/support/child-side.ts'
import { wideChain } from './wide-chain.ts'

// The bridge that is attacked, in a process of its own, with its store on a disk.
const { chain } = wideChain()
const miner = await startRegtestPeer({ chain })
const folder = await mkdtemp(join(tmpdir(), 'sapwood-bridge-'))
const store = await openStore(folder)
const node = await createNode(
  { network: regtest, connect: [miner.address], dnsSeeds: false, fixedSeeds: false },
  { listeners: [createTcpListener()] },
)
const bridge = await createUtreexoBridge(node, { store })
answer({
  served: () => Promise.resolve({ proofs: bridge.info().proofsServed }),
  end: async () => {
    await bridge.stop()
    await node.stop()
    await miner.stop()
    await store.close()
    await rm(folder, { recursive: true, force: true })
    return {}
  },
})
await bridge.waitForHeight(chain.height)
tell('ready', { port: Number(node.network.listening()[0]!.split(':').at(-1)) })
