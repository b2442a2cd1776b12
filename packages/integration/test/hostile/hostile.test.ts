import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Done, Orders, Prepared } from './support/attackers.ts'
import { Child } from './support/child-process.ts'
import { LIMITS } from './support/judge.ts'
import { listAttacks } from './support/list-attacks.ts'
import { processorTime } from './support/processor-time.ts'
import { Stage } from './support/stage.ts'

/**
 * Hostile peers, what counts of messages are multiplied with,
 * and how long each attack goes on in milliseconds.
 */
const PEERS = 3
const STRENGTH = 0.1
const STRIKE = 200
/** Blocks that are downloaded beside each attack. */
const BLOCKS = 100
/**
 * How much of the processor the node may take for them, in milliseconds: by the clock it depends on what else
 * the machine has to do. And how long it may take by the clock, for a node that does nothing at all.
 */
const DEADLINE = 6_000
const PATIENCE = 60_000
/** Between two looks at it, in milliseconds. */
const LOOK = 100
/**
 * What a node may hold more beside an attack than before: strangers' part of its budget,
 * its pool of transactions, and code.
 */
const HELD_ANYWAY = 28_000_000 + 33_600_000 + 10_000_000

const attacks = await listAttacks()
let stage: Stage
let attackers: Child

/** A node that was hurt, and peers that did not get done, are no reason for the next attack to succeed. */
async function setStage(): Promise<void> {
  attackers = new Child('attackers.ts')
  ;[stage] = await Promise.all([Stage.set({ unreadEvents: true }), attackers.told('ready')])
}

async function clearStage(): Promise<void> {
  await attackers[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
}

beforeAll(setStage)
afterAll(clearStage)

/** Whether it came about in time. */
async function inTime(work: Promise<unknown>): Promise<boolean> {
  const done = work.then(
    () => true,
    () => false,
  )
  const { pid } = stage.node
  const before = processorTime(pid)
  for (let passed = 0; passed < PATIENCE && processorTime(pid) - before < DEADLINE; passed += LOOK) {
    const outcome = await Promise.race([done, sleep(LOOK, undefined)])
    if (outcome !== undefined) return outcome
  }
  return false
}

/** Whether the honest peer's pings come back. */
async function pinged(): Promise<void> {
  for (let answered = 0; answered < 2; await sleep(20)) answered += stage.pinger.take().length
}

describe('a node goes on when hostile peers', () => {
  it.each(attacks.map(({ name, attack, file }) => ({ name, what: attack.what, file })))(
    '$what ($name)',
    async ({ file }) => {
      const before = await stage.look()
      const orders: Orders = { file, port: stage.port, peers: PEERS, strength: STRENGTH }
      let whole = false
      try {
        const ready = attackers
          .ask<Prepared>('prepare', orders)
          .then(({ listening }) => stage.dial(listening))
        expect(await inTime(ready), 'hostile peers got ready').toBe(true)
        stage.pinger.take()
        await attackers.ask('strike')
        await sleep(STRIKE)
        expect(await inTime(stage.download(BLOCKS)), 'honest blocks came').toBe(true)
        expect(await inTime(pinged()), 'honest pings were answered').toBe(true)
        const { held } = await stage.look()
        expect(held - before.held).toBeLessThan(HELD_ANYWAY + PEERS * LIMITS.bytesPerPeer)
        expect((await attackers.ask<Done>('stop')).connections).toBeGreaterThan(0)
        expect(stage.node.errors).toBe('')
        expect(stage.pinger.ended).toBeUndefined()
        expect(stage.served).toBe(true)
        whole = true
      } catch (error) {
        await Promise.race([stage.node.ended, sleep(500)])
        throw stage.node.death === undefined ? error : new Error(`The node ended: ${stage.node.death}`)
      } finally {
        if (!whole) await clearStage().then(setStage)
      }
    },
    5 * PATIENCE,
  )
})
