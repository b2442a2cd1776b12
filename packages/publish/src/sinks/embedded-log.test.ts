import { createMemoryStore } from '@sapwood/node'
import { describe, expect, it } from 'vitest'
import { cutRecord } from '../records/cut-record.ts'
import { readRecords } from '../records/read-records.ts'
import { describePublishSink } from './describe-publish-sink.ts'
import { createEmbeddedLog } from './embedded-log.ts'

describePublishSink('embedded', {
  open: async () => {
    const store = createMemoryStore()
    return { sink: createEmbeddedLog({ store }), another: async () => createEmbeddedLog({ store }) }
  },
})

describe('the embedded log', () => {
  it('keeps no more bytes than it may, and a reader who comes late learns what is gone', async () => {
    const log = createEmbeddedLog({ store: createMemoryStore() }, { keepBytes: 2_500 })
    await log.open()
    const record = { kind: 'block', facts: {}, payload: new Uint8Array(1_000) } as const
    for (let sequence = 1; sequence <= 5; sequence++) {
      const place = { sequence, log: 'l', run: 'r', maxPayload: 1_000, before: {}, after: {} }
      await log.append(cutRecord(record, place))
    }
    expect(await log.at(3)).toBeUndefined()
    expect((await log.at(4))?.payload).toHaveLength(1_000)
    const late = readRecords(log.read({ after: 1 }), { after: 1 })
    await expect(late.next()).rejects.toMatchObject({ code: 'gap', expected: 2, sequence: 4 })
  })
})
