import { bytesEqual } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { cutRecord } from '../records/cut-record.ts'
import type { Position } from '../records/position.ts'
import type { PublishedMessage, RecordContent } from '../records/published-message.ts'
import { readRecords } from '../records/read-records.ts'
import type { PublishSink, PublishSource } from './publish-sink.ts'

/** A sink that is empty, and what ends it. */
export interface PublishSinkFixture {
  readonly sink: PublishSink & PublishSource
  /** The same sink as another process has it that begins now. The first is still used. */
  readonly another: () => Promise<PublishSink>
  /** Ends at once what keeps the messages, and starts it again; left out where that is nothing apart. */
  readonly crash?: () => Promise<void>
  /** Called after the test. */
  close?(): Promise<void>
}

/** How the sink of one test is made. */
export interface PublishSinkConformance {
  open(): Promise<PublishSinkFixture>
}

/** What every `PublishSink` has to do, as vitest tests. Call it at the top of a test file. */
export function describePublishSink(name: string, conformance: PublishSinkConformance): void {
  const withSink = (test: (fixture: PublishSinkFixture) => Promise<void>) => async (): Promise<void> => {
    const fixture = await conformance.open()
    try {
      await test(fixture)
    } finally {
      await fixture.close?.()
    }
  }

  describe(`PublishSink: ${name}`, () => {
    it(
      'is empty at first, and then says what is last, whoever asks',
      withSink(async ({ sink, another }) => {
        expect((await sink.open()).last).toBeUndefined()
        await sink.append([message(1), message(2)])
        await sink.append([message(3, { position: POSITION })])
        const { last } = await (await another()).open()
        expect(last).toEqual(message(3, { position: POSITION }))
        expect(await sink.at(2)).toEqual(message(2))
        expect(await sink.at(4)).toBeUndefined()
      }),
    )

    it(
      'takes nothing twice, nothing out of order, and nothing of one who comes too late',
      withSink(async ({ sink, another }) => {
        await sink.open()
        await sink.append([message(1)])
        const second = await another()
        await second.open()
        await second.append([message(2, { run: OTHER_RUN })])
        // Of the last two the second would follow what is there, and the first does not.
        for (const late of [[message(1)], [message(2)], [message(4)], [message(2), message(3)]]) {
          await expect(sink.append(late)).rejects.toMatchObject({ code: 'conflict' })
        }
        const { last } = await sink.open()
        expect(last).toMatchObject({ sequence: 2, run: OTHER_RUN })
        await sink.append([message(3)])
      }),
    )

    it(
      'takes all of one and nothing of the other where two append at the same time',
      withSink(async ({ sink, another }) => {
        const second = await another()
        await Promise.all([sink.open(), second.open()])
        const all = (run: string): PublishedMessage[] =>
          Array.from({ length: MANY }, (_, index) => message(index + 1, { run }))
        const settled = await Promise.allSettled([sink.append(all(RUN)), second.append(all(OTHER_RUN))])
        const refused = settled.filter((each) => each.status === 'rejected')
        expect(refused).toMatchObject([{ reason: { code: 'conflict' } }])
        const winner = settled[0] === refused[0] ? OTHER_RUN : RUN
        const runs = await Promise.all(all(RUN).map(async ({ sequence }) => (await sink.at(sequence))?.run))
        expect(new Set(runs)).toEqual(new Set([winner]))
        expect((await sink.open()).last?.sequence).toBe(MANY)
      }),
    )

    it(
      'keeps the bytes as they are: none, and as many as a message takes',
      withSink(async ({ sink }) => {
        const { maxPayload } = await sink.open()
        const large = Uint8Array.from({ length: maxPayload }, (_, index) => index % 251)
        const facts = { Height: '7', Hash: '00'.repeat(32), Time: '1' }
        await sink.append([
          message(1, { payload: new Uint8Array(0), facts }),
          message(2, { payload: large, kind: 'block', position: POSITION }),
        ])
        expect(await sink.at(1)).toEqual(message(1, { payload: new Uint8Array(0), facts }))
        const { payload, ...rest } = (await sink.at(2))!
        // Of a million bytes the matcher would make a million keys.
        expect(bytesEqual(payload, large)).toBe(true)
        expect(rest).toMatchObject({ kind: 'block', position: POSITION, sequence: 2 })
      }),
    )

    it(
      'is read from any place on, in order, with what comes meanwhile, in whole records',
      withSink(async ({ sink }) => {
        await sink.open()
        const record: RecordContent = { kind: 'block', facts: {}, payload: Uint8Array.of(1, 2, 3, 4, 5) }
        const place = { log: LOG, run: RUN, maxPayload: 2, before: {}, after: POSITION }
        // The second was left unfinished, and comes again.
        await sink.append([message(1), ...cutRecord(record, { ...place, sequence: 2 }).slice(0, 2)])
        await sink.append(cutRecord(record, { ...place, sequence: 4 }))
        const ending = new AbortController()
        const read = readRecords(sink.read({ after: 0, signal: ending.signal }), { after: 0 })
        expect((await read.next()).value).toMatchObject({ sequence: 1 })
        expect((await read.next()).value).toMatchObject({ ...record, sequence: 6, position: POSITION })
        const next = read.next()
        await sink.append([message(7)])
        expect((await next).value).toMatchObject({ sequence: 7 })
        const again = readRecords(sink.read({ after: 6, signal: ending.signal }), { after: 6 })
        expect((await again.next()).value).toMatchObject({ sequence: 7 })
        ending.abort()
        expect((await read.next()).done).toBe(true)
        expect((await again.next()).done).toBe(true)
      }),
    )

    it(
      'says so to a consumer that has had more than there is',
      withSink(async ({ sink }) => {
        await sink.open()
        await sink.append([message(1)])
        await expect(readRecords(sink.read({ after: 2 }), { after: 2 }).next()).rejects.toMatchObject({
          code: 'gap',
          expected: 3,
          sequence: 1,
        })
      }),
    )

    it(
      'has after a crash what it has acknowledged',
      withSink(async ({ sink, another, crash }) => {
        await sink.open()
        const many = Array.from({ length: MANY }, (_, index) => message(index + 1))
        await sink.append(many)
        await crash?.()
        const { last } = await (await another()).open()
        expect(last).toEqual(many.at(-1))
      }),
    )
  })
}

/** Messages that are appended at once. */
const MANY = 200
const LOG = '00112233445566ff'
const RUN = '0123456789abcdef'
const OTHER_RUN = 'fedcba9876543210'
const POSITION: Position = {
  headers: { height: 7, hash: new Uint8Array(32).fill(7) as NonNullable<Position['headers']>['hash'] },
  blocks: { height: 6, hash: new Uint8Array(32).fill(6) as NonNullable<Position['blocks']>['hash'] },
}

function message(sequence: number, other: Partial<PublishedMessage> = {}): PublishedMessage {
  return {
    kind: 'transaction',
    facts: { Txid: '11'.repeat(32) },
    payload: Uint8Array.of(sequence & 255),
    sequence,
    log: LOG,
    run: RUN,
    piece: 1,
    pieces: 1,
    position: {},
    ...other,
  }
}
