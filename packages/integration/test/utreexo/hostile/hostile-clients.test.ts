import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { ALL_PLACES } from '../../hostile/support/attack.ts'
import type { Done, Orders, Prepared } from '../../hostile/support/attackers.ts'
import { Child } from '../../hostile/support/child-process.ts'
import { HonestPinger } from '../../hostile/support/honest.ts'
import { LIMITS } from '../../hostile/support/judge.ts'
import { ResidentWatch } from '../../hostile/support/resident.ts'
import { connectTo, wholeProofOf } from '../proof-client.ts'
import { wideChain } from './wide-chain.ts'

/** Hostile clients: all places of a node, where the variable asks for that. */
const PEERS = process.env['SAPWOOD_HOSTILE_CLIENTS'] === undefined ? 12 : ALL_PLACES
/** Milliseconds of the attack while an honest client asks for the same proof. */
const STRIKE = PEERS === ALL_PLACES ? 10_000 : 1_000
/** Heap that a runtime grows into and does not give back, in bytes. */
const UNCOUNTED = 64_000_000
/** A test runs beside others: what is judged by a clock has this many times its time. */
const SLACK = 10
/** Milliseconds in which an honest client has its proof. */
const LONGEST_PROOF = 1_000

it('a bridge goes on when hostile clients ask for its largest proof in the costliest ways', async () => {
  await using bridge = new Child('../../utreexo/hostile/wide-bridge.ts')
  await using attackers = new Child('attackers.ts')
  const [{ port }] = await Promise.all([bridge.told<{ port: number }>('ready'), attackers.told('ready')])
  const { widest } = wideChain()
  const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port } as const
  await using client = await connectTo(address)
  await using pinger = await HonestPinger.dial(port)
  const file = fileURLToPath(new URL('costly-requests.ts', import.meta.url))
  const orders: Orders = { file, port, peers: PEERS, strength: 1 }
  await attackers.ask<Prepared>('prepare', orders)
  using resident = new ResidentWatch(bridge.pid)
  pinger.take()
  await attackers.ask('strike')
  const times: number[] = []
  const end = performance.now() + STRIKE
  while (performance.now() < end) {
    const asked = performance.now()
    const proof = await client.getUtreexoProof({ request: wholeProofOf(widest) }, { timeout: 20_000 })
    times.push(performance.now() - asked)
    expect(proof.targets.length).toBe(3_000)
    await sleep(20)
  }
  const pings = [...pinger.take()].sort((a, b) => a - b)
  const grown = resident.worst - resident.before
  const { connections } = await attackers.ask<Done>('stop')
  const { proofs } = await bridge.ask<{ proofs: number }>('served')
  const [median, worst] = [pings[pings.length >> 1]!, pings.at(-1)!]
  if (PEERS === ALL_PLACES)
    console.log({ connections, proofs, median, worst, proof: times.sort((a, b) => a - b), grown })
  expect(connections).toBeGreaterThanOrEqual(PEERS)
  expect(proofs).toBeGreaterThan(PEERS)
  expect(pinger.ended).toBeUndefined()
  expect(Math.max(...times)).toBeLessThan(LONGEST_PROOF * SLACK)
  expect(median).toBeLessThan(LIMITS.medianPing * SLACK)
  expect(worst).toBeLessThan(LIMITS.worstPing * SLACK)
  expect(grown).toBeLessThan(UNCOUNTED + PEERS * LIMITS.bytesPerPeer)
  await bridge.ask('end')
}, 120_000)
