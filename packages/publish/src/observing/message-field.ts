import { ByteWriter, type Message, decodePayload } from '@sapwood/wire-codec'
import {
  addressField,
  headerField,
  inventoryField,
  prefilledFields,
  transactionField,
  versionAddressField,
} from './primitive-fields.ts'
import { bytes, type Field, fixed, nested, sint, text, uint, written } from './protobuf-fields.ts'

/** Fields of messages that say nothing but that they came. */
const FLAGS: Readonly<Record<string, number>> = {
  verack: 32,
  sendheaders: 33,
  getaddr: 34,
  mempool: 35,
  wtxidrelay: 36,
  sendaddrv2: 37,
  filterclear: 38,
}

/**
 * What a message says, as the field of peer-observer's `MessageEvent` that is for it; those that have none
 * here, and those that do not decode, are `unknown` ones with their payload.
 */
export function messageField(command: string, payload: Uint8Array): Field {
  return observedFields(command, payload).message
}

/** What is told of a message: decoded once and its entries written once, though two events tell of them. */
export interface ObservedFields {
  /** See `messageField`. */
  readonly message: Field
  /** What peer-observer's P2P extractor tells of it. */
  readonly announcement?: Field
}

export function observedFields(command: string, payload: Uint8Array): ObservedFields {
  try {
    const message = decodePayload(command, payload)
    const announced = announcedFields(message)
    if (announced !== undefined) return announced
    const field = fieldOf(message)
    if (field !== undefined) return { message: field }
  } catch {
    // It is told as it came.
  }
  return { message: nested(31, text(1, command), bytes(2, payload)) }
}

function announcedFields(message: Message): ObservedFields | undefined {
  switch (message.type) {
    case 'inv': {
      const entries = written(message.inventory.map((item) => inventoryField(1, item)))
      return { message: nested(4, entries), announcement: nested(3, entries) }
    }
    case 'addr':
    case 'addrv2': {
      const entries = written(message.addresses.map((address) => addressField(1, address)))
      const isEmptyV2 = message.type === 'addrv2' && message.addresses.length === 0
      const field = isEmptyV2 ? uint(40, 1) : nested(message.type === 'addr' ? 8 : 9, entries)
      return { message: field, announcement: nested(2, entries) }
    }
    case 'feefilter': {
      const { feeRate } = message
      return { message: nested(10, sint(1, feeRate)), announcement: sint(4, feeRate) }
    }
    default:
      return undefined
  }
}

function fieldOf(message: Message): Field | undefined {
  const flag = FLAGS[message.type]
  if (flag !== undefined) return uint(flag, 1)
  switch (message.type) {
    case 'version':
      return nested(
        13,
        uint(1, message.version >>> 0),
        uint(2, message.services),
        sint(3, message.time),
        versionAddressField(4, message.receiver),
        versionAddressField(5, message.sender),
        uint(6, message.nonce),
        text(7, message.userAgent),
        sint(8, message.startHeight),
        uint(9, message.relay ? 1 : 0),
      )
    case 'ping':
      return message.nonce === undefined ? uint(41, 1) : nested(2, fixed(1, message.nonce))
    case 'pong':
      return message.nonce === undefined ? undefined : nested(3, fixed(1, message.nonce))
    case 'getdata':
      return nested(5, ...message.inventory.map((item) => inventoryField(1, item)))
    case 'notfound':
      return nested(14, ...message.inventory.map((item) => inventoryField(1, item)))
    case 'tx':
      return nested(6, transactionField(1, message.transaction, true))
    case 'headers':
      return nested(7, ...message.headers.map((header) => headerField(1, header)))
    case 'getheaders':
    case 'getblocks':
      return nested(
        message.type === 'getheaders' ? 11 : 12,
        uint(1, message.version),
        ...message.locator.map((hash) => bytes(2, hash)),
        bytes(3, message.stopHash),
      )
    case 'sendcmpct':
      return nested(17, uint(1, message.announce ? 1 : 0), uint(2, message.version))
    case 'cmpctblock': {
      const { header, nonce, shortIds, prefilled } = message.compactBlock
      return nested(
        16,
        headerField(1, header),
        uint(2, nonce),
        // Six bytes, little-endian, as on the wire (BIP152).
        ...shortIds.map((id) => bytes(3, new ByteWriter(6).u48(id).finish())),
        ...prefilledFields(4, prefilled),
      )
    }
    case 'getblocktxn':
      return nested(
        19,
        bytes(1, message.blockHash),
        ...Array.from(message.indexes, (index) => uint(2, index)),
      )
    case 'blocktxn':
      return nested(
        20,
        bytes(1, message.blockHash),
        ...message.transactions.map((each) => transactionField(2, each, true)),
      )
    case 'block':
      // Its transactions by their ids: their bytes would be the block once more.
      return nested(
        18,
        headerField(1, message.block.header),
        ...message.block.transactions.map((each) => transactionField(2, each, false)),
      )
    default:
      return undefined
  }
}
