import { PublishError } from '../errors/publish-error.ts'
import { formatRef, parseRef, type Position } from '../records/position.ts'
import { type PublishedMessage, RECORD_KINDS } from '../records/published-message.ts'

const PREFIX = 'Sapwood-'
const SEQUENCE = `${PREFIX}Sequence`
const LOG = `${PREFIX}Log`
const RUN = `${PREFIX}Run`
const PIECE = `${PREFIX}Piece`
const HEADERS_END = `${PREFIX}Headers-End`
const BLOCKS_END = `${PREFIX}Blocks-End`
const OWN: ReadonlySet<string> = new Set([SEQUENCE, LOG, RUN, PIECE, HEADERS_END, BLOCKS_END])

/** Bytes that the headers of a message take at most, those that a sink adds included. */
export const MAX_HEADERS_BYTES = 1_024

/** A message without its payload and its kind, as headers: `Sapwood-Sequence: 17`. */
export function headersOf(message: PublishedMessage): readonly (readonly [name: string, value: string])[] {
  const { sequence, log, run, piece, pieces, position, facts } = message
  return [
    [SEQUENCE, String(sequence)],
    [LOG, log],
    [RUN, run],
    [PIECE, `${piece}/${pieces}`],
    ...(position.headers === undefined ? [] : [[HEADERS_END, formatRef(position.headers)] as const]),
    ...(position.blocks === undefined ? [] : [[BLOCKS_END, formatRef(position.blocks)] as const]),
    ...Object.entries(facts).map(([name, value]) => [PREFIX + name, value] as const),
  ]
}

/**
 * Reads a message back.
 * @param at where the sink has it.
 * @throws PublishError `foreign-message` where no publisher wrote it, or it stands elsewhere than it says.
 */
export function messageOf(
  at: number,
  kind: string,
  headers: Iterable<readonly [name: string, value: string]>,
  payload: Uint8Array,
): PublishedMessage {
  const values = new Map(headers)
  const known = RECORD_KINDS.find((each) => each === kind)
  const piece = /^(\d{1,6})\/(\d{1,6})$/.exec(values.get(PIECE) ?? '')
  const [log, run] = [values.get(LOG), values.get(RUN)]
  const isWhole = piece !== null && log !== undefined && run !== undefined
  if (known === undefined || !isWhole || values.get(SEQUENCE) !== String(at)) {
    throw new PublishError('foreign-message', `Message ${at} (${kind}) is none of a publisher`, {
      sequence: at,
    })
  }
  const facts = [...values].filter(([name]) => name.startsWith(PREFIX) && !OWN.has(name))
  return {
    kind: known,
    sequence: at,
    log,
    run,
    piece: Number(piece[1]),
    pieces: Number(piece[2]),
    position: positionOf(values),
    facts: Object.fromEntries(facts.map(([name, value]) => [name.slice(PREFIX.length), value])),
    payload,
  }
}

function positionOf(values: ReadonlyMap<string, string>): Position {
  const headers = parseRef(values.get(HEADERS_END) ?? '')
  const blocks = parseRef(values.get(BLOCKS_END) ?? '')
  return { ...(headers !== undefined && { headers }), ...(blocks !== undefined && { blocks }) }
}
