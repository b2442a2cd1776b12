import type { KvEntry } from '@nats-io/kv'
import { headers, type Msg } from '@nats-io/transport-node'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { HostLocks } from './host-locks.ts'
import type { HostStore } from './host-store.ts'
import { NatsPatience } from './nats-patience.ts'

const DEADLINE = 120_000
const WRONG_SEQUENCE = Object.assign(new Error('wrong last sequence'), {
  apiError: {},
  code: 10_071,
  status: 400,
})
/** What a server says whose disk is full. */
const NO_ROOM = { error: { code: 503, err_code: 10_023 } }
const NOT_LAST = { error: { code: 400, err_code: 10_071 } }

type Listener = (error: null, message: Msg) => void
interface Unlock {
  readonly reply: string
  readonly headers: { readonly get: (name: string) => string }
}

/** One bucket, as far as locks use it; what is lost of a request or an answer is said by the test. */
class Hosts {
  readonly entries = new Map<string, KvEntry>()
  /** Unlocks that came. */
  readonly said: string[] = []
  /** What is answered to them; undefined where they are lost. */
  answer: object | undefined = {}
  losesAnswers = 0
  #revision = 0
  #listener: Listener = () => undefined

  readonly store: HostStore = {
    deadline: DEADLINE,
    inbox: () => '_INBOX.one',
    headers,
    hostSubject: (key) => key,
    hosts: {
      create: (key: string, value: Uint8Array) => this.#create(key, value),
      get: (key: string) => Promise.resolve(this.entries.get(key) ?? null),
    } as unknown as HostStore['hosts'],
    connection: {
      subscribe: (_: string, { callback }: { readonly callback: Listener }) => {
        this.#listener = callback
        return { unsubscribe: () => undefined }
      },
      publish: (key: string, _: undefined, { reply, headers: said }: Unlock) => {
        this.said.push(`${key} ${said.get('Nats-Expected-Last-Subject-Sequence')}`)
        if (this.answer === undefined) return
        this.#listener(null, { subject: reply, json: () => this.answer } as unknown as Msg)
      },
    } as unknown as HostStore['connection'],
  }

  #create(key: string, value: Uint8Array): Promise<number> {
    if (this.entries.has(key)) return Promise.reject(WRONG_SEQUENCE)
    this.#revision += 1
    const revision = this.#revision
    this.entries.set(key, { operation: 'PUT', value, revision } as KvEntry)
    if (this.losesAnswers === 0) return Promise.resolve(revision)
    this.losesAnswers -= 1
    return Promise.reject(new Error('TIMEOUT'))
  }
}

describe('the lock of a host', () => {
  let clock = createVirtualClock()
  let hosts = new Hosts()
  const locksOf = (pause = 0): HostLocks => {
    const patience = new NatsPatience({
      clock,
      signal: new AbortController().signal,
      onTrouble: () => undefined,
      look: () => Promise.resolve(),
    })
    return new HostLocks(hosts.store, { patience, clock, pause, worker: 'w' })
  }
  beforeEach(() => {
    clock = createVirtualClock()
    hosts = new Hosts()
  })

  it('is taken back until the server has answered, and not after that', async () => {
    const lock = await locksOf().take('10.0.0.1')
    hosts.answer = undefined
    lock!.rest()
    await clock.advance(2_500)
    expect(hosts.said).toEqual(['10_0_0_1 1', '10_0_0_1 1', '10_0_0_1 1'])
    // That its disk is full is no answer, and that another has the host is one.
    hosts.answer = NO_ROOM
    await clock.advance(1_000)
    hosts.answer = NOT_LAST
    await clock.advance(1_000)
    expect(hosts.said).toHaveLength(5)
    await clock.advance(DEADLINE)
    expect(hosts.said).toHaveLength(5)
  })

  it('is not taken back any more when it has gone by its age', async () => {
    const lock = await locksOf().take('10.0.0.1')
    hosts.answer = undefined
    lock!.rest()
    await clock.advance(DEADLINE + 2_000)
    const times = hosts.said.length
    await clock.advance(DEADLINE)
    expect(hosts.said).toHaveLength(times)
  })

  it('is ours where the word that we have it was lost, and is that of another is not', async () => {
    const locks = locksOf()
    hosts.losesAnswers = 1
    const taking = locks.take('10.0.0.1')
    await clock.advance(1_000)
    expect(await taking).toBeDefined()
    expect(await locks.take('10.0.0.1')).toBeUndefined()
    hosts.losesAnswers = 1
    hosts.entries.set('10_0_0_2', { operation: 'PUT', value: Uint8Array.of(1), revision: 9 } as KvEntry)
    expect(await locks.take('10.0.0.2')).toBeUndefined()
  })

  it('rests for its pause, for which whoever leaves waits where it is short', async () => {
    const locks = locksOf(1_000)
    const lock = await locks.take('10.0.0.1')
    lock!.rest()
    let hasRested = false
    const rested = locks.rested(1_000).then(() => (hasRested = true))
    await clock.advance(999)
    expect([hasRested, hosts.said.length]).toEqual([false, 0])
    await clock.advance(1)
    await rested
    expect(hosts.said).toHaveLength(1)
    const longer = locksOf(1_001)
    const other = await longer.take('10.0.0.2')
    other!.rest()
    await longer.rested(1_000)
    expect(hosts.said).toHaveLength(1)
  })
})
