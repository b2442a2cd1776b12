import { behaviourTable, type MessageMap, type MessagePurpose, type Outcome, type Row } from '@sapwood/peer'
import { behaviourTexts } from './behaviour-texts.ts'
import { coreByRule, coreByState } from './core-behaviour.ts'

const states = ['awaiting-version', 'awaiting-verack', 'ready'] as const

/** What stands in Core's column where it does as we do. */
const same = 'same'

type AnyRow = Pick<Row<'unknown'>, 'states' | 'onPrivateBroadcast'> & {
  readonly purpose: MessagePurpose
  readonly rules: readonly { readonly when: string; readonly outcome: Outcome }[]
}

/** The behaviour table of `@sapwood/peer` as the text of `docs/peer-behaviour.md`. */
export function renderBehaviour(): string {
  const rows: readonly (readonly [keyof MessageMap, AnyRow])[] = Object.entries(behaviourTable) as [
    keyof MessageMap,
    AnyRow,
  ][]
  return `${[
    '# What a peer does with each message',
    '',
    'Made from the table in `packages/peer/src/protocol/behaviour-table.ts` by `npm run docs:peer-behaviour`;',
    'a test checks that both agree. A message that is not in the table does not compile.',
    '',
    '- **handle**: the message is acted upon, as the last column says, unless one of the rules below decides otherwise.',
    '- **ignore**: it is dropped, and reported as an `ignored` event.',
    '- **disconnect**: the connection ends; the address may be tried again.',
    '- **discourage**: the connection ends, and the address should be avoided: "misbehaving" in Bitcoin Core.',
    '',
    'Before any of this come the limits on what one remote may send (`flood`: discourage), and after it the decoder, whose',
    '`DecodeError.severity` says what a malformed payload costs (table in the README of `@sapwood/wire-codec`). On a private',
    'broadcast connection that is ready, everything but the messages marked with ▸ is ignored.',
    '',
    '## By state',
    '',
    'For each state, what we do, and next to it what Bitcoin Core does. `version` has not come in the first state, `verack`',
    'not in the second.',
    '',
    '| message | before version | Core | before verack | Core | ready | Core | handling it |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(([type, row]) => stateRow(type, row)),
    '',
    '## Rules',
    '',
    'For messages that would be handled; the first that applies decides.',
    '',
    '| message | when | we | Core |',
    '| --- | --- | --- | --- |',
    ...rows.flatMap(([type, row]) =>
      row.rules.map(
        (rule) => `| \`${type}\` | ${rule.when} | ${rule.outcome} | ${coreByRule[type] ?? same} |`,
      ),
    ),
  ].join('\n')}\n`
}

function stateRow(type: keyof MessageMap, row: AnyRow): string {
  const cells = states.flatMap((state) => [row.states[state], coreByState[type]?.[state] ?? same])
  const mark = row.onPrivateBroadcast ? ' ▸' : ''
  return `| \`${type}\`${mark} | ${cells.join(' | ')} | ${behaviourTexts[type]} |`
}
