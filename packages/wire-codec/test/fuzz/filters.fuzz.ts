import { DecodeError, type Message, openBasicFilter } from '../../src/index.ts'
import { messageTarget, type Target } from './message-target.ts'

function checkFilter(message: Message): void {
  if (message.type !== 'cfilter') return
  try {
    const filter = openBasicFilter(message.filter, message.blockHash)
    filter.matchAny([Uint8Array.of(1), Uint8Array.of(2)])
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
  }
}

const target: Target = messageTarget(
  'filters',
  ['getcfilters', 'cfilter', 'getcfheaders', 'cfheaders', 'getcfcheckpt', 'cfcheckpt'],
  checkFilter,
)
export default target
