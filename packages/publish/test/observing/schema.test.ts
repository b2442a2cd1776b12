import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf'
import { hexToBytes } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { messageField } from '../../src/observing/message-field.ts'
import { encodeFields, nested, text, uint } from '../../src/observing/protobuf-fields.ts'
import { readProto } from '../support/read-proto.ts'

const registry = readProto(readFileSync(join(import.meta.dirname, '../../observed.proto'), 'utf8'))
const Event: DescMessage = registry.getMessage('sapwood.observed.Event')!

/** Fields that the schema does not have, by their place. */
function unknownIn(value: unknown, place = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => unknownIn(each, place))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  const { $unknown = [] } = value as Message
  const own = $unknown.map(({ no }) => `${place}.${no}`)
  const below = Object.entries(value).filter(([name]) => !name.startsWith('$'))
  return [...own, ...below.flatMap(([name, each]) => unknownIn(each, `${place}.${name}`))]
}

const HASH = '11'.repeat(32)
const HEADER = '00'.repeat(80)
const TRANSACTION = `0100000001${'00'.repeat(36)}00ffffffff01${'00'.repeat(8)}0000000000`
const ITEMS = [1, 2, 3, 4, 5, 0, 0x40000001, 0x40000002]
  .map((type) => Buffer.from(Uint32Array.of(type).buffer).toString('hex') + HASH)
  .join('')
const INVENTORY = `08${ITEMS}`
/** A time, services, a network, an address, and a port. */
const ADDRV2 =
  '06' +
  ['01040a000001', `0210${'20'.repeat(16)}`, `0420${'22'.repeat(32)}`, `0520${'33'.repeat(32)}`]
    .concat([`0610fc${'00'.repeat(15)}`, `0710${'02'.repeat(16)}`])
    .map((address) => `00000001fd0904${address}208d`)
    .join('')

/** What is said of each, in hexadecimal, by the name of its field where that is not the command. */
const MESSAGES: readonly (readonly [command: string, payload: string, field?: string])[] = [
  [
    'version',
    '80110100090000000000000000f1536500000000010000000000000000000000000000000000ffff' +
      '0a000001208d0000000000000000fd87d87eeb430000000000000000000000000500000000000000' +
      '032f612fffffffff01',
  ],
  ['ping', '0102030405060708'],
  ['pong', '0102030405060708'],
  ['inv', INVENTORY],
  ['getdata', INVENTORY],
  ['notfound', INVENTORY],
  ['tx', TRANSACTION],
  ['headers', `01${HEADER}00`],
  ['addr', `0100000001${'00'.repeat(8)}${'00'.repeat(10)}ffff0a000001208d`],
  ['addrv2', ADDRV2],
  ['feefilter', 'e803000000000000'],
  ['getheaders', `8011010001${HASH}${HASH}`],
  ['getblocks', `8011010001${HASH}${HASH}`],
  ['cmpctblock', `${HEADER}${'07'.padEnd(16, '0')}010102030405060100${TRANSACTION}`],
  ['sendcmpct', '010200000000000000'],
  ['block', `${HEADER}01${TRANSACTION}`],
  ['getblocktxn', `${HASH}020002`],
  ['blocktxn', `${HASH}01${TRANSACTION}`],
  ['strange', '0102', 'unknown'],
  ['verack', ''],
  ['sendheaders', ''],
  ['getaddr', ''],
  ['mempool', ''],
  ['wtxidrelay', ''],
  ['sendaddrv2', ''],
  ['filterclear', ''],
  ['addrv2', '00', 'emptyAddrv2'],
  ['ping', '', 'pingWithoutNonce'],
]

const CASES = MESSAGES.map(([command, payload, field = command]) => ({ command, payload, field }))

it.each(CASES)('describes $command as $field, as it is sent', ({ command, payload, field }) => {
  const facts = nested(1, uint(1, 7), text(2, ''), uint(3, 1), text(4, command), uint(5, 1), uint(6, 0))
  const message = nested(1, facts, messageField(command, hexToBytes(payload)))
  const event = fromBinary(Event, encodeFields(nested(1, message), uint(10, 1_700_000_000_123)))
  expect(unknownIn(event)).toEqual([])
  expect(event).toMatchObject({
    told: { case: 'traffic', value: { told: { value: { facts: { command }, contents: { case: field } } } } },
    time: 1_700_000_000_123n,
  })
})

it('finds what it does not describe', () => {
  const event = fromBinary(Event, encodeFields(nested(1, nested(1, uint(39, 1)))))
  expect(unknownIn(event)).toEqual(['.told.value.told.value.39'])
})
