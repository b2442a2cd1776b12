import { describe, expect, it } from 'vitest'
import { connectionRecord } from '../../test/support/connection-record.ts'
import { ConnectionTable } from './connection-table.ts'

function idsOf(table: ConnectionTable): number[] {
  return [...table.ready()].map(({ id }) => id)
}

describe('the connections past their handshake', () => {
  it('are those that came so, and those of whom it was said since, until they are removed', () => {
    const table = new ConnectionTable()
    const dialled = connectionRecord(1, { kind: 'outbound-full-relay', stage: 'handshaking' })
    const ready = connectionRecord(2, { kind: 'inbound', stage: 'ready' })
    table.add(dialled)
    table.add(ready)
    expect(idsOf(table)).toEqual([2])

    dialled.stage = 'ready'
    table.noteReady(dialled)
    table.noteReady(dialled)
    expect(idsOf(table)).toEqual([2, 1])
    expect(table.countReady('outbound-full-relay')).toBe(1)

    table.remove(dialled)
    table.remove(dialled)
    expect(idsOf(table)).toEqual([2])
    expect(table.countReady('outbound-full-relay')).toBe(0)
  })

  it('do not include one that is no longer in the table, or not that far', () => {
    const table = new ConnectionTable()
    const record = connectionRecord(1, { kind: 'inbound', stage: 'accepting' })
    table.add(record)
    table.noteReady(record)
    expect(idsOf(table)).toEqual([])
    table.remove(record)
    record.stage = 'ready'
    table.noteReady(record)
    expect(idsOf(table)).toEqual([])
    expect(table.countReady('inbound')).toBe(0)
  })
})
