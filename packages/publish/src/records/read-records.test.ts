import { describe, expect, it } from 'vitest'
import { cutRecord } from './cut-record.ts'
import type { PublishedMessage, RecordContent } from './published-message.ts'
import { type PublishedRecord, readRecords } from './read-records.ts'

const RECORD: RecordContent = { kind: 'block', facts: { Height: '7' }, payload: Uint8Array.of(1, 2, 3, 4, 5) }

function cut(sequence: number, maxPayload = 2): PublishedMessage[] {
  return cutRecord(RECORD, { sequence, log: 'l', run: 'r', maxPayload, before: {}, after: {} })
}

async function read(
  messages: readonly PublishedMessage[],
  after = 0,
  log?: string,
): Promise<PublishedRecord[]> {
  const records: PublishedRecord[] = []
  const source = (async function* () {
    yield* messages
  })()
  for await (const record of readRecords(source, { after, log })) records.push(record)
  return records
}

describe('records', () => {
  it('come in pieces, and are put together again', async () => {
    expect(cut(1).map(({ piece, pieces, payload }) => [piece, pieces, payload.length])).toEqual([
      [1, 3, 2],
      [2, 3, 2],
      [3, 3, 1],
    ])
    const [record] = await read(cut(1))
    expect(record).toEqual({ ...RECORD, sequence: 3, log: 'l', position: {} })
  })

  it('come once, though messages come twice, and what was left unfinished is left out', async () => {
    const messages = [...cut(1), ...cut(1), ...cut(4).slice(0, 2), ...cut(6)]
    expect((await read(messages)).map(({ sequence }) => sequence)).toEqual([3, 8])
    // A consumer that had the first.
    expect((await read(messages, 3)).map(({ sequence }) => sequence)).toEqual([8])
  })

  it('are missed where the sink has thrown them away', async () => {
    await expect(read([...cut(1), ...cut(7)])).rejects.toMatchObject({
      code: 'gap',
      expected: 4,
      sequence: 7,
    })
    await expect(read(cut(5), 2)).rejects.toMatchObject({ code: 'gap', expected: 3 })
  })

  it('are not those of a log that was made anew, though they go on where the consumer was', async () => {
    const anew = cut(4).map((message) => ({ ...message, log: 'other' }))
    await expect(read(anew, 3, 'l')).rejects.toMatchObject({ code: 'another-log', sequence: 4 })
    await expect(read([...cut(1), ...anew])).rejects.toMatchObject({ code: 'another-log' })
    // Who does not say which has what is there, and who has nothing has all.
    expect(await read(anew, 3)).toHaveLength(1)
    expect(await read(cut(1), 0, 'other')).toHaveLength(1)
  })

  it('have no more bytes than a block has', async () => {
    const huge = { ...RECORD, payload: new Uint8Array(8_000_001) }
    const place = { sequence: 1, log: 'l', run: 'r', maxPayload: 1_000_000, before: {}, after: {} }
    await expect(read(cutRecord(huge, place))).rejects.toMatchObject({ code: 'foreign-message' })
  })
})
