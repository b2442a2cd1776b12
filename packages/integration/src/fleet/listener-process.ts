import { createPeer } from '@sapwood/peer'
import { accept, type ByteStream } from '@sapwood/transport-v1v2'
import { listenTcp } from '@sapwood/transport-v1v2/tcp'
import { formatHost, regtest, Services } from '@sapwood/wire-codec'
import { sleep } from '../programs/default-sleep.ts'
import { addressOf, type FleetPlan, kindOf, knownTo } from './fleet-plan.ts'
import { report, runChild } from './fleet-child.ts'

/** What a process of listeners is told. */
export interface ListenerOrders {
  readonly plan: FleetPlan
  /** Which of them: from one on, and before another. */
  readonly from: number
  readonly before: number
}

/** Connections of one listener at a time. */
const CONNECTIONS = 64
const DRIP_PAUSE = 1_000

runChild(async (orders) => {
  const { plan, from, before } = orders as ListenerOrders
  for (let index = from; index < before; index++) {
    const { bytes, port } = addressOf(plan, index)
    const host = formatHost({ network: 'ipv4', bytes, port })
    await listenTcp({ host, port, maxConnections: CONNECTIONS }, (stream) =>
      answer(plan, index, stream).catch(() => undefined),
    )
  }
  report({ type: 'listening' })
})

async function answer(plan: FleetPlan, index: number, stream: ByteStream): Promise<void> {
  const kind = kindOf(plan, index)
  if (kind === 'silent') return await silent(stream)
  if (kind === 'drip') return await drip(stream)
  if (plan.latency !== undefined) await sleep(plan.latency)
  const protocols = kind === 'v1' ? (['v1'] as const) : (['v1', 'v2'] as const)
  const transport = await accept(stream, { network: regtest, protocols: [...protocols] })
  const services = Services.NETWORK | (kind === 'v1' ? 0n : Services.P2P_V2)
  await using peer = createPeer(
    transport,
    {
      kind: 'inbound',
      network: regtest,
      version: { userAgent: `/fleet:${kind}/`, services, startHeight: index },
    },
    {
      services: { addresses: () => knownTo(plan, index).map((address) => ({ time: 0, services, address })) },
    },
  )
  for await (const { message } of peer.messages()) if (message.type === 'disconnected') return
}

async function silent(stream: ByteStream): Promise<void> {
  while ((await stream.read()) !== null);
}

async function drip(stream: ByteStream): Promise<void> {
  void silent(stream).catch(() => undefined)
  for (;;) {
    await stream.write(Uint8Array.of(0xf9))
    await sleep(DRIP_PAUSE)
  }
}
