import { type ChainCheckpoint, createNode, type NodeHandle, openStore } from '@sapwood/node'
import { blockHash, decodeHeader, hexToBytes, regtest } from '@sapwood/wire-codec'
import { rangedHashes } from '../../../wire-codec/src/hash/ranged-hash.ts'
import { sipKey } from '../../../wire-codec/src/hash/sip-hash.ts'
import type { LightPage, PageSettings } from './page-settings.ts'

/** What a filter of a full block has, and how its hashes are spread (BIP158: M is 784,931). */
const RANGE = 5_000 * 784_931

/** Runs in Chromium, on the page's own thread, so that its memory and its time are what is measured. */
const settings = JSON.parse(document.body.dataset['settings']!) as PageSettings
const node = await start()
const firstHeader = await headerOf(node)

const page: LightPage = {
  firstHeader,
  until: async (height) => {
    await node.chain.waitForHeight(height)
    return node.chain.tip().height
  },
  match: async (count, to) => {
    // Filter headers first: what is measured are filters.
    await node.filters.headerAt(to)
    const scripts = scriptsOf(count)
    const start = performance.now()
    let found = 0
    for await (const match of node.filters.scan({ scripts, from: settings.from, to })) found += match.height
    return { seconds: (performance.now() - start) / 1_000, found }
  },
  hash: (count, filters) => {
    const scripts = scriptsOf(count)
    const start = performance.now()
    let sum = 0
    for (let i = 0; i < filters; i++) {
      const key = blockHash({ ...regtest.genesis, nonce: i })
      for (const hashes of rangedHashes(sipKey(key), RANGE, scripts)) sum += hashes[0]!
    }
    return { seconds: (performance.now() - start) / 1_000, found: sum }
  },
  stop: () => node.stop(),
}
Object.assign(globalThis, { lightPage: page })

async function start(): Promise<NodeHandle> {
  const { relay, peer, checkpoint } = settings
  return await createNode(
    {
      network: regtest,
      relay,
      connect: [peer],
      filters: true,
      ...(checkpoint && { checkpoint: readCheckpoint(checkpoint) }),
    },
    { store: await openStore(checkpoint === undefined ? 'bench' : 'bench-light') },
  )
}

function readCheckpoint({
  height,
  header,
  chainWork,
}: NonNullable<PageSettings['checkpoint']>): ChainCheckpoint {
  return { height, header: decodeHeader(hexToBytes(header)), chainWork: BigInt(`0x${chainWork}`) }
}

/** Milliseconds from the visit to a header that was checked here. */
async function headerOf({ chain, events }: NodeHandle): Promise<number> {
  if (chain.tip().height === chain.base) await events.next('tip-changed', { timeout: 60_000 })
  return performance.now()
}

/** As P2WPKH has them, and no block. */
function scriptsOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const script = new Uint8Array(22)
    script.set([0, 20])
    new DataView(script.buffer).setUint32(2, index)
    return script
  })
}
