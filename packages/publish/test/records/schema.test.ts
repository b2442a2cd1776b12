import { readFileSync } from 'node:fs'
import type { BlockRef, ChainAccess, NodeEventSource } from '@sapwood/node'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { blockHash, genesisBlock, networks, parsePeerAddress, txid, wtxid } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { hearNode } from '../../src/publishing/hear-node.ts'
import { Outbox } from '../../src/publishing/outbox.ts'
import { cutRecord } from '../../src/records/cut-record.ts'
import { RECORD_KINDS, type RecordContent } from '../../src/records/published-message.ts'
import {
  blockRecord,
  headersRecord,
  transactionRecord,
  undoneRecord,
} from '../../src/records/record-contents.ts'
import { headersOf } from '../../src/sinks/message-headers.ts'
import { type Schema, schemaFaults } from '../support/schema-faults.ts'

const schema = JSON.parse(
  readFileSync(new URL('../../records.schema.json', import.meta.url), 'utf8'),
) as Schema
const block = genesisBlock(networks.regtest)
const ref: BlockRef = { height: 7, hash: blockHash(block.header) }
const at = 1_700_000_000_000 as WallTime
/** The definition of those payloads that are JSON. */
const JSON_PAYLOADS: Partial<Record<string, string>> = {
  'headers.undone': 'undone',
  'blocks.undone': 'undone',
  peer: 'peer',
  dropped: 'dropped',
}

/** What happens to peers, each with all that it can have. */
const EVENTS: Readonly<Record<string, object>> = {
  'peer-connected': { protocol: 'v2' },
  'peer-ready': {
    protocol: 'v1',
    version: { version: 70_016, services: 1033n, userAgent: '/a/', startHeight: 7 },
  },
  'peer-disconnected': { reason: { code: 'remote-closed', blame: 'none' } },
  'connection-failed': { error: new Error('refused') },
  'transport-downgraded': {},
  'inbound-refused': { why: 'full' },
  'ban-added': { ban: { text: '10.0.0.1/32', reason: 'manual' } },
  'ban-lifted': { ban: { text: '10.0.0.1/32' }, why: 'expired' },
}

function peerRecords(): readonly RecordContent[] {
  const records: RecordContent[] = []
  const told: string[] = []
  const address = parsePeerAddress('[2001:db8::1]:8333', { defaultPort: 0 })
  const events = {
    on: (name: string, listener: (event: object) => void) => {
      told.push(name)
      listener({ at, peer: 3, kind: 'inbound', address, ...EVENTS[name] })
      return () => undefined
    },
  } as unknown as NodeEventSource
  hearNode(events, new Set(['peers']), (record) => records.push(record))
  expect(told).toEqual(Object.keys(EVENTS))
  return records
}

function allRecords(): readonly RecordContent[] {
  const chain = {
    tip: () => ref,
    headerAt: () => block.header,
    hashAt: () => ref.hash,
  } as unknown as ChainAccess
  const undone = { fork: ref, undone: [ref] }
  const [transaction] = block.transactions
  const full = new Outbox(0)
  const heard = transactionRecord({
    transaction: transaction!,
    txid: txid(transaction!),
    wtxid: wtxid(transaction!),
    size: 1,
    at,
  })
  full.push(heard)
  return [
    headersRecord(chain, 7)!.record,
    undoneRecord('headers', undone),
    blockRecord({ ...ref, block } as unknown as Parameters<typeof blockRecord>[0]),
    undoneRecord('blocks', undone),
    heard,
    ...peerRecords(),
    full.take()!,
  ]
}

it('records.schema.json describes the headers of every message, and every payload that is JSON, and no more', () => {
  const records = allRecords()
  const kinds = [...new Set(records.map(({ kind }) => kind))]
  expect(kinds).toEqual(RECORD_KINDS)
  const names = new Set<string>()
  for (const record of records) {
    const place = { sequence: 1, log: '00'.repeat(8), run: '11'.repeat(8), maxPayload: 1_000 }
    const [message] = cutRecord(record, { ...place, before: {}, after: { headers: ref, blocks: ref } })
    const headers = Object.fromEntries(headersOf(message!))
    for (const name of Object.keys(headers)) names.add(name)
    expect(schemaFaults(schema, 'message-headers', headers)).toEqual([])
    const definition = JSON_PAYLOADS[record.kind]
    if (definition === undefined) continue
    const payload = JSON.parse(new TextDecoder().decode(record.payload)) as object
    expect(schemaFaults(schema, definition, payload)).toEqual([])
    for (const name of Object.keys(payload)) names.add(`${definition}.${name}`)
  }
  const described = ['message-headers', 'undone', 'peer', 'dropped'].flatMap((definition) =>
    Object.keys(schema.$defs![definition]!.properties!).map((name) =>
      definition === 'message-headers' ? name : `${definition}.${name}`,
    ),
  )
  expect([...names].sort()).toEqual(described.sort())
})

it('finds what the schema does not allow', () => {
  expect(schemaFaults(schema, 'dropped', { records: 0 })).toEqual(['dropped.records: too small'])
  expect(schemaFaults(schema, 'peer', { event: 'other', time: 1.5, more: 1 })).toHaveLength(3)
  expect(schemaFaults(schema, 'undone', { undone: [], fork: { height: 1, hash: 'x' } })).toHaveLength(2)
})
