import { COMMAND_SIZE } from '@sapwood/wire-codec'
import { printable } from '../terminal/printable.ts'
import { bytesText, countText, durationText } from '../terminal/units.ts'
import { describePayload } from '../messages/describe-message.ts'
import type { PeerStep, WatchedMessage } from './peer-step.ts'

/** Columns of a step's name and of its time. */
const NAME_WIDTH = 10
const TIME_WIDTH = 8

/** A step as a line for people. */
export function stepText(step: PeerStep): string {
  const time = 'milliseconds' in step ? durationText(step.milliseconds) : ''
  return `  ${step.step.padEnd(NAME_WIDTH)} ${time.padStart(TIME_WIDTH)}  ${printable(wordsOf(step))}`
}

function wordsOf(step: PeerStep): string {
  switch (step.step) {
    case 'resolve':
      return `${step.host}: ${step.addresses.join(', ')}`
    case 'dial':
      return `${step.opened ? 'open' : 'not reached'}, ${step.via}`
    case 'transport':
      return step.protocol === 'v2'
        ? `v2 (BIP324, encrypted), session id ${step.sessionId ?? ''}`
        : `v1 (plain): ${step.why ?? ''}`
    case 'version':
      return [
        `${step.userAgent} ${step.version}`,
        `height ${step.startHeight.toLocaleString('en-US')}`,
        `services ${step.services} ${step.servicesNames.join(' ')}`,
        step.relay ? 'wants transactions' : 'wants no transactions',
        `clock ${step.timeOffset < 0 ? '' : '+'}${step.timeOffset} s`,
        `sees us as ${step.seenAs}`,
      ].join(', ')
    case 'features': {
      const { wtxidRelay, addrv2, sendHeaders, compactBlocks, features } = step
      const offered = [
        wtxidRelay && 'wtxidrelay',
        addrv2 && 'addrv2',
        sendHeaders && 'sendheaders',
        compactBlocks && 'compact blocks',
        ...features,
      ].filter((name) => name !== false)
      return `${offered.join(', ') || 'none'}; fee filter ${step.feeFilter} sat/kvB`
    }
    case 'ping':
      return ''
    case 'headers':
      if (step.count === undefined) return 'no answer'
      if (step.count === 0) return 'none after the genesis block'
      return `${countText(step.count, 'header')} after the genesis block, ${step.ourChain === true ? 'of this network' : 'NOT of this network'}`
    case 'addresses': {
      if (step.count === undefined) return 'none given'
      const networks = Object.entries(step.byNetwork).map(([network, count]) => `${count} ${network}`)
      return `${countText(step.count, 'address', 'addresses')} (${networks.join(', ')}): ${step.sample.join(' ')} …`
    }
    case 'end':
      return `${step.reason}; ${bytesText(step.bytesSent)} in ${countText(step.messagesSent, 'message')} sent, ${bytesText(step.bytesReceived)} in ${step.messagesReceived} received`
    case 'failed':
      return step.message
  }
}

/** A message that was watched, as a line for people. */
export function messageText({ direction, command, bytes, payload }: WatchedMessage): string {
  const arrow = direction === 'received' ? '<' : '>'
  const { summary } = describePayload(command, payload)
  return printable(`  ${arrow} ${command.padEnd(COMMAND_SIZE)} ${bytesText(bytes).padStart(8)}  ${summary}`)
}
