import { decodePayload, type Json, type Message, toJson } from '@sapwood/wire-codec'
import { isDecodeError } from '@sapwood/wire-codec'
import { countText } from '../terminal/units.ts'

/** Characters of a message's JSON in a line for people. */
const SHOWN_CHARACTERS = 160

/** A message as it was carried, with what it means. */
interface DescribedMessage {
  /** The message, hashes and bytes as text; absent where it cannot be decoded. */
  readonly message?: Json
  /** Why it cannot be decoded. */
  readonly malformed?: string
  /** The same for people, in one line. */
  readonly summary: string
}

/** What a payload says. Nothing that a remote sends throws here. */
export function describePayload(command: string, payload: Uint8Array): DescribedMessage {
  try {
    const message = decodePayload(command, payload)
    return { message: toJson(message), summary: summaryOf(message) }
  } catch (error) {
    const malformed = isDecodeError(error) ? error.code : String(error)
    return { malformed, summary: `malformed: ${malformed}` }
  }
}

/** In one line; of what has thousands of entries, how many. */
function summaryOf(message: Message): string {
  switch (message.type) {
    case 'inv':
    case 'getdata':
    case 'notfound':
      return countText(message.inventory.length, 'entry', 'entries')
    case 'headers':
      return countText(message.headers.length, 'header')
    case 'addr':
    case 'addrv2':
      return countText(message.addresses.length, 'address', 'addresses')
    case 'block':
      return countText(message.block.transactions.length, 'transaction')
    case 'unknown':
      return 'a message that we do not know'
    default:
      return shortened(message)
  }
}

function shortened(message: Message): string {
  const json = toJson(message)
  if (typeof json !== 'object' || json === null) return ''
  const fields = Object.entries(json).filter(([name]) => name !== 'type')
  const text = fields.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
}
